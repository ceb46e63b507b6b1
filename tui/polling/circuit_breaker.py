"""Whether the service may be queried at all: not while it refuses the key or cannot be reached.

Keeps the last answer about each task, and has `host_state` judge them. All times are monotonic
seconds and are passed in.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection
from random import Random
from typing import Final, NamedTuple

from tui.errors import ApiError, ErrorKind
from tui.polling.health import HealthKind
from tui.polling.host_state import (
    MAX_UNCONFIRMED,
    UNREACHABLE,
    Answer,
    Fault,
    HostState,
    assess,
)

KEY_PROBE_INTERVAL: Final = 600.0
"""Seconds between two probes with a key that was refused for every task."""
MAX_PROBE_INTERVAL: Final = 30.0
"""Seconds between two probes of a host that cannot be reached, or while there is a task that the
key was never tried with."""
_NO_KEY: Final = HostState(HealthKind.NO_KEY, stops_polling=True)
_MAX_FAULTS: Final = 50
"""Faults that are remembered: more than it takes to tell an outage."""


class InFlight(NamedTuple):
    """A request on its way, or just returned."""

    task_id: str
    sent: float
    is_probe: bool = False
    """Whether an open breaker let it through."""
    is_witness: bool = False
    """Whether it was sent to confirm what another task had been told."""


class CircuitBreaker:
    """Stops all queries but one probe at a time while the service cannot be used."""

    def __init__(self, random: Random, *, has_key: bool = True) -> None:
        """Start closed; without a key, open until `replace_key`."""
        self._random = random
        self._has_key = has_key
        self._answers: dict[str, Answer] = {}
        self._faults: deque[Fault] = deque(maxlen=_MAX_FAULTS)
        self._flights: dict[str, InFlight] = {}
        self._key_since = -math.inf
        self._answered_at = -math.inf
        self._probe_at = 0.0
        self._probe_requested = -math.inf
        self._probes = 0
        self._has_unasked = False
        self.state = HostState(HealthKind.STARTING) if has_key else _NO_KEY
        """By the answers at the last `update`."""

    @property
    def is_open(self) -> bool:
        """Whether the next query is a probe, for which any task will do."""
        return self.state.stops_polling

    @property
    def key_refused(self) -> bool:
        """Whether the service refuses the key."""
        return self.state.kind is HealthKind.KEY_REFUSED

    @property
    def needs_key(self) -> bool:
        """Whether nothing goes on before there is another key."""
        return self.state.kind.needs_key

    @property
    def _is_probing(self) -> bool:
        return any(flight.is_probe for flight in self._flights.values())

    @property
    def has_witness(self) -> bool:
        """Whether a witness is in flight."""
        return any(flight.is_witness for flight in self._flights.values())

    def answered_since(self, moment: float) -> bool:
        """Return whether any task was answered well since `moment`."""
        return any(a.kind is None and a.received >= moment for a in self._answers.values())

    def count_told(self, kind: ErrorKind, since: float) -> int:
        """Return how many tasks were told `kind` since then, and were not told it on their own."""
        return sum(
            answer.kind is kind and answer.received >= since and not answer.is_own
            for answer in self._answers.values()
        )

    def answer(self, task_id: str) -> Answer | None:
        """Return what the service last said about a task."""
        return self._answers.get(task_id)

    def wait(self, now: float) -> float:
        """Return the seconds until a request may be sent; infinite while one must return first."""
        if not self._has_key:
            return math.inf
        if self.is_open:
            return math.inf if self._is_probing else max(0.0, self._probe_at - now)
        if ErrorKind.KEY_REFUSED in self.state.suspects and self._flights:
            # No more requests with a key that nobody has accepted yet than it takes to tell.
            answers = self._answers.values()
            refused = sum(answer.kind is ErrorKind.KEY_REFUSED for answer in answers)
            accepted = any(answer.is_accepted for answer in answers)
            limit = MAX_UNCONFIRMED[ErrorKind.KEY_REFUSED]
            if not accepted and refused + len(self._flights) >= limit:
                return math.inf
        return max(0.0, self.state.until - now)

    def record_sent(self, task_id: str, now: float, *, is_witness: bool = False) -> None:
        """Note a request that leaves."""
        self._flights[task_id] = InFlight(task_id, now, self.is_open, is_witness)

    def record_returned(self, task_id: str) -> InFlight:
        """Note that a request came back, however it ended, and return what is known of it."""
        return self._flights.pop(task_id, InFlight(task_id, -math.inf))

    def used_replaced_key(self, flight: InFlight, error: ApiError) -> bool:
        """Return whether a request was refused for a key that has been replaced since."""
        return error.kind is ErrorKind.KEY_REFUSED and flight.sent < self._key_since

    def record_success(self, flight: InFlight, now: float) -> None:
        """Note a good answer about a task that is still watched."""
        accepted = flight.sent >= self._key_since
        self._faults.clear()
        self._answered_at = now
        before = self._answers.get(flight.task_id)
        streak = 1 + (before.streak if before is not None else 0)
        self._answers[flight.task_id] = Answer(
            flight.sent, now, is_accepted=accepted, streak=streak
        )

    def record_failure(
        self, flight: InFlight, now: float, error: ApiError, until: float = -math.inf
    ) -> None:
        """Note a failure of a task that is still watched; `until` ends the pause it asks for."""
        self.record_inconclusive(flight, now)
        if error.kind is ErrorKind.UNEXPECTED:
            return
        if error.kind is ErrorKind.NOT_THE_API or error.kind.transport:
            if flight.sent < self._answered_at:
                # It is late: another answer has come since, so host and network work.
                return
            kind = HealthKind.OFFLINE if error.kind.transport else HealthKind.NOT_THE_API
            self._faults.append(Fault(flight.task_id, flight.sent, kind, error.message))
            return
        self._faults.clear()
        self._answered_at = now
        before = self._answers.get(flight.task_id)
        self._answers[flight.task_id] = Answer(
            *(flight.sent, now, error.kind, error.message, until),
            is_accepted=before is not None and before.is_accepted,
            is_witness=flight.is_witness,
            is_own=before is not None and before.kind is error.kind and self._is_own(before),
            is_strange=error.is_strange,
        )

    def record_inconclusive(self, flight: InFlight, now: float) -> None:
        """Note that a request told nothing, perhaps since its task is not watched any more."""
        if flight.is_probe:
            self._delay_probe(flight, now)

    def _is_own(self, answer: Answer) -> bool:
        return answer.is_own or any(
            other.kind is None and other.sent > answer.sent for other in self._answers.values()
        )

    def forget(self, task_id: str) -> None:
        """Forget a task that is not watched any more; its request in flight goes on."""
        self._answers.pop(task_id, None)
        for fault in [fault for fault in self._faults if fault.task_id == task_id]:
            self._faults.remove(fault)

    def update(self, active: Collection[str], now: float) -> bool:
        """Derive the state afresh; return whether that closed the breaker."""
        before = self.state
        if not self._has_key or (self.key_refused and not active):
            # Nothing can be asked that would show otherwise.
            return False
        self._has_unasked = any(task_id not in self._answers for task_id in active)
        self.state = assess(self._answers, self._faults, active, now)
        still_unreachable = before.stops_polling and {before.kind, self.state.kind} <= UNREACHABLE
        if self.is_open and before.kind is not self.state.kind and not still_unreachable:
            self._probes = 0
            self._delay_probe(None, now)
        return before.stops_polling and not self.is_open

    def replace_key(self, now: float) -> None:
        """Forget what was learnt with another key."""
        self._key_since = now
        self._has_key = True
        if self.needs_key:
            self.state = HostState(HealthKind.STARTING)
        for task_id, answer in tuple(self._answers.items()):
            if answer.kind is ErrorKind.KEY_REFUSED:
                del self._answers[task_id]
            else:
                self._answers[task_id] = answer._replace(is_accepted=False)

    @property
    def probe_at(self) -> float:
        """When the next probe may leave, while the breaker is open."""
        return self._probe_at

    def probe_now(self, now: float) -> None:
        """Send the next probe at once, or as soon as the one in flight has failed."""
        self._probe_at = self._probe_requested = now
        self._probes = 0

    def resume(self, slept: float) -> None:
        """Forget what was learnt of the network before the machine slept for `slept` seconds."""
        self._faults.clear()
        for task_id, answer in self._answers.items():
            self._answers[task_id] = answer._replace(until=answer.until - slept)
        for task_id, flight in self._flights.items():
            self._flights[task_id] = flight._replace(is_probe=False)

    def _delay_probe(self, flight: InFlight | None, now: float) -> None:
        if flight is not None and flight.sent < self._probe_requested:
            self._probe_at = now
        elif self.key_refused:
            # One that was never asked may be another account's, and answered.
            interval = MAX_PROBE_INTERVAL if self._has_unasked else KEY_PROBE_INTERVAL
            self._probe_at = now + interval
        else:
            self._probes += 1
            ceiling = min(MAX_PROBE_INTERVAL, 2.0 ** min(self._probes, 5))
            self._probe_at = now + ceiling * self._random.uniform(0.75, 1.0)
