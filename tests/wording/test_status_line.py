"""The watchlist in one line for a status bar."""

from __future__ import annotations

import pytest

from tests.support.records import at, samples
from tui.scenext.models import TaskStatus
from tui.watchlist.entries import Entry
from tui.watchlist.records import Watchlist
from tui.wording.status_line import status_line

QUEUED, RUNNING, DONE = TaskStatus.QUEUED, TaskStatus.IN_PROGRESS, TaskStatus.COMPLETED
FAILED, UNKNOWN = TaskStatus.FAILED, TaskStatus.UNKNOWN
TWENTY = tuple(range(1, 21))
"""How many minutes earlier tasks took."""


def line(
    *tasks: tuple[TaskStatus, float],
    history: tuple[float, ...] = TWENTY,
    minutes: float = 0.0,
    is_asked: bool = True,
) -> str:
    """Return the line so many minutes after noon; each task was added minutes after noon, too."""
    watchlist = Watchlist()
    entries = [
        Entry(f"#[bg=red]{number}", at(added), "#(ls)", status, first_frames=0)
        for number, (status, added) in enumerate(tasks)
    ]
    watchlist.load(entries, samples(history))
    return status_line(watchlist, at(minutes), minutes * 60, is_asked=is_asked)


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        ((), ""),
        (((DONE, 0.0),), "✓1"),
        (((DONE, 0.0), (FAILED, 0.0), (DONE, 0.0)), "✗1 ✓2"),
        (((RUNNING, -8.0),), "»1 ~12:05"),
        # Half of those that took longer than 8 minutes took 14.5: the later one ends last.
        (((RUNNING, -8.0), (RUNNING, 0.0), (DONE, 0.0)), "»2 ✓1 ~12:10"),
        (((QUEUED, 0.0), (RUNNING, -8.0)), "»1 -1 ~12:10"),
        # Longer than any task before: it needs attention, and does not count for the end.
        (((RUNNING, -60.0), (RUNNING, -8.0)), "!1 »1 ~12:05"),
        # How long an unknown state lasts nobody knows.
        (((UNKNOWN, 0.0),), "!1"),
        # It has waited for an answer for an hour: nobody can tell.
        (((QUEUED, -60.0), (RUNNING, -8.0)), "»1 -1"),
        # Added in the future: the clock was set back.
        (((RUNNING, 60.0),), "»1"),
    ],
)
def test_only_what_is_not_zero_is_in_the_line(
    tasks: tuple[tuple[TaskStatus, float], ...], expected: str
) -> None:
    assert line(*tasks) == expected


def test_while_nobody_asks_nothing_is_expected() -> None:
    assert line((RUNNING, -8.0), (DONE, 0.0), is_asked=False) == "»1 ✓1 ?"
    assert line((RUNNING, -60.0), is_asked=False) == "»1 ?"
    # Nothing to ask about.
    assert line((DONE, 0.0), (FAILED, 0.0), is_asked=False) == "✗1 ✓1"
    assert line(is_asked=False) == ""


def test_few_earlier_tasks_tell_no_end() -> None:
    assert line((RUNNING, 0.0), history=(5.0,) * 8) == "»1"
    assert line((RUNNING, 0.0), history=(5.0,) * 9) == "»1 ~12:05"
