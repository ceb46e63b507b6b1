"""Since when a task is in its state, and its times, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.scenext.models import Task, TaskStatus
from tui.watchlist.entries import Entry
from tui.watchlist.records import Record
from tui.wording.details import task_details
from tui.wording.task_times import newest_frame, since, times
from tui.wording.times import long_duration

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
ADDED = NOW - timedelta(minutes=20)
pytestmark = pytest.mark.usefixtures("utc")


def minutes_after(minutes: float) -> datetime:
    return ADDED + timedelta(minutes=minutes)


def record(status: TaskStatus, task: Task | None = None, **known: Any) -> Record:  # noqa: ANN401
    """Return a record added 20 minutes ago of which the watchlist knows so much."""
    return Record(Entry("t", ADDED, status=status, **known), task)


@pytest.mark.parametrize(
    ("status", "known", "words"),
    [
        (TaskStatus.QUEUED, {}, ", added 11:40"),
        (TaskStatus.UNKNOWN, {"first_frames": 2}, ", added 11:40"),
        (TaskStatus.IN_PROGRESS, {}, ", added 11:40"),
        (TaskStatus.IN_PROGRESS, {"first_frames": 0}, " since about 11:40 (20 min)"),
        (TaskStatus.IN_PROGRESS, {"first_frames": 3}, " since before 11:40 (20 min or more)"),
        (TaskStatus.COMPLETED, {"ended": minutes_after(12)}, " at about 11:52"),
        (TaskStatus.FAILED, {"noticed": minutes_after(15)}, " before 11:55"),
        (TaskStatus.COMPLETED, {}, ""),
    ],
)
def test_a_state_says_since_when(status: TaskStatus, known: dict[str, Any], words: str) -> None:
    assert since(record(status, **known), NOW) == words


def test_a_task_that_was_added_just_now_has_no_age_yet() -> None:
    young = record(TaskStatus.IN_PROGRESS, first_frames=0)._replace(added_at=100.0)
    assert since(young, NOW, 130.0) == " since about 11:40"
    assert since(young, NOW, 220.0) == " since about 11:40 (2 min)"
    again = young._replace(reopened=True)
    assert since(again, NOW, 220.0) == " again"


def told(created: datetime, seconds: float) -> Task:
    """Return a completed task with the service's own times."""
    finished = created + timedelta(seconds=seconds)
    return Task("t", TaskStatus.COMPLETED, created_at=created, finished_at=finished)


def test_the_times_of_the_service_count_where_they_have_a_zone() -> None:
    shown = record(TaskStatus.COMPLETED, told(NOW - timedelta(minutes=14), 730))
    assert since(shown, NOW) == " at 11:58"
    assert times(shown, NOW) == "created 11:46, took 12 min"


def test_of_times_without_a_zone_only_the_difference_counts() -> None:
    naive = told(datetime(2026, 3, 14, 1, 0), 730)  # noqa: DTZ001 (as it is sent)
    shown = record(TaskStatus.COMPLETED, naive, ended=minutes_after(13))
    assert since(shown, NOW) == " at about 11:53"
    assert times(shown, NOW) == "added 11:40, took 12 min"
    assert "01:" not in repr(task_details(shown, NOW))


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"ended": minutes_after(12)}, "added 11:40, took about 12 min"),
        ({"ended": minutes_after(0.5)}, "added 11:40, took less than a minute"),
        ({"ended": minutes_after(12), "took": 690.0}, "added 11:40, took 11 min"),
        ({"noticed": minutes_after(1)}, "had already ended when added at 11:40"),
        ({"noticed": minutes_after(1), "first_frames": 0, "frames": 9}, "added 11:40"),
        ({"noticed": minutes_after(19)}, "added 11:40"),
        ({"noticed": minutes_after(19), "took": 690.0}, "added 11:40, took 11 min"),
        ({}, "added 11:40"),
    ],
)
def test_times_tell_what_is_known_and_no_more(known: dict[str, Any], words: str) -> None:
    assert times(record(TaskStatus.COMPLETED, **known), NOW) == words
    assert times(record(TaskStatus.IN_PROGRESS, **known), NOW) == ""


def test_the_newest_frame_has_a_time_only_where_it_was_seen_to_come() -> None:
    running = record(TaskStatus.IN_PROGRESS)._replace(answered_at=NOW, told_at=500.0)
    assert newest_frame(running, NOW) == ""
    seen = running._replace(newest_frame_at=380.0)
    assert newest_frame(seen, NOW) == "the newest came at 11:58"
    assert newest_frame(seen._replace(answered_at=None), NOW) == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute"),
        (59.9, "less than a minute"),
        (61, "1 min"),
        (3_599, "59 min"),
        (3_600, "1 h"),
        (7_500, "2 h 5 min"),
        (172_800, "2 d"),
        (180_000, "2 d 2 h"),
    ],
)
def test_a_long_duration_is_told_to_the_minute(seconds: float, words: str) -> None:
    assert long_duration(seconds) == words


@given(st.floats())
def test_whatever_is_sent_as_a_duration_has_words(seconds: float) -> None:
    assert long_duration(seconds)
