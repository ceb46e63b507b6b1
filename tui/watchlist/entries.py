"""The entries of a watchlist and the changes to them. Pure: no files, no clock.

A save replays its changes on what the file holds by then, so a change says what to do and never
what the list looks like.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from tui.clock import EARLIEST, LATEST
from tui.sanitize import clean
from tui.scenext.models import TaskStatus
from tui.scenext.task_ids import is_task_id

MAX_LABEL_LENGTH: Final = 200
"""Characters of a label."""
MAX_STATUS_LENGTH: Final = 60
"""Characters of a state in the service's words."""


class Entry(NamedTuple):
    """What is stored about one watched task. Never holds a link or a key."""

    id: str
    added: datetime
    """When it was added: aware, UTC."""
    label: str = ""
    status: TaskStatus = TaskStatus.QUEUED
    """The last known state."""
    status_sent: str = ""
    """The state as the service wrote it; kept only where `status` is UNKNOWN."""
    ended: datetime | None = None
    """When it was seen to end: aware, UTC. None while it is running, and where unknown."""
    title: str = ""
    """The service's title of the video."""
    noticed: datetime | None = None
    """When one of our programs first knew that it had ended: aware, UTC."""
    seen: datetime | None = None
    """The `noticed` time of the end that somebody has looked at: aware, UTC."""
    took: float | None = None
    """Seconds from its creation to its end, by the service's own times."""
    points: float | None = None
    """What it cost, once it has ended."""
    frames: int | None = None
    """Number of its frames when it ended."""
    first_frames: int | None = None
    """Number of its frames in its first answer."""

    @property
    def is_new(self) -> bool:
        """Whether it has ended and nobody has looked at it since."""
        return self.noticed is not None and (self.seen is None or self.seen < self.noticed)


class Add(NamedTuple):
    """Add a task. One that is already present keeps its entry and takes the label, if any."""

    entry: Entry
    before: str | None = None
    """The ID to insert a new entry before; appended where that is None or missing."""


class Remove(NamedTuple):
    """Remove a task. A missing ID is not an error."""

    id: str


class Update(NamedTuple):
    """A new state of a task. It never brings back an ID that was removed.

    A terminal state wins over an open one, whichever comes first. If the same end is seen twice,
    the earlier time stays, so that two dashboards agree in whichever order they save.
    """

    id: str
    status: TaskStatus
    status_sent: str = ""
    ended: datetime | None = None
    title: str = ""
    noticed: datetime | None = None
    took: float | None = None
    points: float | None = None
    frames: int | None = None
    first_frames: int | None = None


class MarkSeen(NamedTuple):
    """Somebody has looked at a task whose end was noticed at the time `noticed`."""

    id: str
    noticed: datetime


Change = Add | Remove | Update | MarkSeen


def replay(entries: Sequence[Entry], changes: Sequence[Change]) -> tuple[Entry, ...]:
    """Apply the changes in order. Pure and idempotent.

    Entries are normalized to what the file can hold: text is sanitized and cut, times become UTC
    of a plausible year, and an invalid task ID is not added.
    """
    by_id = {entry.id: entry for entry in entries}
    for change in changes:
        match change:
            case Add(entry, before):
                by_id = _apply_add(by_id, normalize(entry), before)
            case Remove(id=task_id):
                by_id.pop(_encodable(task_id), None)
            case Update(id=task_id):
                current = by_id.get(_encodable(task_id))
                if current is not None:  # Otherwise removed, here or by another dashboard.
                    by_id[current.id] = _apply_update(current, change)
    return tuple(by_id.values())


def _apply_add(by_id: dict[str, Entry], entry: Entry, before: str | None) -> dict[str, Entry]:
    existing = by_id.get(entry.id)
    if existing is not None:
        if entry.label:
            by_id[entry.id] = existing._replace(label=entry.label)
    elif not is_task_id(entry.id):
        pass  # It could not be read back, and every later save would fail.
    elif before is None or before not in by_id:
        by_id[entry.id] = entry
    else:
        ids = list(by_id)
        index = ids.index(before)
        tail = {task_id: by_id[task_id] for task_id in ids[index:]}
        return {task_id: by_id[task_id] for task_id in ids[:index]} | {entry.id: entry} | tail
    return by_id


def _apply_update(entry: Entry, change: Update) -> Entry:
    if entry.status.terminal and not change.status.terminal:
        return entry
    updated = normalize(
        entry._replace(status=change.status, status_sent=change.status_sent, ended=change.ended)
    )
    if updated.status is entry.status and entry.ended is not None:
        return updated._replace(ended=min(entry.ended, updated.ended or entry.ended))
    return updated


def normalize(entry: Entry) -> Entry:
    """Return the entry as the file can hold it, so that reading it back gives an equal one."""
    unknown = entry.status is TaskStatus.UNKNOWN
    ended = entry.ended if entry.status.terminal else None
    return Entry(
        id=_encodable(entry.id),
        added=_utc(entry.added),
        label=clean(entry.label, MAX_LABEL_LENGTH),
        status=entry.status,
        status_sent=clean(entry.status_sent, MAX_STATUS_LENGTH) if unknown else "",
        ended=None if ended is None else _utc(ended),
    )


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _utc(moment: datetime) -> datetime:
    return min(max(moment, EARLIEST), LATEST).astimezone(UTC)
