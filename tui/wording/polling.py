"""The state of polling in words. Pure."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Final

from tui.credentials import VARIABLE, ApiKey
from tui.polling.health import HealthKind, PollingHealth
from tui.polling.schedule import Held
from tui.time_zone import local_time
from tui.wording.times import clock_time


def key_refused(key: ApiKey, reason: str) -> str:
    """Return what to do when the service refuses a key; the key is not part of it.

    That polling has stopped is for the header to say.
    """
    # The environment of a running program does not change.
    advice = "polling goes on when the key changes; r tries now."
    if key.source == VARIABLE:
        advice = "restart with the new key."
    code = reason.partition(":")[0]
    shown = f" ({code})" if code.isdigit() else ""
    return f"The service refused the key from {key.source}{shown}; {advice} {key.hint}".rstrip()


def no_key(problem: str, *, needs_restart: bool) -> str:
    """Return why there is no key and what to do about it; see `CurrentKey`."""
    if needs_restart:
        return problem
    return f"{problem} Polling begins by itself once there is one; r looks now."


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


LIVE: Final = "live"
"""How polling is doing where there is nothing to say about it."""


def polling_health(health: PollingHealth) -> str:
    """Return how polling is doing; empty where the whole host is in trouble."""
    match health.kind:
        case HealthKind.RESTING:
            return "nothing left to poll"
        case HealthKind.STARTING:
            return "asking"
        case HealthKind.LIVE:
            return LIVE
        case HealthKind.LATE if health.every:
            return f"late: each task every {math.ceil(health.every)} s"
        case HealthKind.LATE:
            return "late: answers are slow"
    return ""


def host_trouble(
    health: PollingHealth,
    now: datetime,
    *,
    until: datetime | None = None,
    answered_at: datetime | None = None,
    has_saved: bool = False,
) -> str:
    """Return the trouble of the whole host in one line, with the age of what is shown.

    Empty where it is in none; why it is in trouble says `trouble_reason`. `until` is when a pause
    ends, `answered_at` when the service last told about any task; `has_saved` tells whether earlier
    sessions left anything to show.
    """
    if not health.kind.is_host_trouble:
        return ""
    age = ""
    if answered_at is not None:
        age = f"; data from {clock_time(answered_at, now)}"
    elif has_saved:
        age = "; data from an earlier session"
    return f"{_state(health, now, until)}{age}"


def _state(health: PollingHealth, now: datetime, until: datetime | None) -> str:
    since = f" since {clock_time(health.since, now)}" if health.since else ""
    match health.kind:
        case HealthKind.PAUSED:
            return f"told to pause until {f'{local_time(until):%H:%M:%S}' if until else 'later'}"
        case HealthKind.OFFLINE:
            return f"offline{since}, trying again"
        case HealthKind.NOT_THE_API:
            return f"not the API{since}"
        case HealthKind.SERVER_ERRORS:
            return f"server errors{since}"
        case HealthKind.WRONG_ADDRESS:
            return f"{health.reason.partition(':')[0]} for all: is base_url right?"
    return f"stopped{since}"


def trouble_reason(health: PollingHealth) -> str:
    """Return the reason of the host's trouble, where it helps to know it."""
    match health.kind:
        case HealthKind.OFFLINE:
            # That there is no connection is what offline means.
            return "" if health.reason == "no connection" else health.reason
        case HealthKind.SERVER_ERRORS:
            return health.reason
        case HealthKind.NOT_THE_API:
            return "captive portal, proxy, base_url?"
    # What to do about the key stands in the banner, in full.
    return ""
