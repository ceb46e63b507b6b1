"""Poll chosen tasks without a screen: what `status` and `wait` run on.

The engine is the dashboard's, on a file that shows the chosen tasks alone (`ChosenTasksFile`).
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Final

from tui.cli.errors import CommandError, ErrorCode
from tui.cli.running import services
from tui.cli.running.resources import require_resources
from tui.clock import Clock
from tui.config import Paths, load
from tui.dependencies import Dependencies
from tui.engine import Callbacks, Engine
from tui.scenext.models import PollResult
from tui.watchlist.chosen import ChosenTasksFile
from tui.watchlist.events import Event
from tui.watchlist.records import Record
from tui.watchlist.storage import LOCK_TIMEOUT

TICK_SECONDS: Final = 1.0
"""Seconds after which a step is made although nothing has happened: the machine may have slept."""


def prepare(
    options: argparse.Namespace, paths: Paths, task_ids: Iterable[str]
) -> tuple[Dependencies, tuple[str, ...]]:
    """Return what polling the tasks is built from, and warnings.

    Raises `UserError` where the configuration is wrong, a missing key included. Blocks, for a
    command that prints the key up to 10 s.
    """
    require_resources()
    config = load(paths.config, os.environ, required=options.config is not None)
    key = services.read_key(paths.config, config, goes_on=False)
    redact, warnings = services.begin_reports(paths.log, key, verbose=options.verbose)
    if key.key is None:
        raise CommandError(redact(key.problem), ErrorCode.CONFIGURATION)
    file = ChosenTasksFile(paths.watchlist, task_ids, now=Clock().now)
    # Without a log all works as well, and a script's standard error is no place to say so.
    shown = (*services.warnings(paths.config, config), *warnings[:1])
    dependencies = services.dependencies(config, key, file, redact, host=config.host)
    return dependencies, tuple(filter(None, shown))


class PollingSession:
    """Polls all tasks of a file until somebody knows enough."""

    def __init__(
        self,
        dependencies: Dependencies,
        on_result: Callable[[PollResult, Record], object],
        *,
        on_reload: Callable[[], object] = lambda: None,
        on_event: Callable[[Event], object] = lambda event: None,
        warn: Callable[[str], object],
    ) -> None:
        """Prepare; only the file is read.

        `on_result` gets each result with the record that it makes; `on_reload` is called when
        another program has changed the watchlist, `on_event` with what happens to tasks; `warn`
        gets a line about the watchlist, where it cannot be read or saved, once each.
        """
        self._on_result = on_result
        self._on_reload = on_reload
        self._warn = warn
        self._warned = set[str]()
        self._fault: Exception | None = None
        self._changed = asyncio.Event()
        self.engine = Engine(
            dependencies,
            Callbacks(self._polled, self._reloaded, self._problem_changed, self._crashed, on_event),
        )
        # Whoever chose the tasks has told what is wrong with the file.
        self.engine.load()

    async def run(self, step: Callable[[], Awaitable[bool]]) -> None:
        """Poll until `step` returns True: it is called after each change, and each second.

        Raises `UserError` where the connection cannot be configured, and what a fault of ours
        raises. What was learnt is saved at the end; if cancelled, only where that takes no time.
        """
        self.engine.start(lambda: ())
        try:
            while not await self._is_over(step):
                with suppress(TimeoutError):
                    async with asyncio.timeout(TICK_SECONDS):
                        await self._changed.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOCK_TIMEOUT + TICK_SECONDS):
                    await self.engine.save()
        finally:
            await self.engine.stop()

    async def _is_over(self, step: Callable[[], Awaitable[bool]]) -> bool:
        self._changed.clear()
        if self._fault is not None:
            raise self._fault
        return await step()

    def wake(self) -> None:
        """Have the next step made at once."""
        self._changed.set()

    def record(self, task_id: str) -> Record:
        """Return what is known of a task."""
        record = self.engine.watchlist.get(task_id)
        assert record is not None  # noqa: S101 (the file holds each task that was chosen)
        return record

    def _polled(self, result: PollResult) -> None:
        # The poller outlives an error of whom it reports to: here nobody would be left to notice.
        try:
            record = self.engine.apply_result(result)
            if record is not None:
                self._on_result(result, record)
        except Exception as error:
            self._crashed(error)
        self.wake()

    def _reloaded(self) -> None:
        self._on_reload()
        self.wake()

    def _problem_changed(self, name: str, problem: str) -> None:
        if problem and name in ("save", "file") and name not in self._warned:
            self._warned.add(name)
            self._warn(problem)

    def _crashed(self, error: Exception) -> None:
        self._fault = self._fault or error
        self.wake()
