"""Zooming into a picture and moving in it: never beyond an edge, and back again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.pictures.encoding import WHOLE, Area
from tui.pictures.viewport import ZOOMS, Filled, Viewport

ALL = Filled()
WIDE, TALL = Filled(1.0, 0.8), Filled(0.25, 1.0)

share = st.floats(0.01, 1.0)
fillings = st.one_of(share.map(lambda it: Filled(1.0, it)), share.map(lambda it: Filled(it, 1.0)))
moves = st.lists(st.tuples(st.sampled_from("+-"), st.integers(-2, 2), st.integers(-2, 2)))


@pytest.mark.parametrize(
    ("steps", "filled", "area"),
    [
        (0, ALL, WHOLE),
        (0, WIDE, WHOLE),
        (0, TALL, WHOLE),
        (2, ALL, Area(0.25, 0.25, 0.5, 0.5)),
        # What the whole picture left free is used as well.
        (2, WIDE, Area(0.25, 0.1875, 0.5, 0.625)),
        (2, TALL, Area(0.0, 0.25, 1.0, 0.5)),
        (4, TALL, Area(0.0, 0.375, 1.0, 0.25)),
        (99, ALL, Area(0.4375, 0.4375, 0.125, 0.125)),
        (-99, ALL, WHOLE),
    ],
)
def test_what_is_visible(steps: int, filled: Filled, area: Area) -> None:
    assert Viewport().zoomed(steps).area(filled) == area


def test_a_key_moves_by_half_of_what_is_seen_and_ends_at_the_edges() -> None:
    view = Viewport().zoomed(2)
    right = view.moved(1, 0, ALL)
    assert right.area(ALL) == Area(0.5, 0.25, 0.5, 0.5)
    assert right.moved(1, 0, ALL) is right, "nothing to encode and to send again"
    assert right.moved(0, -1, ALL).area(ALL) == Area(0.5, 0.0, 0.5, 0.5)
    assert Viewport().moved(1, 1, ALL) == Viewport(), "the whole picture has nowhere to go"
    assert Viewport().zoomed(2).moved(1, 0, TALL).area(TALL).left == 0.0


def test_zooming_out_and_in_again_leads_back() -> None:
    corner = Viewport().zoomed(6)
    for _ in range(20):
        corner = corner.moved(1, 1, ALL)
    back = corner.zoomed(-6)
    assert not back.is_zoomed
    assert back.area(ALL) == WHOLE
    assert back.zoomed(6) == corner


@given(fillings, moves)
def test_what_is_visible_stays_within_the_picture(
    filled: Filled, presses: list[tuple[str, int, int]]
) -> None:
    view = Viewport()
    for zoom, across, down in presses:
        view = view.zoomed(1 if zoom == "+" else -1).moved(across, down, filled)
        area = view.area(filled)
        assert 0 < area.width <= 1
        assert 0 < area.height <= 1
        assert -1e-9 <= area.left <= 1 - area.width + 1e-9
        assert -1e-9 <= area.top <= 1 - area.height + 1e-9
        assert 0 <= view.step < len(ZOOMS)


@given(fillings, st.integers(1, len(ZOOMS) - 1))
def test_every_corner_can_be_reached(filled: Filled, steps: int) -> None:
    for across, down in ((-1, -1), (1, -1), (-1, 1), (1, 1)):
        view = Viewport().zoomed(steps)
        for _ in range(200):
            view = view.moved(across, down, filled)
        left, top, width, height = view.area(filled)
        assert left + (width if across > 0 else 0) == pytest.approx(float(across > 0), abs=1e-6)
        assert top + (height if down > 0 else 0) == pytest.approx(float(down > 0), abs=1e-6)
