"""The header: how many tasks need somebody, run and are done, and when all is."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from rich.cells import cell_len

from tests.support.records import at
from tui.time_zone import local_time
from tui.watchlist.sections import Standing
from tui.wording.summary import HeaderData, PartKind, all_done, header_parts

SKETCH = {
    Standing.FAILED: 2,
    Standing.TROUBLE: 1,
    Standing.RUNNING: 6,
    Standing.WAITING: 2,
    Standing.FINISHED: 9,
}


def header(standings: Mapping[Standing, int], of_all: int | None = None) -> HeaderData:
    return HeaderData(header_parts(standings, of_all))


def written_out(data: HeaderData) -> str:
    return "  ".join(part.text for part in data.parts)


def shortened(data: HeaderData) -> str:
    return " ".join(part.short for part in data.parts)


def clock(minutes: float) -> str:
    return f"{local_time(at(minutes)):%H:%M}"


def test_what_needs_somebody_comes_first() -> None:
    assert (
        written_out(header(SKETCH)) == "✗ 2 failed  ! 1 trouble  » 6 running  - 2 waiting  ✓ 9 done"
    )
    assert [part.kind for part in header(SKETCH).parts] == [
        *(PartKind.FAILED, PartKind.TROUBLE, PartKind.RUNNING, PartKind.WAITING, PartKind.DONE)
    ]


def test_the_short_form_is_as_exact() -> None:
    assert shortened(header(SKETCH)) == "✗2 !1 »6 -2 ✓9"
    many = dict.fromkeys(Standing, 1_234)
    assert shortened(header(many)) == "✗1,234 !2,468 ?1,234 »1,234 -1,234 ✓1,234"
    assert cell_len(shortened(header(many))) <= 41


def test_an_overdue_task_is_trouble_and_an_unknown_state_is_told() -> None:
    standings = {Standing.OVERDUE: 2, Standing.TROUBLE: 1, Standing.UNKNOWN: 1}
    assert written_out(header(standings)) == "! 3 trouble  ? 1 unknown"


def test_with_a_filter_the_counts_are_of_what_is_shown_and_say_so() -> None:
    shown = {Standing.FAILED: 1, Standing.RUNNING: 11}
    assert written_out(header(shown, 1_195)) == "12 of 1,195 shown  ✗ 1 failed  » 11 running"
    assert shortened(header(shown, 1_195)) == "12/1,195 ✗1 »11"
    assert written_out(header({}, 5)) == "0 of 5 shown"


def test_an_empty_list_is_said_to_be_empty() -> None:
    assert written_out(header({})) == shortened(header({})) == "No tasks"


@pytest.mark.parametrize(
    ("standings", "words"),
    [
        (SKETCH, f"all done ~{clock(55)}"),
        ({Standing.FINISHED: 9, Standing.FAILED: 1}, f"all done {clock(31)}"),
        # Something has not ended, and nobody can tell when it will.
        ({Standing.FINISHED: 9, Standing.TROUBLE: 1}, ""),
        ({Standing.FINISHED: 9, Standing.OVERDUE: 1}, ""),
        ({Standing.FINISHED: 9, Standing.UNKNOWN: 1}, ""),
        ({}, ""),
    ],
)
def test_when_all_is_done(standings: Mapping[Standing, int], words: str) -> None:
    assert all_done(standings, at(55), at(31), at(40)) == words


def test_where_nobody_can_tell_nothing_is_said() -> None:
    assert all_done(SKETCH, None, at(31), at(40)) == ""
    assert all_done({Standing.FINISHED: 1}, None, None, at(40)) == "all done"
