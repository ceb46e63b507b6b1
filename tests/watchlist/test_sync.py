"""The watchlist and its file, told as sessions: real files, real time, failing disks."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tui.atomic_file import Filesystem
from tui.scenext.models import TaskStatus
from tui.watchlist.entries import Add, Change, Entry, Remove, Update
from tui.watchlist.records import Watchlist
from tui.watchlist.storage import Snapshot, WatchlistFile
from tui.watchlist.sync import WatchlistSync

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FOLLOW = 0.05


class Disk(Filesystem):
    """Fails on demand, and can be made to wait just before it writes."""

    def __init__(self) -> None:
        self.failing: BaseException | None = None
        self.unreadable = False
        self.locks = 0
        self.gate = threading.Event()
        self.gate.set()
        self.waiting = threading.Event()

    def lock(self, path: Path, timeout: float) -> AbstractContextManager[object]:
        self.locks += 1
        if self.failing is not None:
            raise self.failing
        return super().lock(path, timeout)

    def read(self, fd: int, size: int) -> bytes:
        if self.unreadable:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        return super().read(fd, size)

    def replace(self, source: Path, target: Path) -> None:
        self.waiting.set()
        assert self.gate.wait(10)
        super().replace(source, target)


class Session:
    """A watchlist with its keeper, as the app has them."""

    def __init__(self, path: Path, *, retry: float = 60.0, follow: float = FOLLOW) -> None:
        self.disk = Disk()
        self.path = path
        self.list = Watchlist()
        self.troubles: list[str] = []
        self.seen: list[tuple[str, ...]] = []
        self.changed = asyncio.Event()
        self.sync = WatchlistSync(
            WatchlistFile(path, fs=self.disk),
            self.list.pending,
            self._loaded,
            self._trouble,
            retry_interval=retry,
            check_interval=follow,
        )

    def _loaded(self, loaded: Snapshot) -> None:
        self.list.load(loaded.entries)
        self.seen.append(self.list.ids)
        self.changed.set()

    def _trouble(self, words: str) -> None:
        self.troubles.append(words)
        self.changed.set()

    def add(self, *task_ids: str) -> None:
        self.list.add(task_ids, "", NOON)
        self.sync.wake()

    def update(self, task_id: str, status: TaskStatus) -> None:
        self.list.pending.append(Update(task_id, status))
        self.sync.wake()

    def remove(self, task_id: str) -> None:
        self.list.remove(task_id)
        self.sync.wake()

    @property
    def on_disk(self) -> list[str]:
        return [each.id for each in WatchlistFile(self.path).load().entries]

    async def until(self, true: Callable[[], bool], seconds: float = 3.0) -> float:
        """Wait for a state; return how long it took."""
        before = time.monotonic()
        async with asyncio.timeout(seconds):
            while not true():
                self.changed.clear()
                try:
                    async with asyncio.timeout(0.02):
                        await self.changed.wait()
                except TimeoutError:
                    pass
        return time.monotonic() - before


@asynccontextmanager
async def running(path: Path, **more: float) -> AsyncIterator[Session]:
    told = Session(path, **more)
    told.list.load(told.sync.load().entries)
    task = asyncio.create_task(told.sync.run())
    try:
        yield told
        assert not task.done()
    finally:
        told.disk.gate.set()
        task.cancel()
        await asyncio.wait([task])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "watchlist.toml"


def others(path: Path, *changes: Change) -> None:
    WatchlistFile(path).save(changes)


def entry(task_id: str) -> Entry:
    return Entry(task_id, NOON)


async def test_what_the_user_adds_is_on_disk_at_once(path: Path) -> None:
    async with running(path, follow=5.0) as told:
        told.add("a", "b")
        assert await told.until(lambda: not told.list.pending) < 1
        assert told.on_disk == ["a", "b"]
        told.remove("a")
        assert await told.until(lambda: told.on_disk == ["b"]) < 1
    assert told.troubles == []


async def test_a_change_without_a_kick_is_saved_within_a_look(path: Path) -> None:
    async with running(path) as told:
        told.list.add(["a"], "", NOON)
        assert await told.until(lambda: told.on_disk == ["a"]) < 1


async def test_states_wait_for_each_other_and_an_add_takes_them_along(path: Path) -> None:
    others(path, Add(entry("a")), Add(entry("b")))
    async with running(path, follow=5.0) as told:
        for status in (TaskStatus.IN_PROGRESS, TaskStatus.COMPLETED):
            told.update("a", status)
            await asyncio.sleep(0.02)
        assert len(told.list.pending) == 2
        await told.until(lambda: not told.list.pending)
        assert told.disk.locks == 1
        told.update("b", TaskStatus.FAILED)
        told.add("c")
        assert await told.until(lambda: not told.list.pending) < 0.25
        assert told.disk.locks == 2
    found = WatchlistFile(path).load().entries
    assert [each.status.value for each in found] == ["COMPLETED", "FAILED", "QUEUED"]


async def test_another_writers_change_is_seen_within_two_seconds(path: Path) -> None:
    async with running(path, follow=1.0) as told:
        others(path, Add(entry("theirs")))
        assert await told.until(lambda: told.list.ids == ("theirs",)) < 2
        told.add("ours")
        await told.until(lambda: told.on_disk == ["theirs", "ours"])
        others(path, Remove("theirs"))
        assert await told.until(lambda: told.list.ids == ("ours",)) < 2


async def test_our_own_save_is_not_told_twice(path: Path) -> None:
    async with running(path) as told:
        told.add("a")
        await told.until(lambda: not told.list.pending)
        await asyncio.sleep(4 * FOLLOW)
    assert told.seen == [("a",)]


async def test_a_full_disk_is_told_once_and_what_is_pending_is_saved_later(path: Path) -> None:
    others(path, Add(entry("old")))
    async with running(path, retry=0.3) as told:
        told.disk.failing = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        told.add("a")
        await told.until(lambda: bool(told.troubles))
        await told.until(lambda: told.disk.locks >= 3)
        assert "the disk is full" in told.troubles[0]
        assert len(told.troubles) == 1
        others(path, Add(entry("theirs")))
        await told.until(lambda: "theirs" in told.list.ids)
        assert told.list.ids == ("old", "theirs", "a")
        told.disk.failing = None
        assert await told.until(lambda: not told.list.pending) < 1
        assert told.troubles[1:] == [""]
    assert told.on_disk == ["old", "theirs", "a"]


async def test_a_failing_disk_is_tried_again_for_the_user_and_not_for_every_answer(
    path: Path,
) -> None:
    async with running(path, retry=60) as told:
        told.disk.failing = OSError(errno.EROFS, os.strerror(errno.EROFS))
        told.add("a")
        await told.until(lambda: told.disk.locks == 1)
        for _ in range(20):
            told.update("a", TaskStatus.IN_PROGRESS)
            await asyncio.sleep(0.02)
        assert told.disk.locks == 1
        told.add("b")
        await told.until(lambda: told.disk.locks == 2)
        told.disk.failing = None
        told.remove("b")
        await told.until(lambda: not told.list.pending)
    assert (told.on_disk, told.troubles[-1]) == (["a"], "")


@pytest.mark.parametrize("error", [ValueError("odd"), MemoryError()])
async def test_a_bug_in_a_save_is_told_and_does_not_end_the_keeper(
    path: Path, error: Exception
) -> None:
    async with running(path, retry=0.1) as told:
        told.disk.failing = error
        told.add("a")
        await told.until(lambda: bool(told.troubles))
        assert "see the log" in told.troubles[0]
        told.disk.failing = None
        await told.until(lambda: told.on_disk == ["a"] and told.troubles[-1] == "")


async def test_a_screen_that_fails_does_not_end_the_keeper(path: Path) -> None:
    async with running(path) as told:
        told.list.load = None  # type: ignore[method-assign, assignment]
        told.add("a")
        await told.until(lambda: told.on_disk == ["a"])
        told.add("b")
        await told.until(lambda: told.on_disk == ["a", "b"])


async def test_changes_during_a_save_are_neither_lost_nor_undone(path: Path) -> None:
    others(path, Add(entry("a")), Add(entry("b")))
    async with running(path) as told:
        told.disk.gate.clear()
        told.add("c")
        await told.until(told.disk.waiting.is_set)
        told.remove("b")
        told.add("d")
        await asyncio.sleep(3 * FOLLOW)
        assert len(told.list.pending) == 3
        told.disk.gate.set()
        await told.until(lambda: not told.list.pending)
        await told.until(lambda: told.on_disk == ["a", "c", "d"])
        await asyncio.sleep(3 * FOLLOW)
        assert told.list.ids == ("a", "c", "d")
    assert all("b" not in each for each in told.seen), "a removed task never flickers back"


async def test_flush_during_a_save_waits_for_it_and_saves_the_rest(path: Path) -> None:
    async with running(path) as told:
        told.disk.gate.clear()
        told.add("a")
        await told.until(told.disk.waiting.is_set)
        told.add("b")
        flushing = asyncio.create_task(told.sync.flush())
        await asyncio.sleep(0.05)
        told.add("c")
        told.disk.gate.set()
        assert await flushing
        assert told.on_disk == ["a", "b", "c"]


async def test_flush_says_whether_all_is_on_disk(path: Path) -> None:
    told = Session(path)
    assert await told.sync.flush()
    told.add("a")
    told.disk.failing = OSError(errno.EIO, os.strerror(errno.EIO))
    assert not await told.sync.flush()
    told.disk.failing = None
    assert await told.sync.flush()
    assert (told.on_disk, told.troubles[-1]) == (["a"], "")


async def test_it_owes_what_no_later_answer_would_tell_again(path: Path) -> None:
    told, owes = Session(path), []
    told.add("a")
    owes.append(told.sync.has_unsaved)
    assert await told.sync.flush()
    owes.append(told.sync.has_unsaved)
    told.update("a", TaskStatus.IN_PROGRESS)
    owes.append(told.sync.has_unsaved)
    told.list.pending.append(Update("a", TaskStatus.COMPLETED, ended=NOON))
    owes.append(told.sync.has_unsaved)
    assert owes == [True, False, False, True]


async def test_a_file_that_cannot_be_read_for_a_while_costs_no_task(path: Path) -> None:
    others(path, Add(entry("a")))
    others(path, Add(entry("b")))
    async with running(path) as told:
        told.disk.unreadable = True
        others(path, Add(entry("c")))
        await told.until(lambda: bool(told.troubles))
        assert "Could not read" in told.troubles[0]
        assert told.list.ids == ("a", "b"), "not the backup's"
        told.disk.unreadable = False
        await told.until(lambda: told.list.ids == ("a", "b", "c"))
        assert told.troubles[1:] == [""]


class Clumsy(WatchlistFile):
    """Fails where it promises not to."""

    def load(self) -> Snapshot:
        raise RuntimeError("load")

    def save(self, changes: Sequence[Change]) -> Snapshot:
        raise RuntimeError("save")


async def test_no_bug_of_the_file_ends_the_keeper(path: Path) -> None:
    troubles: list[str] = []
    pending: list[Change] = [Add(entry("a"))]
    sync = WatchlistSync(
        Clumsy(path), pending, lambda _: None, troubles.append, check_interval=0.01
    )
    task = asyncio.create_task(sync.run())
    others(path, Add(entry("b")))
    await asyncio.sleep(0.2)
    assert not task.done()
    assert (len(troubles), len(pending)) == (1, 1)
    task.cancel()
    await asyncio.wait([task])
