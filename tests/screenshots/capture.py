"""The real app with the real demo service, at the same simulated time in every run."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from textual.pilot import Pilot

from tests.screenshots import svg
from tui.clock import Clock
from tui.config import Config, Paths
from tui.credentials import CurrentKey, KeySettings, KeySource, Secret
from tui.dashboard.app import ScenextApp
from tui.demo import DemoService
from tui.demo.storyboard import STORIES
from tui.engine import Dependencies
from tui.redactor import Redactor
from tui.scenext.client import HttpClientFactory
from tui.watchlist.entries import Add, Entry
from tui.watchlist.storage import WatchlistFile
from tui.wording.summary import PartKind

SPEED: Final = 0.1
"""Speed of the demo. At this one its tasks take minutes, as real ones do."""
POLL_TIMES: Final = (150, 300, 450, 600, 750, 800)
"""Seconds after the start at which the app polls, often enough for plausible end times. At the end
three tasks are completed, one has failed and two are in progress."""
WAIT_TIMEOUT: Final = 10.0
"""Seconds to wait for expected text."""

_START: Final = datetime(2026, 3, 14, 9, 26, tzinfo=UTC).timestamp()
_ENVIRON: Final = {"SSH_CONNECTION": "192.0.2.7 50022 192.0.2.1 22"}


@dataclass(frozen=True)
class Screenshot:
    """One screenshot: terminal size, keys to press, and texts that it must show."""

    name: str
    size: tuple[int, int]
    """Columns and rows."""
    keys: tuple[str, ...]
    expected: tuple[str, ...]


class _Clock:
    """A wall clock that is set by hand."""

    def __init__(self) -> None:
        self.time = _START

    def __call__(self) -> float:
        return self.time


async def capture(screenshot: Screenshot) -> str:
    """Return the screenshot as an SVG without secrets."""
    clock = _Clock()
    with (
        _fixed_environment(),
        tempfile.TemporaryDirectory() as folder,
        DemoService(speed=SPEED, now=clock) as service,
    ):
        app = _app(service, clock, Path(folder))
        async with _running(app, screenshot.size) as pilot:
            await _poll_until_end(app, pilot, clock)
            await pilot.press(*screenshot.keys)
            drawing = await _export_when_complete(app, pilot, screenshot)
        svg.check_no_secrets(drawing, (service.api_key, service.origin.rpartition("/")[2]))
    return drawing


def _app(service: DemoService, clock: _Clock, folder: Path) -> ScenextApp:
    paths = Paths.inside(folder)
    config = Config(base_url=service.base_url, max_requests_per_second=1000, trust_env=False)
    settings = KeySettings(inline=Secret(service.api_key))
    file = WatchlistFile(paths.watchlist)
    added = datetime.fromtimestamp(clock(), UTC)
    file.save([Add(Entry(key, added, service.labels[key])) for key in service.task_ids])
    dependencies = Dependencies(
        config=config,
        key=CurrentKey(KeySource(paths.config, lambda: settings, {})),
        file=file,
        connect=lambda: HttpClientFactory(config),
        environ=_ENVIRON,
        clock=Clock(wall=clock),
        host="demo",
        downloads=folder,
        redact=Redactor(),
    )
    return ScenextApp(dependencies)


@asynccontextmanager
async def _running(app: ScenextApp, size: tuple[int, int]) -> AsyncIterator[Pilot[None]]:
    """Run the app, and wait until every task has been polled."""
    app.animation_level = "none"
    async with app.run_test(size=size) as pilot:
        status = app.main_screen.status
        async with asyncio.timeout(WAIT_TIMEOUT):
            while status.data.polling != "live" or any(
                part.kind is PartKind.WAITING for part in status.data.parts
            ):
                await pilot.pause(0.01)
        yield pilot


async def _poll_until_end(app: ScenextApp, pilot: Pilot[None], clock: _Clock) -> None:
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


@contextmanager
def _fixed_environment() -> Iterator[None]:
    """Use UTC, colours and the default theme whatever the user's environment says."""
    fixed = {"TZ": "UTC", "NO_COLOR": None, "TEXTUAL_THEME": None}
    before = {name: os.environ.get(name) for name in fixed}
    _set_environ(fixed)
    try:
        yield
    finally:
        _set_environ(before)


def _set_environ(values: dict[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    time.tzset()
