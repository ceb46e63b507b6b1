"""What is asked of the process that encodes pictures, and what comes back."""

from __future__ import annotations

from typing import Final, NamedTuple

from tui.graphics import CellSize, Protocol, SymbolSet


class Area(NamedTuple):
    """A part of a picture, as fractions of its width and height from the top left corner."""

    left: float = 0.0
    top: float = 0.0
    width: float = 1.0
    height: float = 1.0


WHOLE: Final = Area()


class EncodingRequest(NamedTuple):
    """How a picture is to be encoded."""

    columns: int
    """Cells that the picture has to fit into, its proportions kept; at least 1."""
    rows: int
    protocol: Protocol
    symbols: SymbolSet
    cell: CellSize
    area: Area = WHOLE


class EncodedPicture(NamedTuple):
    """A picture as the terminal gets it."""

    protocol: Protocol
    symbols: SymbolSet
    columns: int
    """Cells that it covers."""
    rows: int
    data: bytes
    """KITTY: a PNG file, which the terminal scales to the cells. SIXEL: the whole sequence, from
    DCS to ST. SYMBOLS: 7 bytes for each cell, row by row: the parts of the cell that have the
    foreground colour (a bit each, from the top left corner, row by row, the lowest first), RGB of
    the foreground, RGB of the background."""
