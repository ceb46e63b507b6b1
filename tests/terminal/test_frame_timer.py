"""When frames are painted, in simulated time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise

from textual._context import active_app
from textual.app import App
from textual.screen import Screen

from tests.support import virtual_time
from tui.terminal.frame_timer import FrameTimer

INTERVAL = 0.1


def painted(changes: Sequence[float], *, full_until: float = 0.0) -> list[float]:
    """Return when frames are painted, if something changes at these moments (seconds).

    Until `full_until` the line takes nothing.
    """

    async def play() -> list[float]:
        frames: list[float] = []

        def paint() -> None:
            timer.pause()
            frames.append(round(clock() - started, 3))

        active_app.set(App())
        clock = asyncio.get_running_loop().time
        started = clock()
        timer = FrameTimer(
            Screen(), INTERVAL, paint, lambda: clock() - started >= full_until - 1e-3
        )
        timer._start()
        for change in changes:
            await asyncio.sleep(started + change - clock())
            timer.resume()
        await asyncio.sleep(1)
        timer.stop()
        return frames

    return virtual_time.run(play())


def test_what_changes_after_a_rest_is_painted_at_once_and_so_is_what_follows_it() -> None:
    # Textual's own timer painted the second of each pair up to two intervals later.
    assert painted([1.0, 1.03, 2.0, 2.01]) == [1.0, 1.03, 2.0, 2.01]


def test_what_changes_all_the_time_is_painted_once_an_interval() -> None:
    frames = painted([1 + n / 100 for n in range(100)])
    assert 10 <= len(frames) <= 12
    # The first two made up for the rest before them.
    assert min(b - a for a, b in pairwise(frames[2:])) >= INTERVAL - 0.001


def test_what_changes_while_the_line_is_full_is_painted_once_it_is_not() -> None:
    assert painted([1.0, 1.2, 1.3], full_until=1.6) == [1.6]


def test_nothing_is_painted_while_nothing_changes() -> None:
    assert painted([]) == []
