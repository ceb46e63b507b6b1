"""The texts of task rows, their columns and the status line."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.errors import ApiError
from tui.polling.schedule import Held
from tui.sanitize import clean
from tui.scenext.models import Frame, Task, TaskStatus
from tui.signed_links.signed_url import NEVER
from tui.watchlist.entries import Entry
from tui.watchlist.records import Record
from tui.wording import cells, polling, tasks, times

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
UUID = str(uuid.UUID(int=0x1234_5678_9ABC_DEF0))
LIST_WIDTHS = {120: 69, 100: 57, 80: 77, 60: 57}
"""Width of a row beside its scroll bar, by width of the terminal, in cells."""

clean_text = st.text(max_size=80).map(clean)
"""Any sanitized text, as the model holds it."""


def record(
    status: TaskStatus = TaskStatus.IN_PROGRESS,
    *,
    added: float = 0.0,
    ended: float | None = None,
    error: ApiError | None = None,
    frames: int = 0,
    label: str = "",
    task_id: str = "12345",
) -> Record:
    """Return a record added so many seconds ago that ended so many seconds after that."""
    start = NOW - timedelta(seconds=added)
    end = None if ended is None else start + timedelta(seconds=ended)
    entry = Entry(task_id, start, label, status, ended=end)
    urls = tuple(Frame(f"frame{n}", f"https://x.test/{n}.png") for n in range(1, frames + 1))
    task = None if status is TaskStatus.QUEUED else Task(task_id, status, frames=urls)
    return Record(entry, task, error=error)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "<1 min"),
        (0, "<1 min"),
        (59.9, "<1 min"),
        (60, "1 min"),
        (9 * 60 + 59, "9 min"),
        (10 * 60, "10 min"),
        (14 * 60 + 59, "10 min"),
        (15 * 60, "15 min"),
        (99 * 60, "95 min"),
        (100 * 60, "1 h"),
        (120 * 60, "2 h"),
        (47 * 3600 + 3599, "47 h"),
        (48 * 3600, "2 d"),
        (400 * 86400, "400 d"),
    ],
)
def test_lengths_of_time_change_rarely(seconds: float, words: str) -> None:
    assert times.format_duration(seconds) == words


@pytest.mark.parametrize(
    ("status", "sent", "words"),
    [
        (TaskStatus.QUEUED, "", "- Waiting"),
        (TaskStatus.IN_PROGRESS, "IN_PROGRESS", "» In progress"),
        (TaskStatus.COMPLETED, "COMPLETED", "✓ Completed"),
        (TaskStatus.FAILED, "FAILED", "✗ Failed"),
        (TaskStatus.UNKNOWN, "PAUSED", "? Unknown: PAUSED"),
        (TaskStatus.UNKNOWN, "[b]排队中[/]", "? Unknown: [b]排队中[/]"),
    ],
)
def test_a_state_is_a_glyph_and_a_word(status: TaskStatus, sent: str, words: str) -> None:
    assert tasks.badge(status, sent) == words


# Columns


@given(clean_text, st.integers(0, 60))
def test_what_is_cut_in_the_middle_never_exceeds_its_width(words: str, width: int) -> None:
    cut = cells.cut_middle(words, width)
    assert cell_len(cut) <= width
    assert cut == words or cell_len(words) > width


@given(clean_text, st.integers(0, 60))
def test_what_is_fitted_has_exactly_its_width(words: str, width: int) -> None:
    assert cell_len(cells.fit(words, width)) == width


@pytest.mark.parametrize(
    ("words", "width", "cut"),
    [
        ("12345", 5, "12345"),
        ("123456", 5, "12..6"),
        ("abcdefghij", 8, "abc..hij"),
        ("视频任务一二三四", 10, "视频..三四"),
        ("视频任务一二三四", 9, "视频..四"),
    ],
)
def test_a_cut_shows_both_ends(words: str, width: int, cut: str) -> None:
    assert cells.cut_middle(words, width).replace(" ", "") == cut


# Polling, and links


@pytest.mark.parametrize(
    ("held", "asked", "words"),
    [
        (
            Held(4, 0, is_pause=True),
            4,
            "Not refreshed: the service asked for a pause until 09:05:07; ",
        ),
        (
            Held(1, 0, is_pause=True),
            1,
            "Not refreshed: the service asked for a pause until 09:05:07; ",
        ),
        (
            Held(1, 0, is_pause=False),
            1,
            "Not refreshed: the service asked to wait with this task until ",
        ),
        (
            Held(1, 0, is_pause=False),
            4,
            "The service asked to wait: 1 task will be polled by 09:05:07; the others are being ",
        ),
        (
            Held(1200, 0, is_pause=False),
            1200,
            "The service asked to wait: 1,200 tasks will be polled by 09:05:07.",
        ),
    ],
)
def test_a_refresh_that_is_refused_says_until_when(held: Held, asked: int, words: str) -> None:
    until = NOW.astimezone().replace(hour=9, minute=5, second=7)
    assert polling.held(held, until, asked).startswith(words)


@pytest.mark.parametrize(
    ("seconds_left", "words"),
    [(-1, "ended?"), (0, "ended?"), (1, "<1 min"), (59, "<1 min"), (60, "1 min"), (86400, "24 h")],
)
def test_how_long_a_link_lives(seconds_left: float, words: str) -> None:
    assert times.time_left(5000 + seconds_left, 5000) == words


def test_a_link_may_never_expire_or_have_an_unknown_expiry() -> None:
    assert times.time_left(NEVER, 5000) == "no end"
    assert times.time_left(None, 5000) == "?"


def test_a_moment_of_another_day_has_its_date() -> None:
    now = datetime.now(UTC).astimezone().replace(hour=12)
    assert times.clock_time(now.replace(hour=9, minute=1), now) == "09:01"
    yesterday = now - timedelta(days=1)
    assert times.clock_time(yesterday, now) == f"{yesterday:%Y-%m-%d} 12:{yesterday:%M}"
