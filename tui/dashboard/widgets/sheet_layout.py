"""How many pictures of what size a contact sheet shows in a window, and which of them. Pure."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from tui.graphics import DEFAULT_CELL, CellSize

MIN_TILES: Final = 6
MAX_TILES: Final = 12
MIN_WIDTH: Final = 30
"""Cells of a picture's width below which there are no more tiles than `MIN_TILES`, if possible."""
SMALLEST_WIDTH: Final = 20
"""Cells of a picture's width below which there are fewer tiles than `MIN_TILES`."""
CAPTION_LINES: Final = 1
GAP: Final = 1
"""Free cells on the right of each picture."""
_PROPORTION: Final = 16 / 9
"""Of the service's frames; others leave room free."""


class Grid(NamedTuple):
    """Tiles side by side and one above the other; all are of one size."""

    columns: int
    rows: int
    tile_width: int
    """Cells, the gap included."""
    tile_height: int
    """Lines, the caption included."""

    @property
    def tiles(self) -> int:
        """How many are in sight."""
        return self.columns * self.rows

    def top_with(self, index: int, top: int) -> int:
        """Return the row of tiles next to `top` with which as the first one a tile is in sight."""
        row = index // self.columns
        return min(max(top, row - self.rows + 1), row)

    def last_top(self, count: int) -> int:
        """Return the last row of tiles that may be the first one in sight, of `count` tiles."""
        return max(0, -(-count // self.columns) - self.rows)

    def visible(self, top: int, count: int) -> range:
        """Return the tiles in sight, of `count`, where `top` is the first row of tiles."""
        first = top * self.columns
        return range(min(first, count), min(first + self.tiles, count))


def lay_out(width: int, height: int, cell: CellSize = DEFAULT_CELL, count: int = MAX_TILES) -> Grid:
    """Return the grid for `count` pictures in a room of `width` cells and `height` lines.

    As many tiles as leave pictures of `MIN_WIDTH`; where none do, or there are fewer pictures than
    `MIN_TILES`, those with the largest pictures.
    """
    grids = [
        Grid(columns, rows, width // columns, height // rows)
        for columns in range(1, MAX_TILES + 1)
        for rows in range(1, MAX_TILES // columns + 1)
        if columns <= width and rows <= height
    ] or [Grid(1, 1, max(1, width), max(1, height))]
    least_tiles, wide_enough = MIN_TILES, float(MIN_WIDTH)
    if 0 < count < MIN_TILES:
        least_tiles, wide_enough = count, math.inf
    enough = [grid for grid in grids if grid.tiles >= least_tiles]

    def picture_width(grid: Grid) -> int:
        return _picture_width(grid, cell)

    for candidates, least in ((enough, wide_enough), (grids, SMALLEST_WIDTH)):
        large = [grid for grid in candidates if picture_width(grid) >= least]
        if large:
            return max(large, key=lambda grid: (grid.tiles, picture_width(grid)))
        best = max(candidates, key=lambda grid: (picture_width(grid), grid.tiles), default=None)
        if best is not None and picture_width(best) >= SMALLEST_WIDTH:
            return best
    return grids[0]


def _picture_width(grid: Grid, cell: CellSize) -> int:
    lines = grid.tile_height - CAPTION_LINES
    by_height = lines * cell.height * _PROPORTION / cell.width
    return int(min(grid.tile_width - GAP, by_height))
