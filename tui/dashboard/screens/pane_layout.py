"""Where the parts of the main screen stand in a window of some size. Pure."""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

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


def lay_out(width: int, height: int) -> PaneLayout:
    """Return the layout of a window of `width` cells and `height` lines."""
    is_wide = width >= MIN_WIDTH_BESIDE
    events = BOX_LINES if is_wide and height >= MIN_HEIGHT_EVENTS else 1
    if height < MIN_HEIGHT_EVENT:
        events = 0
    if is_wide:
        detail_width = min(width - MIN_LIST_WIDTH, max(MIN_DETAIL_WIDTH, width * 2 // 5))
        return PaneLayout(Place.BESIDE, width - detail_width, detail_width, 0, events)
    if height >= MIN_HEIGHT_BELOW:
        detail_height = max(MIN_DETAIL_HEIGHT, height * 2 // 5)
        return PaneLayout(Place.BELOW, width, width, detail_height, events)
    return PaneLayout(Place.INSTEAD, width, width, 0, events)
