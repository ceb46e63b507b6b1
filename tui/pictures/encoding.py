"""What is asked of the process that encodes pictures, and what comes back."""

from __future__ import annotations

from typing import Final, NamedTuple

from tui.graphics import CellSize, Graphics, Protocol, SymbolSet


class Area(NamedTuple):
    """A part of a picture, as fractions of its width and height from the top left corner."""

    left: float = 0.0
    top: float = 0.0
    width: float = 1.0
    height: float = 1.0


WHOLE: Final = Area()
SMALL_SIXELS: Final = 1000
"""Width and height of the largest sixel picture that every terminal shows whole: xterm's limit."""
LARGE_SIXELS: Final = 4096
SYMBOL_BYTES: Final = 7
"""Of a cell in symbols; see `EncodedPicture.data`."""


class EncodingRequest(NamedTuple):
    """How a picture is to be encoded."""

    columns: int
    """Cells that the picture has to fit into, its proportions kept; at least 1."""
    rows: int
    protocol: Protocol
    symbols: SymbolSet
    cell: CellSize
    area: Area = WHOLE
    max_side: int = SMALL_SIXELS
    """SIXEL: width and height in pixels at most; the picture covers fewer cells there."""


def request_for(graphics: Graphics, columns: int, rows: int, area: Area = WHOLE) -> EncodingRequest:
    """Return the request for a picture in a terminal, in at most `columns` by `rows` cells."""
    name = graphics.terminal.casefold()
    is_small = not name or "xterm" in name or graphics.in_tmux
    return EncodingRequest(
        columns,
        rows,
        graphics.protocol,
        graphics.symbols,
        graphics.cell,
        area,
        SMALL_SIXELS if is_small else LARGE_SIXELS,
    )


class EncodedPicture(NamedTuple):
    """A picture as the terminal gets it."""

    protocol: Protocol
    symbols: SymbolSet
    columns: int
    """Cells that it covers."""
    rows: int
    data: bytes
    """KITTY: a PNG file, which the terminal scales to the cells. SIXEL: the whole sequence, from
    DCS to ST. SYMBOLS: `SYMBOL_BYTES` for each cell, row by row: the parts of the cell that have
    the foreground colour (a bit each, from the top left corner, row by row, the lowest first), RGB
    of the foreground, RGB of the background."""
