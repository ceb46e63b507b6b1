"""Run tasks in the background of an app, until they end or the app does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from tui.errors import UserError

_log = logging.getLogger(__name__)


class Background:
    """The tasks of one event loop that nobody awaits; an error in one of them is reported."""

    def __init__(self, crashed: Callable[[Exception], object]) -> None:
        """Start with none; `crashed` gets the error that has ended one of them."""
        self._crashed = crashed
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something in the background until it ends, or the app does.

        It starts once the caller has returned. From Python 3.12 on, Textual has `create_task` run
        it up to its first wait, so that it could end before the caller has noted its start.
        """
        task = asyncio.Task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def spawn_errand(
        self, name: str, coroutine: Coroutine[Any, Any, None], on_error: Callable[[str], object]
    ) -> asyncio.Task[None]:
        """Run what the user asked for in the background; no fault in it ends the app.

        What nobody foresaw is logged, and `on_error` gets a line to show; `name` begins it.
        """
        return self.spawn(_guard(name, coroutine, on_error))

    async def stop(self, timeout: float) -> None:
        """Cancel everything, and wait until it has ended, for at most `timeout` seconds."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=timeout)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception) and not isinstance(error, UserError):
            _log.error("a part of the background ended", exc_info=error)
        if isinstance(error, Exception):
            self._crashed(error)


def report_fault(name: str, error: BaseException) -> str:
    """Log an error that nobody foresaw, and return a line to show; `name` begins it."""
    _log.error("%s failed", name, exc_info=error)
    return f"{name} failed ({type(error).__name__}); the log says more."


async def _guard(
    name: str, coroutine: Coroutine[Any, Any, None], on_error: Callable[[str], object]
) -> None:
    try:
        await coroutine
    except (Exception, asyncio.CancelledError, BaseExceptionGroup) as error:
        task = asyncio.current_task()
        # A library may leak a cancellation of its own, without having called `cancel` on our task.
        is_cancelled = task is not None and task.cancelling() > 0
        if is_cancelled and isinstance(error, asyncio.CancelledError):
            raise
        message = report_fault(name, error)
        if not is_cancelled:
            on_error(message)
