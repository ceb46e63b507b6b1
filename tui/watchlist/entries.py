"""The entries of a watchlist and the changes to them. Pure: no files, no clock.

A save replays its changes on what the file holds by then, so a change says what to do and never
what the list looks like.

Facts of a task (its title, what it cost …) are told by every program that watches it: the first
stays. When an end was noticed, the earlier time stays, and of what was looked at the later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple, TypeVar

from tui.clock import EARLIEST, LATEST
from tui.sanitize import clean
from tui.scenext.models import TaskStatus
from tui.scenext.task_ids import is_task_id
from tui.watchlist.history import MAX_SECONDS, Sample, join

MAX_LABEL_LENGTH: Final = 200
"""Characters of a label."""
MAX_STATUS_LENGTH: Final = 60
"""Characters of a state in the service's words."""
MAX_TITLE_LENGTH: Final = 200
"""Characters of a title."""
MAX_POINTS: Final = 1e12
"""Points that a task may have cost: more is a mistake."""
MAX_FRAME_COUNT: Final = 1_000_000
"""Frames that a task may have: an answer has no room for as many."""


_T = TypeVar("_T")


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


class Relabel(NamedTuple):
    """Another label of a task; an empty one takes it away. A missing ID is not an error.

    Of two programs that label a task, the one that saves later wins. One that adds it again with a
    label has given it that one; `Add` without a label takes none away.
    """

    id: str
    label: str


class Update(NamedTuple):
    """A new state of a task. It never brings back an ID that was removed.

    A terminal state wins over an open one, whichever comes first. If the same end is seen twice,
    the earlier times stay, so that two dashboards agree in whichever order they save. Another
    terminal state is another end: what was known of the earlier one gives way to what this says.
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


class Learn(NamedTuple):
    """How long a task took. It stays when the task is removed."""

    sample: Sample


Change = Add | Remove | Relabel | Update | MarkSeen | Learn


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
            case Relabel(task_id, label):
                current = by_id.get(_encodable(task_id))
                if current is not None:
                    by_id[current.id] = normalize(current._replace(label=label))
            case Update(id=task_id):
                current = by_id.get(_encodable(task_id))
                if current is not None:  # Otherwise removed, here or by another dashboard.
                    by_id[current.id] = _apply_update(current, change)
            case MarkSeen(task_id, noticed):
                current = by_id.get(_encodable(task_id))
                if current is not None:
                    seen = max(current.seen or noticed, noticed)
                    by_id[current.id] = normalize(current._replace(seen=seen))
            case Learn():
                pass  # Of no entry: `replay_history`.
    return tuple(by_id.values())


def replay_history(history: Iterable[Sample], changes: Iterable[Change]) -> tuple[Sample, ...]:
    """Apply what the changes tell of how long tasks took. Pure and idempotent.

    Of each task the first sample stays, and of all the newest `history.MAX_SAMPLES`.
    """
    learned = (change.sample for change in changes if isinstance(change, Learn))
    return join(history, filter(None, map(_normalize_sample, learned)))


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
    title = entry.title or change.title
    entry = entry._replace(
        title=title, first_frames=_first(entry.first_frames, change.first_frames)
    )
    if change.status is entry.status:
        entry = entry._replace(
            status_sent=change.status_sent,
            ended=_earlier(entry.ended, change.ended),
            noticed=_earlier(entry.noticed, change.noticed),
            took=_first(entry.took, change.took),
            points=_first(entry.points, change.points),
            frames=_first(entry.frames, change.frames),
        )
    elif change.status.terminal or not entry.status.terminal:
        entry = entry._replace(
            status=change.status,
            status_sent=change.status_sent,
            ended=change.ended,
            noticed=change.noticed,
            took=change.took,
            points=change.points,
            frames=change.frames,
        )
    return normalize(entry)


def _first(known: _T | None, told: _T | None) -> _T | None:
    return told if known is None else known


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(one, other) if one and other else one or other


def normalize(entry: Entry) -> Entry:
    """Return the entry as the file can hold it, so that reading it back gives an equal one.

    What is said of an end is dropped where it has not ended, and a number that none can be.
    """
    status, ended = entry.status, entry.status.terminal
    unknown = status is TaskStatus.UNKNOWN
    return Entry(
        id=_encodable(entry.id),
        added=_utc(entry.added),
        label=clean(entry.label, MAX_LABEL_LENGTH),
        status=status,
        status_sent=clean(entry.status_sent, MAX_STATUS_LENGTH) if unknown else "",
        ended=_utc(entry.ended) if ended and entry.ended is not None else None,
        title=clean(entry.title, MAX_TITLE_LENGTH),
        noticed=_utc(entry.noticed) if ended and entry.noticed is not None else None,
        seen=None if entry.seen is None else _utc(entry.seen),
        took=_number(entry.took, MAX_SECONDS) if ended else None,
        points=_number(entry.points, MAX_POINTS) if ended else None,
        frames=_count(entry.frames) if ended else None,
        first_frames=_count(entry.first_frames),
    )


def _normalize_sample(sample: Sample) -> Sample | None:
    task_id, seconds = _encodable(sample.id), _number(sample.seconds, MAX_SECONDS)
    return Sample(task_id, _utc(sample.end), seconds) if is_task_id(task_id) and seconds else None


def _number(value: float | None, limit: float) -> float | None:
    # `abs` for the sign of a zero; not a number is no more than any limit.
    return abs(float(value)) if value is not None and 0 <= value <= limit else None


def _count(value: int | None) -> int | None:
    return value if value is not None and 0 <= value <= MAX_FRAME_COUNT else None


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is UTC and EARLIEST <= moment <= LATEST:
        return moment
    return min(max(moment, EARLIEST), LATEST).astimezone(UTC)
