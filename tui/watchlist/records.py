"""The records of the watched tasks, in order: what is stored and the last poll result of each.

A failed poll never blanks a record: the last good answer stays, with its age and the error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from tui.errors import ApiError
from tui.scenext.models import Frame, PollResult, Result, Task, TaskStatus
from tui.watchlist.entries import Add, Change, Entry, Remove, Update, replay
from tui.watchlist.frames import merge_frames

MAX_POLL_GAP: Final = timedelta(minutes=5)
"""Maximum age of the previous answer for the time of a task's end to count as known."""


class Record(NamedTuple):
    """One watched task."""

    entry: Entry
    task: Task | None = None
    """The last good answer of this session."""
    answered_at: datetime | None = None
    error: ApiError | None = None
    """Why the last poll failed; None if it succeeded."""

    @property
    def id(self) -> str:
        """The task's ID."""
        return self.entry.id

    @property
    def status(self) -> TaskStatus:
        """The last known state: the stored one until the first answer of this session.

        A terminal state that another dashboard stored wins over an open one here.
        """
        if self.task is None or (self.entry.status.terminal and not self.task.status.terminal):
            return self.entry.status
        return self.task.status

    @property
    def status_sent(self) -> str:
        """The state in the service's words; empty where unknown."""
        if self.task is not None and self.task.status is self.status:
            return self.task.status_sent
        return self.entry.status_sent

    @property
    def frames(self) -> tuple[Frame, ...]:
        """The known frames, in the service's order."""
        return self.task.frames if self.task else ()

    @property
    def results(self) -> tuple[Result, ...]:
        """The task's results; empty until it has ended."""
        return self.task.results if self.task else ()


class Watchlist:
    """Records by ID, in the order in which they were added, and the changes not yet saved."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._counts: Counter[TaskStatus] = Counter()
        self.pending: list[Change] = []
        """The changes that are not on disk yet, oldest first; `WatchlistSync` removes the saved."""

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
        """Return what is stored of all tasks, in order."""
        return tuple(record.entry for record in self._records.values())

    def counts(self) -> Counter[TaskStatus]:
        """Return the number of tasks in each state."""
        return +self._counts

    def load(self, entries: Sequence[Entry]) -> None:
        """Replace the entries by those of the file, with the pending changes on top."""
        self._set_entries(replay(entries, self.pending))

    def add(self, task_ids: Iterable[str], label: str, now: datetime) -> None:
        """Add tasks; one that is watched already takes the label, if there is one."""
        self._change(*(Add(Entry(task_id, now, label)) for task_id in task_ids))

    def remove(self, task_id: str) -> Record | None:
        """Remove a task; return its record, with which `restore` undoes it."""
        record = self._records.get(task_id)
        if record is not None:
            self._change(Remove(task_id))
        return record

    def restore(self, record: Record, before: str | None) -> None:
        """Add a removed task again, before the task `before` or at the end.

        One that was added again in the meantime stays as it is.
        """
        if record.id not in self._records:
            self._change(Add(record.entry, before))
            self._put(record._replace(entry=self._records[record.id].entry))

    def apply(self, result: PollResult, now: datetime) -> Record | None:
        """Apply the result of a poll; return the new record, None if the task is not watched."""
        record = self._records.get(result.task_id)
        if record is None:
            return None
        if result.task is None:
            if result.error is not None:
                # They hold the answer that was read, up to 1 MiB, and with a record for hours.
                result.error.__traceback__ = result.error.__context__ = None
            record = record._replace(error=result.error)
        else:
            record = self._apply_answer(record, result.task, now)
        self._put(record)
        return record

    def _put(self, record: Record) -> None:
        # Adjusted rather than recounted, which a thousand tasks would pay for on every answer.
        self._counts[self._records[record.id].status] -= 1
        self._counts[record.status] += 1
        self._records[record.id] = record

    def _apply_answer(self, record: Record, task: Task, now: datetime) -> Record:
        stale = record.status.terminal and not task.status.terminal
        task = merge_frames(record.task, task, stale=stale)
        if stale:
            # What has ended stays ended: the answer is from a stale replica of the service.
            frames, dropped = task.frames, task.dropped_frames
            task = (record.task or task)._replace(
                status=record.status,
                status_sent=record.status_sent,
                frames=frames,
                dropped_frames=dropped,
            )
        entry = record.entry
        # Only an unknown state is stored in the service's words.
        sent = task.status_sent if task.status is TaskStatus.UNKNOWN else ""
        if (task.status, sent) != (entry.status, entry.status_sent):
            has_ended = task.status.terminal and not entry.status.terminal
            watched = record.answered_at and now - record.answered_at <= MAX_POLL_GAP
            ended = now if has_ended and watched else entry.ended
            update = Update(record.id, task.status, sent, ended)
            self.pending.append(update)
            (entry,) = replay([entry], [update])
        return record._replace(entry=entry, task=task, answered_at=now, error=None)

    def _change(self, *changes: Change) -> None:
        self.pending.extend(changes)
        self._set_entries(replay(self.entries(), changes))

    def _set_entries(self, entries: Iterable[Entry]) -> None:
        old = self._records
        self._records = {
            entry.id: old[entry.id]._replace(entry=entry) if entry.id in old else Record(entry)
            for entry in entries
        }
        self._counts = Counter(record.status for record in self._records.values())
