"""Likely ends in words."""

from __future__ import annotations

import pytest

from tests.support.records import at
from tui.time_zone import local_time
from tui.watchlist.estimates import Estimate
from tui.wording.estimates import (
    all_done,
    expected_end,
    likely_done,
    middle_half,
    quiet_since,
    usual_time,
)


def clock(minutes: float) -> str:
    return f"{local_time(at(minutes)):%H:%M}"


def test_a_likely_end_is_told_from_a_known_one_by_its_sign() -> None:
    assert expected_end(at(35), at(0)) == f"~{clock(35)}"
    assert all_done(at(55), at(0)) == f"all done ~{clock(55)}"
    assert all_done(None, at(0)) == ""


def test_after_midnight_the_time_alone_says_which_day() -> None:
    assert expected_end(at(13 * 60), at(0)) == f"~{clock(13 * 60)}"
    two_days = expected_end(at(48 * 60), at(0))
    assert two_days == f"~{local_time(at(48 * 60)):%Y-%m-%d %H:%M}"


def test_the_details_say_how_sure_it_is() -> None:
    estimate = Estimate(at(35), at(30), at(40))
    assert middle_half(estimate, at(0)) == f"{clock(30)} to {clock(40)}"
    assert likely_done(estimate, at(0)) == (
        f"~{clock(35)}; half of such tasks end between {clock(30)} and {clock(40)}"
    )
    sure = Estimate(at(30), at(30), at(30.5))
    assert likely_done(sure, at(0)) == f"~{clock(30)}; half of such tasks end at about {clock(30)}"


def test_a_likely_end_that_is_rounded_is_not_beside_the_half_of_which_it_is_the_middle() -> None:
    rounded = Estimate(at(35), at(31), at(34))
    assert likely_done(rounded, at(0)).endswith(f"between {clock(31)} and {clock(35)}")


@pytest.mark.parametrize(("seconds", "words"), [(None, ""), (780.0, "usual time 13 min")])
def test_the_usual_time(seconds: float | None, words: str) -> None:
    assert usual_time(seconds) == words


def test_since_when_there_was_no_frame() -> None:
    assert quiet_since(at(13), at(30)) == f"no new frame since {clock(13)}"
    assert quiet_since(None, at(30)) == ""
