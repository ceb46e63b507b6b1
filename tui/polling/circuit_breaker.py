"""Whether the service may be queried at all: not while it refuses the key or cannot be reached.

All times are monotonic seconds and are passed in.
"""

from __future__ import annotations

import math
from random import Random
from typing import Final, NamedTuple

from tui.errors import ApiError, ErrorKind
from tui.polling.health import HealthKind, PollingHealth

KEY_PROBE_INTERVAL: Final = 600.0
"""Seconds between two probes with a key that was refused."""
MAX_PROBE_INTERVAL: Final = 30.0
"""Seconds between two probes of a host that cannot be reached."""
SUCCESS_TTL: Final = 15.0
"""Seconds for which one good answer proves that host and network work."""
_OFFLINE_THRESHOLD: Final = 5
_NOT_THE_API_THRESHOLD: Final = 3


class InFlight(NamedTuple):
    """A request on its way, or just returned."""

    task_id: str
    sent: float
    is_probe: bool
    """Whether an open breaker let it through."""


class CircuitBreaker:
    """Stops all queries but one probe at a time while the service cannot be used.

    It is open while the key is refused, nothing gets through, or somebody else answers.
    """

    def __init__(self, random: Random) -> None:
        """Start closed."""
        self._random = random
        self._sent: dict[str, float] = {}
        self._open: HealthKind | None = None
        self._probe_at = 0.0
        self._probe_task = ""
        self._probe_requested = -math.inf
        self._probes = 0
        self._last_success: float | None = None
        self._key_accepted_at = -math.inf
        self._faults = 0
        self._faulty_tasks: set[str] = set()
        self._fault_kind: HealthKind | None = None
        self._reason = ""
        self._answered = False

    @property
    def is_open(self) -> bool:
        """Whether the next query is a probe, for which any task will do."""
        return self._open is not None

    @property
    def key_refused(self) -> bool:
        """Whether the service refuses the key."""
        return self._open is HealthKind.KEY_REFUSED

    def wait(self, now: float) -> float:
        """Return the seconds until a request may be sent; infinite while a probe is in flight."""
        if self._open is None:
            return 0.0
        return math.inf if self._probe_task else max(0.0, self._probe_at - now)

    def record_sent(self, task_id: str, now: float) -> None:
        """Note a request that leaves."""
        self._sent[task_id] = now
        self._probe_task = task_id if self._open is not None else ""

    def record_returned(self, task_id: str) -> InFlight:
        """Note that a request came back, however it ended, and return what is known of it."""
        is_probe = self._probe_task == task_id
        if is_probe:
            self._probe_task = ""
        return InFlight(task_id, self._sent.pop(task_id, -math.inf), is_probe)

    def record_success(self, flight: InFlight, now: float) -> bool:
        """Note a good answer of the service; return whether it closed the breaker."""
        self._key_accepted_at = max(self._key_accepted_at, flight.sent)
        return self._record_answer(flight, now)

    def used_replaced_key(self, flight: InFlight, error: ApiError) -> bool:
        """Return whether a request was refused for a key that has been replaced since."""
        return error.kind is ErrorKind.KEY_REFUSED and flight.sent < self._key_accepted_at

    def record_failure(self, flight: InFlight, now: float, error: ApiError, *, active: int) -> bool:
        """Note a fault of one of `active` tasks; return whether it closed the breaker.

        It does where the service itself answered, if only to refuse.
        """
        self._answered = True
        match error.kind:
            case ErrorKind.KEY_REFUSED:
                self._reason = error.message
                if flight.is_probe or not self.key_refused:
                    self._trip(HealthKind.KEY_REFUSED, flight, now)
                return False
            case ErrorKind.NOT_THE_API:
                kind, threshold = HealthKind.NOT_THE_API, _NOT_THE_API_THRESHOLD
            case kind if kind.transport:
                kind, threshold = HealthKind.OFFLINE, _OFFLINE_THRESHOLD
            case ErrorKind.UNEXPECTED:
                if self._open is not None and flight.is_probe:
                    self._trip(self._open, flight, now)
                return False
            case _:
                return self._record_answer(flight, now)
        self._record_fault(kind, flight, error)
        if self._should_trip(threshold, flight, now, active):
            self._trip(kind, flight, now)
        return False

    def probe_now(self, now: float) -> None:
        """Send the next probe at once, or as soon as the one in flight has failed."""
        self._probe_at = self._probe_requested = now
        self._probes = 0

    def resume(self) -> None:
        """Forget what was learnt before the machine slept, except that the key is refused."""
        self._probe_task = ""
        if not self.key_refused:
            self._open = None
            self._last_success = None
            self._forget_faults()

    def open_health(self) -> PollingHealth | None:
        """Return what keeps the breaker open; None while it is closed."""
        return None if self._open is None else PollingHealth(self._open, reason=self._reason)

    def closed_health(self, active: int) -> PollingHealth | None:
        """Return what is wrong although the breaker is closed; None where nothing is."""
        if not self._answered:
            return PollingHealth(HealthKind.STARTING)
        if self._fault_kind is not None and self._faults >= min(_OFFLINE_THRESHOLD, active):
            # Too soon after a good answer to open the breaker, but not to tell.
            return PollingHealth(self._fault_kind, reason=self._reason)
        return None

    def _record_fault(self, kind: HealthKind, flight: InFlight, error: ApiError) -> None:
        if self._open is not None:
            # A request sent before the breaker opened tells nothing new.
            if flight.is_probe:
                self._reason = error.message
            return
        if self._fault_kind is not kind:
            self._faults, self._fault_kind = 0, kind
            self._faulty_tasks.clear()
        self._faults += 1
        self._faulty_tasks.add(flight.task_id)
        self._reason = error.message

    def _should_trip(self, threshold: int, flight: InFlight, now: float, active: int) -> bool:
        if self._open is not None:
            return flight.is_probe
        recent = self._last_success is not None and now - self._last_success <= SUCCESS_TTL
        # One or two tasks alone never reach a fifth fault.
        enough = self._faults >= min(threshold, active)
        several = len(self._faulty_tasks) >= min(2, active)
        return active > 0 and enough and several and not recent

    def _trip(self, kind: HealthKind, flight: InFlight, now: float) -> None:
        if self._open is not kind:
            self._open, self._probes = kind, 0
        if flight.is_probe and flight.sent < self._probe_requested:
            self._probe_at = now
            return
        if kind is HealthKind.KEY_REFUSED:
            self._probe_at = now + KEY_PROBE_INTERVAL
            return
        self._probes += 1
        ceiling = min(MAX_PROBE_INTERVAL, 2.0 ** min(self._probes, 5))
        self._probe_at = now + ceiling * self._random.uniform(0.75, 1.0)

    def _record_answer(self, flight: InFlight, now: float) -> bool:
        self._answered = True
        self._last_success = now
        if self.key_refused and not flight.is_probe:
            # Sent before the refusal, it says nothing about the key since.
            return False
        closed = self._open is not None
        self._open = None
        self._forget_faults()
        return closed

    def _forget_faults(self) -> None:
        self._probes = self._faults = 0
        self._fault_kind = None
        self._faulty_tasks.clear()
