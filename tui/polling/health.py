"""How polling as a whole is doing, as values."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


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
    WRONG_ADDRESS = "wrong address"
    """Whatever is asked leads nowhere, as under a wrong base URL."""
    SERVER_ERRORS = "server errors"
    """Whatever is asked, the service has a fault."""

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
