"""How large a picture is drawn, in cells and in pixels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.graphics import DEFAULT_CELL, CellSize, Graphics, Protocol, SymbolSet
from tui.pictures.encoding import LARGE_SIXELS, SMALL_SIXELS, EncodingRequest, request_for
from tui.pictures.kitty import MAX_CELLS
from tui.pictures.layout import MAX_PIXELS, Layout, lay_out
from tui.pictures.symbols import PARTS

KITTY, SIXEL, SYMBOLS = Protocol
SLIDE, PORTRAIT, SQUARE = (1920, 1080), (1080, 1920), (100, 100)


def request(protocol: Protocol, columns: int, rows: int, **others: object) -> EncodingRequest:
    blank = EncodingRequest(columns, rows, protocol, SymbolSet.OCTANTS, DEFAULT_CELL)
    return blank._replace(**others)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("protocol", "available", "size", "layout"),
    [
        (KITTY, (57, 16), SLIDE, (57, 16, 569, 320)),
        (KITTY, (57, 30), SLIDE, (57, 16, 569, 320)),
        (KITTY, (190, 45), SLIDE, (160, 45, 1600, 900)),
        (KITTY, (57, 16), PORTRAIT, (18, 16, 180, 320)),
        # What has fewer pixels is enlarged by the terminal.
        (KITTY, (57, 16), SQUARE, (32, 16, 100, 100)),
        (KITTY, (290, 90), (4000, 2400), (290, 87, 1871, 1122)),
        (KITTY, (57, 16), (5000, 1), (57, 1, 570, 1)),
        (KITTY, (57, 16), (1, 5000), (1, 16, 1, 320)),
        (KITTY, (1, 1), SLIDE, (1, 1, 10, 6)),
        # Whole bands of six pixels, in no cell that they do not touch.
        (SIXEL, (57, 16), SLIDE, (57, 16, 568, 318)),
        (SIXEL, (57, 16), SQUARE, (32, 16, 320, 318)),
        (SIXEL, (190, 45), SLIDE, (100, 28, 1000, 558)),
        (SIXEL, (57, 16), (5000, 1), (57, 1, 570, 6)),
        (SIXEL, (1, 1), SLIDE, (1, 1, 10, 6)),
        (SYMBOLS, (57, 16), SLIDE, (57, 16, 114, 64)),
        (SYMBOLS, (190, 45), SLIDE, (160, 45, 320, 180)),
        (SYMBOLS, (57, 16), (1, 1), (32, 16, 64, 64)),
    ],
)
def test_a_picture_fits_its_cells_in_its_proportions(
    protocol: Protocol, available: tuple[int, int], size: tuple[int, int], layout: tuple[int, ...]
) -> None:
    assert lay_out(request(protocol, *available), *size) == Layout(*layout)


@given(
    protocol=st.sampled_from(Protocol),
    symbols=st.sampled_from(SymbolSet),
    columns=st.integers(1, 500),
    rows=st.integers(1, 200),
    cell=st.builds(CellSize, st.integers(4, 40), st.integers(6, 100)),
    width=st.integers(1, 70_000),
    height=st.integers(1, 70_000),
)
def test_nothing_is_larger_than_what_it_must_fit(
    protocol: Protocol,
    symbols: SymbolSet,
    columns: int,
    rows: int,
    cell: CellSize,
    width: int,
    height: int,
) -> None:
    wanted = request(protocol, columns, rows, cell=cell, symbols=symbols)
    layout = lay_out(wanted, width, height)
    assert 1 <= layout.columns <= columns
    assert 1 <= layout.rows <= rows
    assert layout.width >= 1
    assert layout.height >= 1
    if protocol is SYMBOLS:
        across, down = PARTS[symbols]
        assert layout[2:] == (layout.columns * across, layout.rows * down)
        return
    assert layout.width <= layout.columns * cell.width
    assert layout.height <= layout.rows * cell.height
    assert layout.width * layout.height <= MAX_PIXELS * 1.01 + layout.width + layout.height
    if protocol is SIXEL:
        assert layout.height % 6 == 0
        assert max(layout.width, layout.height) <= SMALL_SIXELS
        assert (layout.columns - 1) * cell.width < layout.width
        assert (layout.rows - 1) * cell.height < layout.height
    else:
        assert layout.width <= width
        assert layout.height <= height


@pytest.mark.parametrize(
    ("terminal", "in_tmux", "most"),
    [
        ("foot(1.21.0)", False, LARGE_SIXELS),
        ("Konsole 25.04.0", False, LARGE_SIXELS),
        ("XTerm(398)", False, SMALL_SIXELS),
        ("", False, SMALL_SIXELS),
        ("foot(1.21.0)", True, SMALL_SIXELS),
    ],
)
def test_sixels_are_as_large_as_the_terminal_surely_shows(
    terminal: str, in_tmux: bool, most: int
) -> None:
    graphics = Graphics(SIXEL, terminal=terminal, in_tmux=in_tmux)
    wanted = request_for(graphics, 190, 45)
    assert wanted.max_side == most
    assert wanted[:5] == (190, 45, SIXEL, graphics.symbols, graphics.cell)
    assert lay_out(wanted, *SLIDE).columns == (160 if most == LARGE_SIXELS else 100)


@pytest.mark.parametrize("box", [(300, 80), (120, 1000), (1000, 300)])
@pytest.mark.parametrize("size", [(1600, 900), (2000, 300), (2, 900), (5000, 1)])
def test_kitty_gets_no_cell_that_cannot_say_where_it_belongs(
    box: tuple[int, int], size: tuple[int, int]
) -> None:
    """As where a part of a picture fills a wide window."""
    layout = lay_out(request(KITTY, *box), *size)
    assert layout.columns <= min(box[0], MAX_CELLS)
    assert layout.rows <= min(box[1], MAX_CELLS)
