"""The records of the watched tasks, in order: what is stored and the last poll result of each.

A failed poll never blanks a record: the last good answer stays, with its age and the error.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from tui.errors import ApiError
from tui.scenext.models import Frame, PollResult, Result, Task, TaskStatus
from tui.watchlist.answer_facts import sample_of
from tui.watchlist.answers import apply_answer, apply_failure, is_older
from tui.watchlist.entries import (
    Add,
    Change,
    Entry,
    Learn,
    MarkSeen,
    Remove,
    Update,
    replay,
    replay_history,
)
from tui.watchlist.history import Sample


class Record(NamedTuple):
    """One watched task."""

    entry: Entry
    task: Task | None = None
    """The last good answer of this session."""
    answered_at: datetime | None = None
    """When the service gave it, which a cache may have kept since."""
    told_at: float = -math.inf
    """The same, by the monotonic clock."""
    error: ApiError | None = None
    """Why the last poll failed; None if it succeeded."""
    resting: bool = False
    """Whether it is not queried any more, although it has not ended."""
    reopened: bool = False
    """Whether the user asked about it when it had ended, and it runs again. Never stored: the file
    keeps its end."""
    added_at: float | None = None
    """When it was added, by the monotonic clock; None if that was not in this session. The wall
    clock may be set while the task is watched."""
    reckoned_added_at: float | None = None
    """When it was added, by the monotonic clock, as the wall clock told at its first answer of this
    session. Where the wall clock is set later, that tells another time."""
    polled_at: float | None = None
    """When it was answered last, by the monotonic clock."""
    took: timedelta | None = None
    """How long it took, by the monotonic clock; None where one end was not seen."""
    failures: int = 0
    """Failed requests in a row, of those during which other tasks were answered."""
    failed_at: float | None = None
    """When its last failed request ended, by the monotonic clock; None in this session for none."""
    newest_frame_at: float | None = None
    """When its newest frame was first seen, by the monotonic clock; None if it was there already
    when the program started."""

    @property
    def id(self) -> str:
        """The task's ID."""
        return self.entry.id

    @property
    def status(self) -> TaskStatus:
        """The last known state: the stored one until the first answer of this session.

        A terminal state that another dashboard stored wins over an open one here, unless the user
        has seen the task run again.
        """
        if self.task is None:
            return self.entry.status
        has_ended = self.entry.status.terminal and not self.task.status.terminal
        if has_ended and not self.reopened:
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

    @property
    def title(self) -> str:
        """The service's title of the video; empty where it is not known."""
        return (self.task.title if self.task else "") or self.entry.title

    def age(self, now: datetime, boot: float | None) -> float:
        """Return the seconds since it was added; `boot` is the monotonic clock at the time `now`.

        A task may have run for longer: when it began is told only once it has completed.
        """
        if boot is not None and self.added_at is not None:
            return boot - self.added_at
        return (now - self.entry.added).total_seconds()


class Watchlist:
    """Records by ID, in the order in which they were added, and the changes not yet saved."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._counts: Counter[TaskStatus] = Counter()
        self._answers: dict[str, float] = {}
        """When the two tasks that were answered last were, by the monotonic clock."""
        self.history: tuple[Sample, ...] = ()
        """How long earlier tasks took, the oldest first."""
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

    def load(
        self,
        entries: Sequence[Entry],
        history: Sequence[Sample] = (),
        now: datetime | None = None,
    ) -> None:
        """Replace what is known by what the file holds, with the pending changes on top.

        An end that an older release wrote while it was watched here counts as noticed: at its own
        time, or at the time `now`. Without `now` none does.
        """
        entries = replay(entries, self.pending)
        ends = [
            Update(entry.id, entry.status, noticed=entry.ended or now)
            for entry in entries
            if entry.noticed is None and entry.status.terminal and self._was_open(entry)
        ]
        if ends and now is not None:
            self.pending += ends
            entries = replay(entries, ends)
        self._set_entries(entries)
        self.history = replay_history(history, self.pending)

    def _was_open(self, entry: Entry) -> bool:
        """Return whether this release has watched an ended task before its end.

        One that had ended before this release came has neither: it counts as looked at. So does one
        that somebody has looked at, where only that is left in a file that was edited by hand.
        """
        if entry.seen is not None:
            return False
        record = self._records.get(entry.id)
        known_open = record is not None and not record.entry.status.terminal
        return known_open or entry.first_frames is not None

    def add(
        self, task_ids: Iterable[str], label: str, now: datetime, boot: float | None = None
    ) -> None:
        """Add tasks; one that is watched already takes the label, if there is one.

        `boot` is the monotonic clock at the time `now`.
        """
        before = self._records.keys()
        self._change(*(Add(Entry(task_id, now, label)) for task_id in task_ids))
        for task_id in self._records.keys() - before:
            self._records[task_id] = self._records[task_id]._replace(added_at=boot)

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

    def apply(
        self,
        result: PollResult,
        now: datetime,
        boot: float | None = None,
        *,
        host_trouble: bool = False,
    ) -> Record | None:
        """Apply the result of a poll; return the new record, None if the task is not watched.

        `boot` is the monotonic clock at the time `now`. `host_trouble` tells that no task can be
        asked with success by now, so that a failure says nothing of this one.
        """
        boot = now.timestamp() if boot is None else boot
        record = self._records.get(result.task_id)
        if record is None:
            return None
        if result.task is None:
            others = (at for task_id, at in self._answers.items() if task_id != record.id)
            others_answered = max(others, default=-math.inf)
            record = apply_failure(
                record, result.error, boot, others_answered, host_trouble=host_trouble
            )
        elif is_older(record, result, boot):
            record = record._replace(error=None, failures=0)
        else:
            self._answers = _latest(self._answers, record.id, boot - result.age)
            record, update = apply_answer(record, result, result.task, now, boot)
            if update is not None:
                self.pending.append(update)
            if record.task is not None and record.task.status.terminal:
                self._learn(sample_of(record.entry, record.task, record.took))
        record = record._replace(resting=result.resting)
        self._put(record)
        return record

    def forgive_failures(self, below: int) -> None:
        """Count no failures of tasks that have fewer than `below`: they were those of the host."""
        for record in self._records.values():
            if 0 < record.failures < below:
                self._records[record.id] = record._replace(failures=0)

    def assume_polled(self, now: datetime, boot: float) -> None:
        """Take what is stored for answers of the time `now`: another program asks these tasks.

        `boot` is the monotonic clock at that time.
        """
        for record in self._records.values():
            self._put(record._replace(answered_at=now, told_at=boot, polled_at=boot))

    def mark_seen(self, task_id: str) -> bool:
        """Remember that somebody has looked at a task's end; return whether it was new."""
        record = self._records.get(task_id)
        if record is None or not record.entry.is_new or record.entry.noticed is None:
            return False
        change = MarkSeen(record.id, record.entry.noticed)
        self.pending.append(change)
        (entry,) = replay([record.entry], [change])
        self._put(record._replace(entry=entry))
        return True

    def _put(self, record: Record) -> None:
        # Adjusted rather than recounted, which a thousand tasks would pay for on every answer.
        self._counts[self._records[record.id].status] -= 1
        self._counts[record.status] += 1
        self._records[record.id] = record

    def _learn(self, sample: Sample | None) -> None:
        if sample is not None:
            learned = Learn(sample)
            history = replay_history(self.history, [learned])
            if history != self.history:
                self.history = history
                self.pending.append(learned)

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


def _latest(answers: dict[str, float], task_id: str, at: float) -> dict[str, float]:
    """Return when the two tasks that were answered last were, this one at the end."""
    others = [answer for answer in answers.items() if answer[0] != task_id]
    return dict([*others[-1:], (task_id, at)])
