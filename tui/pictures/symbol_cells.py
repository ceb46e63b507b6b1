"""Choose for each cell the block character and the two colours that come nearest to its pixels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import Final, NamedTuple

from tui.graphics import SymbolSet
from tui.pictures.symbols import INVERTED, PARTS

RGB = tuple[int, int, int]


class _Cell(NamedTuple):
    """A pattern, and of its colours the numbers in the palette."""

    pattern: int
    foreground: int
    background: int


_Distances = Sequence[Sequence[int]]
_NO_CELL: Final = _Cell(0, -1, -1)


def cells_of(pixels: bytes, palette: Sequence[RGB], columns: int, symbols: SymbolSet) -> bytes:
    """Return cells as `EncodedPicture.data` holds them.

    Neighbours in one row have the same two colours where they can, which the terminal is sent once.

    Args:
        pixels: A number in the palette for each part of a cell, row by row of pixels.
        palette: Colours; few, so that most cells have two.
        columns: Cells in a row.
        symbols: The set of characters.
    """
    across, down = PARTS[symbols]
    width = columns * across
    distances = _distances(palette)
    chosen: dict[bytes, _Cell] = {}
    cells = bytearray()
    for top in range(0, len(pixels), width * down):
        lines = [pixels[top + row * width :][:width] for row in range(down)]
        before = _NO_CELL
        for left in range(0, width, across):
            parts = b"".join([line[left : left + across] for line in lines])
            cell = chosen.get(parts)
            if cell is None:
                chosen[parts] = cell = _nearest(parts, distances)
            before = _like(before, cell, len(parts), symbols)
            cells.append(before.pattern)
            cells += bytes(palette[before.foreground] + palette[before.background])
    return bytes(cells)


def _distances(palette: Sequence[RGB]) -> _Distances:
    """Return the squared distance of each colour to each; green counts most, as the eye has it."""
    return [
        [
            3 * (red - one) ** 2 + 6 * (green - two) ** 2 + (blue - three) ** 2
            for one, two, three in palette
        ]
        for red, green, blue in palette
    ]


def _nearest(parts: bytes, distances: _Distances) -> _Cell:
    """Return the pattern and the two of the parts' own colours with the least error."""
    counts = Counter(parts)
    first, second = parts[0], parts[0]
    if len(counts) == 2:
        first, second = counts
    elif len(counts) > 2:
        amounts = list(counts.items())
        least = -1
        for one, other in combinations(counts, 2):
            ones, others = distances[one], distances[other]
            error = 0
            for colour, amount in amounts:
                near, far = ones[colour], others[colour]
                error += amount * (near if near < far else far)
            if least < 0 or error < least:
                least, first, second = error, one, other
    ones, others = distances[first], distances[second]
    pattern = sum(1 << at for at, colour in enumerate(parts) if ones[colour] < others[colour])
    return _Cell(pattern, first, second)


def _like(before: _Cell, cell: _Cell, parts: int, symbols: SymbolSet) -> _Cell:
    """Return what looks as `cell` does, if possible in the colours of the cell on its left."""
    whole = (1 << parts) - 1
    pattern, foreground, background = cell
    if symbols is SymbolSet.OCTANTS and pattern in INVERTED:
        return _Cell(whole - pattern, background, foreground)
    if foreground == background:
        if before.background == foreground:
            return before._replace(pattern=0)
        if before.foreground == foreground:
            return before._replace(pattern=whole)
    elif (foreground, background) == (before.background, before.foreground) and not (
        symbols is SymbolSet.OCTANTS and whole - pattern in INVERTED
    ):
        return _Cell(whole - pattern, background, foreground)
    return cell
