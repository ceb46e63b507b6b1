"""Cells of two colours: exact where a cell has no more, else the nearest pattern."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pictures.displays import paint_symbols
from tui.graphics import Protocol, SymbolSet
from tui.pictures.encoding import EncodedPicture
from tui.pictures.symbol_cells import cells_of
from tui.pictures.symbols import INVERTED, PARTS

PALETTE = [(0, 0, 0), (255, 255, 255), (200, 30, 30), (40, 60, 220), (90, 90, 90)]


def painted(pixels: bytes, columns: int, symbols: SymbolSet) -> list[tuple[int, ...]]:
    rows = len(pixels) // (columns * PARTS[symbols][0] * PARTS[symbols][1])
    data = cells_of(pixels, PALETTE, columns, symbols)
    shown = paint_symbols(EncodedPicture(Protocol.SYMBOLS, symbols, columns, rows, data))
    colours = shown.tobytes()
    return [tuple(colours[at : at + 3]) for at in range(0, len(colours), 3)]


@pytest.mark.parametrize("symbols", SymbolSet)
def test_every_pattern_of_two_colours_is_shown_exactly(symbols: SymbolSet) -> None:
    across, down = PARTS[symbols]
    for pattern in product((1, 3), repeat=across * down):
        assert painted(bytes(pattern), 1, symbols) == [PALETTE[number] for number in pattern]


def test_no_octant_is_used_that_terminals_lack() -> None:
    for pattern in product((1, 3), repeat=8):
        row = bytes(pattern[at] for at in (0, 1, 0, 1, 2, 3, 2, 3, 4, 5, 4, 5, 6, 7, 6, 7))
        cells = cells_of(row, PALETTE, 2, SymbolSet.OCTANTS)
        assert not {cells[0], cells[7]} & INVERTED


def _error(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    weights = (3, 6, 1)
    return sum(by * (a - b) ** 2 for by, a, b in zip(weights, one, other, strict=True))


@given(parts=st.binary(min_size=8, max_size=8), symbols=st.sampled_from(SymbolSet))
def test_of_more_colours_the_nearest_two_are_shown(parts: bytes, symbols: SymbolSet) -> None:
    across, down = PARTS[symbols]
    pixels = bytes(number % len(PALETTE) for number in parts[: across * down])
    wanted = [PALETTE[number] for number in pixels]
    error = sum(map(_error, wanted, painted(pixels, 1, symbols)))
    best = min(
        sum(min(_error(each, one), _error(each, other)) for each in wanted)
        for one, other in combinations([*wanted, wanted[0]], 2)
    )
    assert error == best


def test_neighbours_keep_their_two_colours_where_they_can() -> None:
    """A terminal is sent colours only where they change."""
    white, red = 1, 2
    lines = (
        [white, red, red, white, white, white, red, red, red, white],
        [white, red, red, white, white, white, red, red, white, red],
    )
    pixels = bytes(lines[0] + lines[1])
    cells = cells_of(pixels, PALETTE, 5, SymbolSet.QUADRANTS)
    assert len({cells[at + 1 : at + 7] for at in range(0, len(cells), 7)}) == 1
