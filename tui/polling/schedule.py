"""Decide which task is queried when; all times are monotonic seconds and are passed in.

The rhythm is the service's own rule (docs.scenext.cn, *api-reference/get-status*): query once
immediately, then every 30 seconds until COMPLETED or FAILED.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection, Iterable, Mapping
from random import Random
from typing import Final, NamedTuple

from tui.errors import ApiError, ErrorKind
from tui.polling.circuit_breaker import CircuitBreaker
from tui.polling.health import HealthKind, PollingHealth
from tui.polling.rate_limiter import RateLimiter

GRID_TOLERANCE: Final = 1.0
"""Seconds by which a query may be late and still keep its grid."""
MAX_BACKOFF: Final = 300.0
"""Seconds, after consecutive faults."""
MAX_NOT_FOUND_BACKOFF: Final = 600.0
"""Seconds between two queries of a task that the service does not know."""
OVERDUE_AFTER: Final = 10.0
"""Seconds by which queries must lag before polling counts as late."""

_BACK_OFF_AT_ONCE: Final = frozenset(
    {ErrorKind.KEY_REFUSED, ErrorKind.RATE_LIMITED, ErrorKind.NOT_FOUND, ErrorKind.REJECTED}
)


class Job(NamedTuple):
    """A query to make now."""

    task_id: str
    generation: int
    """Tells a task from one with the same ID that was removed and added again."""


class _Entry:
    # A plain class: compiling a dataclass takes 1 ms, for which the first paint would wait.
    __slots__ = (
        "due", "ended", "faults", "generation", "grid", "in_flight", "rank", "retried", "version",
    )  # fmt: skip

    def __init__(self, generation: int, *, ended: bool, rank: int) -> None:
        self.generation = generation
        self.ended = ended
        self.due = math.inf
        self.grid: float | None = None
        """A point of the task's grid; None until the next query sets a new one."""
        self.rank = rank
        self.faults = self.version = 0
        self.in_flight = self.retried = False


_Heap = list[tuple[int, float, int, str]]
"""Rank (0 in the heap of what is still to come), due time, version key and ID."""


class Schedule:
    """Due times of all tasks. Every method takes the current time, `now`, in monotonic seconds."""

    def __init__(self, *, period: float, rate: float, random: Random | None = None) -> None:
        """Query each task every `period` seconds, all together at most `rate` times a second."""
        self._period = period
        self._random = random or Random()  # noqa: S311 (jitter, not a secret)
        self.limiter = RateLimiter(rate, self._random)
        self.breaker = CircuitBreaker(self._random)
        self._entries: dict[str, _Entry] = {}
        self._in_flight: set[str] = set()
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
        entry = _Entry(self._count, ended=ended, rank=0 if first else 1)
        entry.in_flight = task_id in self._in_flight
        self._entries[task_id] = entry
        self._set_due(task_id, entry, now)

    def sync(self, ended: Mapping[str, bool], now: float, *, first: Collection[str] = ()) -> None:
        """Hold exactly the tasks in `ended`: add the new ones, forget those that are gone."""
        for task_id in self._entries.keys() - ended.keys():
            self.remove(task_id)
        first = frozenset(first)
        for task_id, has_ended in ended.items():
            self.add(task_id, now, ended=has_ended, first=task_id in first)

    def remove(self, task_id: str) -> None:
        """Forget a task. A query in flight goes on; its result will be disowned."""
        self._entries.pop(task_id, None)

    def refresh(self, task_ids: Iterable[str], now: float) -> None:
        """Make these tasks due now, ended ones too, and let an open breaker probe."""
        for task_id in task_ids:
            entry = self._entries.get(task_id)
            if entry is not None and not entry.in_flight:
                entry.rank, entry.grid = 0, None
                self._set_due(task_id, entry, now)
        self.breaker.probe_now(now)

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
        self.limiter.resume(slept)
        self.breaker.resume()
        self._all_due(now)

    def next(self, now: float) -> Job | float:
        """Return the query to make now, or the seconds (perhaps infinite) to wait for one."""
        wait = max(self.limiter.wait(now), self.breaker.wait(now))
        if wait > 0:
            return wait
        task_id = self._first_ready(now)
        if task_id is None:
            task_id = self._first(self._later)
            if task_id is None:
                return math.inf
            if not self.breaker.is_open:
                return self._entries[task_id].due - now
        return self._dispatch(task_id, now)

    def record_success(self, job: Job, now: float, *, ended: bool) -> bool:
        """Note that the service answered; return whether the answer is still wanted."""
        flight = self.breaker.record_returned(job.task_id)
        if self.breaker.record_success(flight, now):
            self._all_due(now, only_faulted=True)
        entry = self._returned(job, now)
        if entry is None:
            return False
        entry.ended, entry.faults, entry.retried = entry.ended or ended, 0, False
        due = math.inf if entry.ended else self._next_grid_point(entry, now)
        self._set_due(job.task_id, entry, due)
        return True

    def record_failure(self, job: Job, now: float, error: ApiError) -> bool:
        """Note that a query failed; return whether that is worth reporting.

        It is not when the task is gone, nor when the query is retried at once: after a stale
        connection, or because it carried a key that was replaced while it was in flight.
        """
        flight = self.breaker.record_returned(job.task_id)
        active = self.active
        entry = self._returned(job, now)
        # The other side may have closed a kept connection just as it was used.
        stale = error.stale_connection and (entry is None or not entry.retried)
        if stale or self.breaker.used_replaced_key(flight, error):
            if entry is not None:
                entry.retried |= stale
            self._retry(job.task_id, entry, now)
            return False
        if error.kind is ErrorKind.RATE_LIMITED:
            self.limiter.pause(error.retry_after, flight.sent, now)
        if self.breaker.record_failure(flight, now, error, active=active):
            self._all_due(now, only_faulted=True, but=job.task_id)
        if entry is None:
            return False
        self._set_due(job.task_id, entry, self._due_after(entry, now, error))
        return True

    def record_cancelled(self, job: Job, now: float) -> None:
        """Note that we cancelled a query ourselves: nothing was learnt, it is due again at once."""
        self.breaker.record_returned(job.task_id)
        self._retry(job.task_id, self._returned(job, now), now)

    @property
    def active(self) -> int:
        """The number of tasks that are still queried."""
        return sum(1 for entry in self._entries.values() if entry.in_flight or entry.due < math.inf)

    def health(self, now: float) -> PollingHealth:
        """Return how polling as a whole is doing."""
        active = self.active
        open_health = self.breaker.open_health()
        if open_health is not None and (active or self.breaker.key_refused):
            return open_health
        if not active:
            return PollingHealth(HealthKind.RESTING)
        if self.limiter.paused_until > now:
            return PollingHealth(HealthKind.PAUSED, until=self.limiter.paused_until)
        if (closed_health := self.breaker.closed_health(active)) is not None:
            return closed_health
        every = active / self.limiter.full_rate
        if every > self._period:
            return PollingHealth(HealthKind.LATE, every=every)
        waiting = (entry.due for entry in self._entries.values() if not entry.in_flight)
        is_late = now - min(waiting, default=now) > OVERDUE_AFTER
        return PollingHealth(HealthKind.LATE if is_late else HealthKind.LIVE)

    def _dispatch(self, task_id: str, now: float) -> Job:
        entry = self._entries[task_id]
        if entry.grid is None or now - entry.due > GRID_TOLERANCE:
            # Tasks that were due together are sent one by one, and stay that far apart for good.
            entry.grid = now
        entry.rank, entry.in_flight = 1, True
        entry.version += 1
        self._in_flight.add(task_id)
        self.limiter.record_sent(now)
        self.breaker.record_sent(task_id, now)
        return Job(task_id, entry.generation)

    def _returned(self, job: Job, now: float) -> _Entry | None:
        self._in_flight.discard(job.task_id)
        entry = self._entries.get(job.task_id)
        if entry is None:
            return None
        entry.in_flight = False
        if entry.generation != job.generation:
            self._set_due(job.task_id, entry, now)
            return None
        return entry

    def _retry(self, task_id: str, entry: _Entry | None, now: float) -> None:
        if entry is not None:
            entry.rank = 0
            self._set_due(task_id, entry, now)

    def _next_grid_point(self, entry: _Entry, now: float) -> float:
        grid = now if entry.grid is None else entry.grid
        entry.grid = grid + self._period * (math.floor((now - grid) / self._period) + 1)
        return entry.grid

    def _due_after(self, entry: _Entry, now: float, error: ApiError) -> float:
        entry.retried = False
        entry.faults += 1
        if entry.faults < 2 and error.kind not in _BACK_OFF_AT_ONCE:
            return self._next_grid_point(entry, now)
        entry.grid = None
        if error.kind in (ErrorKind.KEY_REFUSED, ErrorKind.RATE_LIMITED):
            entry.faults = 0
            return now
        if error.kind in (ErrorKind.NOT_FOUND, ErrorKind.REJECTED):
            if entry.ended:
                return math.inf
            return now + min(MAX_NOT_FOUND_BACKOFF, self._period * 2.0 ** min(entry.faults, 8))
        ceiling = min(MAX_BACKOFF, self._period * 2.0 ** min(entry.faults - 1, 8))
        return now + max(5.0, self._random.uniform(0, ceiling))

    def _all_due(self, now: float, *, only_faulted: bool = False, but: str = "") -> None:
        for task_id, entry in self._entries.items():
            left_alone = entry.in_flight or entry.due == math.inf or task_id == but
            if not left_alone and (entry.faults or not only_faulted):
                entry.faults, entry.grid = 0, None
                self._set_due(task_id, entry, min(entry.due, now))

    def _set_due(self, task_id: str, entry: _Entry, due: float) -> None:
        entry.due = due
        entry.version += 1
        if due < math.inf and not entry.in_flight:
            heapq.heappush(self._later, (0, due, _version_key(entry), task_id))

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

    def _current(self, task_id: str, key: int) -> _Entry | None:
        entry = self._entries.get(task_id)
        return entry if entry and not entry.in_flight and key == _version_key(entry) else None


def _version_key(entry: _Entry) -> int:
    """Tell a heap item that holds from one that a later due time has superseded."""
    return entry.generation << 32 | entry.version
