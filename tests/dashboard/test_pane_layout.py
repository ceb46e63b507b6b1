"""Where the parts of the main screen stand, for every size of a window."""

from __future__ import annotations

import pytest

from tui.dashboard.screens.pane_layout import BOX_LINES, Place, lay_out


@pytest.mark.parametrize(
    ("size", "place", "list_width", "detail_width", "events"),
    [
        ((60, 20), Place.INSTEAD, 60, 60, 0),
        ((80, 24), Place.INSTEAD, 80, 80, 1),
        ((99, 44), Place.INSTEAD, 99, 99, 1),
        ((99, 45), Place.BELOW, 99, 99, 1),
        ((80, 60), Place.BELOW, 80, 80, 1),
        ((100, 24), Place.BESIDE, 60, 40, 1),
        ((119, 40), Place.BESIDE, 60, 59, 1),
        ((120, 40), Place.BESIDE, 60, 60, 1),
        ((120, 49), Place.BESIDE, 60, 60, 1),
        ((160, 20), Place.BESIDE, 96, 64, 0),
        ((200, 50), Place.BESIDE, 120, 80, BOX_LINES),
    ],
    ids=str,
)
def test_what_stands_where(
    size: tuple[int, int], place: Place, list_width: int, detail_width: int, events: int
) -> None:
    arranged = lay_out(*size)
    assert arranged.place is place
    assert (arranged.list_width, arranged.detail_width) == (list_width, detail_width)
    assert arranged.events == events


def test_at_every_size_the_parts_fit_and_the_list_has_room() -> None:
    for width in range(1, 301):
        for height in (1, 5, 23, 24, 44, 45, 50, 90):
            arranged = lay_out(width, height)
            if arranged.place is Place.BESIDE:
                assert arranged.list_width + arranged.detail_width == width
                assert arranged.list_width >= 60
                # A border, and 57 cells of a picture with one free on either side.
                assert arranged.detail_width >= 60 or width < 120
            elif arranged.place is Place.BELOW:
                # Header, footer and event, and at least as many lines for the list.
                assert height - arranged.detail_height - 3 >= arranged.detail_height
                assert arranged.detail_height >= 20
            else:
                assert arranged.detail_height == 0
