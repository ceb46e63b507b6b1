"""The state of polling in words. Pure."""

from __future__ import annotations

import math
from datetime import datetime

from tui.credentials import VARIABLE, ApiKey
from tui.polling.health import HealthKind, PollingHealth
from tui.polling.schedule import Held
from tui.time_zone import local_time


def key_refused(key: ApiKey, reason: str) -> str:
    """Return what to say when the service refuses a key; the key is not part of it."""
    # The environment of a running program does not change.
    advice = "it goes on when the key changes, or press r."
    if key.source == VARIABLE:
        advice = "restart with the new key."
    code = reason.partition(":")[0]
    shown = f" ({code})" if code.isdigit() else ""
    return (
        f"The service refused the key from {key.source}{shown}. Polling has stopped; "
        f"{advice} {key.hint}".rstrip()
    )


def held(held: Held, until: datetime, asked: int) -> str:
    """Return why tasks are not queried now that the user `asked` for; `until` is wall-clock time.

    `asked` is the number of all the tasks that were to be queried.
    """
    clock = f"{local_time(until):%H:%M:%S}"
    if held.is_pause:
        return f"Not refreshed: the service asked for a pause until {clock}; polling resumes then."
    if asked == 1:
        return f"Not refreshed: the service asked to wait with this task until {clock}."
    noun = "task" if held.tasks == 1 else "tasks"
    others = "; the others are being polled now" if held.tasks < asked else ""
    return f"The service asked to wait: {held.tasks:,} {noun} will be polled by {clock}{others}."


def polling_health(health: PollingHealth, until: datetime | None) -> str:
    """Return how polling is doing; `until` is the wall-clock time at which a pause ends."""
    match health.kind:
        case HealthKind.RESTING:
            return "nothing left to poll"
        case HealthKind.STARTING:
            return "asking"
        case HealthKind.LIVE:
            return "live"
        case HealthKind.LATE if health.every:
            return f"late: each task every {math.ceil(health.every)} s"
        case HealthKind.LATE:
            return "late: answers are slow"
        case HealthKind.OFFLINE:
            return f"offline: {health.reason}, trying again"
        case HealthKind.NOT_THE_API:
            return "answers are not from the API (captive portal, proxy, base_url?)"
        case HealthKind.KEY_REFUSED:
            return "stopped: the service refused the key"
        case HealthKind.SERVER_ERRORS:
            return "server errors for all, trying again"
        case HealthKind.WRONG_ADDRESS:
            return f"{health.reason.partition(':')[0]} for all: is base_url right?"
    shown = f"{local_time(until):%H:%M:%S}" if until else "later"
    return f"paused by the service until {shown}"
