"""Which task is asked about when: pure, with the time passed in.

Every task has a fixed grid of due times. One heap orders by time what is still to come, another by
rank what is due; a token bucket gives the moment at which the host may be asked again. `host`
keeps what concerns all tasks at once: a pause that the service asked for, and the breakers. No
I/O, no clock, no asyncio; times are monotonic seconds.

The rhythm is the service's own rule (docs.scenext.cn, *api-reference/get-status*): once at once,
then every 30 seconds until COMPLETED or FAILED.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection, Iterable, Mapping
from random import Random
from typing import Final, NamedTuple

from tui.errors import ApiError, ErrorKind
from tui.polling.limiter import Host, Pulse

SLACK: Final = 1.0
"""Seconds by which a query may be late and still keep its grid."""
LONGEST_BACK_OFF: Final = 300.0
"""Seconds, after faults in a row."""
LONGEST_ABSENCE: Final = 600.0
"""Seconds between two questions about a task that the service does not know."""

_UNHURRIED: Final = frozenset(
    {ErrorKind.KEY_REFUSED, ErrorKind.RATE_LIMITED, ErrorKind.NOT_FOUND, ErrorKind.REJECTED}
)


class Job(NamedTuple):
    """A query that is to be made now."""

    task_id: str
    generation: int
    """Tells a task from one of the same ID that was removed and added again."""


class _Entry:
    # No dataclass: to compile one takes 1 ms, for which the first paint would wait.
    __slots__ = (
        "due", "ended", "faults", "flying", "generation", "grid", "rank", "retried", "version",
    )  # fmt: skip

    def __init__(self, generation: int, *, ended: bool, rank: int) -> None:
        self.generation = generation
        self.ended = ended
        self.due = math.inf
        self.grid: float | None = None
        """A moment of the task's rhythm; None until the next query sets a new one."""
        self.rank = rank
        self.faults = self.version = 0
        self.flying = self.retried = False


class Schedule:
    """Due times of all tasks. Every method takes the present time, `now`, in monotonic seconds."""

    def __init__(self, *, period: float, rate: float, random: Random | None = None) -> None:
        """Start empty.

        Args:
            period: Seconds between two queries of one task.
            rate: The most requests a second, for all tasks together.
            random: For jitter; seeded by tests.
        """
        self._period = period
        self._random = random or Random()  # noqa: S311 (jitter, not a secret)
        self.host = Host(rate, self._random)
        self._entries: dict[str, _Entry] = {}
        self._flying: set[str] = set()
        self._later: list[tuple[float, int, str]] = []
        self._ready: list[tuple[int, float, int, str]] = []
        self._count = 0

    def add(self, task_id: str, now: float, *, ended: bool = False, first: bool = False) -> None:
        """Have a task asked about at once; one that is there already stays as it is.

        Args:
            task_id: The task.
            now: The present time.
            ended: Whether it is known to be COMPLETED or FAILED, so that one answer is enough.
            first: Whether to ask about it before others that are due as well.
        """
        if task_id in self._entries:
            return
        self._count += 1
        entry = _Entry(self._count, ended=ended, rank=0 if first else 1)
        entry.flying = task_id in self._flying
        self._entries[task_id] = entry
        self._set_due(task_id, entry, now)

    def sync(self, ended: Mapping[str, bool], now: float, *, first: Collection[str] = ()) -> None:
        """Have exactly these tasks: add the new ones, forget those that are gone.

        Args:
            ended: Every task, and whether it is known to be COMPLETED or FAILED.
            now: The present time.
            first: Tasks to ask about before others that are due as well.
        """
        for task_id in self._entries.keys() - ended.keys():
            self.remove(task_id)
        first = frozenset(first)
        for task_id, has_ended in ended.items():
            self.add(task_id, now, ended=has_ended, first=task_id in first)

    def remove(self, task_id: str) -> None:
        """Forget a task. A query in flight goes on; `finish` and `fail` will disown its result."""
        self._entries.pop(task_id, None)

    def refresh(self, task_ids: Iterable[str], now: float) -> None:
        """Have these tasks asked about at once, ended ones too; also probes a host given up."""
        for task_id in task_ids:
            entry = self._entries.get(task_id)
            if entry is not None and not entry.flying:
                entry.rank, entry.grid = 0, None
                self._set_due(task_id, entry, now)
        self.host.probe_now(now)

    def prefer(self, task_ids: Collection[str]) -> None:
        """Ask about these before others that are due: they are the ones in view."""
        for task_id in task_ids:
            entry = self._entries.get(task_id)
            if entry is not None and entry.rank > 0 and entry.due < math.inf:
                entry.rank = 0
                self._set_due(task_id, entry, entry.due)

    def woke(self, now: float, slept: float = math.inf) -> None:
        """Start afresh after the machine slept: no back-off, everything that runs is due.

        `slept` are the seconds that passed unseen by monotonic time; a pause for which the
        service asked goes on for what is left of it.
        """
        self.host.woke(now, slept)
        self._all_due(now)

    def next(self, now: float) -> Job | float:
        """Return the query to make now, or the seconds to wait (perhaps infinite) for one."""
        wait = self.host.wait(now)
        if wait > 0:
            return wait
        task_id = self._first_ready(now)
        if task_id is None:
            task_id = self._first_later()
            if task_id is None:
                return math.inf
            if not self.host.probing:
                return self._entries[task_id].due - now
        return self._dispatch(task_id, now)

    def finish(self, job: Job, now: float, *, ended: bool) -> bool:
        """Take in that the service answered; return whether the answer is still wanted.

        A task that has `ended` once rests, whatever a later answer says.
        """
        if self.host.succeeded(self.host.landed(job.task_id), now):
            self._all_due(now, only_faulted=True)
        entry = self._landed(job, now)
        if entry is None:
            return False
        entry.ended, entry.faults, entry.retried = entry.ended or ended, 0, False
        due = math.inf if entry.ended else self._next_tick(entry, now)
        self._set_due(job.task_id, entry, due)
        return True

    def fail(self, job: Job, now: float, error: ApiError) -> bool:
        """Take in that a query failed; return whether that is worth telling.

        It is not when the task is gone, nor when the query gets another try at once: after a
        stale connection, or because it carried a key that was replaced while it was under way.
        """
        flight = self.host.landed(job.task_id)
        active = self.active
        entry = self._landed(job, now)
        if self.host.outdated(flight, error):
            self._again(job.task_id, entry, now)
            return False
        if error.stale_connection and (entry is None or not entry.retried):
            # The other side may have closed a kept connection just as it was used.
            if entry is not None:
                entry.retried = True
            self._again(job.task_id, entry, now)
            return False
        if self.host.failed(flight, now, error, active=active):
            self._all_due(now, only_faulted=True, but=job.task_id)
        if entry is None:
            return False
        self._set_due(job.task_id, entry, self._due_after(entry, now, error))
        return True

    def give_up(self, job: Job, now: float) -> None:
        """Take in that we ended a query ourselves: nothing was learnt, it is due again at once."""
        self.host.landed(job.task_id)
        self._again(job.task_id, self._landed(job, now), now)

    @property
    def active(self) -> int:
        """The number of tasks that are asked about at all: those that have not come to rest."""
        return sum(1 for entry in self._entries.values() if entry.flying or entry.due < math.inf)

    def pulse(self, now: float) -> Pulse:
        """Return how polling as a whole stands."""
        waiting = (entry.due for entry in self._entries.values() if not entry.flying)
        overdue = max(0.0, now - min(waiting, default=now))
        return self.host.pulse(now, active=self.active, overdue=overdue, period=self._period)

    def _dispatch(self, task_id: str, now: float) -> Job:
        entry = self._entries[task_id]
        if entry.grid is None or now - entry.due > SLACK:
            # Tasks that were due together leave one by one, and keep that distance for good.
            entry.grid = now
        entry.rank, entry.flying = 1, True
        entry.version += 1
        self._flying.add(task_id)
        self.host.dispatched(task_id, now)
        return Job(task_id, entry.generation)

    def _landed(self, job: Job, now: float) -> _Entry | None:
        self._flying.discard(job.task_id)
        entry = self._entries.get(job.task_id)
        if entry is None:
            return None
        entry.flying = False
        if entry.generation != job.generation:
            self._set_due(job.task_id, entry, now)
            return None
        return entry

    def _again(self, task_id: str, entry: _Entry | None, now: float) -> None:
        if entry is not None:
            entry.rank = 0
            self._set_due(task_id, entry, now)

    def _next_tick(self, entry: _Entry, now: float) -> float:
        grid = now if entry.grid is None else entry.grid
        entry.grid = grid + self._period * (math.floor((now - grid) / self._period) + 1)
        return entry.grid

    def _due_after(self, entry: _Entry, now: float, error: ApiError) -> float:
        entry.retried = False
        entry.faults += 1
        if entry.faults < 2 and error.kind not in _UNHURRIED:
            return self._next_tick(entry, now)
        entry.grid = None
        if error.kind in (ErrorKind.KEY_REFUSED, ErrorKind.RATE_LIMITED):
            entry.faults = 0
            return now
        if error.kind in (ErrorKind.NOT_FOUND, ErrorKind.REJECTED):
            if entry.ended:
                return math.inf
            return now + min(LONGEST_ABSENCE, self._period * 2.0 ** min(entry.faults, 8))
        ceiling = min(LONGEST_BACK_OFF, self._period * 2.0 ** min(entry.faults - 1, 8))
        return now + max(5.0, self._random.uniform(0, ceiling))

    def _all_due(self, now: float, *, only_faulted: bool = False, but: str = "") -> None:
        for task_id, entry in self._entries.items():
            if entry.flying or entry.due == math.inf or task_id == but:
                continue
            if only_faulted and not entry.faults:
                continue
            entry.faults, entry.grid = 0, None
            self._set_due(task_id, entry, min(entry.due, now))

    def _set_due(self, task_id: str, entry: _Entry, due: float) -> None:
        entry.due = due
        entry.version += 1
        if due < math.inf and not entry.flying:
            heapq.heappush(self._later, (due, _key(entry), task_id))

    def _first_ready(self, now: float) -> str | None:
        while self._later and self._later[0][0] <= now:
            due, key, task_id = heapq.heappop(self._later)
            entry = self._current(task_id, key)
            if entry is not None:
                heapq.heappush(self._ready, (entry.rank, due, key, task_id))
        while self._ready:
            _, _, key, task_id = self._ready[0]
            if self._current(task_id, key) is not None:
                return task_id
            heapq.heappop(self._ready)
        return None

    def _first_later(self) -> str | None:
        while self._later:
            _, key, task_id = self._later[0]
            if self._current(task_id, key) is not None:
                return task_id
            heapq.heappop(self._later)
        return None

    def _current(self, task_id: str, key: int) -> _Entry | None:
        entry = self._entries.get(task_id)
        return entry if entry and not entry.flying and key == _key(entry) else None


def _key(entry: _Entry) -> int:
    """Tells a place in a heap that holds from one that a later due time has made void."""
    return entry.generation << 32 | entry.version
