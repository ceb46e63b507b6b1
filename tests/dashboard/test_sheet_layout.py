"""How many pictures of what size a contact sheet shows, for every size of a window."""

from __future__ import annotations

import pytest

from tui.dashboard.widgets.sheet_layout import MAX_TILES, MIN_TILES, Grid, lay_out
from tui.graphics import CellSize


@pytest.mark.parametrize(
    ("room", "columns", "rows"),
    [
        ((80, 22), 3, 2),
        ((100, 28), 3, 2),
        ((120, 38), 3, 3),
        ((190, 43), 4, 3),
        ((200, 48), 4, 3),
        ((80, 48), 2, 4),
        # Six would be too small to tell anything.
        ((60, 18), 2, 2),
        ((40, 10), 1, 1),
        ((1, 1), 1, 1),
    ],
)
def test_how_many_have_room(room: tuple[int, int], columns: int, rows: int) -> None:
    grid = lay_out(*room)
    assert (grid.columns, grid.rows) == (columns, rows)


@pytest.mark.parametrize(
    ("room", "grids"),
    [
        ((120, 38), [(1, 1), (1, 2), (2, 2), (2, 2), (3, 3), (3, 3)]),
        ((80, 22), [(1, 1), (2, 1), (2, 2), (2, 2), (3, 2), (3, 2)]),
        # Five would be too small to tell anything.
        ((60, 18), [(1, 1), (2, 1), (2, 2), (2, 2), (2, 2), (2, 2)]),
        ((40, 10), [(1, 1)] * 6),
    ],
)
def test_few_pictures_are_as_large_as_there_is_room(
    room: tuple[int, int], grids: list[tuple[int, int]]
) -> None:
    found = [lay_out(*room, count=count) for count in range(1, 7)]
    assert [(grid.columns, grid.rows) for grid in found] == grids
    assert found[-1] == lay_out(*room) == lay_out(*room, count=0)


def test_cells_that_are_nearly_square_change_it() -> None:
    assert lay_out(120, 38, CellSize(10, 12)) != lay_out(120, 38, CellSize(10, 20))


def test_at_every_size_the_tiles_fit() -> None:
    for width in range(0, 260, 3):
        for height in (0, 1, 2, 5, 11, 22, 38, 48, 90):
            grid = lay_out(width, height)
            assert 1 <= grid.tiles <= MAX_TILES
            assert grid.columns * grid.tile_width <= max(1, width)
            assert grid.rows * grid.tile_height <= max(1, height)
            assert grid.tiles >= MIN_TILES or width < 80 or height < 22


@pytest.mark.parametrize(
    ("index", "top", "shown"),
    [(0, 0, 0), (5, 0, 0), (6, 0, 1), (8, 0, 1), (9, 1, 2), (0, 2, 0), (39, 0, 12), (38, 11, 11)],
)
def test_the_cursor_scrolls_by_whole_rows(index: int, top: int, shown: int) -> None:
    grid = Grid(3, 2, 26, 11)
    assert grid.top_with(index, top) == shown
    assert index in grid.visible(shown, 40)


def test_what_is_in_sight_ends_with_the_last_row() -> None:
    grid = Grid(3, 2, 26, 11)
    assert grid.last_top(40) == 12
    assert list(grid.visible(12, 40)) == [36, 37, 38, 39]
    assert grid.last_top(5) == 0
    assert grid.visible(3, 5) == range(5, 5)
    assert grid.last_top(0) == 0
