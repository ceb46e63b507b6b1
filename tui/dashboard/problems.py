"""Show what is wrong: with polling as a whole in the header, with anything in the banner."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from tui.clock import Clock
from tui.credentials import CurrentKey
from tui.dashboard.screens.main import MainScreen
from tui.engine import Engine
from tui.polling.health import HealthKind, PollingHealth
from tui.scenext.models import TaskStatus
from tui.wording import polling


class ProblemPresenter:
    """The only one that sets what the main screen shows of problems."""

    def __init__(
        self, screen: MainScreen, engine: Engine, clock: Clock, key: CurrentKey, host: str
    ) -> None:
        """Show problems of `engine`, which asks `host` and sends `key`."""
        self._screen = screen
        self._engine = engine
        self._clock = clock
        self._key = key
        self._host = host
        self._problems: dict[str, str] = {}

    def show(self, problem: str, message: str) -> None:
        """Show a problem in the banner until it is resolved: until its message is empty."""
        if problem == "key" and message and self._key.key is None:
            message = polling.no_key(message, needs_restart=self._key.needs_restart)
        self._problems[problem] = message
        self.show_all()

    def show_all(self) -> None:
        """Show all problems in the banner, once there is one."""
        deferred = self._screen.deferred
        if deferred is None or not self._screen.is_live:
            return
        problems = dict(self._problems)
        if problems.get("key"):
            # Where another key was tried since, the one that was refused is no news.
            problems.pop("refused", None)
        messages = dict.fromkeys(filter(None, problems.values()))
        deferred.banner.text = "\n".join(messages)

    def show_health(self) -> PollingHealth | None:
        """Show how polling is doing, and return it.

        Return None before it has begun, unless it is known to need a key.
        """
        engine = self._engine
        has_begun = engine.connected or engine.schedule.breaker.needs_key
        if self._screen.deferred is None or not self._screen.is_live or not has_begun:
            return None
        health = engine.health()
        trouble = polling.host_trouble(
            health,
            self._clock.now(),
            until=self.wall_time(health.until) if health.kind is HealthKind.PAUSED else None,
            answered_at=engine.answered_at,
            has_saved=any(s is not TaskStatus.QUEUED for s in engine.watchlist.counts()),
        )
        self._screen.status.data = self._screen.status.data._replace(
            polling="" if trouble else polling.polling_health(health),
            trouble=f"{self._host}: {trouble}" if trouble else "",
            trouble_reason=polling.trouble_reason(health),
        )
        self._screen.needs_key = health.kind.needs_key
        refused = ""
        if health.kind is HealthKind.KEY_REFUSED and self._key.key is not None:
            refused = polling.key_refused(self._key.key, health.reason)
        if refused != self._problems.get("refused", ""):
            self.show("refused", refused)
        return health

    def wall_time(self, moment: float) -> datetime:
        """Return the wall-clock time of a moment on the event loop's clock."""
        # Rounded, so that the words do not change by a wandering fraction.
        return self._clock.now() + timedelta(
            seconds=round(moment - asyncio.get_running_loop().time())
        )
