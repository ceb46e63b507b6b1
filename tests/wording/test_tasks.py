"""The texts of task rows, their columns and the status line."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.errors import ApiError, ErrorKind
from tui.polling.schedule import Held
from tui.sanitize import clean
from tui.scenext.models import Frame, Task, TaskStatus
from tui.signed_links.signed_url import NEVER
from tui.watchlist.entries import Entry
from tui.watchlist.records import Record
from tui.wording import cells, polling, summary, tasks, times
from tui.wording.rows import Columns, TaskRowData, column_names, matcher, task_line, task_row

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


def line(words: TaskRowData, columns: Columns) -> str:
    """Return a row as drawn, before it is cut at the right edge."""
    return "".join(part for _, part in task_line(words, columns))


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


def test_an_age_is_since_the_task_was_added_or_what_it_took() -> None:
    assert task_row(record(added=12 * 60), NOW).age == "10 min"
    ended = record(TaskStatus.COMPLETED, added=9000, ended=12 * 60 + 59)
    assert task_row(ended, NOW).age == "12 min", "the age of an ended task must not change"
    unseen = record(TaskStatus.COMPLETED, added=9000)
    assert task_row(unseen, NOW).age == "-"


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


@pytest.mark.parametrize(
    ("kind", "http_status", "words"),
    [
        (ErrorKind.OFFLINE, None, "offline"),
        (ErrorKind.TIMEOUT, None, "timeout"),
        (ErrorKind.CERTIFICATE, None, "certificate"),
        (ErrorKind.NOT_FOUND, 404, "not found"),
        (ErrorKind.KEY_REFUSED, 401, "401"),
        (ErrorKind.NOT_THE_API, 302, "not the API"),
        (ErrorKind.OTHER_TASK, None, "another task"),
        (ErrorKind.RATE_LIMITED, 429, "429"),
        (ErrorKind.RATE_LIMITED, 503, "503"),
        (ErrorKind.SERVER, 502, "502"),
        (ErrorKind.REJECTED, 400, "400"),
        (ErrorKind.REJECTED, None, "refused"),
        (ErrorKind.SERVER, 204, "server error"),
        (ErrorKind.SERVER, 304, "304"),
        (ErrorKind.UNEXPECTED, None, "bug"),
    ],
)
def test_why_data_are_old_takes_a_word_or_two(
    kind: ErrorKind, http_status: int | None, words: str
) -> None:
    failed = record(error=ApiError(kind, "what it said", http_status=http_status))
    assert tasks.stale_reason(failed) == words
    assert task_row(failed, NOW).stale == words
    assert tasks.stale_reason(failed._replace(resting=True)) == f"{words}, resting"


def test_a_failed_request_never_looks_like_a_failed_task() -> None:
    for kind in ErrorKind:
        words = task_row(record(error=ApiError(kind, "no")), NOW)
        drawn = line(words, Columns.fit(70, 10, whole=True))
        assert "Failed" not in drawn
        assert "✗" not in drawn
        assert drawn[8:].startswith("» In progress")


def test_frames_are_counted_once_they_are_known() -> None:
    assert task_row(record(TaskStatus.QUEUED), NOW).frames == ""
    assert task_row(record(frames=0), NOW).frames == "0"
    assert task_row(record(frames=12), NOW).frames == "12"


def test_equal_records_give_equal_words() -> None:
    one = task_row(record(added=600, frames=2, label="批次"), NOW)
    assert one == task_row(record(added=601, frames=2, label="批次"), NOW)


# Columns


@pytest.mark.parametrize("columns", LIST_WIDTHS)
def test_the_heads_stand_over_what_they_head(columns: int) -> None:
    shared = Columns.fit(LIST_WIDTHS[columns], 36, whole=columns >= 120)
    added = task_row(record(added=480, frames=7, task_id=UUID, label="batch"), NOW)
    head, row = column_names(shared), line(added, shared)
    for name, value in (("Time", "8 min"), ("Frames", "7 ")):
        start = row.index(value)
        assert head.index(name) < start + len(value)
        assert start < head.index(name) + len(name)
    assert head.index("Task") == row.index(UUID[:4])
    assert head.index("Label") == row.index("batch")


def test_an_id_of_36_cells_is_whole_from_120_columns_on() -> None:
    for width in (69, 70, 80, 100, 200):
        shared = Columns.fit(width, 60, whole=True)
        assert shared.id_width == 36
        for status in TaskStatus:
            words = task_row(record(status, added=7000, task_id=UUID, label="long"), NOW)
            drawn = line(words, shared)
            assert cell_len(drawn[: drawn.index(UUID)]) + 36 <= width, (status, drawn)


def test_an_unknown_state_leaves_the_id_its_room() -> None:
    entry = Entry(UUID, NOW, "", TaskStatus.UNKNOWN, "WAITING_FOR_A_FREE_MACHINE")
    words = task_row(Record(entry), NOW)
    assert re.match(r".{8}\? Unknown: W[A-Z_]+\.\. ", line(words, Columns.fit(70, 36, whole=True)))
    assert UUID in line(words, Columns.fit(70, 36, whole=True))[:70]
    assert "? Unknown: WAITING_FOR_A.." in line(words, Columns.fit(120, 36, whole=True))


@pytest.mark.parametrize("columns", LIST_WIDTHS)
def test_where_there_is_no_room_an_id_loses_its_middle_and_the_label_its_end(columns: int) -> None:
    width = LIST_WIDTHS[columns]
    shared = Columns.fit(width, 128, whole=columns >= 120)
    words = task_row(record(task_id="head" + "x" * 120 + "tail", label="标签" * 50), NOW)
    drawn = line(words, shared)
    cut = drawn[drawn.index("head") : drawn.index("tail") + 4]
    assert ".." in cut
    assert 13 <= cell_len(cut) == shared.id_width <= 36


@given(
    width=st.integers(57, 300),
    longest=st.integers(0, 400),
    whole=st.booleans(),
    task_id=clean_text,
    label=clean_text,
    sent=clean_text,
    status=st.sampled_from(TaskStatus),
)
def test_the_cells_before_the_label_are_the_same_for_all_rows(
    width: int, longest: int, whole: bool, task_id: str, label: str, sent: str, status: TaskStatus
) -> None:
    shared = Columns.fit(width, longest, whole=whole)
    words = TaskRowData(task_id, status, tasks.badge(status, sent), "5 min", "3", "", label)
    parts = dict(task_line(words, shared))
    assert cell_len(parts["id"]) == shared.id_width
    assert cell_len(parts["badge"]) == 14 or status is TaskStatus.UNKNOWN
    before_label = sum(cell_len(part) for name, part in parts.items() if name != "label")
    assert before_label <= width


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


def row(task_id: str, label: str = "", badge: str = "» In progress") -> TaskRowData:
    return TaskRowData(task_id, TaskStatus.IN_PROGRESS, badge, "1 min", "3", "", label)


def test_a_query_matches_what_has_it_as_it_stands_or_else_all_of_its_words() -> None:
    rows = [
        row("3e0f-77", "batch 1"),
        row("90ab-12", "Batch 3", "✗ Failed"),
        row("33cd-45", "batch 30"),
        row("12ef-30", "other"),
    ]

    def keys(query: str) -> list[str]:
        return [match.key for match in filter(matcher(query, rows), rows)]

    assert keys("batch 3") == ["90ab-12", "33cd-45"]
    assert keys(" BATCH 3 ") == ["90ab-12", "33cd-45"]
    assert keys("batch failed") == keys("failed 3") == ["90ab-12"]
    assert keys("progress 3e") == ["3e0f-77"], "a match must not span two fields"
    assert keys("nothing") == []
    assert len(keys("")) == 4
    assert list(filter(matcher("x", ()), rows)) == []


# The status line, and links


def test_counts_by_state() -> None:
    assert summary.counts({}) == "No tasks"
    assert summary.counts({TaskStatus.FAILED: 1}) == "1 task: 1 failed"
    status_counts = {status: n for n, status in enumerate(reversed(TaskStatus), 1)}
    assert summary.counts(status_counts) == (
        "15 tasks: 5 waiting, 4 in progress, 3 completed, 2 failed, 1 unknown"
    )
    assert summary.counts({TaskStatus.COMPLETED: 1200}).startswith("1,200 tasks: ")
    assert summary.counts({TaskStatus.COMPLETED: 1200}, 7) == "7 of 1,200 tasks: 1,200 completed"


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


def test_no_duration_is_below_zero_whatever_the_clock_did() -> None:
    set_back = record(added=-3600)
    assert task_row(set_back, NOW).age == "<1 min"
    assert task_row(set_back._replace(added_at=100.0), NOW, 700.0).age == "10 min"
    ended = record(TaskStatus.COMPLETED, added=0, ended=-3000)
    assert task_row(ended, NOW).age == "-"
    took = ended._replace(took=timedelta(minutes=10))
    assert task_row(took, NOW).age == "10 min"


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
