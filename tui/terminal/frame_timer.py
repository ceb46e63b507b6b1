"""When the next frame is painted: at once after a rest, and never more often than is wanted.

Textual paints on a grid of 1/60 s, and skips one of its points where it comes late: what changes
right after a frame waits up to 33 ms (measured with textual 8.2.8), as does a key that is pressed
while answers come in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from textual.screen import Screen
from textual.timer import Timer


class FrameTimer(Timer):
    """Paints while it is resumed, and until it is paused."""

    def __init__(
        self,
        screen: Screen[None],
        interval: float,
        paint: Callable[[], None],
        may_paint: Callable[[], bool],
    ) -> None:
        """Paint a frame every `interval` seconds at most, but for one that makes up for a rest.

        `may_paint` is asked before each: what changes until it may is painted once, and last.
        """
        super().__init__(screen, interval, name="frames", callback=paint, pause=True)
        self._may_paint = may_paint

    async def _run(self) -> None:
        clock = asyncio.get_running_loop().time
        resumed = cast("asyncio.Event", self._active)
        due = clock()
        while True:
            await resumed.wait()
            early = due - self._interval - clock()
            if early > 0 or not self._may_paint():
                await asyncio.sleep(early if early > 0 else self._interval)
                # It may have been paused meanwhile.
                continue
            due = max(due, clock()) + self._interval
            await self._tick(next_timer=due, count=0)
