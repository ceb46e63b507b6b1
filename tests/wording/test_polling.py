"""How polling is doing, in words: what is calm, what is the host's trouble, and what to do."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from rich.cells import cell_len

from tui.credentials import VARIABLE, ApiKey, Secret
from tui.polling.health import HealthKind, HealthTimer, PollingHealth
from tui.wording import polling

NOW = datetime.now(UTC).astimezone().replace(hour=14, minute=20, second=0)
SINCE, BEFORE = NOW.replace(minute=2), NOW.replace(minute=1)
CALM = {
    HealthKind.RESTING: "nothing left to poll",
    HealthKind.STARTING: "asking",
    HealthKind.LIVE: "live",
    HealthKind.LATE: "late: answers are slow",
}
TROUBLE = {
    HealthKind.OFFLINE: "offline since 14:02, trying again",
    HealthKind.NOT_THE_API: "not the API since 14:02",
    HealthKind.PAUSED: "told to pause until 14:25:07",
    HealthKind.KEY_REFUSED: "stopped since 14:02",
    HealthKind.NO_KEY: "stopped since 14:02",
    HealthKind.SERVER_ERRORS: "server errors since 14:02",
    HealthKind.WRONG_ADDRESS: "404 for all: is base_url right?",
}
REASONS = {
    HealthKind.OFFLINE: " (404: no)",
    HealthKind.SERVER_ERRORS: " (404: no)",
    HealthKind.NOT_THE_API: " (captive portal, proxy, base_url?)",
}


def trouble(kind: HealthKind, **known: object) -> str:
    """Return the words for a host that is in trouble since 14:02, with the reason."""
    health = PollingHealth(kind, reason="404: no", since=SINCE)
    until = NOW.replace(minute=25, second=7)
    answered_at = known.get("answered_at")
    assert answered_at is None or isinstance(answered_at, datetime)
    words = polling.host_trouble(
        health, NOW, until=until, answered_at=answered_at, has_saved=bool(known.get("has_saved"))
    )
    reason = polling.trouble_reason(health)
    return f"{words} ({reason})" if reason else words


def test_every_kind_is_either_calm_or_the_hosts_trouble() -> None:
    for kind in HealthKind:
        calm = polling.polling_health(PollingHealth(kind))
        assert (calm, trouble(kind)) == (
            CALM.get(kind, ""),
            TROUBLE.get(kind, "") + REASONS.get(kind, ""),
        )
    late = PollingHealth(HealthKind.LATE, every=49.2)
    assert polling.polling_health(late) == "late: each task every 50 s"


@pytest.mark.parametrize("kind", TROUBLE)
def test_the_hosts_trouble_tells_the_age_of_what_is_shown(kind: HealthKind) -> None:
    said = trouble(kind, answered_at=BEFORE)
    assert said == f"{TROUBLE[kind]}; data from 14:01{REASONS.get(kind, '')}"
    # All but the reason fits beside the name of the service's host at 80 columns.
    state = said.removesuffix(REASONS.get(kind, "none"))
    assert cell_len(f" api.scenext.cn: {state} ") <= 80
    assert trouble(kind, has_saved=True).startswith(
        f"{TROUBLE[kind]}; data from an earlier session"
    )


def test_what_began_yesterday_has_its_date() -> None:
    yesterday = NOW - timedelta(days=1)
    health = PollingHealth(HealthKind.OFFLINE, since=yesterday)
    assert polling.host_trouble(health, NOW) == (
        f"offline since {yesterday:%Y-%m-%d} 14:20, trying again"
    )


def test_a_pause_without_an_end_is_over_later() -> None:
    health = PollingHealth(HealthKind.PAUSED)
    assert polling.host_trouble(health, NOW) == "told to pause until later"


@pytest.mark.parametrize(
    ("key", "advice"),
    [
        (
            ApiKey(Secret("12345678"), "~/key"),
            "polling goes on when the key changes; r tries now.",
        ),
        (ApiKey(Secret("12345678"), VARIABLE), "restart with the new key."),
        (
            ApiKey(Secret("12345678"), VARIABLE, "config.toml has another key; unset it."),
            "restart with the new key. config.toml has another key; unset it.",
        ),
    ],
)
def test_a_refused_key_of_the_environment_needs_a_restart(key: ApiKey, advice: str) -> None:
    words = polling.key_refused(key, "401: the service refused the key for this task")
    assert words == f"The service refused the key from {key.source} (401); {advice}"


def test_a_missing_key_is_looked_for_but_not_in_the_environment() -> None:
    assert polling.no_key("No API key.", needs_restart=False) == (
        "No API key. Polling begins by itself once there is one; r looks now."
    )
    assert polling.no_key("Odd key.", needs_restart=True) == "Odd key."


def test_how_long_it_has_been_so_is_counted_by_a_clock_that_nobody_sets() -> None:
    timer = HealthTimer(30.0)
    offline = PollingHealth(HealthKind.OFFLINE)
    first = timer.observe(offline, NOW, 100.0)
    assert (first.since, first.is_stale) == (NOW, False)
    later = timer.observe(offline, NOW - timedelta(hours=5), 131.0)
    assert (later.since, later.is_stale) == (NOW, True)
    timer.note_answer()
    live = timer.observe(PollingHealth(HealthKind.LIVE), NOW, 500.0)
    assert not live.is_stale
    assert (first.recovered_at, live.recovered_at) == (-math.inf, 500.0)
    again = timer.observe(offline, SINCE, 600.0)
    assert (again.since, again.is_stale) == (SINCE, False)


@pytest.mark.parametrize("kind", CALM)
def test_slow_answers_make_nothing_stale(kind: HealthKind) -> None:
    timer = HealthTimer(30.0)
    timer.observe(PollingHealth(kind), NOW, 0.0)
    assert not timer.observe(PollingHealth(kind), NOW, 1e6).is_stale
