"""How long the host has been in trouble, and what shows that it is over."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from tui.polling.health import HealthKind, HealthTimer, PollingHealth

START = datetime(2026, 3, 14, 22, 0, tzinfo=UTC)
LIVE, LATE, STARTING = HealthKind.LIVE, HealthKind.LATE, HealthKind.STARTING
OFFLINE, FAILING = HealthKind.OFFLINE, HealthKind.SERVER_ERRORS


class Observed:
    """A timer of polling every 30 seconds, and the time by both clocks."""

    def __init__(self) -> None:
        self.timer = HealthTimer(30.0)

    def at(self, seconds: float, kind: HealthKind, reason: str = "") -> PollingHealth:
        """Return what is shown at that time of what polling says."""
        health = PollingHealth(kind, reason=reason)
        return self.timer.observe(health, START + timedelta(seconds=seconds), seconds)


@pytest.mark.parametrize("calm", [LIVE, LATE])
def test_an_outage_lasts_until_there_is_an_answer(calm: HealthKind) -> None:
    """As when the machine wakes, or the tasks that failed are removed: nothing was asked yet."""
    observed = Observed()
    observed.timer.note_answer()
    observed.at(0, OFFLINE, "no route")
    woken = observed.at(28_800, calm)
    assert (woken.kind, woken.reason, woken.since) == (OFFLINE, "no route", START)
    assert (woken.is_stale, woken.recovered_at) == (True, -math.inf)
    again = observed.at(28_810, OFFLINE, "no name")
    assert (again.reason, again.since, again.is_stale) == ("no name", START, True)
    observed.timer.note_answer()
    well = observed.at(28_820, calm)
    assert (well.kind, well.since, well.is_stale) == (calm, None, False)
    assert well.recovered_at == 28_820
    assert observed.at(28_830, LIVE).kind is LIVE


def test_an_answer_from_before_it_was_last_seen_in_trouble_is_none() -> None:
    observed = Observed()
    observed.at(0, HealthKind.PAUSED)
    observed.timer.note_answer()
    observed.at(1, HealthKind.PAUSED)
    assert observed.at(60, LIVE).kind is STARTING
    observed.timer.note_answer()
    assert observed.at(61, LIVE).kind is LIVE


def test_another_key_was_not_refused_before_it_was_tried() -> None:
    observed = Observed()
    observed.at(0, HealthKind.KEY_REFUSED, "401")
    assert observed.at(40, STARTING).is_stale
    tried = observed.at(41, LIVE)
    assert (tried.kind, tried.reason, tried.is_stale) == (STARTING, "", True)
    assert observed.at(42, HealthKind.KEY_REFUSED).since == START
    observed.timer.note_answer()
    assert observed.at(43, LIVE).kind is LIVE


def test_what_is_shown_is_as_old_as_the_trouble_of_whatever_kind() -> None:
    observed = Observed()
    observed.at(0, OFFLINE)
    assert observed.at(600, OFFLINE).is_stale
    other = observed.at(606, FAILING)
    assert (other.is_stale, other.since) == (True, START + timedelta(seconds=606))


def test_nothing_is_stale_where_nothing_runs_and_an_outage_goes_on_behind_it() -> None:
    observed = Observed()
    observed.at(0, OFFLINE)
    resting = observed.at(600, HealthKind.RESTING)
    assert (resting.kind, resting.is_stale) == (HealthKind.RESTING, False)
    assert observed.at(601, LIVE).kind is OFFLINE
