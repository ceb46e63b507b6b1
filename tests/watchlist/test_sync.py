"""`WatchlistSync` with real files, in real time, on failing disks."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tui.atomic_file import Filesystem
from tui.scenext.models import TaskStatus
from tui.watchlist.entries import Add, Change, Entry, Learn, MarkSeen, Relabel, Remove, Update
from tui.watchlist.history import Sample
from tui.watchlist.records import Watchlist
from tui.watchlist.storage import Snapshot, WatchlistFile
from tui.watchlist.sync import WatchlistSync

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CHECK_INTERVAL = 0.05


class Disk(Filesystem):
    """A filesystem that fails on demand, and can be made to wait before it replaces the file."""

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
    """A watchlist with its sync, connected as in the app."""

    def __init__(
        self, path: Path, *, retry_interval: float = 60.0, check_interval: float = CHECK_INTERVAL
    ) -> None:
        self.disk = Disk()
        self.path = path
        self.list = Watchlist()
        self.problems: list[str] = []
        self.loaded: list[tuple[str, ...]] = []
        self.warnings: list[str] = []
        self.changed = asyncio.Event()
        self.sync = WatchlistSync(
            WatchlistFile(path, fs=self.disk),
            self.list.pending,
            self._loaded,
            self._problem_changed,
            retry_interval=retry_interval,
            check_interval=check_interval,
        )

    def _loaded(self, loaded: Snapshot) -> None:
        self.list.load(loaded.entries, loaded.history, NOON)
        self.loaded.append(self.list.ids)
        self.warnings.append(loaded.warning)
        self.changed.set()

    def _problem_changed(self, message: str) -> None:
        self.problems.append(message)
        self.changed.set()

    def add(self, *task_ids: str) -> None:
        self.list.add(task_ids, "", NOON)
        self.sync.wake()

    def update(self, task_id: str, status: TaskStatus) -> None:
        noticed = NOON if status.terminal else None
        self.list.pending.append(Update(task_id, status, noticed=noticed))
        self.sync.wake()

    def tell(self, *changes: Change) -> None:
        self.list.pending.extend(changes)
        self.sync.wake()

    def remove(self, task_id: str) -> None:
        self.list.remove(task_id)
        self.sync.wake()

    @property
    def on_disk(self) -> list[str]:
        return [saved.id for saved in WatchlistFile(self.path).load().entries]

    async def wait_until(self, condition: Callable[[], bool], seconds: float = 3.0) -> float:
        """Wait for a condition; return the seconds that took."""
        before = time.monotonic()
        async with asyncio.timeout(seconds):
            while not condition():
                self.changed.clear()
                try:
                    async with asyncio.timeout(0.02):
                        await self.changed.wait()
                except TimeoutError:
                    pass
        return time.monotonic() - before


@asynccontextmanager
async def running(path: Path, **intervals: float) -> AsyncIterator[Session]:
    session = Session(path, **intervals)
    session.list.load(session.sync.load().entries)
    task = asyncio.create_task(session.sync.run())
    try:
        yield session
        assert not task.done()
    finally:
        session.disk.gate.set()
        task.cancel()
        await asyncio.wait([task])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "watchlist.toml"


def save_elsewhere(path: Path, *changes: Change) -> None:
    WatchlistFile(path).save(changes)


def entry(task_id: str) -> Entry:
    return Entry(task_id, NOON)


async def test_what_the_user_adds_is_on_disk_at_once(path: Path) -> None:
    async with running(path, check_interval=5.0) as session:
        session.add("a", "b")
        assert await session.wait_until(lambda: not session.list.pending) < 1
        assert session.on_disk == ["a", "b"]
        session.remove("a")
        assert await session.wait_until(lambda: session.on_disk == ["b"]) < 1
    assert session.problems == []


async def test_a_change_without_a_wake_is_saved_within_a_check(path: Path) -> None:
    async with running(path) as session:
        session.list.add(["a"], "", NOON)
        assert await session.wait_until(lambda: session.on_disk == ["a"]) < 1


async def test_states_wait_for_each_other_and_an_add_takes_them_along(path: Path) -> None:
    save_elsewhere(path, Add(entry("a")), Add(entry("b")))
    async with running(path, check_interval=5.0) as session:
        for status in (TaskStatus.IN_PROGRESS, TaskStatus.COMPLETED):
            session.update("a", status)
            await asyncio.sleep(0.02)
        assert len(session.list.pending) == 2
        await session.wait_until(lambda: not session.list.pending)
        assert session.disk.locks == 1
        session.update("b", TaskStatus.FAILED)
        session.add("c")
        assert await session.wait_until(lambda: not session.list.pending) < 0.25
        assert session.disk.locks == 2
    entries = WatchlistFile(path).load().entries
    assert [saved.status.value for saved in entries] == ["COMPLETED", "FAILED", "QUEUED"]


async def test_another_writers_change_is_seen_within_two_seconds(path: Path) -> None:
    async with running(path, check_interval=1.0) as session:
        save_elsewhere(path, Add(entry("theirs")))
        assert await session.wait_until(lambda: session.list.ids == ("theirs",)) < 2
        session.add("ours")
        await session.wait_until(lambda: session.on_disk == ["theirs", "ours"])
        save_elsewhere(path, Remove("theirs"))
        assert await session.wait_until(lambda: session.list.ids == ("ours",)) < 2


async def test_our_own_save_is_not_told_twice(path: Path) -> None:
    async with running(path) as session:
        session.add("a")
        await session.wait_until(lambda: not session.list.pending)
        await asyncio.sleep(4 * CHECK_INTERVAL)
    assert session.loaded == [("a",)]


async def test_a_full_disk_is_told_once_and_what_is_pending_is_saved_later(path: Path) -> None:
    save_elsewhere(path, Add(entry("old")))
    async with running(path, retry_interval=0.3) as session:
        session.disk.failing = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        session.add("a")
        await session.wait_until(lambda: bool(session.problems))
        await session.wait_until(lambda: session.disk.locks >= 3)
        assert "the disk is full" in session.problems[0]
        assert len(session.problems) == 1
        save_elsewhere(path, Add(entry("theirs")))
        await session.wait_until(lambda: "theirs" in session.list.ids)
        assert session.list.ids == ("old", "theirs", "a")
        session.disk.failing = None
        assert await session.wait_until(lambda: not session.list.pending) < 1
        assert session.problems[1:] == [""]
    assert session.on_disk == ["old", "theirs", "a"]


async def test_a_failing_disk_is_tried_again_for_the_user_and_not_for_every_answer(
    path: Path,
) -> None:
    async with running(path, retry_interval=60) as session:
        session.disk.failing = OSError(errno.EROFS, os.strerror(errno.EROFS))
        session.add("a")
        await session.wait_until(lambda: session.disk.locks == 1)
        for _ in range(20):
            session.update("a", TaskStatus.IN_PROGRESS)
            await asyncio.sleep(0.02)
        assert session.disk.locks == 1
        session.add("b")
        await session.wait_until(lambda: session.disk.locks == 2)
        session.disk.failing = None
        session.remove("b")
        await session.wait_until(lambda: not session.list.pending)
    assert (session.on_disk, session.problems[-1]) == (["a"], "")


@pytest.mark.parametrize("error", [ValueError("odd"), MemoryError()])
async def test_a_bug_in_a_save_is_told_and_does_not_end_the_sync(
    path: Path, error: Exception
) -> None:
    async with running(path, retry_interval=0.1) as session:
        session.disk.failing = error
        session.add("a")
        await session.wait_until(lambda: bool(session.problems))
        assert "see the log" in session.problems[0]
        session.disk.failing = None
        await session.wait_until(lambda: session.on_disk == ["a"] and session.problems[-1] == "")


async def test_a_screen_that_fails_does_not_end_the_sync(path: Path) -> None:
    async with running(path) as session:
        session.list.load = None  # type: ignore[method-assign, assignment]
        session.add("a")
        await session.wait_until(lambda: session.on_disk == ["a"])
        session.add("b")
        await session.wait_until(lambda: session.on_disk == ["a", "b"])


async def test_changes_during_a_save_are_neither_lost_nor_undone(path: Path) -> None:
    save_elsewhere(path, Add(entry("a")), Add(entry("b")))
    async with running(path) as session:
        session.disk.gate.clear()
        session.add("c")
        await session.wait_until(session.disk.waiting.is_set)
        session.remove("b")
        session.add("d")
        await asyncio.sleep(3 * CHECK_INTERVAL)
        assert len(session.list.pending) == 3
        session.disk.gate.set()
        await session.wait_until(lambda: not session.list.pending)
        await session.wait_until(lambda: session.on_disk == ["a", "c", "d"])
        await asyncio.sleep(3 * CHECK_INTERVAL)
        assert session.list.ids == ("a", "c", "d")
    assert all("b" not in task_ids for task_ids in session.loaded), (
        "a removed task must never reappear"
    )


async def test_flush_during_a_save_waits_for_it_and_saves_the_rest(path: Path) -> None:
    async with running(path) as session:
        session.disk.gate.clear()
        session.add("a")
        await session.wait_until(session.disk.waiting.is_set)
        session.add("b")
        flushing = asyncio.create_task(session.sync.flush())
        await asyncio.sleep(0.05)
        session.add("c")
        session.disk.gate.set()
        assert await flushing
        assert session.on_disk == ["a", "b", "c"]


async def test_flush_says_whether_all_is_on_disk(path: Path) -> None:
    session = Session(path)
    assert await session.sync.flush()
    session.add("a")
    session.disk.failing = OSError(errno.EIO, os.strerror(errno.EIO))
    assert not await session.sync.flush()
    session.disk.failing = None
    assert await session.sync.flush()
    assert (session.on_disk, session.problems[-1]) == (["a"], "")


async def test_it_has_unsaved_what_no_later_answer_would_tell_again(path: Path) -> None:
    session, unsaved = Session(path), []
    session.add("a")
    unsaved.append(session.sync.has_unsaved)
    assert await session.sync.flush()
    unsaved.append(session.sync.has_unsaved)
    session.update("a", TaskStatus.IN_PROGRESS)
    unsaved.append(session.sync.has_unsaved)
    session.list.pending.append(Update("a", TaskStatus.COMPLETED, ended=NOON))
    unsaved.append(session.sync.has_unsaved)
    assert unsaved == [True, False, False, True]


ENDED = Entry("a", NOON, status=TaskStatus.COMPLETED, noticed=NOON)
SAMPLE = Sample("a", NOON, 600.0)


@pytest.mark.parametrize(
    ("change", "lasts"),
    [
        (MarkSeen("a", NOON), False),
        (Update("a", TaskStatus.COMPLETED, title="t", points=6.0), False),
        (Update("a", TaskStatus.COMPLETED, noticed=NOON), True),
        (Learn(SAMPLE), True),
        (Relabel("a", "x"), True),
    ],
)
def test_a_mark_alone_makes_nobody_wait(path: Path, change: Change, lasts: bool) -> None:
    session = Session(path)
    session.tell(change)
    assert (session.sync.has_unsaved, session.sync.has_marks) == (
        lasts,
        isinstance(change, MarkSeen),
    )


async def test_a_mark_is_debounced_and_an_add_takes_it_along(path: Path) -> None:
    save_elsewhere(path, Add(ENDED))
    async with running(path, check_interval=5.0) as session:
        for _ in range(3):
            session.tell(MarkSeen("a", NOON))
            await asyncio.sleep(0.02)
        assert len(session.list.pending) == 3
        await session.wait_until(lambda: not session.list.pending)
        assert session.disk.locks == 1
        session.tell(MarkSeen("a", NOON), Learn(SAMPLE))
        session.add("b")
        assert await session.wait_until(lambda: not session.list.pending) < 0.25
        assert session.list.history == (SAMPLE,)
    assert WatchlistFile(path).load().entries[0].seen == NOON


async def test_a_mark_that_cannot_be_saved_holds_up_no_end(path: Path) -> None:
    async with running(path, retry_interval=60) as session:
        session.disk.failing = OSError(errno.EROFS, os.strerror(errno.EROFS))
        session.add("a")
        await session.wait_until(lambda: bool(session.problems))
        session.tell(MarkSeen("a", NOON))
        assert not session.sync.has_marks


async def test_what_another_dashboard_looked_at_or_learned_is_taken_over(path: Path) -> None:
    save_elsewhere(path, Add(ENDED))
    async with running(path) as session:
        assert session.list.get("a") is not None
        save_elsewhere(path, MarkSeen("a", NOON))
        await session.wait_until(lambda: not session.list.entries()[0].is_new)
        save_elsewhere(path, Learn(SAMPLE))
        await session.wait_until(lambda: session.list.history == (SAMPLE,))
        assert session.list.pending == []


async def test_a_file_that_cannot_be_read_for_a_while_costs_no_task(path: Path) -> None:
    save_elsewhere(path, Add(entry("a")))
    save_elsewhere(path, Add(entry("b")))
    async with running(path) as session:
        session.disk.unreadable = True
        save_elsewhere(path, Add(entry("c")))
        await session.wait_until(lambda: bool(session.problems))
        assert "Could not read" in session.problems[0]
        assert session.list.ids == ("a", "b"), "the backup must not be loaded"
        session.disk.unreadable = False
        await session.wait_until(lambda: session.list.ids == ("a", "b", "c"))
        assert session.problems[1:] == [""]


@pytest.mark.parametrize("again", ["nothing", "an empty folder", "a change meanwhile"])
async def test_a_watchlist_that_is_gone_with_its_folder_is_written_again(
    tmp_path: Path, again: str
) -> None:
    path = tmp_path / "data" / "watchlist.toml"
    path.parent.mkdir()
    save_elsewhere(path, Add(entry("a")._replace(label="A")), Add(entry("b")), Learn(SAMPLE))
    async with running(path, check_interval=0.2) as session:
        session.update("a", TaskStatus.COMPLETED)
        await session.wait_until(lambda: not session.list.pending)
        shutil.rmtree(path.parent)
        if again == "an empty folder":
            path.parent.mkdir()
        if again == "a change meanwhile":
            session.remove("b")
        expected = ["a"] if again == "a change meanwhile" else ["a", "b"]
        # The file has it a moment before that is told.
        await session.wait_until(lambda: session.on_disk == expected and any(session.warnings))
        assert all(ids == tuple(expected) for ids in session.loaded[1:]), session.loaded
        assert "was gone, and its folder with it; it was written again." in session.warnings[-1]
    written = WatchlistFile(path).load()
    assert (written.entries[0].label, written.entries[0].status) == ("A", TaskStatus.COMPLETED)
    assert written.history == (SAMPLE,)


async def test_what_is_gone_and_cannot_be_written_again_is_not_saved(tmp_path: Path) -> None:
    path = tmp_path / "data" / "watchlist.toml"
    path.parent.mkdir()
    save_elsewhere(path, Add(entry("a")))
    async with running(path) as session:
        shutil.rmtree(path.parent)
        path.parent.write_text("in the way")
        await session.wait_until(lambda: bool(session.problems))
        assert session.sync.has_unsaved
        session.add("b")
        assert session.list.ids == ("a", "b")
        path.parent.unlink()
        session.add("c")
        await session.wait_until(lambda: session.on_disk == ["a", "b", "c"])


async def test_what_is_gone_at_the_end_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "data" / "watchlist.toml"
    path.parent.mkdir()
    save_elsewhere(path, Add(entry("a")))
    async with running(path, check_interval=5.0) as session:
        shutil.rmtree(path.parent)
        await session.sync.restore_if_gone()
        assert session.sync.has_unsaved
        assert await session.sync.flush()
        assert session.on_disk == ["a"]


async def test_a_watchlist_that_is_removed_alone_is_empty(path: Path) -> None:
    save_elsewhere(path, Add(entry("a")))
    async with running(path) as session:
        os.unlink(path)  # noqa: PTH108
        await session.wait_until(lambda: session.list.ids == ())
        session.add("b")
        await session.wait_until(lambda: session.on_disk == ["b"])


class RaisingFile(WatchlistFile):
    """A file whose methods raise what they promise not to raise."""

    def load(self, *, keep_copy: bool = True) -> Snapshot:
        raise RuntimeError("load")

    def save(self, changes: Sequence[Change]) -> Snapshot:
        raise RuntimeError("save")


async def test_no_bug_of_the_file_ends_the_sync(path: Path) -> None:
    problems: list[str] = []
    pending: list[Change] = [Add(entry("a"))]
    sync = WatchlistSync(
        RaisingFile(path), pending, lambda _: None, problems.append, check_interval=0.01
    )
    task = asyncio.create_task(sync.run())
    save_elsewhere(path, Add(entry("b")))
    await asyncio.sleep(0.2)
    assert not task.done()
    assert (len(problems), len(pending)) == (1, 1)
    task.cancel()
    await asyncio.wait([task])
