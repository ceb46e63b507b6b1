"""An event loop whose time is simulated: whenever nothing is ready, it jumps to the next timer.

Timers, `asyncio.sleep` and `asyncio.timeout` run on it as they are, in no time at all. It knows
no other thread and no socket: what waits for one of those would wait for ever, and is told so.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

T = TypeVar("T")

ROUND = 1e-6
"""Seconds that one round of the loop takes. Without them a timer that fires a hair too early, as
asyncio's clock resolution allows, could be set again and again at the same moment."""


class StuckError(AssertionError):
    """Nothing is ready and no timer is set: on a real loop this would hang."""


class _Jump(selectors.SelectSelector):
    """Reports sockets as usual, but advances the time instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise StuckError("nothing is ready and no timer is set")
        self.time += ROUND if ready or not timeout else timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop. Its time starts at 1,000 s, so that no test takes 0 for “never”."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        """The simulated time in seconds."""
        return self._jump.time


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in simulated time to its end, as `asyncio.run` does.

    Raises:
        AssertionError: a task or a callback of the loop ended with an exception nobody took.
    """
    unseen: list[Mapping[str, Any]] = []
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.get_loop().set_exception_handler(lambda _, context: unseen.append(context))
        result = runner.run(main)
    assert not unseen, unseen
    return result
