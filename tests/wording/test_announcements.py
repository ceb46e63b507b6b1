"""The words of the notice that tasks ended, and the window's title."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from rich.cells import cell_len

from tests.support.records import at
from tui.watchlist.announcements import Announcement
from tui.watchlist.events import Event, EventKind
from tui.watchlist.sections import Standing
from tui.wording.announcements import announcement, window_title

SORTING = Event(at(0), EventKind.COMPLETED, "12345", "Sorting")
FAILURE = Event(at(0), EventKind.FAILED, "12345", text="out of credits")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (Announcement(1, 0, SORTING), "✓ Sorting: completed"),
        (Announcement(0, 1, FAILURE), "✗ 12345: failed"),
        (Announcement(39, 1), "39 completed, 1 failed"),
        (Announcement(1_234, 0), "1,234 completed"),
        (Announcement(0, 40), "40 failed"),
        (Announcement(9, 1, is_all=True), "Nothing runs any more: 9 completed, 1 failed"),
        (
            Announcement(1, 0, SORTING, is_all=True),
            "Nothing runs any more: 1 completed",
        ),
        (Announcement(1, 0, SORTING) | Announcement(0, 1, FAILURE), "1 completed, 1 failed"),
    ],
)
def test_the_notice(told: Announcement, words: str) -> None:
    assert announcement(told) == words


@pytest.mark.parametrize("name", ["x" * 200, "汉字" * 100, "https://x.example/" + "y" * 300])
def test_the_notice_is_short_whatever_the_task_is_called(name: str) -> None:
    words = announcement(Announcement(1, 0, SORTING._replace(label=name)))
    assert cell_len(words) <= 40
    assert words.endswith(": completed")


@pytest.mark.parametrize(
    ("standings", "title"),
    [
        (
            {Standing.FAILED: 1, Standing.RUNNING: 6, Standing.FINISHED: 9},
            "1 failed, 6 running, 9 done",
        ),
        ({Standing.TROUBLE: 1, Standing.OVERDUE: 1, Standing.WAITING: 3}, "2 trouble, 3 waiting"),
        ({Standing.UNKNOWN: 2, Standing.FINISHED: 1_000}, "2 unknown, 1,000 done"),
        ({}, "No tasks"),
    ],
)
def test_the_title_has_the_counts_first_in_ascii(
    standings: Mapping[Standing, int], title: str
) -> None:
    assert window_title(standings) == f"{title} - scenext-tui"
    assert window_title(standings).isascii()
