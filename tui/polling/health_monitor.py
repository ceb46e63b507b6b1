"""Tell how polling as a whole is doing, from the schedule and the results of polls."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from datetime import datetime

from tui.polling.health import HealthTimer, PollingHealth
from tui.polling.schedule import Schedule
from tui.scenext.models import PollResult


class HealthMonitor:
    """Watches for outages of the host, and for when it answered last."""

    def __init__(
        self, schedule: Schedule, period: float, outage_began: Callable[[], object]
    ) -> None:
        """Watch polling that asks about each task every `period` seconds.

        `outage_began` is called once the last few failures are known to be the host's.
        """
        self._schedule = schedule
        self._timer = HealthTimer(period)
        self._outage_began = outage_began
        self._in_outage = False
        """Whether the last result was a failure, and known to be the host's."""
        self.answered_at: datetime | None = None
        """When the service last told about any task; None before it has in this session."""
        self._told_at = -math.inf
        """The same, by the monotonic clock."""

    def note_result(self, result: PollResult) -> bool:
        """Return whether a result is a failure in an outage, known by its first few failures.

        Those count for none of their tasks either, once it is known. By what the breaker found
        last, since asking about all tasks on each failure would cost more.
        """
        in_outage = result.task is None and self._schedule.breaker.state.kind.is_host_trouble
        if in_outage and not self._in_outage:
            self._outage_began()
        self._in_outage = in_outage
        if result.error is None or (result.error.kind.about_task and not result.error.is_strange):
            self._timer.note_answer()
        return in_outage

    def note_told(self, told_at: float, answered_at: datetime | None) -> None:
        """Note when the service told about a task, by the monotonic and the wall clock."""
        # An answer that a cache has kept may be older than another task's.
        if told_at > self._told_at:
            self._told_at, self.answered_at = told_at, answered_at

    def health(self, now: datetime, boot: float) -> PollingHealth:
        """Return how polling is doing, and since when, as `HealthTimer.observe` does."""
        health = self._schedule.health(asyncio.get_running_loop().time())
        return self._timer.observe(health, now, boot)
