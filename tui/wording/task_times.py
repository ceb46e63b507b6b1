"""Since when a task is in its state, and its times, in words. Pure.

The service's own times count where they are told. One without a zone is no moment, and only the
difference of two is used; what was seen from here between two polls is `about` then.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from tui.scenext.models import TaskStatus
from tui.watchlist.facts import duration
from tui.watchlist.records import Record
from tui.wording.times import clock_time, format_duration, long_duration

_AT_ONCE: Final = timedelta(minutes=5)
"""Between adding a task and knowing that it has ended: it had ended before."""


def since(record: Record, now: datetime, boot: float | None = None) -> str:
    """Return since when a task is in its state, to be put behind the state's badge.

    `boot` is the monotonic clock at the time `now`. Empty where nobody knows.
    """
    if record.status.terminal:
        return _ended(record, now)
    if record.reopened:
        return " again"
    entry, added = record.entry, clock_time(record.entry.added, now)
    if record.status is not TaskStatus.IN_PROGRESS or entry.first_frames is None:
        return f", added {added}"
    age = record.age(now, boot)
    lasted = format_duration(age) if age >= 60 else ""
    if entry.first_frames:
        # How long ago these were drawn, nobody knows.
        return f" since before {added}" + (f" ({lasted} or more)" if lasted else "")
    return f" since about {added}" + (f" ({lasted})" if lasted else "")


def _ended(record: Record, now: datetime) -> str:
    task, entry = record.task, record.entry
    if task is not None and task.finished_at is not None and task.finished_at.tzinfo is not None:
        return f" at {clock_time(task.finished_at, now)}"
    if entry.ended is not None:
        return f" at about {clock_time(entry.ended, now)}"
    return "" if entry.noticed is None else f" before {clock_time(entry.noticed, now)}"


def times(record: Record, now: datetime) -> str:
    """Return when an ended task was created, or else added, and how long it took.

    Empty while a task is running: `since` tells all that is known of its times.
    """
    if not record.status.terminal:
        return ""
    task, entry = record.task, record.entry
    added = clock_time(entry.added, now)
    begin = f"added {added}"
    if task is not None and task.created_at is not None and task.created_at.tzinfo is not None:
        begin = f"created {clock_time(task.created_at, now)}"
    elif _had_ended(record):
        begin = f"had already ended when added at {added}"
    took = _took(record)
    return f"{begin}, took {took}" if took else begin


def _had_ended(record: Record) -> bool:
    """Return whether a task had ended before it was added."""
    entry = record.entry
    # One that was seen running may have ended a moment later, while nobody watched.
    was_running = entry.first_frames is not None and entry.first_frames != entry.frames
    at_once = entry.noticed is not None and entry.noticed - entry.added <= _AT_ONCE
    return at_once and entry.ended is None and not was_running


def _took(record: Record) -> str:
    lasted = duration(record)
    if lasted is None:
        return ""
    told = record.entry.took is not None or (record.task and record.task.duration is not None)
    words = long_duration(lasted.total_seconds())
    # Otherwise as seen from here: from when it was added until the poll that showed its end.
    return words if told or lasted.total_seconds() < 60 else f"about {words}"


def newest_frame(record: Record, now: datetime) -> str:
    """Return when the newest frame of a running task came; empty where nobody saw that."""
    newest = record.newest_frame_at
    if record.status.terminal or record.answered_at is None or newest is None:
        return ""
    came = record.answered_at - timedelta(seconds=record.told_at - newest)
    return f"the newest came at {clock_time(came, now)}"
