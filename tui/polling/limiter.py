"""What concerns all tasks at once: how fast the host may be asked, and whether it may at all.

A token bucket with a burst of one, a pause that the service asked for, and one breaker that is
open while the key is refused, while nothing gets through, or while the answers are somebody
else's. An open breaker lets one probe through at a time. Pure: times are monotonic seconds and
are passed in. Used by `schedule` alone.
"""

from __future__ import annotations

import math
from enum import StrEnum
from random import Random
from typing import Final, NamedTuple

from tui.errors import ApiError, ErrorKind

KEY_PROBE: Final = 600.0
"""Seconds between two tries of a key that was refused."""
LONGEST_PROBE: Final = 30.0
"""Seconds between two tries of a host that cannot be reached."""
SUCCESS_HOLDS: Final = 15.0
"""Seconds for which one good answer proves that host and network are well."""
DEFAULT_PAUSE: Final = 30.0
"""Seconds of rest after a 429 that does not say how long."""
SLOWEST: Final = 0.1
"""Requests a second below which no 429 brings the rate: one in ten seconds finds out as well."""
OVERDUE: Final = 10.0
"""Seconds by which queries must lag before polling is called late."""

_OFFLINE_FAULTS: Final = 5
_STRANGER_FAULTS: Final = 3


class PulseKind(StrEnum):
    """How polling as a whole stands."""

    RESTING = "resting"
    """No task runs."""
    STARTING = "starting"
    """No answer yet."""
    LIVE = "live"
    LATE = "late"
    OFFLINE = "offline"
    NOT_THE_API = "not the API"
    PAUSED = "paused"
    KEY_REFUSED = "key refused"


class Pulse(NamedTuple):
    """How polling as a whole stands, for the status line."""

    kind: PulseKind
    until: float = 0.0
    """Monotonic seconds at which a pause ends."""
    every: float = 0.0
    """Seconds between two queries of a task, where there are more tasks than the rate allows."""
    reason: str = ""
    """What the last fault said, in plain words."""


class Flight(NamedTuple):
    """A request that came back."""

    task_id: str
    sent: float
    """Monotonic seconds at which it left."""
    probe: bool
    """Whether it was the one that an open breaker let through."""


class Host:
    """The bucket, the pause and the breaker of one host."""

    def __init__(self, rate: float, random: Random) -> None:
        """Start well, with `rate` requests a second allowed."""
        self._full_rate = rate
        self._random = random
        self._rate, self._rate_since = rate, -math.inf
        self._next_token = -math.inf
        self._paused_until = -math.inf
        self._sent: dict[str, float] = {}
        self._open: PulseKind | None = None
        self._probe_at = 0.0
        self._probe_task = ""
        self._probe_wanted = -math.inf
        self._probes = 0
        self._last_success: float | None = None
        self._key_good_at = -math.inf
        self._faults = 0
        self._faulted: set[str] = set()
        self._fault_kind: PulseKind | None = None
        self._reason = ""
        self._answered = False

    @property
    def probing(self) -> bool:
        """Whether the next query is a probe, for which any task will do."""
        return self._open is not None

    @property
    def key_refused(self) -> bool:
        """Whether the service refuses the key."""
        return self._open is PulseKind.KEY_REFUSED

    def wait(self, now: float) -> float:
        """Return the seconds until any request may leave; infinite while a probe is out."""
        until = max(self._next_token, self._paused_until)
        if self._open is not None:
            until = math.inf if self._probe_task else max(until, self._probe_at)
        return max(0.0, until - now)

    def dispatched(self, task_id: str, now: float) -> None:
        """Take in that a request leaves."""
        self._next_token = max(now, self._next_token) + 1 / self.rate(now)
        self._sent[task_id] = now
        self._probe_task = task_id if self._open is not None else ""

    def rate(self, now: float) -> float:
        """Return the requests a second that are allowed: after a 429 half, then 1 more a minute."""
        return min(self._full_rate, self._rate + (now - self._rate_since) / 60)

    def landed(self, task_id: str) -> Flight:
        """Take in that a request came back, however it ended; return what is known of it."""
        probe = self._probe_task == task_id
        if probe:
            self._probe_task = ""
        return Flight(task_id, self._sent.pop(task_id, -math.inf), probe)

    def succeeded(self, flight: Flight, now: float) -> bool:
        """Take in an answer of the service; return whether that closed a breaker."""
        self._key_good_at = max(self._key_good_at, flight.sent)
        return self._answer(flight, now)

    def outdated(self, flight: Flight, error: ApiError) -> bool:
        """Whether a request was refused for a key that another one has replaced since."""
        return error.kind is ErrorKind.KEY_REFUSED and flight.sent < self._key_good_at

    def failed(self, flight: Flight, now: float, error: ApiError, *, active: int) -> bool:
        """Take in a fault of one of `active` tasks; return whether it closed a breaker.

        It does where the service itself answered, if only to refuse.
        """
        self._answered = True
        match error.kind:
            case ErrorKind.KEY_REFUSED:
                self._reason = error.message
                if flight.probe or not self.key_refused:
                    self._trip(PulseKind.KEY_REFUSED, flight, now)
                return False
            case ErrorKind.NOT_THE_API:
                self._count(PulseKind.NOT_THE_API, _STRANGER_FAULTS, flight, now, error, active)
                return False
            case kind if kind.transport:
                self._count(PulseKind.OFFLINE, _OFFLINE_FAULTS, flight, now, error, active)
                return False
            case ErrorKind.UNEXPECTED:
                if self._open is not None and flight.probe:
                    self._trip(self._open, flight, now)
                return False
            case ErrorKind.RATE_LIMITED:
                self._pause(flight, now, error.retry_after)
        return self._answer(flight, now)

    def probe_now(self, now: float) -> None:
        """Let the next probe leave at once, or as soon as the one that is out has failed."""
        self._probe_at = self._probe_wanted = now
        self._probes = 0

    def woke(self, now: float, slept: float) -> None:
        """Forget what was learnt before the machine slept, but for a refused key.

        A pause goes on; the `slept` seconds, which monotonic time left out, count towards it.
        """
        self._paused_until -= slept
        self._probe_task = ""
        if not self.key_refused:
            self._open = None
            self._last_success = None
            self._forget_faults()

    def pulse(self, now: float, *, active: int, overdue: float, period: float) -> Pulse:
        """Return how things stand, given what the schedule knows (seconds)."""
        every = active / self._full_rate
        if self._open is not None and (active or self.key_refused):
            return Pulse(self._open, reason=self._reason)
        if not active:
            return Pulse(PulseKind.RESTING)
        if self._paused_until > now:
            return Pulse(PulseKind.PAUSED, until=self._paused_until)
        if not self._answered:
            return Pulse(PulseKind.STARTING)
        if self._fault_kind is not None and self._faults >= min(_OFFLINE_FAULTS, active):
            # Too soon after a good answer to open the breaker, but not to say it.
            return Pulse(self._fault_kind, reason=self._reason)
        if every > period:
            return Pulse(PulseKind.LATE, every=every)
        return Pulse(PulseKind.LATE if overdue > OVERDUE else PulseKind.LIVE)

    def _count(
        self,
        kind: PulseKind,
        most: int,
        flight: Flight,
        now: float,
        error: ApiError,
        active: int,
    ) -> None:
        if self._open is not None:
            # What left before the breaker opened tells nothing that is not known.
            if flight.probe:
                self._reason = error.message
                self._trip(kind, flight, now)
            return
        if self._fault_kind is not kind:
            self._faults, self._fault_kind = 0, kind
            self._faulted.clear()
        self._faults += 1
        self._faulted.add(flight.task_id)
        self._reason = error.message
        recent = self._last_success is not None and now - self._last_success <= SUCCESS_HOLDS
        # With one or two tasks there is no fifth fault to wait for.
        enough = self._faults >= min(most, active) and len(self._faulted) >= min(2, active)
        if active and enough and not recent:
            self._trip(kind, flight, now)

    def _trip(self, kind: PulseKind, flight: Flight, now: float) -> None:
        if self._open is not kind:
            self._open, self._probes = kind, 0
        if flight.probe and flight.sent < self._probe_wanted:
            self._probe_at = now
            return
        if kind is PulseKind.KEY_REFUSED:
            self._probe_at = now + KEY_PROBE
            return
        self._probes += 1
        ceiling = min(LONGEST_PROBE, 2.0 ** min(self._probes, 5))
        self._probe_at = now + ceiling * self._random.uniform(0.75, 1.0)

    def _pause(self, flight: Flight, now: float, seconds: float | None) -> None:
        seconds = DEFAULT_PAUSE if seconds is None else seconds
        until = now + seconds * self._random.uniform(1.0, 1.1)
        if flight.sent >= self._rate_since:
            # Once for all the requests that were under way together.
            slowest = min(SLOWEST, self._full_rate)
            self._rate, self._rate_since = max(self.rate(now) / 2, slowest), now
        self._paused_until = max(until, self._paused_until)

    def _answer(self, flight: Flight, now: float) -> bool:
        self._answered = True
        self._last_success = now
        if self.key_refused and not flight.probe:
            # It left before the refusal, and says nothing about the key since.
            return False
        closed = self._open is not None
        self._open = None
        self._forget_faults()
        return closed

    def _forget_faults(self) -> None:
        self._probes = self._faults = 0
        self._fault_kind = None
        self._faulted.clear()
