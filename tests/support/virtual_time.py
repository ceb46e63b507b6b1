"""An event loop with simulated time: whenever nothing is ready, it jumps to the next timer.

Timers, `asyncio.sleep` and `asyncio.timeout` work on it unchanged. Other threads and sockets do
not: waiting for one raises `StuckError`.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

T = TypeVar("T")

TICK_SECONDS = 1e-6
"""Duration of one iteration of the loop. Without it, a timer that fires slightly early, as the
clock resolution of asyncio allows, could be set again for the same time without end."""


class StuckError(AssertionError):
    """Nothing is ready and no timer is set; a real loop would hang."""


class _VirtualSelector(selectors.SelectSelector):
    """Advances the time instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise StuckError("nothing is ready and no timer is set")
        self.time += TICK_SECONDS if ready or not timeout else timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop. Its time starts at 1,000 s, so that it differs from a 0 that means “never”."""

    def __init__(self) -> None:
        self._virtual_selector = _VirtualSelector()
        super().__init__(self._virtual_selector)

    def time(self) -> float:
        """Return the simulated time in seconds."""
        return self._virtual_selector.time


class InlineLoop(VirtualLoop):
    """A loop that runs at once what is meant for a thread; it takes no time."""

    def run_in_executor(
        self, executor: object, function: Callable[..., T], *arguments: object
    ) -> asyncio.Future[T]:
        """Call the function; return its result in a future."""
        result: asyncio.Future[T] = self.create_future()
        try:
            result.set_result(function(*arguments))
        except Exception as error:
            result.set_exception(error)
        return result


def run(main: Coroutine[Any, Any, T], loop: Callable[[], VirtualLoop] = VirtualLoop) -> T:
    """Run a coroutine in simulated time, as `asyncio.run` does.

    Raises:
        AssertionError: A task or callback raised an exception that nothing retrieved.
    """
    unhandled: list[Mapping[str, Any]] = []
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.get_loop().set_exception_handler(lambda _, context: unhandled.append(context))
        result = runner.run(main)
    assert not unhandled, unhandled
    return result
