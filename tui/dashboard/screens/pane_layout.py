"""Where the parts of the main screen stand in a window of some size. Pure."""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

from tui.graphics import DEFAULT_CELL, CellSize

MIN_WIDTH_BESIDE: Final = 100
"""Cells of a window from which on the task stands beside the list."""
MIN_LIST_WIDTH: Final = 60
"""Cells that the list has wherever the task stands beside it."""
MIN_DETAIL_WIDTH: Final = 60
"""Cells of the task beside the list, where there is room: a border, and a picture of 57 cells with
one free on either side."""
MIN_WIDTH_SPACED: Final = 80
"""Cells of a window from which on the footer's keys stand apart."""
MIN_HEIGHT_BELOW: Final = 45
"""Lines of a narrow window from which on the task stands below the list."""
MIN_DETAIL_HEIGHT: Final = 20
MIN_HEIGHT_EVENT: Final = 24
"""Lines of a window from which on the newest event has a line."""
MIN_HEIGHT_EVENTS: Final = 50
"""Lines of a wide window from which on the last events have a box."""
BOX_LINES: Final = 6
"""Events that the box shows."""
MIN_WIDTH_PICTURE: Final = 120
"""Cells of a window from which on a picture is shown that nobody asked for."""
MIN_HEIGHT_PICTURE: Final = 30
"""Lines of a window likewise: below, no word of it could be read beside the task's fields."""
PICTURE_LINES: Final = 16
"""Lines that a picture of 57 cells needs; in wide windows it may have half of all lines."""
MIN_PICTURE_LINES: Final = 12
"""Lines below which the picture is not limited; see `complete.tcss`."""

_AROUND_PICTURE: Final = 3
"""Cells of the task that are none of the picture's."""


class Place(Enum):
    """Where the selected task stands."""

    BESIDE = "beside"
    """On the right of the list."""
    BELOW = "below"
    """Under the list."""
    INSTEAD = "instead"
    """In place of the list, once it was asked for."""


class PaneLayout(NamedTuple):
    """The sizes of the parts, in cells and lines."""

    place: Place
    list_width: int
    """Of the list where the task stands beside it, else of the window."""
    detail_width: int
    detail_height: int
    """Of the task where it stands below the list, else 0: it is as high as the list."""
    events: int
    """Lines for the last events; with more than one they have a box."""
    picture: int
    """The most lines of the picture with the task."""
    has_picture_room: bool
    """Whether a picture is shown that nobody asked for."""


def lay_out(width: int, height: int, cell: CellSize = DEFAULT_CELL) -> PaneLayout:
    """Return the layout of a window of `width` cells, of a size in pixels, and `height` lines."""
    is_wide = width >= MIN_WIDTH_BESIDE
    events = BOX_LINES if is_wide and height >= MIN_HEIGHT_EVENTS else 1
    if height < MIN_HEIGHT_EVENT:
        events = 0
    picture = _picture_lines(width, height, cell)
    if is_wide:
        detail_width = min(width - MIN_LIST_WIDTH, max(MIN_DETAIL_WIDTH, width * 2 // 5))
        picture = _picture_lines(detail_width - _AROUND_PICTURE, height, cell)
        has_room = width >= MIN_WIDTH_PICTURE and height >= MIN_HEIGHT_PICTURE
        list_width = width - detail_width
        return PaneLayout(Place.BESIDE, list_width, detail_width, 0, events, picture, has_room)
    if height >= MIN_HEIGHT_BELOW:
        detail_height = max(MIN_DETAIL_HEIGHT, height * 2 // 5)
        return PaneLayout(Place.BELOW, width, width, detail_height, events, picture, False)
    return PaneLayout(Place.INSTEAD, width, width, 0, events, picture, False)


def _picture_lines(columns: int, window_height: int, cell: CellSize) -> int:
    """Return the lines of a picture of 16 by 9 that is as wide as `columns`, if it may be."""
    lines = round(columns * cell.width * 9 / 16 / cell.height)
    return max(MIN_PICTURE_LINES, min(lines, max(PICTURE_LINES, window_height // 2)))
