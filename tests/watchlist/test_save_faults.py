"""No save loses anything: kills at every system call, fault injection, several writers.

The default run makes only some of the kills; `python -m pytest -m soak` makes all of them.
"""

from __future__ import annotations

import asyncio
import errno
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support import killed_writers
from tests.support.figures import figure
from tests.support.home import Home
from tests.support.service import ScriptedService, task
from tests.watchlist.test_storage import ERROR_TEXTS, FaultyFilesystem
from tui.watchlist.entries import Add, Change, Entry
from tui.watchlist.storage import StorageError, WatchlistFile
from tui.watchlist.sync import WatchlistSync

Capture = pytest.CaptureFixture[str]
SOAK = pytest.mark.soak
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

ALL_ERROR_TEXTS = {**ERROR_TEXTS, "EINTR": "a signal interrupted it"}


def additions(*names: str) -> list[Change]:
    return [Add(Entry(name, NOON)) for name in names]


# Kills.


@pytest.mark.parametrize(
    "points", [120, pytest.param(500, marks=SOAK), pytest.param(5_000, marks=SOAK)]
)
def test_kill_9_at_any_system_call_loses_nothing(
    tmp_path: Path, capsys: Capture, points: int
) -> None:
    orders = killed_writers.Options(str(tmp_path), points=points, seed=20261122)
    report = killed_writers.run(orders, timeout=60 + points)
    inside = sum(report.inside.values())
    figure(
        capsys,
        f"{report.kills:,} kill -9 points in {report.seconds:.0f} s",
        f"{inside:,} inside a system call of a save {report.inside}",
    )
    figure(
        capsys,
        f"  of {report.acknowledged:,} acknowledged changes: lost, resurrected, unreadable files",
        [len(report.lost), len(report.resurrected), len(report.unreadable)],
    )
    assert report.kills == points
    assert inside >= points * 3 // 4
    assert (report.lost, report.resurrected, report.unreadable) == ([], [], [])


@pytest.mark.parametrize(
    ("writers", "operations"),
    [(3, 40), pytest.param(3, 200, marks=SOAK), pytest.param(8, 1_000, marks=SOAK)],
)
def test_writers_at_once_and_killed_lose_nothing(
    tmp_path: Path, capsys: Capture, writers: int, operations: int
) -> None:
    orders = killed_writers.Options(str(tmp_path), writers=writers, operations=operations, seed=4)
    report = killed_writers.run(orders, timeout=120 + writers * operations / 10)
    figure(
        capsys,
        f"{writers} writers at once, {operations:,} operations each, {report.kills} kills",
        f"{report.acknowledged:,} acknowledged, {len(report.lost)} lost, "
        f"{len(report.resurrected)} resurrected, {len(report.unreadable)} unreadable",
    )
    assert report.acknowledged >= writers * operations
    assert report.kills > 0
    assert (report.lost, report.resurrected, report.unreadable) == ([], [], [])


# Failing calls.


def test_each_call_may_fail_with_each_error_and_the_file_is_the_old_or_the_new(
    tmp_path: Path, capsys: Capture
) -> None:
    results: Counter[str] = Counter()
    for code, text in ALL_ERROR_TEXTS.items():
        for index in range(200):
            path = tmp_path / code / str(index) / "watchlist.toml"
            WatchlistFile(path).save(additions("a"))
            WatchlistFile(path).save(additions("b"))
            old = path.read_bytes()
            faulty = FaultyFilesystem(getattr(errno, code), index)
            message = ""
            try:
                WatchlistFile(path, fs=faulty).save(additions("c"))
            except StorageError as error:
                message = str(error)
            if index >= len(faulty.calls):
                break
            failed_call = faulty.calls[index]
            now = path.read_bytes()
            WatchlistFile(path).save(additions("c"))
            new = path.read_bytes()
            assert now in (old, new), (code, failed_call)
            assert message or now == new, (code, failed_call)
            assert not message or (text in message and str(path.parent) in message), (
                failed_call,
                message,
            )
            results["refused" if message else "saved all the same"] += 1
        assert index > 15
    figure(capsys, "failing calls of a save, 6 errors each", dict(results))
    figure(capsys, "  neither the old file nor the new", 0)


@pytest.mark.parametrize(("code", "text"), ALL_ERROR_TEXTS.items())
async def test_the_sync_says_what_is_wrong_and_when_it_is_well(
    tmp_path: Path, code: str, text: str
) -> None:
    path = tmp_path / "watchlist.toml"
    faulty = FaultyFilesystem(getattr(errno, code), failing="fsync")
    problems: asyncio.Queue[str] = asyncio.Queue()
    pending = additions("a")
    sync = WatchlistSync(
        WatchlistFile(path, fs=faulty),
        pending,
        lambda _: None,
        problems.put_nowait,
        retry_interval=0.1,
    )
    sync_task = asyncio.create_task(sync.run())
    try:
        async with asyncio.timeout(10):
            assert text in await problems.get()
            assert pending
            faulty.failing = []
            assert await problems.get() == ""
    finally:
        sync_task.cancel()
        with suppress(asyncio.CancelledError):
            await sync_task
    assert not pending
    assert [entry.id for entry in WatchlistFile(path).load().entries] == ["a"]


def test_a_folder_that_cannot_be_written_to_is_told_until_it_can(
    home: Home, service: ScriptedService, capsys: Capture
) -> None:
    """The folder is blocked by a file, since permissions would not stop root."""
    for name in ("one", "two"):
        service.script(name, task(name))
    home.watchlist.parent.parent.mkdir(parents=True)
    home.watchlist.parent.write_text("a file, where the folder should be")
    with home.open("watch", "one") as terminal:
        terminal.wait_for(r"» one")
        terminal.wait_for("Not saved: .*")
        shown = terminal.wait_for_text("is not a folder")
        figure(
            capsys, "banner", next(line.strip() for line in shown.splitlines() if "Not sav" in line)
        )
        home.watchlist.parent.unlink()
        terminal.press("a")
        terminal.wait_for_text("Add tasks")
        terminal.press("two", "enter")
        terminal.wait_gone("Not saved")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    assert [entry.id for entry in WatchlistFile(home.watchlist).load().entries] == ["one", "two"]
