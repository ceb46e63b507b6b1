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
    """When it began to be so, as far as `HealthTimer` has seen."""
    is_stale: bool = False
    """Whether the host has been in trouble for more than a period, so that what is known of the
    tasks that run is older than it should be."""
    recovered_at: float = -math.inf
    """When the trouble of the whole host was last over, by the monotonic clock: what failed before
    then says nothing about its task."""


CALM: Final = PollingHealth(HealthKind.LIVE)
"""Nothing is wrong with polling as a whole."""


class HealthTimer:
    """Since when polling has been doing as it does.

    By clocks that count while the machine sleeps, as the event loop's does not.
    """

    def __init__(self, period: float) -> None:
        """Observe polling that asks about each task every `period` seconds."""
        self._period = period
        self._kind: HealthKind | None = None
        self._since: datetime | None = None
        self._began = 0.0
        self._recovered_at = -math.inf

    def observe(self, health: PollingHealth, now: datetime, boot: float) -> PollingHealth:
        """Return `health` with its times; `boot` is the monotonic clock at the time `now`."""
        if health.kind is not self._kind:
            was_trouble = self._kind is not None and self._kind.is_host_trouble
            if was_trouble and not health.kind.is_host_trouble:
                self._recovered_at = boot
            self._kind, self._since, self._began = health.kind, now, boot
        is_stale = health.kind.is_host_trouble and boot - self._began > self._period
        return health._replace(
            since=self._since, is_stale=is_stale, recovered_at=self._recovered_at
        )
