"""No save loses anything: kills at every system call, every call failing, several writers.

The ordinary run makes a part of the kills; `python -m pytest -m soak` makes all of them.
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
from tests.watchlist.test_storage import Faulty
from tui.watchlist.storage import Add, Change, Entry, StorageError, WatchlistFile
from tui.watchlist.sync import WatchlistSync

Capture = pytest.CaptureFixture[str]
SOAK = pytest.mark.soak
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

WORDS = {
    "ENOSPC": "the disk is full",
    "EDQUOT": "your disk quota is used up",
    "EROFS": "read-only file system",
    "EACCES": "permission denied",
    "EIO": "the disk reports an error",
    "EINTR": "a signal interrupted it",
}


def added(*names: str) -> list[Change]:
    return [Add(Entry(name, NOON)) for name in names]


# Kills.


@pytest.mark.parametrize(
    "points", [120, pytest.param(500, marks=SOAK), pytest.param(5_000, marks=SOAK)]
)
def test_kill_9_at_any_system_call_loses_nothing(
    tmp_path: Path, capsys: Capture, points: int
) -> None:
    orders = killed_writers.Options(str(tmp_path), points=points, seed=20261122)
    found = killed_writers.run(orders, timeout=60 + points)
    inside = sum(found.inside.values())
    figure(
        capsys,
        f"{found.kills:,} kill -9 points in {found.seconds:.0f} s",
        f"{inside:,} inside a system call of a save {found.inside}",
    )
    figure(
        capsys,
        f"  of {found.acknowledged:,} acknowledged changes: lost, resurrected, unreadable files",
        [len(found.lost), len(found.resurrected), len(found.unreadable)],
    )
    assert found.kills == points
    assert inside >= points * 3 // 4
    assert (found.lost, found.resurrected, found.unreadable) == ([], [], [])


@pytest.mark.parametrize(
    ("writers", "operations"),
    [(3, 40), pytest.param(3, 200, marks=SOAK), pytest.param(8, 1_000, marks=SOAK)],
)
def test_writers_at_once_and_killed_lose_nothing(
    tmp_path: Path, capsys: Capture, writers: int, operations: int
) -> None:
    orders = killed_writers.Options(str(tmp_path), writers=writers, operations=operations, seed=4)
    found = killed_writers.run(orders, timeout=120 + writers * operations / 10)
    figure(
        capsys,
        f"{writers} writers at once, {operations:,} operations each, {found.kills} kills",
        f"{found.acknowledged:,} acknowledged, {len(found.lost)} lost, "
        f"{len(found.resurrected)} resurrected, {len(found.unreadable)} unreadable",
    )
    assert found.acknowledged >= writers * operations
    assert found.kills > 0
    assert (found.lost, found.resurrected, found.unreadable) == ([], [], [])


# Failing calls.


def test_each_call_may_fail_with_each_error_and_the_file_is_the_old_or_the_new(
    tmp_path: Path, capsys: Capture
) -> None:
    came: Counter[str] = Counter()
    for code, words in WORDS.items():
        for at in range(200):
            path = tmp_path / code / str(at) / "watchlist.toml"
            WatchlistFile(path).save(added("a"))
            WatchlistFile(path).save(added("b"))
            old = path.read_bytes()
            faulty = Faulty(getattr(errno, code), at)
            told = ""
            try:
                WatchlistFile(path, fs=faulty).save(added("c"))
            except StorageError as error:
                told = str(error)
            if at >= len(faulty.calls):
                break
            failed = faulty.calls[at]
            now = path.read_bytes()
            WatchlistFile(path).save(added("c"))
            new = path.read_bytes()
            assert now in (old, new), (code, failed)
            assert told or now == new, (code, failed)
            assert not told or (words in told and str(path.parent) in told), (failed, told)
            came["refused" if told else "saved all the same"] += 1
        assert at > 15
    figure(capsys, "failing calls of a save, 6 errors each", dict(came))
    figure(capsys, "  neither the old file nor the new", 0)


@pytest.mark.parametrize(("code", "words"), WORDS.items())
async def test_the_keeper_says_what_is_wrong_and_when_it_is_well(
    tmp_path: Path, code: str, words: str
) -> None:
    path = tmp_path / "watchlist.toml"
    faulty = Faulty(getattr(errno, code), names="fsync")
    said: asyncio.Queue[str] = asyncio.Queue()
    pending = added("a")
    sync = WatchlistSync(
        WatchlistFile(path, fs=faulty), pending, lambda _: None, said.put_nowait, retry_interval=0.1
    )
    running = asyncio.create_task(sync.run())
    try:
        async with asyncio.timeout(10):
            assert words in await said.get()
            assert pending
            faulty.names_failing = []
            assert await said.get() == ""
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    assert not pending
    assert [entry.id for entry in WatchlistFile(path).load().entries] == ["a"]


def test_a_folder_that_cannot_be_written_to_is_told_until_it_can(
    home: Home, service: ScriptedService, capsys: Capture
) -> None:
    """Not by its mode: whoever runs this as root may write everywhere."""
    for name in ("one", "two"):
        service.script(name, task(name))
    home.watchlist.parent.parent.mkdir(parents=True)
    home.watchlist.parent.write_text("a file, where the folder should be")
    with home.open("watch", "one") as terminal:
        terminal.wait_for(r"In progress .* one")
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
