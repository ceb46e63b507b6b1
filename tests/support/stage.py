"""Play a scene: the real app with a real service on loopback, at the same time in every run."""

from __future__ import annotations

import asyncio
import json
import math
import os
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Set
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from textual.pilot import Pilot

from tests.support.dependencies import make_dependencies
from tests.support.no_trust import NO_TRUST
from tests.support.scenes import NOW, STEP, Scenario, Trouble
from tests.support.service import Reply, error, unauthorized
from tui.clock import Clock
from tui.config import Config, Notify, Paths
from tui.credentials import CurrentKey, KeySettings, KeySource, Secret
from tui.dashboard.app import ScenextApp
from tui.dashboard.messages import WatchlistChanged
from tui.demo import DemoService
from tui.demo.server import Request, Response
from tui.polling.health import HealthKind
from tui.scenext.client import HttpClientFactory

WAIT_TIMEOUT: Final = 30.0
"""Seconds to wait for what must come."""
SETTLE_SECONDS: Final = 0.3
"""Seconds without a change after which the screen has settled, once the program waits for nothing:
rows are sorted once a second, and a mark goes when the cursor has rested for one."""
_OVER_SSH: Final = {"SSH_CONNECTION": "192.0.2.7 50022 192.0.2.1 22"}
_STATUS_PATH: Final = "/api/get_status/"
_HEALTH: Final = {
    Trouble.KEY_REFUSED: HealthKind.KEY_REFUSED,
    Trouble.SERVER_ERRORS: HealthKind.SERVER_ERRORS,
    Trouble.OFFLINE: HealthKind.OFFLINE,
}


class SceneClock:
    """Both clocks, set by hand."""

    def __init__(self, unix: float) -> None:
        self.time = unix

    def __call__(self) -> float:
        return self.time

    def as_clock(self) -> Clock:
        """Return it as the program's clocks."""
        started = self.time
        return Clock(boot=lambda: 100_000 + self.time - started, wall=self)


class SceneService(DemoService):
    """The demo's service with the stories of a scene, some other replies, and trouble."""

    def __init__(self, scenario: Scenario, now: Callable[[], float]) -> None:
        super().__init__(now=now, stories=scenario.stories)
        self.trouble = Trouble.NONE
        self._answers: Mapping[str, Reply | None] = scenario.answers
        self._closing = threading.Event()

    def respond(self, request: Request) -> Response:
        """Return a reply of the scene, or else that of the story."""
        if not request.path.startswith(_STATUS_PATH):
            return super().respond(request)
        if self.trouble is Trouble.KEY_REFUSED:
            return _response(unauthorized())
        if self.trouble is Trouble.SERVER_ERRORS:
            return _response(error(500, "Server error: database is gone"))
        task_id = unquote(request.path.removeprefix(_STATUS_PATH))
        if task_id not in self._answers:
            return super().respond(request)
        reply = self._answers[task_id]
        if reply is None:
            self._closing.wait(WAIT_TIMEOUT * 2)
            return Response(204)
        return _response(reply)

    def close(self) -> None:
        """Release what is never answered, and stop."""
        self._closing.set()
        super().close()


def _response(reply: Reply) -> Response:
    body = json.dumps(reply.body if isinstance(reply.body, Mapping) else {}, ensure_ascii=False)
    return Response(reply.status, body.encode(), {"Content-Type": "application/json"})


@dataclass(frozen=True)
class Performance:
    """A scene that is being played, at `NOW`."""

    app: ScenextApp
    pilot: Pilot[None]
    clock: SceneClock
    service: SceneService
    secrets: tuple[str, ...]
    """What no picture may show: the key, and where the service listens."""

    async def settle(self) -> None:
        """Wait until the screen has not changed for `SETTLE_SECONDS`."""
        await settle(self.pilot, self.app)

    async def wait_for(self, condition: Callable[[str], object]) -> str:
        """Wait until a function of the screen's text is true; return the text."""
        deadline = time.monotonic() + WAIT_TIMEOUT
        while not condition(shown := self.text()):
            assert time.monotonic() < deadline, f"it does not come:\n{shown}"
            await self.pilot.pause(0.02)
        return shown

    async def press(self, *keys: str) -> None:
        """Press keys as a user does: one after the other, each to its effect."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    def text(self) -> str:
        """Return the text of the screen, a line for each row, without blanks at its end."""
        return screen_text(self.app)


@asynccontextmanager
async def play(scenario: Scenario, size: tuple[int, int]) -> AsyncIterator[Performance]:
    """Play a scene up to `NOW` on a terminal of `size`, and yield it."""
    clock = SceneClock(NOW.timestamp())
    with ExitStack() as stack:
        stack.enter_context(fixed_environment())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        # The times of its stories count from its start.
        service = stack.enter_context(SceneService(scenario, clock))
        clock.time -= scenario.begun * 60
        paths = Paths.inside(folder)
        paths.watchlist.parent.mkdir(parents=True, exist_ok=True)
        paths.watchlist.write_bytes(scenario.watchlist())
        app = build_app(service, clock.as_clock(), folder, has_key=scenario.has_key)
        app.animation_level = "none"
        async with app.run_test(size=size) as pilot:
            secrets = (service.api_key, service.origin.rpartition("/")[2])
            performance = Performance(app, pilot, clock, service, secrets)
            if scenario.has_key:
                await _play(performance, scenario)
            await performance.settle()
            yield performance


def build_app(
    service: DemoService, clock: Clock, folder: Path, *, has_key: bool = True, host: str = "demo"
) -> ScenextApp:
    """Return the app that polls `service`, with its files in `folder`."""
    # Messages name the file, and a picture must not name a temporary folder.
    config_file = Path.home() / ".config" / "scenext-tui" / "config.toml"
    # A picture would show a notice, or not, as long as it takes to be made.
    config = Config(
        base_url=service.base_url,
        max_requests_per_second=1000,
        notify=Notify.NEVER,
        trust_env=False,
    )
    settings = KeySettings(inline=Secret(service.api_key) if has_key else None)
    return ScenextApp(
        make_dependencies(folder, lambda: HttpClientFactory(config, NO_TRUST))._replace(
            config=config,
            key=CurrentKey(KeySource(config_file, lambda: settings, {})),
            environ=_OVER_SSH,
            clock=clock,
            host=host,
            downloads=folder,
        )
    )


async def _play(performance: Performance, scenario: Scenario) -> None:
    app, clock = performance.app, performance.clock
    silent = {task_id for task_id, reply in scenario.answers.items() if reply is None}
    stories = {watched.story.task_id: watched.story for watched in scenario.late()}
    moments = [(story.created_at, task_id) for task_id, story in stories.items()]
    moments += [(-60 * STEP * n, "") for n in range(round(scenario.begun / STEP) + 1)]
    await wait_for_answers(performance.pilot, app, silent)
    for seconds, added in sorted(moments):
        clock.time = NOW.timestamp() + seconds
        if added:
            app.engine.add([added], stories[added].label)
            app.post_message(WatchlistChanged())  # As if another program had added it.
            await wait_for_answers(performance.pilot, app, silent)
        else:
            running = {record.id for record in app.engine.watchlist if not record.status.terminal}
            await ask(app, running - set(scenario.answers))
            await performance.pilot.pause()
            for record in app.engine.watchlist if seconds < -60 * scenario.unseen else ():
                app.engine.mark_seen(record.id)
    await performance.pilot.pause()
    if scenario.unseen < math.inf:
        await performance.settle()
        await performance.press("g")
    await _get_into_trouble(performance, scenario.trouble)


async def wait_for_answers(
    pilot: Pilot[None], app: ScenextApp, silent: Set[str] = frozenset()
) -> None:
    """Wait until every task was asked about once, but for those that are never answered."""
    async with asyncio.timeout(WAIT_TIMEOUT):
        while not app.engine.connected or any(
            record.task is None and record.error is None and record.id not in silent
            for record in app.engine.watchlist
        ):
            await pilot.pause(0.01)


async def settle(pilot: Pilot[None], app: ScenextApp) -> None:
    """Wait until the screen has not changed for `SETTLE_SECONDS`."""
    shown, since = "", time.monotonic()
    deadline = since + WAIT_TIMEOUT
    while time.monotonic() - since < SETTLE_SECONDS:
        assert time.monotonic() < deadline, f"the screen keeps changing:\n{shown}"
        await pilot.pause(0.05)
        if (now_shown := screen_text(app)) != shown or not app.is_up_to_date:
            shown, since = now_shown, time.monotonic()


def screen_text(app: ScenextApp) -> str:
    """Return the text of the screen, a line for each row, without blanks at its end."""
    width, height = app.size
    options = app.console_options.update(width=width, height=height)
    lines = app.console.render_lines(app.screen._compositor, options)
    return "\n".join(
        "".join(segment.text for segment in line if not segment.control).rstrip()
        for line in lines[:height]
    )


async def ask(app: ScenextApp, task_ids: Set[str]) -> None:
    """Query tasks now, and wait for their answers."""
    async with asyncio.timeout(WAIT_TIMEOUT):
        await asyncio.gather(*map(app.engine.ask, sorted(task_ids)))


async def _get_into_trouble(performance: Performance, trouble: Trouble) -> None:
    app, service = performance.app, performance.service
    if trouble is Trouble.NONE:
        return
    performance.clock.time += 7 * 60
    if trouble is Trouble.OFFLINE:
        service.close()
    service.trouble = trouble
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(WAIT_TIMEOUT):
        while app.engine.schedule.health(loop.time()).kind is not _HEALTH[trouble]:
            app.engine.refresh(())
            await asyncio.sleep(0.1)
    await performance.pilot.pause()


@contextmanager
def fixed_environment() -> Iterator[None]:
    """Use UTC, all colours and the default theme whatever the user's environment says.

    Colours are chosen for what a terminal shows of them; a picture shows them as they are.
    """
    fixed = {
        "TZ": "UTC",
        "NO_COLOR": None,
        "TEXTUAL_THEME": None,
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
    }
    before = {name: os.environ.get(name) for name in fixed}
    _set_environ(fixed)
    try:
        yield
    finally:
        _set_environ(before)


def _set_environ(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    time.tzset()
