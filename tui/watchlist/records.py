"""The records of the watched tasks, in order: what is kept on disk and what was last heard.

Pure: outcomes and entries go in, new records and the changes to be saved come out; time is passed
in. A failed request never blanks a record: the last good answer stays, with the reason and the
age of what is shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from tui.errors import ApiError
from tui.scenext.models import Frame, PollResult, Result, Task, TaskStatus
from tui.scenext.signed_url import identity
from tui.watchlist.entries import Add, Change, Entry, Remove, Update, replay

WATCHED: Final = timedelta(minutes=5)
"""How old the answer before may be for the end of a task to count as seen."""


class Record(NamedTuple):
    """One watched task."""

    entry: Entry
    task: Task | None = None
    """The last good answer of this session."""
    answered: datetime | None = None
    """When it came."""
    error: ApiError | None = None
    """Why the last request failed; None when it did not."""

    @property
    def id(self) -> str:
        """The task's ID."""
        return self.entry.id

    @property
    def status(self) -> TaskStatus:
        """The last known state, of an earlier session where this one knows none yet.

        An end that another dashboard saw first counts as well.
        """
        if self.task is None or (self.entry.status.terminal and not self.task.status.terminal):
            return self.entry.status
        return self.task.status

    @property
    def status_sent(self) -> str:
        """The state in the service's words; empty where they are not known."""
        if self.task is not None and self.task.status is self.status:
            return self.task.status_sent
        return self.entry.status_sent

    @property
    def frames(self) -> tuple[Frame, ...]:
        """The frames that are known, in the service's order."""
        return self.task.frames if self.task else ()

    @property
    def results(self) -> tuple[Result, ...]:
        """What the task came to; empty until it has ended."""
        return self.task.results if self.task else ()


class Watchlist:
    """Records by ID, in the order in which they were added, and the changes not yet saved."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._counts: Counter[TaskStatus] = Counter()
        self.pending: list[Change] = []
        """What is not on disk yet, oldest first; the keeper takes from the front."""

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records.values())

    def __len__(self) -> int:
        return len(self._records)

    def get(self, task_id: str) -> Record | None:
        """Return the record of a task, if it is watched."""
        return self._records.get(task_id)

    @property
    def ids(self) -> tuple[str, ...]:
        """All IDs, in order."""
        return tuple(self._records)

    def entries(self) -> tuple[Entry, ...]:
        """The durable facts of all tasks, in order."""
        return tuple(record.entry for record in self._records.values())

    def counts(self) -> Counter[TaskStatus]:
        """Return how many tasks are in which state."""
        return +self._counts

    def load(self, entries: Sequence[Entry]) -> None:
        """Take over what the file holds, with what is not saved yet on top."""
        self._take(replay(entries, self.pending))

    def add(self, task_ids: Iterable[str], label: str, now: datetime) -> None:
        """Watch these tasks; one that is watched already takes the label, if there is one."""
        self._change(*(Add(Entry(task_id, now, label)) for task_id in task_ids))

    def remove(self, task_id: str) -> Record | None:
        """Stop watching a task; return its record, by which `restore` brings it back."""
        record = self._records.get(task_id)
        if record is not None:
            self._change(Remove(task_id))
        return record

    def restore(self, record: Record, before: str | None) -> None:
        """Watch a removed task again, in front of the task `before`, or at the end.

        One that is watched again already stays as it is.
        """
        if record.id not in self._records:
            self._change(Add(record.entry, before))
            entry = self._records[record.id].entry
            self._put(record._replace(entry=entry))

    def apply(self, outcome: PollResult, now: datetime) -> Record | None:
        """Take in what came of a query; return the new record, None if it is not watched."""
        record = self._records.get(outcome.task_id)
        if record is None:
            return None
        if outcome.task is None:
            record = record._replace(error=outcome.error)
        else:
            record = self._answered(record, outcome.task, now)
        self._put(record)
        return record

    def _put(self, record: Record) -> None:
        # Counted one by one: a thousand tasks are not counted anew at each answer.
        self._counts[self._records[record.id].status] -= 1
        self._counts[record.status] += 1
        self._records[record.id] = record

    def _answered(self, record: Record, task: Task, now: datetime) -> Record:
        if record.status.terminal and not task.status.terminal:
            # What has ended stays ended: an answer from an older copy of the service's data.
            task = task._replace(status=record.status, status_sent=record.status_sent)
            if record.task is not None:
                task = task._replace(results=record.task.results, points=record.task.points)
        if record.task is not None:
            task = task._replace(frames=_united(record.task.frames, task.frames))
        entry = record.entry
        # Only a state that we do not know needs the service's own word for it.
        sent = task.status_sent if task.status is TaskStatus.UNKNOWN else ""
        if (task.status, sent) != (entry.status, entry.status_sent):
            ended = entry.ended
            if task.status.terminal and not entry.status.terminal and _was_watched(record, now):
                ended = now
            update = Update(record.id, task.status, sent, ended)
            self.pending.append(update)
            (entry,) = replay([entry], [update])
        return record._replace(entry=entry, task=task, answered=now, error=None)

    def _change(self, *changes: Change) -> None:
        self.pending.extend(changes)
        self._take(replay(self.entries(), changes))

    def _take(self, entries: Iterable[Entry]) -> None:
        before = self._records
        self._records = {entry.id: _with_entry(before.get(entry.id), entry) for entry in entries}
        self._counts = Counter(record.status for record in self._records.values())


def _with_entry(record: Record | None, entry: Entry) -> Record:
    return Record(entry) if record is None else record._replace(entry=entry)


def _was_watched(record: Record, now: datetime) -> bool:
    return record.answered is not None and now - record.answered <= WATCHED


def _united(before: tuple[Frame, ...], now: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """The frames of the newer answer, and those that it left out behind their old neighbours.

    A frame that the service has dropped must not come last, where the newest one is looked for.
    """
    keys = [_key(frame) for frame in now]
    known, merged, place = set(keys), list(now), 0
    if known.issuperset(map(_key, before)):
        return now
    for frame in before:
        key = _key(frame)
        if key in known:
            place = keys.index(key) + 1
        else:
            merged.insert(place, frame)
            keys.insert(place, key)
            place += 1
    return tuple(merged)


def _key(frame: Frame) -> tuple[str, str]:
    return frame.id, identity(frame.url)
