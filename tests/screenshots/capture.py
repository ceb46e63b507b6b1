"""The real app with the real demo service, at the same simulated time in every run."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from textual.pilot import Pilot

from tests.screenshots import svg
from tests.support.stage import (
    WAIT_TIMEOUT,
    SceneClock,
    build_app,
    fixed_environment,
    settle,
    wait_for_answers,
)
from tui.cli import demo_tasks
from tui.config import Paths
from tui.dashboard.app import ScenextApp
from tui.demo import DemoService
from tui.demo.storyboard import SKY, STORIES
from tui.watchlist.storage import WatchlistFile

SPEED: Final = 0.1
"""Speed of the demo. At this one its tasks take minutes, as real ones do."""
POLL_TIMES: Final = (150, 300, 450, 600, 750, 800)
"""Seconds after the start at which the app polls, often enough for plausible end times. At the end
three tasks are completed, one has failed, two are in progress and one is not known."""

_START: Final = datetime(2026, 3, 14, 9, 26, tzinfo=UTC).timestamp()


@dataclass(frozen=True)
class Screenshot:
    """One screenshot: terminal size, keys to press, and texts that it must show.

    The cursor is on the task about the sky when the first key is pressed.
    """

    name: str
    size: tuple[int, int]
    """Columns and rows."""
    keys: tuple[str, ...]
    expected: tuple[str, ...]


async def capture(screenshot: Screenshot) -> str:
    """Return the screenshot as an SVG without secrets."""
    clock = SceneClock(_START)
    with (
        fixed_environment(),
        tempfile.TemporaryDirectory() as folder,
        DemoService(speed=SPEED, now=clock) as service,
    ):
        _save_tasks(clock, Path(folder))
        app = build_app(service, clock.as_clock(), Path(folder))
        async with _running(app, screenshot.size) as pilot:
            await _poll_until_end(app, pilot, clock)
            await settle(pilot, app)
            app.main_screen.tasks.cursor = SKY.task_id
            await pilot.press(*screenshot.keys)
            drawing = await _export_when_complete(app, pilot, screenshot)
        svg.check_no_secrets(drawing, (service.api_key, service.origin.rpartition("/")[2]))
    return drawing


def _save_tasks(clock: SceneClock, folder: Path) -> None:
    changes = demo_tasks.changes(datetime.fromtimestamp(clock(), UTC), speed=SPEED)
    WatchlistFile(Paths.inside(folder).watchlist).save(changes)


@asynccontextmanager
async def _running(app: ScenextApp, size: tuple[int, int]) -> AsyncIterator[Pilot[None]]:
    """Run the app, and wait until every task has been polled."""
    app.animation_level = "none"
    async with app.run_test(size=size) as pilot:
        await wait_for_answers(pilot, app)
        yield pilot


async def _poll_until_end(app: ScenextApp, pilot: Pilot[None], clock: SceneClock) -> None:
    """Advance the clock, and poll every running task at each of `POLL_TIMES`."""
    running = {story.task_id for story in STORIES if story.ends_at > 0}
    for seconds in POLL_TIMES:
        clock.time = _START + seconds
        async with asyncio.timeout(WAIT_TIMEOUT):
            results = await asyncio.gather(*map(app.engine.ask, sorted(running)))
        running -= {
            result.task_id for result in results if result.task and result.task.status.terminal
        }
        await pilot.pause()


async def _export_when_complete(app: ScenextApp, pilot: Pilot[None], screenshot: Screenshot) -> str:
    """Return the screen once it shows all expected texts."""
    deadline = time.monotonic() + WAIT_TIMEOUT
    while True:
        await pilot.pause()
        drawing = svg.normalize(app.export_screenshot(), screenshot.name)
        shown = svg.visible_text(drawing)
        missing = [text for text in screenshot.expected if text not in shown]
        if not missing:
            return drawing
        if time.monotonic() > deadline:
            raise TimeoutError(f"{screenshot.name} does not show {missing} but:\n{shown}")
        await pilot.pause(0.02)
