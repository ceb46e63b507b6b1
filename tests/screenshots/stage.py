"""The real app against the real demo service, at one moment that is the same in every run."""

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
from tui.log import Redactor
from tui.scenext.client import HttpClientFactory
from tui.watchlist.entries import Add, Entry
from tui.watchlist.storage import WatchlistFile

SPEED: Final = 0.1
"""The demo's tasks take ten times as long as in the demo: minutes, as real ones do."""
MOMENTS: Final = (150, 300, 450, 600, 750, 800)
"""Seconds after the start at which the app looks at the tasks, often enough to see them end. In
the end three are completed, one has failed and two go on."""
PATIENCE: Final = 10.0
"""Seconds that anything may take to be shown."""

_START: Final = datetime(2026, 3, 14, 9, 26, tzinfo=UTC).timestamp()
_ENVIRON: Final = {"SSH_CONNECTION": "192.0.2.7 50022 192.0.2.1 22"}


@dataclass(frozen=True)
class Picture:
    """One picture: the terminal, what is typed, and words that show that it is complete."""

    name: str
    size: tuple[int, int]
    """Columns and rows."""
    keys: tuple[str, ...]
    shows: tuple[str, ...]


class _Clock:
    """A wall clock that moves only when it is told to."""

    def __init__(self) -> None:
        self.time = _START

    def __call__(self) -> float:
        return self.time


async def take(picture: Picture) -> str:
    """Return the picture as an SVG without secrets."""
    clock = _Clock()
    with (
        _same_everywhere(),
        tempfile.TemporaryDirectory() as folder,
        DemoService(speed=SPEED, now=clock) as service,
    ):
        app = _app(service, clock, Path(folder))
        async with _running(app, picture.size) as pilot:
            await _live_through(app, pilot, clock)
            await pilot.press(*picture.keys)
            drawing = await _drawn(app, pilot, picture)
        svg.refuse_secrets(drawing, (service.api_key, service.origin.rpartition("/")[2]))
    return drawing


def _app(service: DemoService, clock: _Clock, folder: Path) -> ScenextApp:
    paths = Paths.inside(folder)
    config = Config(base_url=service.base_url, max_requests_per_second=1000, trust_env=False)
    settings = KeySettings(inline=Secret(service.api_key))
    file = WatchlistFile(paths.watchlist)
    added = datetime.fromtimestamp(clock(), UTC)
    file.save([Add(Entry(key, added, service.labels[key])) for key in service.task_ids])
    parts = Dependencies(
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
    return ScenextApp(parts)


@asynccontextmanager
async def _running(app: ScenextApp, size: tuple[int, int]) -> AsyncIterator[Pilot[None]]:
    """Run the app, and wait until every task was answered once."""
    app.animation_level = "none"
    async with app.run_test(size=size) as pilot:
        status = app.main_screen.status
        async with asyncio.timeout(PATIENCE):
            while "live" not in status.polling or "queued" in status.counts:
                await pilot.pause(0.01)
        yield pilot


async def _live_through(app: ScenextApp, pilot: Pilot[None], clock: _Clock) -> None:
    """Let time pass, and the app look at every task that goes on."""
    running = {story.task_id for story in STORIES if story.ends_at > 0}
    for moment in MOMENTS:
        clock.time = _START + moment
        async with asyncio.timeout(PATIENCE):
            outcomes = await asyncio.gather(*map(app.engine.ask, sorted(running)))
        ended = {each.task_id for each in outcomes if each.task and each.task.status.terminal}
        running -= ended
        await pilot.pause()


async def _drawn(app: ScenextApp, pilot: Pilot[None], picture: Picture) -> str:
    """Return the screen once it shows what it is to show."""
    deadline = time.monotonic() + PATIENCE
    while True:
        await pilot.pause()
        drawing = svg.polish(app.export_screenshot(), picture.name)
        seen = svg.words(drawing)
        missing = [words for words in picture.shows if words not in seen]
        if not missing:
            return drawing
        if time.monotonic() > deadline:
            raise TimeoutError(f"{picture.name} does not show {missing} but:\n{seen}")
        await pilot.pause(0.02)


@contextmanager
def _same_everywhere() -> Iterator[None]:
    """Show times in UTC, and colours whatever the user's terminal has."""
    wanted = {"TZ": "UTC", "NO_COLOR": None, "TEXTUAL_THEME": None}
    before = {name: os.environ.get(name) for name in wanted}
    _set_environ(wanted)
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
