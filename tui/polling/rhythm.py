"""When one task is due next: its grid, back-off, pauses and rest.

The rhythm is the service's own rule (docs.scenext.cn, *api-reference/get-status*): query once
immediately, then every 30 seconds until COMPLETED or FAILED. All times are monotonic seconds.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from random import Random
from typing import Final

from tui.errors import ApiError, ErrorKind

MAX_BACKOFF: Final = 300.0
"""Seconds, after consecutive faults."""
MAX_REFUSED_BACKOFF: Final = 600.0
"""Seconds between two queries of a task that the service does not know, or refuses."""
MAX_UNCHANGED: Final = 86_400.0
"""Seconds after which a task is not queried any more that the service has refused all the time, or
reported in an unknown state."""
UNKNOWN_END_AFTER: Final = 3_600.0
"""Seconds without a change after which a task in an unknown state that looks finished is queried
less often."""
NOT_FOUND_GRACE: Final = 300.0
"""Seconds after a task was added or answered for which its rhythm is kept although the service does
not know it: one of its replicas may lag behind."""
EXTRA_ROUNDS: Final = 5
"""Further queries of a task that has completed while its video is still missing."""

_REFUSALS: Final = frozenset(
    {ErrorKind.KEY_REFUSED, ErrorKind.NOT_FOUND, ErrorKind.REJECTED, ErrorKind.OTHER_TASK}
)
"""What the service says about one task, and will say again."""


class Entry:
    """One task's place in the schedule."""

    # A plain class: compiling a dataclass takes 1 ms, for which the first paint would wait.
    __slots__ = (
        "due", "end_since", "ended", "faults", "generation", "grid", "held_until", "in_flight",
        "is_witness", "known_at", "rank", "requested", "resting", "retried", "rounds",
        "unchanged_since", "unknown_end", "version",
    )  # fmt: skip

    def __init__(self, generation: int, now: float, *, ended: bool, rank: int) -> None:
        """Start a task that is added at `now`."""
        self.generation = generation
        self.ended = ended
        self.due = math.inf
        self.grid: float | None = None
        """A point of the task's grid; None until the next query sets a new one."""
        self.rank = rank
        self.faults = self.version = 0
        self.in_flight = self.retried = self.requested = self.resting = self.is_witness = False
        self.held_until = -math.inf
        """Until when the service asked to wait with it."""
        self.known_at = now
        """When it was added, or answered last."""
        self.rounds = EXTRA_ROUNDS
        self.unchanged_since: float | None = None
        """When the refusals, or answers of an unknown state, began that came one after another."""
        self.unknown_end: Hashable | None = None
        """What was told of a task whose state is unknown, but looks like an end."""
        self.end_since = math.inf
        """Since when that has been told."""

    @property
    def is_waiting(self) -> bool:
        """Whether it will be queried, and is not just now."""
        return not self.in_flight and self.due < math.inf

    @property
    def version_key(self) -> int:
        """Tells the due time that holds from one that a later one has superseded."""
        return self.generation << 32 | self.version

    def hurry(self) -> None:
        """Go before others, and start a new grid with the next query."""
        self.rank, self.grid = 0, None


class Rhythm:
    """The rules by which a task's answers decide when it is due next."""

    def __init__(self, period: float, random: Random) -> None:
        """Query a task every `period` seconds while all is well."""
        self.period: Final = period
        self._random = random

    def after_success(
        self,
        entry: Entry,
        now: float,
        *,
        ended: bool,
        complete: bool,
        known: bool,
        unknown_end: Hashable | None,
    ) -> float:
        """Note a good answer and return when the task is due next; infinite for never.

        The parameters are those of `Schedule.record_success`.
        """
        if entry.requested and not ended:
            entry.ended, entry.rounds = False, EXTRA_ROUNDS
        entry.ended |= ended
        entry.faults, entry.retried, entry.held_until, entry.known_at = 0, False, -math.inf, now
        if known or entry.ended:
            entry.unchanged_since = None
        if unknown_end != entry.unknown_end:
            entry.unknown_end, entry.end_since = unknown_end, now
        due = self.next_grid_point(entry, now)
        if entry.ended:
            return due if _needs_another_round(entry, ended=ended, complete=complete) else math.inf
        if known:
            return due
        if unknown_end is not None and now - entry.end_since >= UNKNOWN_END_AFTER:
            due = max(due, now + MAX_REFUSED_BACKOFF)
        return _due_unless_unchanged(entry, now, due)

    def after_failure(
        self, entry: Entry, now: float, error: ApiError, *, service_works: bool, key_works: bool
    ) -> float:
        """Note a failure and return when the task is due next; infinite for never.

        `service_works` tells whether other tasks are answered, `key_works` whether the key is not
        refused for all: no task rests for a fault that may be the whole service's, since nobody
        would notice that it is over.
        """
        entry.retried = False
        entry.faults += 1
        if error.kind in _REFUSALS:
            return self._after_refusal(entry, now, error, key_works=key_works)
        due = self.next_grid_point(entry, now)
        if error.kind is ErrorKind.RATE_LIMITED:
            entry.grid = None
            due = entry.held_until = now + self._pause(entry, error.retry_after)
        elif entry.faults > 1:
            entry.grid = None
            ceiling = min(MAX_BACKOFF, self.period * 2.0 ** min(entry.faults - 1, 8))
            due = now + self._random.uniform(self.period, max(self.period, ceiling))
        if error.kind is not ErrorKind.RATE_LIMITED and error.retry_after is not None:
            entry.held_until = now + error.retry_after * self._random.uniform(1.0, 1.1)
            due = max(due, entry.held_until)
        if service_works or (entry.ended and error.http_status is not None):
            return _due_unless_unchanged(entry, now, due)
        entry.unchanged_since = None
        return due

    def next_grid_point(self, entry: Entry, now: float) -> float:
        """Move the task to the first point of its grid that is to come, and return it."""
        grid = now if entry.grid is None else entry.grid
        entry.grid = grid + self.period * (math.floor((now - grid) / self.period) + 1)
        return entry.grid

    def _after_refusal(
        self, entry: Entry, now: float, error: ApiError, *, key_works: bool
    ) -> float:
        if entry.ended:
            # The service has forgotten it, unless its rounds have begun.
            is_wanted = _needs_another_round(entry, ended=False, complete=False)
            return self.next_grid_point(entry, now) if is_wanted else math.inf
        if error.kind is ErrorKind.NOT_FOUND and now - entry.known_at < NOT_FOUND_GRACE:
            entry.faults = 0
            return self.next_grid_point(entry, now)
        entry.grid = None
        due = now + min(MAX_REFUSED_BACKOFF, self.period * 2.0 ** min(entry.faults, 8))
        if error.kind is ErrorKind.KEY_REFUSED and not key_works:
            entry.unchanged_since = None
            return due
        return _due_unless_unchanged(entry, now, due)

    def _pause(self, entry: Entry, retry_after: float | None) -> float:
        """Return for how many seconds to wait with a task: never for less than a period."""
        seconds = self.period
        if retry_after is None:
            seconds = min(MAX_BACKOFF, seconds * 2.0 ** min(entry.faults - 1, 8))
        return max(self.period, seconds, retry_after or 0.0) * self._random.uniform(1.0, 1.1)


def _needs_another_round(entry: Entry, *, ended: bool, complete: bool) -> bool:
    """Return whether to query a task again that has ended, and count that round."""
    # Outside of the rounds, an answer that it is running comes from a stale replica.
    is_wanted = not complete if ended else entry.rounds < EXTRA_ROUNDS
    if not is_wanted or not entry.rounds:
        return False
    entry.rounds -= 1
    return True


def _due_unless_unchanged(entry: Entry, now: float, due: float) -> float:
    """Return `due`, infinite once the service has told the same about the task for a day."""
    if entry.unchanged_since is None:
        entry.unchanged_since = now
    entry.resting = now - entry.unchanged_since >= MAX_UNCHANGED
    return math.inf if entry.resting else due
