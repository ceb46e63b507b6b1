"""Turn what happens to the watchlist into events. Pure: times are passed in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from tui.errors import ErrorKind
from tui.scenext.models import TaskStatus
from tui.watchlist.events import Event, EventKind, EventLog, event_between, task_event
from tui.watchlist.history import Sample
from tui.watchlist.records import Record
from tui.watchlist.sections import longest_sample

MIN_ABSENCE: Final = timedelta(minutes=1)
"""How long before the start a task must have been added for anybody to have been away from it."""


class FirstRound:
    """Counts what ended while nobody watched: the ends that the first answer to each task tells.

    A failure counts as an answer where it is about the task. While the host has trouble nothing
    does: the round waits for it to be over.
    """

    def __init__(self, records: Iterable[Record], now: datetime) -> None:
        """Begin the round at the start, at the time `now`, with the tasks that are open by then."""
        self._open = {
            record.id
            for record in records
            if not record.status.terminal and now - record.entry.added >= MIN_ABSENCE
        }
        self.completed = self.failed = 0

    def observe(self, after: Record) -> None:
        """Note a result, or the state that another dashboard has stored."""
        if after.id not in self._open or not _is_settled(after):
            return
        self._open.discard(after.id)
        self.completed += after.status is TaskStatus.COMPLETED
        self.failed += after.status is TaskStatus.FAILED

    def forget(self, task_ids: Iterable[str]) -> None:
        """Wait no longer for tasks that were removed."""
        self._open.difference_update(task_ids)

    @property
    def is_over(self) -> bool:
        """Whether every task was answered."""
        return not self._open


def _is_settled(record: Record) -> bool:
    if record.status.terminal:
        return True
    if record.error is not None:
        kind = record.error.kind
        return record.failures > 0 or kind.about_task or kind is ErrorKind.UNEXPECTED
    return record.task is not None


class EventRecorder:
    """Records the events of one session in `log`, and reports each."""

    def __init__(self, report: Callable[[Event], object]) -> None:
        """`report` is called with each event, once it is in the log."""
        self.log = EventLog()
        self._report = report
        self._first_round: FirstRound | None = None
        self._host_trouble = ""
        self._trouble_since: datetime | None = None
        self._history: Sequence[Sample] = ()
        self._longest = longest_sample(())
        self._limits: dict[str, float] = {}
        """The `longest_sample` by which each running task was judged at its last answer."""

    def begin(self, records: Iterable[Record], now: datetime) -> None:
        """Note which tasks are open at the start."""
        self._first_round = FirstRound(records, now)

    def polled(
        self, before: Record, after: Record, history: Sequence[Sample], now: datetime
    ) -> None:
        """Record what the result of a poll tells."""
        if history is not self._history:
            self._history, self._longest = history, longest_sample(history)
        known_limit = self._limits.pop(after.id, self._longest)
        if after.status is TaskStatus.IN_PROGRESS:
            self._limits[after.id] = self._longest
        self._add(event_between(before, after, now, self._longest, known_limit))
        self._observe_first_round([after], now)

    def added(self, records: Sequence[Record], now: datetime) -> None:
        """Record that tasks were added, which is one event for all of them."""
        self._add(_of_many(EventKind.ADDED, records, now))

    def restored(self, record: Record, now: datetime) -> None:
        """Record that the removal of a task was undone."""
        self._add(task_event(EventKind.RESTORED, record, now))

    def removed(self, records: Sequence[Record], now: datetime) -> None:
        """Record that tasks were removed, which is one event for all of them."""
        self._add(_of_many(EventKind.REMOVED, records, now))
        for record in records:
            self._limits.pop(record.id, None)
        if self._first_round is not None:
            self._first_round.forget(record.id for record in records)
            self._observe_first_round((), now)

    def loaded(
        self, before: Mapping[str, Record], after: Collection[Record], now: datetime
    ) -> None:
        """Record what another program did to the watchlist."""
        ids = {record.id for record in after}
        if removed := [record for task_id, record in before.items() if task_id not in ids]:
            self.removed(removed, now)
        if added := [record for record in after if record.id not in before]:
            self.added(added, now)
        for record in after:
            known = before.get(record.id)
            if known is not None and known.status is not record.status:
                self._add(event_between(known, record, now))
        self._observe_first_round(after, now)

    def host(self, trouble: str, reason: str, now: datetime) -> None:
        """Record that the whole service has trouble; with an empty `trouble`, that it has none."""
        if trouble == self._host_trouble:
            return
        since, self._host_trouble = self._trouble_since, trouble
        if not trouble:
            self._trouble_since = None
            seconds = None if since is None else max(0.0, (now - since).total_seconds())
            self._add(Event(now, EventKind.HOST_RECOVERED, seconds=seconds))
            return
        self._trouble_since = since or now
        self._add(Event(now, EventKind.HOST_TROUBLE, host=trouble, text=reason))

    def _observe_first_round(self, records: Iterable[Record], now: datetime) -> None:
        first_round = self._first_round
        if first_round is None:
            return
        for record in records:
            first_round.observe(record)
        if first_round.is_over:
            self._first_round = None
            completed, failed = first_round.completed, first_round.failed
            if completed or failed:
                self._add(Event(now, EventKind.AWAY, tasks=completed, failed=failed))

    def _add(self, event: Event | None) -> None:
        if event is not None:
            self.log.append(event)
            self._report(event)


def _of_many(kind: EventKind, records: Sequence[Record], now: datetime) -> Event | None:
    if not records:
        return None
    if len(records) == 1:
        return task_event(kind, records[0], now)
    labels = {record.entry.label for record in records}
    label = labels.pop() if len(labels) == 1 else ""
    return Event(now, kind, label=label, tasks=len(records))
