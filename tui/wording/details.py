"""One task in full, in words. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from tui.links.link import Link, task_links
from tui.scenext.models import MAX_TEXT_BYTES, Points, Result, TaskStatus
from tui.watchlist.records import Record
from tui.wording.tasks import badge, duration
from tui.wording.times import clock_time


class Field(NamedTuple):
    """One thing that is known of a task."""

    name: str
    text: str
    style: str = ""
    """`badge` or `stale`, where it is to be shown as such."""


class TaskDetails(NamedTuple):
    """All that the detail pane shows of a task."""

    task_id: str
    status: TaskStatus
    fields: tuple[Field, ...]
    heading: str
    """Stands above the frames."""
    links: tuple[Link, ...]


def task_details(record: Record, now: datetime) -> TaskDetails:
    """Return what the detail pane shows of a record."""
    links = task_links(record.results, record.frames)
    fields = tuple(_fields(record, now))
    return TaskDetails(record.id, record.status, fields, _heading(record), links)


def _heading(record: Record) -> str:
    if record.task is None:
        return "" if record.error else "Asking the service …"
    number = len(record.frames)
    frames = f"{number} {'frame' if number == 1 else 'frames'}"
    if record.task.dropped_frames:
        frames = f"the newest {number:,} of {number + record.task.dropped_frames:,} frames"
    if not number:
        frames = "no frames" if record.status.terminal else "no frames yet"
    kinds = Counter(result.kind for result in record.results if result.is_link)
    parts = [kind if count == 1 else f"{count} {kind}s" for kind, count in kinds.items()]
    heading = ", ".join([*parts, frames])
    return heading[:1].upper() + heading[1:]


def _fields(record: Record, now: datetime) -> Iterator[Field]:
    task, entry = record.task, record.entry
    yield Field("State", badge(record.status, record.status_sent), "badge")
    if record.error is not None:
        since = "nothing is known of it yet"
        if record.answered_at is not None:
            since = f"what you see is from {clock_time(record.answered_at, now)}"
        yield Field("Request", f"! {record.error.message}; {since}", "stale")
    if record.resting:
        yield Field("Polling", "! no change for a day: polling stopped; r tries again", "stale")
    if task is not None and task.title:
        yield Field("Title", task.title)
    yield Field("Times", _times(record, now))
    if entry.label:
        yield Field("Label", entry.label)
    if task is None:
        return
    if text := _points(task.points):
        yield Field("Points", text)
    if task.message:
        yield Field("Message", task.message)
    for result in task.results:
        yield from _result_fields(record, result)
    if task.is_cut:
        yield Field("", f"… cut after {MAX_TEXT_BYTES // 1000} kB", "stale")


def _points(points: Points) -> str:
    if points.total is None:
        return points.purpose
    number = f"{points.total:,.12g} {'point' if points.total == 1 else 'points'}"
    return f"{number}: {points.purpose}" if points.purpose else number


def _result_fields(record: Record, result: Result) -> Iterator[Field]:
    if not result.is_link and result.content:
        failed = record.status is TaskStatus.FAILED
        yield Field("Reason" if failed else result.kind.capitalize(), result.content)
    if result.score:
        yield Field("Score", result.score)
    if result.score_detail:
        yield Field("Scoring", result.score_detail)


def _times(record: Record, now: datetime) -> str:
    task, entry = record.task, record.entry
    added = f"added {clock_time(entry.added, now)}"
    if not record.status.terminal:
        return added
    ended = "already finished when added"
    if entry.ended is not None:
        ended = f"ended {clock_time(entry.ended, now)}"
    elif task and task.finished_at and task.finished_at.tzinfo:
        ended += f" (at {clock_time(task.finished_at, now)})"
    lasted = duration(record)
    if lasted is None:
        return f"{added}, {ended}"
    minutes = int(lasted.total_seconds() // 60)
    took = f"{minutes:,} min" if minutes > 0 else "less than a minute"
    if minutes > 0 and (task is None or task.duration is None):
        # As seen from here: from when it was added until the poll that showed its end.
        took = f"about {took}"
    return f"{added}, {ended}, took {took}"
