"""Whether a picture stands with the selected task: what settings say, and what a key does."""

from __future__ import annotations

import pytest

from tui.dashboard.screens.picture_choice import PictureChoice

ROOM, NO_ROOM = True, False


@pytest.mark.parametrize(
    ("by_themselves", "remembered", "shown"),
    [(True, True, (True, False)), (True, False, (False, False)), (False, True, (False, False))],
)
def test_before_any_key_pictures_are_shown_where_nothing_speaks_against_it(
    by_themselves: bool, remembered: bool, shown: tuple[bool, bool]
) -> None:
    choice = PictureChoice(by_themselves=by_themselves, remembered=remembered)
    assert (choice.shows(has_room=ROOM), choice.shows(has_room=NO_ROOM)) == shown


def test_the_key_hides_and_shows_and_is_remembered_where_they_come_by_themselves() -> None:
    choice = PictureChoice(by_themselves=True)
    for shown in (False, True, False):
        assert choice.toggle(has_room=ROOM)
        assert choice.remembered is choice.shows(has_room=ROOM) is shown


@pytest.mark.parametrize(("by_themselves", "has_room"), [(True, NO_ROOM), (False, ROOM)])
def test_elsewhere_it_counts_for_this_session(by_themselves: bool, has_room: bool) -> None:
    choice = PictureChoice(by_themselves=by_themselves)
    for shown in (True, False, True):
        assert not choice.toggle(has_room=has_room)
        assert choice.shows(has_room=has_room) is shown
        assert choice.remembered


def test_what_was_asked_for_in_a_small_window_stays_in_a_large_one_until_it_is_hidden() -> None:
    choice = PictureChoice(by_themselves=True, remembered=False)
    choice.toggle(has_room=NO_ROOM)
    assert choice.shows(has_room=ROOM)
    assert choice.toggle(has_room=ROOM)
    assert not choice.shows(has_room=ROOM)
    assert not choice.shows(has_room=NO_ROOM)
    assert not choice.remembered
