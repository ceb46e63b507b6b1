"""Decide which task is queried when: the first that is due, unless all have to wait.

`rhythm` says when one task is due, `circuit_breaker` and `rate_limiter` hold all of them back. All
times are monotonic seconds and are passed in.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection, Hashable, Iterable, Mapping
from random import Random
from typing import Final, NamedTuple

from tui.errors import ApiError, ErrorKind
from tui.polling.circuit_breaker import CircuitBreaker
from tui.polling.health import HealthKind, PollingHealth
from tui.polling.rate_limiter import RateLimiter
from tui.polling.rhythm import MAX_BACKOFF, Entry, Rhythm

GRID_TOLERANCE: Final = 1.0
"""Seconds by which a query may be late and still keep its grid."""
DEFAULT_PAUSE: Final = 30.0
"""Seconds of pause after a 429 that does not say how long."""
SEVERAL: Final = 2
"""Tasks that are told 429 within a period before all are queried more slowly."""
OVERDUE_AFTER: Final = 10.0
"""Seconds by which queries must lag before polling counts as late."""


class Job(NamedTuple):
    """A query to make now."""

    task_id: str
    generation: int
    """Tells a task from one with the same ID that was removed and added again."""


class Accepted(NamedTuple):
    """How a result is to be taken that is still wanted."""

    requested: bool = False
    """Whether the user asked for it, so that a task that had ended may be seen running again."""
    resting: bool = False
    """Whether the task is not queried any more, although it has not ended."""


class Held(NamedTuple):
    """Tasks that were not made due, since the service asked to wait with them."""

    tasks: int
    until: float
    """Monotonic seconds at which the last of them may be queried."""
    is_pause: bool
    """Whether the service asked for a pause of all queries."""


_Heap = list[tuple[int, float, int, str]]
"""Rank (0 in the heap of what is still to come), due time, version key and ID."""


class Schedule:
    """Due times of all tasks. Every method takes the current time, `now`, in monotonic seconds."""

    def __init__(
        self, *, period: float, rate: float, random: Random | None = None, has_key: bool = True
    ) -> None:
        """Query each task every `period` seconds, all together at most `rate` times a second.

        Without a key none is queried before `replace_key`.
        """
        self._random = random or Random()  # noqa: S311 (jitter, not a secret)
        self._rhythm = Rhythm(period, self._random)
        self.limiter = RateLimiter(rate)
        self.breaker = CircuitBreaker(self._random, has_key=has_key)
        self._entries: dict[str, Entry] = {}
        self._in_flight: dict[str, float] = {}
        """When each request that is in flight was sent."""
        self._later: _Heap = []
        self._ready: _Heap = []
        self._count = 0

    def add(self, task_id: str, now: float, *, ended: bool = False, first: bool = False) -> None:
        """Make a task due now, before others if it is `first`; one that is there stays as it is.

        For one that has `ended` already, a single answer is enough.
        """
        if task_id in self._entries:
            return
        self._count += 1
        entry = Entry(self._count, now, ended=ended, rank=0 if first else 1)
        entry.in_flight = task_id in self._in_flight
        self._entries[task_id] = entry
        self._set_due(task_id, entry, now)

    def sync(self, ended: Mapping[str, bool], now: float, *, first: Collection[str] = ()) -> None:
        """Hold exactly the tasks in `ended`: add the new ones, forget those that are gone."""
        for task_id in self._entries.keys() - ended.keys():
            self._forget(task_id)
        first = frozenset(first)
        for task_id, has_ended in ended.items():
            self.add(task_id, now, ended=has_ended, first=task_id in first)
        self._update_breaker(now)

    def remove(self, task_id: str, now: float) -> None:
        """Forget a task. A query in flight goes on; its result will be disowned."""
        self._forget(task_id)
        self._update_breaker(now)

    def _forget(self, task_id: str) -> None:
        self._entries.pop(task_id, None)
        self.breaker.forget(task_id)

    def refresh(self, task_ids: Iterable[str], now: float, *, by_user: bool = False) -> Held | None:
        """Make these tasks due now, ended ones too, and let an open breaker probe.

        Those that the service asked to wait with stay as they are: they are returned, if any. What
        is asked `by_user` may show a task running again that had ended.
        """
        self._update_breaker(now)
        pause = self.breaker.state.until
        held_until, count = -math.inf, 0
        for task_id in task_ids:
            entry = self._entries.get(task_id)
            if entry is None:
                continue
            if (until := max(pause, entry.held_until)) > now:
                held_until, count = max(held_until, until), count + 1
                continue
            entry.requested |= by_user
            if not entry.in_flight:
                entry.hurry()
                entry.unchanged_since, entry.resting = None, False
                self._set_due(task_id, entry, now)
        self.breaker.probe_now(now)
        return Held(count, held_until, is_pause=pause > now) if count else None

    def replace_key(self, now: float) -> None:
        """Query with another key from now on: what was refused before is due, and rests no more."""
        for task_id, entry in self._entries.items():
            answer = self.breaker.answer(task_id)
            if answer is not None and answer.kind is ErrorKind.KEY_REFUSED:
                entry.resting, entry.unchanged_since = False, None
                self._set_due(task_id, entry, now)
        self.breaker.replace_key(now)
        self._update_breaker(now)
        self._all_due(now, only_faulted=True)

    def prioritize(self, task_ids: Collection[str]) -> None:
        """Query these before others that are due: they are the ones in view."""
        for task_id in task_ids:
            entry = self._entries.get(task_id)
            if entry is not None and entry.rank > 0 and entry.due < math.inf:
                entry.rank = 0
                self._set_due(task_id, entry, entry.due)

    def resume(self, now: float, slept: float = math.inf) -> None:
        """Start afresh after the machine slept: no back-off, everything that runs is due.

        `slept` are the seconds that the monotonic clock did not count; what is left of a pause
        that the service asked for still holds.
        """
        self.breaker.resume(slept)
        for entry in self._entries.values():
            entry.held_until -= slept
        self._update_breaker(now)
        self._all_due(now)

    def next(self, now: float) -> Job | float:
        """Return the query to make now, or the seconds (perhaps infinite) to wait for one."""
        wait = max(self.limiter.wait(now), self.breaker.wait(now))
        if wait > 0:
            return wait
        if self.breaker.is_open:
            task_id = self._probe()
            return math.inf if task_id is None else self._dispatch(task_id, now)
        task_id = self._first_ready(now) or self._first(self._later)
        if task_id is None:
            return math.inf
        if (wait := self._entries[task_id].due - now) > 0:
            return wait
        return self._dispatch(task_id, now)

    def record_success(
        self,
        job: Job,
        now: float,
        *,
        ended: bool,
        complete: bool = True,
        known: bool = True,
        unknown_end: Hashable | None = None,
    ) -> Accepted | None:
        """Note that the service answered; return None if the answer is not wanted any more.

        A task that has `ended` is queried a few more times while its answer is not `complete`; one
        whose state is not `known` rests after a day of nothing else, and is queried more rarely
        once the same `unknown_end` has been told for an hour (`Task.unknown_end`).
        """
        flight = self.breaker.record_returned(job.task_id)
        entry = self._returned(job, now)
        if entry is None:
            self.breaker.record_inconclusive(flight, now)
            return None
        self.breaker.record_success(flight, now)
        state = self.breaker.state
        if state.kind is not HealthKind.LIVE or state.suspects:
            self._update_breaker(now)
        due = self._rhythm.after_success(
            *(entry, now), ended=ended, complete=complete, known=known, unknown_end=unknown_end
        )
        self._set_due(job.task_id, entry, due)
        return _accepted(entry)

    def record_failure(self, job: Job, now: float, error: ApiError) -> Accepted | None:
        """Note that a query failed; return None if that is not worth reporting.

        It is not when the task is gone, nor when the query is retried at once: after a stale
        connection, or because it carried a key that was replaced while it was in flight.
        """
        flight = self.breaker.record_returned(job.task_id)
        entry = self._returned(job, now)
        # The other side may have closed a kept connection just as it was used.
        stale = error.stale_connection and (entry is None or not entry.retried)
        if entry is None or stale or self.breaker.used_replaced_key(flight, error):
            self.breaker.record_inconclusive(flight, now)
            if entry is not None:
                entry.retried |= stale
            self._retry(job.task_id, entry, now)
            return None
        until = -math.inf
        if error.kind is ErrorKind.RATE_LIMITED:
            pause = DEFAULT_PAUSE if error.retry_after is None else error.retry_after
            until = now + pause * self._random.uniform(1.0, 1.1)
        self.breaker.record_failure(flight, now, error, until)
        service_works = self.breaker.answered_since(now - MAX_BACKOFF)
        key_works = not self.breaker.key_refused
        due = self._rhythm.after_failure(
            *(entry, now, error), service_works=service_works, key_works=key_works
        )
        self._set_due(job.task_id, entry, due)
        self._update_breaker(now, but=job.task_id)
        if error.kind is ErrorKind.RATE_LIMITED:
            told = self.breaker.count_told(error.kind, now - self._rhythm.period)
            if told >= SEVERAL or self.breaker.state.kind is HealthKind.PAUSED:
                self.limiter.slow_down(flight.sent, now)
        if error.kind in self.breaker.state.suspects:
            self._call_witness(now)
        # What the user asked for still stands: the next answer will tell.
        return Accepted(resting=entry.resting)

    def record_cancelled(self, job: Job, now: float) -> None:
        """Note that we cancelled a query ourselves: nothing was learnt, it is due again at once."""
        self.breaker.record_returned(job.task_id)
        self._retry(job.task_id, self._returned(job, now), now)

    @property
    def active(self) -> frozenset[str]:
        """The tasks that are still queried."""
        return frozenset(
            task_id
            for task_id, entry in self._entries.items()
            if entry.in_flight or entry.due < math.inf
        )

    def asked_at(self, task_id: str) -> float | None:
        """Return when the request that is in flight about a task was sent; None if none is."""
        return self._in_flight.get(task_id)

    def health(self, now: float) -> PollingHealth:
        """Return how polling as a whole is doing."""
        active = len(self.active)
        self._update_breaker(now)
        state = self.breaker.state
        if not active and not self.breaker.needs_key:
            return PollingHealth(HealthKind.RESTING)
        if state.kind is not HealthKind.LIVE:
            return PollingHealth(state.kind, until=state.until, reason=state.message)
        every = active / self.limiter.full_rate
        if every > self._rhythm.period:
            return PollingHealth(HealthKind.LATE, every=every)
        waiting = (entry.due for entry in self._entries.values() if not entry.in_flight)
        is_late = now - min(waiting, default=now) > OVERDUE_AFTER
        return PollingHealth(HealthKind.LATE if is_late else HealthKind.LIVE)

    def _update_breaker(self, now: float, *, but: str = "") -> None:
        if self.breaker.update(self.active, now):
            self._all_due(now, only_faulted=True, but=but)

    def _call_witness(self, now: float) -> None:
        """Query another task at once, to learn whether what one was told is meant for all.

        The one that was answered well most often in a row is the least likely to be told the same
        for a reason of its own.
        """
        if self.breaker.has_witness or any(entry.is_witness for entry in self._entries.values()):
            return
        answers = {task_id: self.breaker.answer(task_id) for task_id in self._entries}
        candidates = [
            (answer.streak if answer else 0, answer.received if answer else 0.0, task_id)
            for task_id, answer in answers.items()
            if (answer is None or answer.kind is None) and self._entries[task_id].is_waiting
        ]
        if candidates:
            *_, task_id = max(candidates)
            entry = self._entries[task_id]
            entry.hurry()
            entry.is_witness = True
            self._set_due(task_id, entry, now)

    def _probe(self) -> str | None:
        """Return the task to probe with: any that was answered with this key, else one that was
        never queried.

        Not the one that is due first: those that fail on their own would all come before.
        """

        def preference(task_id: str) -> tuple[bool, bool, float]:
            answer = self.breaker.answer(task_id)
            is_accepted = answer is not None and answer.is_accepted
            return not is_accepted, answer is not None, self._random.random()

        waiting = (task_id for task_id, entry in self._entries.items() if entry.is_waiting)
        return min(waiting, key=preference, default=None)

    def _dispatch(self, task_id: str, now: float) -> Job:
        entry = self._entries[task_id]
        if entry.grid is None or now - entry.due > GRID_TOLERANCE:
            # Tasks that were due together are sent one by one, and stay that far apart for good.
            entry.grid = now
        entry.rank, entry.in_flight = 1, True
        entry.version += 1
        self._in_flight[task_id] = now
        self.limiter.record_sent(now)
        self.breaker.record_sent(task_id, now, is_witness=entry.is_witness)
        entry.is_witness = False
        return Job(task_id, entry.generation)

    def _returned(self, job: Job, now: float) -> Entry | None:
        self._in_flight.pop(job.task_id, None)
        entry = self._entries.get(job.task_id)
        if entry is None:
            return None
        entry.in_flight = False
        if entry.generation != job.generation:
            self._set_due(job.task_id, entry, now)
            return None
        return entry

    def _retry(self, task_id: str, entry: Entry | None, now: float) -> None:
        if entry is not None:
            entry.rank = 0
            self._set_due(task_id, entry, now)

    def _all_due(self, now: float, *, only_faulted: bool = False, but: str = "") -> None:
        for task_id, entry in self._entries.items():
            left_alone = entry.in_flight or entry.due == math.inf or task_id == but
            left_alone |= entry.held_until > now
            if not left_alone and (entry.faults or not only_faulted):
                entry.faults, entry.grid = 0, None
                self._set_due(task_id, entry, min(entry.due, now))

    def _set_due(self, task_id: str, entry: Entry, due: float) -> None:
        entry.due = due
        entry.version += 1
        if due < math.inf and not entry.in_flight:
            heapq.heappush(self._later, (0, due, entry.version_key, task_id))

    def _first_ready(self, now: float) -> str | None:
        while self._later and self._later[0][1] <= now:
            _, due, key, task_id = heapq.heappop(self._later)
            entry = self._current(task_id, key)
            if entry is not None:
                heapq.heappush(self._ready, (entry.rank, due, key, task_id))
        return self._first(self._ready)

    def _first(self, heap: _Heap) -> str | None:
        while heap:
            _, _, key, task_id = heap[0]
            if self._current(task_id, key) is not None:
                return task_id
            heapq.heappop(heap)
        return None

    def _current(self, task_id: str, key: int) -> Entry | None:
        entry = self._entries.get(task_id)
        return entry if entry and not entry.in_flight and key == entry.version_key else None


def _accepted(entry: Entry) -> Accepted:
    requested, entry.requested = entry.requested, False
    return Accepted(requested, entry.resting)
