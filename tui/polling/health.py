"""How polling as a whole is doing, as values."""

from __future__ import annotations

import math
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple


class HealthKind(StrEnum):
    """How polling as a whole is doing."""

    RESTING = "resting"
    """No task is running."""
    STARTING = "starting"
    """No answer yet."""
    LIVE = "live"
    LATE = "late"
    OFFLINE = "offline"
    NOT_THE_API = "not the API"
    PAUSED = "paused"
    KEY_REFUSED = "key refused"
    NO_KEY = "no key"
    """There is no key to send, so nothing is asked."""
    WRONG_ADDRESS = "wrong address"
    """Whatever is asked leads nowhere, as under a wrong base URL."""
    SERVER_ERRORS = "server errors"
    """Whatever is asked, the service has a fault."""

    @property
    def needs_key(self) -> bool:
        """Whether nothing goes on before there is another key."""
        return self in (HealthKind.KEY_REFUSED, HealthKind.NO_KEY)

    @property
    def is_host_trouble(self) -> bool:
        """Whether no task can be asked with success, whichever it is."""
        return self.is_trouble and self is not HealthKind.LATE

    @property
    def is_trouble(self) -> bool:
        """Whether this deserves a warning colour."""
        return self not in (HealthKind.RESTING, HealthKind.STARTING, HealthKind.LIVE)


class PollingHealth(NamedTuple):
    """A `HealthKind` and its details, for the status bar."""

    kind: HealthKind
    until: float = 0.0
    """Monotonic seconds at which a pause ends."""
    every: float = 0.0
    """Seconds between two queries of a task, where there are more tasks than the rate allows."""
    reason: str = ""
    """The message of the last fault."""
    since: datetime | None = None
    """When trouble of the host began to be of this kind, as far as `HealthTimer` has seen."""
    is_stale: bool = False
    """Whether the host has been in trouble for more than a period, so that what is known of the
    tasks that run is older than it should be."""
    recovered_at: float = -math.inf
    """When the trouble of the whole host was last over, by the monotonic clock: what failed before
    then says nothing about its task."""


CALM: Final = PollingHealth(HealthKind.LIVE)
"""Nothing is wrong with polling as a whole."""


class HealthTimer:
    """Since when the host has been in trouble, and whether that is over: not before it answers.

    That nothing fails any more may only mean that nothing was asked: the machine has slept, the
    tasks that failed were removed, a pause has ended.

    By clocks that count while the machine sleeps, as the event loop's does not.
    """

    def __init__(self, period: float) -> None:
        """Observe polling that asks about each task every `period` seconds."""
        self._period = period
        self._trouble: PollingHealth | None = None
        """The trouble that is not over, as it was last seen."""
        self._began = 0.0
        """When it began, of whatever kind it was then, by the monotonic clock."""
        self._is_answered = False
        """Whether the service has answered since."""
        self._was_trouble = False
        self._recovered_at = -math.inf

    def note_answer(self) -> None:
        """Note that the service has told about a task, be it that it does not know the ID."""
        self._is_answered = True

    def observe(self, health: PollingHealth, now: datetime, boot: float) -> PollingHealth:
        """Return `health` with its times; `boot` is the monotonic clock at the time `now`.

        What looks well before there is an answer is still the trouble that was; or STARTING, where
        that is known to be over: another key is tried, or a pause has ended.
        """
        trouble = self._trouble
        if health.kind.is_host_trouble:
            is_same = trouble is not None and trouble.kind is health.kind
            health = health._replace(since=trouble.since if trouble and is_same else now)
            if trouble is None:
                self._began = boot
            self._trouble, self._is_answered = health, False
        elif trouble is not None and health.kind in (HealthKind.LIVE, HealthKind.LATE):
            if self._is_answered:
                self._trouble = None
            else:
                is_over = trouble.kind.needs_key or trouble.kind is HealthKind.PAUSED
                health = PollingHealth(HealthKind.STARTING) if is_over else trouble
        if self._was_trouble and not health.kind.is_host_trouble:
            self._recovered_at = boot
        self._was_trouble = health.kind.is_host_trouble
        lasts = self._trouble is not None and health.kind is not HealthKind.RESTING
        is_stale = lasts and boot - self._began > self._period
        return health._replace(is_stale=is_stale, recovered_at=self._recovered_at)
