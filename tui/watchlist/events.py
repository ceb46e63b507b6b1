"""What happened to the watched tasks since the start, as a person wants to read it. Pure.

Not every frame and not every answer: what begins or ends, and what needs somebody.
"""

from __future__ import annotations

import math
from collections import deque
from datetime import datetime
from enum import Enum
from itertools import islice
from typing import Final, NamedTuple

from tui.scenext.models import TaskStatus
from tui.watchlist.facts import duration, failure_reason, frame_count
from tui.watchlist.records import Record
from tui.watchlist.sections import has_trouble, known_age

MAX_EVENTS: Final = 1_000
"""Events that are kept: the newest."""


class EventKind(Enum):
    """What has happened."""

    ADDED = "added"
    REMOVED = "removed"
    RESTORED = "restored"
    """Its removal was undone."""
    FIRST_FRAME = "first frame"
    COMPLETED = "completed"
    FAILED = "failed"
    VIDEO = "video"
    """It had completed, and now its video is there."""
    STARTED_AGAIN = "started again"
    UNKNOWN_STATE = "unknown state"
    TROUBLE = "trouble"
    RECOVERED = "recovered"
    OVERDUE = "overdue"
    HOST_TROUBLE = "host trouble"
    HOST_RECOVERED = "host recovered"
    AWAY = "away"
    """The first round of answers is over: what ended while nobody watched."""


class Event(NamedTuple):
    """One thing that happened. Holds no link; all text was cleaned where it entered."""

    at: datetime
    """When it was noticed, by the wall clock: aware, UTC."""
    kind: EventKind
    task_id: str = ""
    """Empty where it is about many tasks, or the service."""
    label: str = ""
    """The task's label at that time; that of all tasks that were added."""
    title: str = ""
    """The task's title at that time."""
    text: str = ""
    """A reason, or a state in the service's words."""
    host: str = ""
    """Which trouble the host has, as a `HealthKind`'s value."""
    seconds: float | None = None
    """How long the task took, or the trouble lasted."""
    frames: int | None = None
    has_video: bool = False
    is_late: bool = False
    """Whether it had ended before it was noticed."""
    is_news: bool = False
    """Whether it is an end of a task that was seen to run before, since the start."""
    tasks: int = 1
    """Tasks that were added or removed, or that completed while nobody watched."""
    failed: int = 0
    """Tasks that failed while nobody watched."""


def task_event(kind: EventKind, record: Record, at: datetime, text: str = "") -> Event:
    """Return an event about one task."""
    return Event(at, kind, record.id, record.entry.label, record.title, text)


def event_between(
    before: Record,
    after: Record,
    now: datetime,
    longest: float = math.inf,
    longest_before: float | None = None,
) -> Event | None:
    """Return what has happened to a task between two of its records; None if it is no news.

    Of several things the weightiest. `longest` is the `longest_sample` of the history; where that
    was another one at the time of `before`, it is `longest_before`.
    """
    if after.status.terminal and after.status is not before.status:
        return _end(after, now)._replace(is_news=_was_watched(before, after))
    if before.status.terminal and not after.status.terminal:
        return task_event(EventKind.STARTED_AGAIN, after, now)
    is_unknown = after.status is TaskStatus.UNKNOWN
    if is_unknown and (before.status, before.status_sent) != (after.status, after.status_sent):
        return task_event(EventKind.UNKNOWN_STATE, after, now, after.status_sent)
    if has_trouble(after) is not has_trouble(before):
        if after.error is not None:
            # One that is not told any more, since the host has trouble, is not over.
            is_new = has_trouble(after)
            text = after.error.message
            return task_event(EventKind.TROUBLE, after, now, text) if is_new else None
        return task_event(EventKind.RECOVERED, after, now)
    if longest_before is None:
        longest_before = longest
    became_overdue = known_age(before) <= longest_before and known_age(after) > longest
    return _progress(before, after, now, became_overdue=became_overdue)


def _end(after: Record, now: datetime) -> Event:
    failed = after.status is TaskStatus.FAILED
    kind = EventKind.FAILED if failed else EventKind.COMPLETED
    took = duration(after)
    return task_event(kind, after, now, failure_reason(after) if failed else "")._replace(
        seconds=None if took is None else took.total_seconds(),
        frames=frame_count(after),
        has_video=_has_video(after),
        is_late=after.entry.ended is None,
    )


def _was_watched(before: Record, after: Record) -> bool:
    """Return whether a task was open when this session, or another program, saw it last.

    The first answer of a session may tell an end from before its start.
    """
    if before.status.terminal:
        return False
    if after.task is None:
        # Another program has stored the end: it knows when that was only where it watched.
        return after.entry.ended is not None
    return before.task is not None


def _progress(
    before: Record, after: Record, now: datetime, *, became_overdue: bool
) -> Event | None:
    # What the first answer tells of a task that was watched before is no news.
    if before.task is None:
        return None
    if after.status is TaskStatus.COMPLETED and not _has_video(before) and _has_video(after):
        return task_event(EventKind.VIDEO, after, now)
    if after.status is not TaskStatus.IN_PROGRESS:
        return None
    if became_overdue:
        return task_event(EventKind.OVERDUE, after, now)
    if after.frames and not before.frames:
        return task_event(EventKind.FIRST_FRAME, after, now)
    return None


def _has_video(record: Record) -> bool:
    task = record.task
    return task is not None and task.status is TaskStatus.COMPLETED and task.is_complete


class EventLog:
    """The newest events, in the order in which they happened."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque(maxlen=MAX_EVENTS)

    def __len__(self) -> int:
        return len(self._events)

    @property
    def all(self) -> tuple[Event, ...]:
        """All events that are kept, the oldest first."""
        return tuple(self._events)

    def newest(self, count: int) -> tuple[Event, ...]:
        """Return the last `count` events, the oldest of them first."""
        return tuple(islice(reversed(self._events), max(0, count)))[::-1]

    def append(self, event: Event) -> None:
        """Keep an event; the oldest one goes where there are too many."""
        self._events.append(event)
