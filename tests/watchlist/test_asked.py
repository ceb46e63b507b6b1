"""When somebody last asked: whoever polls touches a file, once a minute."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from tests.sessions.test_boundaries import make_engine
from tui.config import Paths
from tui.scenext.models import PollResult, Task, TaskStatus
from tui.watchlist.asked import AskedMarker, is_recent, marker


class Inline(Executor):
    """Runs each call at once."""

    def submit(  # type: ignore[override]
        self, function: Callable[..., Any], /, *arguments: object
    ) -> Future[Any]:
        result = Future[Any]()
        result.set_result(function(*arguments))
        return result


class Hung(Executor):
    """Has a thread for each call, none of which ever ends: the disk hangs."""

    def __init__(self) -> None:
        self.calls: list[Future[Any]] = []

    def submit(  # type: ignore[override]
        self, function: Callable[..., Any], /, *arguments: object
    ) -> Future[Any]:
        self.calls.append(Future())
        return self.calls[-1]


def test_it_is_touched_once_a_minute_at_most(tmp_path: Path) -> None:
    watchlist, times = tmp_path / "watchlist.toml", iter((0.0, 59.0, 61.0, 62.0))
    asked = AskedMarker(watchlist, lambda: next(times), Inline())
    touched = []
    for _ in range(4):
        asked.note()
        touched.append(marker(watchlist).exists())
        marker(watchlist).unlink(missing_ok=True)
    assert touched == [True, False, True, False]


def test_a_folder_that_is_not_there_or_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    AskedMarker(tmp_path / "none" / "watchlist.toml", lambda: 0.0, Inline()).note()
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_hangs_takes_one_of_the_threads_that_others_need(tmp_path: Path) -> None:
    threads, minutes = Hung(), iter(range(60))
    asked = AskedMarker(tmp_path / "watchlist.toml", lambda: 61.0 * next(minutes), threads)
    for _ in range(30):
        asked.note()
    assert len(threads.calls) == 1
    threads.calls[0].set_result(None)
    asked.note()
    assert len(threads.calls) == 2


def test_it_is_recent_for_five_minutes_whichever_way_a_clock_is_set(tmp_path: Path) -> None:
    watchlist, now = tmp_path / "watchlist.toml", time.time()
    assert not is_recent(watchlist, now)
    AskedMarker(watchlist, lambda: 0.0, Inline()).note()
    for seconds, recent in ((0, True), (-290, True), (-310, False), (290, True), (310, False)):
        os.utime(marker(watchlist), (now + seconds, now + seconds))
        assert is_recent(watchlist, now) is recent


async def test_a_dashboard_notes_that_it_asks_about_tasks_that_are_watched(tmp_path: Path) -> None:
    engine, path = make_engine(tmp_path, []), Paths.inside(tmp_path).watchlist
    engine.load()
    engine.add(["a"])
    engine.apply_result(PollResult("gone", Task("gone", TaskStatus.IN_PROGRESS)))
    engine.threads.submit(int).result()
    assert not marker(path).exists()
    engine.apply_result(PollResult("a", Task("a", TaskStatus.IN_PROGRESS)))
    engine.threads.shutdown()
    assert marker(path).exists()
