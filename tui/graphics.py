"""What a terminal can show, and the settings about it.

On the ground floor, since the terminal finds it out, pictures are encoded for it, and the
dashboard shows them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple


class Protocol(StrEnum):
    """A way to show pictures in a terminal, from the best to the one that works everywhere."""

    KITTY = "kitty"
    """Kitty's graphics protocol with Unicode placeholders: the cells of a picture are text."""
    SIXEL = "sixel"
    SYMBOLS = "symbols"
    """Characters in two colours; see `SymbolSet`."""


class SymbolSet(StrEnum):
    """Block characters, named after the parts into which they divide a cell."""

    OCTANTS = "octants"
    """Two by four; since Unicode 16."""
    SEXTANTS = "sextants"
    """Two by three; since Unicode 13."""
    QUADRANTS = "quadrants"
    """Two by two."""
    HALVES = "halves"
    """One above the other."""


class PictureSetting(StrEnum):
    """The setting `pictures`: a protocol, what the terminal can do best, or no pictures."""

    AUTO = "auto"
    KITTY = "kitty"
    SIXEL = "sixel"
    SYMBOLS = "symbols"
    OFF = "off"


class SymbolSetting(StrEnum):
    """The setting `symbols`: a set, or the finest that the terminal surely has."""

    AUTO = "auto"
    OCTANTS = "octants"
    SEXTANTS = "sextants"
    QUADRANTS = "quadrants"
    HALVES = "halves"


class CellSize(NamedTuple):
    """The size of a cell in pixels."""

    width: int
    height: int


DEFAULT_CELL: Final = CellSize(10, 20)
"""Where the terminal does not tell."""
PLACEHOLDER: Final = "\U0010eeee"
"""What stands in each cell of a picture in kitty's protocol, with three diacritics behind it."""


class Graphics(NamedTuple):
    """How pictures are shown in a terminal. Equal values: the same terminal, the same way."""

    protocol: Protocol = Protocol.SYMBOLS
    symbols: SymbolSet = SymbolSet.QUADRANTS
    cell: CellSize = DEFAULT_CELL
    terminal: str = ""
    """The terminal's own name and version, cleaned; empty where it tells none."""
    in_tmux: bool = False
    """Whether sequences for the terminal have to be wrapped for tmux."""
    client: str = ""
    """The process by which tmux is shown: where this differs, another terminal shows kitty's
    pictures, and has none of those that were sent before. Means nothing else; empty outside tmux,
    and where the protocol keeps none."""
    reason: str = ""
    """Why not a better protocol, as a sentence; empty for the best one."""
