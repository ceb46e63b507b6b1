"""What the dashboard tells of what happened, as somebody would read it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.sessions.test_dashboard import make_task, session
from tui.clock import Clock
from tui.config import Paths
from tui.errors import ApiError, ErrorKind
from tui.scenext.models import Task, TaskStatus
from tui.time_zone import local_time
from tui.watchlist.entries import Add, Entry, Remove, Update
from tui.watchlist.events import Event, EventKind
from tui.watchlist.storage import WatchlistFile
from tui.wording.events import event_line

DONE, FAILED = TaskStatus.COMPLETED, TaskStatus.FAILED


def kinds(events: Iterable[Event]) -> list[EventKind]:
    return [event.kind for event in events]


async def test_what_ended_while_nobody_watched_is_said_until_a_key_is_pressed(
    tmp_path: Path,
) -> None:
    tasks: dict[str, Task | ApiError] = {
        "one": make_task("one", 3, DONE),
        "two": make_task("two", 0, FAILED),
        "three": make_task("three", 2),
    }
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    file = WatchlistFile(Paths.inside(tmp_path).watchlist)
    file.save([Add(Entry(task_id, an_hour_ago)) for task_id in tasks])
    passed = 0.0
    clock = Clock(boot=lambda: time.monotonic() + passed)
    async with session(tmp_path, tasks, clock=clock) as dashboard:
        await dashboard.wait_for_text("While you were away: 1 completed, 1 failed")
        events = dashboard.app.engine.events
        assert sorted(kind.value for kind in kinds(events.all)) == ["away", "completed", "failed"]
        assert kinds(events.newest(1)) == [EventKind.AWAY]
        await dashboard.press("j", "x", "u")
        dashboard.app.notify("something else", timeout=600)
        await dashboard.wait_for_text("something else")
        assert "While you were away" in dashboard.text, "who is typing had no time to read it"
        passed = 60.0
        await dashboard.press("j")
        await dashboard.wait_gone("While you were away")
        assert "something else" in dashboard.text


async def test_what_the_user_and_other_programs_do_is_told(tmp_path: Path) -> None:
    tasks: dict[str, Task | ApiError] = {"one": make_task("one", 1), "two": make_task("two", 2)}
    async with session(tmp_path, tasks) as dashboard:
        engine = dashboard.app.engine
        assert len(engine.events) == 0
        await dashboard.press("x")
        await dashboard.press("u")
        assert kinds(engine.events.all) == [EventKind.REMOVED, EventKind.RESTORED]
        now = datetime.now(UTC)
        end = Update("two", DONE, ended=now)
        dashboard.file.save([Add(Entry("new", now, "batch 4")), Remove("one"), end])
        engine._sync.wake()
        await dashboard.wait_until(lambda: len(engine.events) >= 5, "the other program's changes")
        lines = [event_line(event, now)[6:] for event in engine.events.all[2:5]]
        assert lines == [
            "- one: removed",
            "+ batch 4: added",
            "✓ two: completed in less than a minute, 2 frames",
        ]


async def test_trouble_of_the_service_is_told_and_that_it_is_over(tmp_path: Path) -> None:
    tasks: dict[str, Task | ApiError] = {"one": ApiError(ErrorKind.OFFLINE, "no route to host")}
    async with session(tmp_path, tasks) as dashboard:
        events = dashboard.app.engine.events
        await dashboard.wait_until(lambda: len(events), "the trouble")
        line = event_line(events.all[0], datetime.now(UTC))
        assert line.endswith("! offline: no route to host")
        dashboard.service.answers["one"] = make_task("one", 1)
        await dashboard.press("r")
        await dashboard.wait_until(lambda: EventKind.HOST_RECOVERED in kinds(events.all), "its end")
        assert "» live again after" in event_line(events.all[-1], datetime.now(UTC))


async def test_what_is_known_before_the_start_is_no_event(tmp_path: Path) -> None:
    before = datetime.now(UTC) - timedelta(hours=1)
    file = WatchlistFile(Paths.inside(tmp_path).watchlist)
    file.save([Add(Entry("one", before)), Update("one", DONE, ended=before)])
    async with session(tmp_path, {"one": make_task("one", 3, DONE)}) as dashboard:
        assert dashboard.app.engine.events.all == ()
        assert "While you were away" not in dashboard.text


async def test_what_happened_yesterday_has_its_date_as_soon_as_the_day_is_over(
    tmp_path: Path,
) -> None:
    passed = 0.0
    clock = Clock(wall=lambda: time.time() + passed)
    async with session(tmp_path, {"one": make_task("one", 1)}, clock=clock) as dashboard:
        dashboard.service.answers["one"] = make_task("one", 1, DONE)
        await dashboard.app.engine.ask("one")
        await dashboard.press("E")
        await dashboard.wait_for_text("one: completed")
        dashboard.app.engine.add(["two"])
        await dashboard.wait_for_text("+ two: added")
        today = f"{local_time(clock.now()):%Y-%m-%d} "
        assert today not in dashboard.text
        passed = 86_400.0
        for _ in range(2):
            dashboard.app._tick()
        dated = rf"{today}\d\d:\d\d"
        both = rf"{dated} \+ two: added(.|\n)*{dated} ✓ one: completed in"
        await dashboard.wait_until(lambda: re.search(both, dashboard.text))
        await dashboard.press("escape")
        await dashboard.wait_gone("Events since")
        assert re.search(rf"{dated} \+ two: added", dashboard.text)
