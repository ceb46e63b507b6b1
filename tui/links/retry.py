"""Trying again what failed for a moment: a store that is not ready, or a connection that broke."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from tui.errors import MediaError

DELAYS: Final = (1.0, 4.0)
"""Seconds before the second and the third try of the same."""
MAX_DELAY: Final = 20.0
"""Maximum seconds that a host's wish to be left alone is obeyed; the user waits for it."""
MAX_TRIES: Final = 20
"""Tries of one file that gets a little further each time."""
MAX_IN_VAIN: Final = 3
"""Files in a row that were tried in vain, after which the host is taken to be at fault."""

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[object]]


class Retries:
    """Runs what fetches a file, and again where that may help. One for all files of an errand.

    A try that brought a part of the file which had not been there before counts anew. After
    `MAX_IN_VAIN` files in a row that were tried in vain, further ones get a single try until one
    succeeds, so that a host that is down does not hold up a long list. Cancelling ends the wait.
    """

    def __init__(
        self, on_wait: Callable[[MediaError, float], object], sleep: Sleep = asyncio.sleep
    ) -> None:
        """Prepare; `on_wait` is told what failed, and after how many seconds it is tried again."""
        self._on_wait = on_wait
        self._sleep = sleep
        self._in_vain = 0

    async def run(self, fetch: Callable[[], Awaitable[T]]) -> T:
        """Return the result of `fetch`. Raises what it raises in the end."""
        failures = 0
        for _ in range(MAX_TRIES - 1):
            try:
                result = await fetch()
            except MediaError as error:
                failures = 1 if error.progressed else failures + 1
                delay = self._delay(error, failures)
                if delay is None:
                    raise
                self._on_wait(error, delay)
            else:
                self._in_vain = 0
                return result
            await self._sleep(delay)
        return await fetch()

    def _delay(self, error: MediaError, failures: int) -> float | None:
        if error.retry_after is None or self._in_vain >= MAX_IN_VAIN:
            return None
        if failures > len(DELAYS):
            self._in_vain += 1
            return None
        return max(DELAYS[failures - 1], min(error.retry_after, MAX_DELAY))
