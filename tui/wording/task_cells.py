"""A task in the columns of the commands' tables. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from tui.errors import ErrorKind
from tui.scenext.models import TaskStatus
from tui.watchlist import facts
from tui.watchlist.records import Record
from tui.wording.states import STATES
from tui.wording.tasks import NOT_KNOWN, stale_reason
from tui.wording.times import format_duration


class TaskCells(NamedTuple):
    """What a table shows of a task, in the order of its columns; empty where it is not known."""

    state: str
    """One word of `states.STATES`."""
    id: str
    name: str
    """Its label, else its title."""
    time: str
    """How long it took, or how long ago it was added while it has not ended. Of a task that is not
    watched only the service knows."""
    frames: str
    points: str
    note: str
    """Why it failed, or why the last request about it did."""


def task_cells(record: Record, now: datetime, *, watched: bool = True) -> TaskCells:
    """Return what a table shows of a record; `watched` tells whether the watchlist holds it."""
    frames, points = facts.frame_count(record), facts.points(record)
    return TaskCells(
        state=STATES[record.status],
        id=record.id,
        name=record.entry.label or record.title,
        time=_time(record, now, watched=watched),
        frames="" if frames is None else str(frames),
        points="" if points is None else f"{points:.12g}",
        note=_note(record),
    )


def _time(record: Record, now: datetime, *, watched: bool) -> str:
    if not watched:
        took = None if record.task is None else record.task.duration
    elif record.status.terminal:
        took = facts.duration(record)
    else:
        took = timedelta(seconds=record.age(now, None))
    return "" if took is None else format_duration(took.total_seconds(), running=False)


def _note(record: Record) -> str:
    error = record.error
    if record.status is TaskStatus.FAILED:
        return facts.failure_reason(record)
    if error is not None and error.kind is ErrorKind.NOT_FOUND:
        return NOT_KNOWN if error.is_unknown_id else error.message
    if error is not None:
        word = stale_reason(record)
        return error.message if error.message.startswith(word) else f"{word}: {error.message}"
    is_unknown = record.status is TaskStatus.UNKNOWN
    return f"unknown state: {record.status_sent}" if is_unknown else ""
