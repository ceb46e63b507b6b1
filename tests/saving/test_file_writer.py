"""Saved files have safe names, are complete or absent, and replace nothing."""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import saving
from tui.errors import MediaError
from tui.saving.file_writer import MAX_FILE_BYTES, PartialFile
from tui.saving.folder import SaveError

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("partial_files")


class FakeBody:
    """A response body that yields its chunks at once, then ends, fails or hangs."""

    def __init__(self, *chunks: bytes, length: int | None = None, end: str = "") -> None:
        self.length = length
        self._chunks, self._end = chunks, end
        self.sent = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk
        self.sent.set()
        if self._end == "breaks":
            raise MediaError("The connection broke half-way.")
        if self._end == "hangs":
            await asyncio.Event().wait()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


async def save(body: FakeBody, folder: Path, name: str, threads: ThreadPoolExecutor) -> Path:
    return await saving.save(body, folder / name, threads)


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    folder.chmod(0o500)
    try:
        yield
    finally:
        folder.chmod(0o700)


# Files


async def test_a_file_is_saved_whole_into_a_new_folder(
    tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    progress: list[tuple[int, int | None]] = []
    path = await saving.save(
        FakeBody(b"one", b"two", length=6),
        tmp_path / "new" / "task" / "frame1.png",
        threads,
        lambda received, length: progress.append((received, length)),
    )
    assert path == tmp_path / "new" / "task" / "frame1.png"
    assert files_in(path.parent) == {"frame1.png": b"onetwo"}
    assert progress == [(3, 6), (6, 6)]
    mask = os.umask(0o022)
    os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask


async def test_the_same_content_is_not_kept_twice_and_another_gets_a_number(
    tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    names = [
        (await save(FakeBody(content), tmp_path, "frame1.png", threads)).name
        for content in (b"a", b"a", b"b", b"c", b"b")
    ]
    assert names == ["frame1.png", "frame1.png", "frame1-2.png", "frame1-3.png", "frame1-2.png"]
    assert files_in(tmp_path) == {"frame1.png": b"a", "frame1-2.png": b"b", "frame1-3.png": b"c"}


async def test_what_has_the_name_but_is_no_file_is_left_alone(
    tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    (tmp_path / "a.png").mkdir()
    (tmp_path / "a-2.png").symlink_to(tmp_path / "nowhere")
    assert (await save(FakeBody(b"x"), tmp_path, "a.png", threads)).name == "a-3.png"
    assert not (tmp_path / "nowhere").exists()


async def test_a_body_that_breaks_leaves_nothing(
    tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    with pytest.raises(MediaError, match="broke half-way"):
        await save(FakeBody(b"half", end="breaks"), tmp_path, "frame1.png", threads)
    assert files_in(tmp_path) == {}


def test_a_file_goes_on_after_a_break_or_starts_again(tmp_path: Path) -> None:
    file = PartialFile(tmp_path / "video.mp4")
    file.open()
    assert file.size == 0
    file.write(b"a" * 70_000)
    assert file.size == 70_000
    file.write(b"b")
    assert file.size == 70_001
    file.restart()
    assert file.size == 0
    for chunk in (b"on", b"e"):
        file.write(chunk)
    assert file.commit() == tmp_path / "video.mp4"
    file.discard()
    assert files_in(tmp_path) == {"video.mp4": b"one"}


async def test_cancelling_leaves_nothing(
    tmp_path: Path, threads: ThreadPoolExecutor, partial_files: str
) -> None:
    body = FakeBody(b"half", end="hangs")
    saving = asyncio.create_task(save(body, tmp_path, "frame1.png", threads))
    await body.sent.wait()
    suffixes = [name.rpartition(".")[2] for name in files_in(tmp_path)]
    assert suffixes == (["part"] if partial_files == "named" else [])
    saving.cancel()
    await asyncio.wait([saving])
    assert saving.cancelled()
    assert files_in(tmp_path) == {}


async def test_a_save_that_fails_leaves_no_folder_that_it_made(
    tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    (tmp_path / "old").mkdir()
    for folder in ("old", "new"):
        with pytest.raises(MediaError):
            await save(FakeBody(b"half", end="breaks"), tmp_path / folder, "a.png", threads)
    assert files_in(tmp_path / "old") == {}
    assert not (tmp_path / "new").exists()


def test_a_folder_that_another_save_removed_is_made_again(tmp_path: Path) -> None:
    """By another dashboard: a folder in which a file has no name yet is empty."""
    given_up, going_on = (PartialFile(tmp_path / "1" / name) for name in ("a.png", "b.png"))
    for file in (given_up, going_on):
        file.open()
        file.write(b"whole")
    given_up.discard()
    assert going_on.commit() == tmp_path / "1" / "b.png"
    going_on.discard()
    assert files_in(tmp_path / "1") == {"b.png": b"whole"}


async def test_cancelling_before_the_disk_answers_leaves_nothing(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as threads:
        disk = threading.Event()
        threads.submit(disk.wait)
        saving = asyncio.create_task(save(FakeBody(b"half"), tmp_path, "frame1.png", threads))
        await asyncio.sleep(0)
        saving.cancel()
        await asyncio.sleep(0)
        # The second cancellation stops the wait for the disk.
        saving.cancel()
        await asyncio.wait([saving])
        assert saving.cancelled()
        disk.set()
    assert files_in(tmp_path) == {}


async def test_many_at_once_under_one_name_lose_nothing(
    tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    contents = [b"%d" % (number % 5) for number in range(20)]
    paths = await asyncio.gather(
        *(save(FakeBody(content), tmp_path, "a.png", threads) for content in contents)
    )
    assert [path.read_bytes() for path in paths] == contents
    assert len(files_in(tmp_path)) == 5


async def test_what_is_too_large_is_refused_at_once(
    tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    with pytest.raises(SaveError, match=r"^video\.mp4 is larger than 8 GiB\.$"):
        await save(FakeBody(b"", length=MAX_FILE_BYTES + 1), tmp_path / "new", "video.mp4", threads)
    assert files_in(tmp_path) == {}


async def test_a_folder_that_is_a_file_is_said(tmp_path: Path, threads: ThreadPoolExecutor) -> None:
    (tmp_path / "task").write_text("mine")
    with pytest.raises(SaveError, match="a file has the name of the folder"):
        await save(FakeBody(b"x"), tmp_path / "task", "a.png", threads)
    with pytest.raises(SaveError, match="a part of its path is not a folder"):
        await save(FakeBody(b"x"), tmp_path / "task" / "deeper", "a.png", threads)
    assert files_in(tmp_path) == {"task": b"mine"}


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
async def test_a_read_only_folder_is_said(tmp_path: Path, threads: ThreadPoolExecutor) -> None:
    with read_only(tmp_path), pytest.raises(SaveError, match="permission denied"):
        await save(FakeBody(b"x"), tmp_path, "a.png", threads)


SAVE_WITH_SIZE_LIMIT = """
import asyncio, resource, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tests.support.saving import save
from tui.saving.folder import SaveError

class Body:
    length = None
    async def __aiter__(self):
        for _ in range(64):
            yield b"x" * 65536

resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
async def main():
    with ThreadPoolExecutor(2) as threads:
        await save(Body(), Path(sys.argv[1]) / "video.mp4", threads)
try:
    asyncio.run(main())
except SaveError as error:
    print(error)
"""


def test_a_disk_that_takes_no_more_is_said(tmp_path: Path) -> None:
    # RLIMIT_FSIZE stands in for a full disk; it applies to a whole process, hence a new one.
    completed = subprocess.run(
        [sys.executable, "-c", SAVE_WITH_SIZE_LIMIT, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    words = "it is too large"
    assert completed.stdout == f"Not saved to {tmp_path / 'video.mp4'}: {words}.\n"
    assert files_in(tmp_path) == {}
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 1 << 20


async def test_a_name_that_is_too_long_for_the_disk_is_said(
    tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    with pytest.raises(SaveError, match="the name is too long"):
        await save(FakeBody(b"x"), tmp_path / ("x" * 300), "a.png", threads)


SAVE_NAMES = """
import asyncio, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tests.support.saving import save
from tui.saving.folder import SaveError

class Body:
    length = None
    async def __aiter__(self):
        yield b"x"

async def main():
    with ThreadPoolExecutor(2) as threads:
        for folder, name in (("a", "\\u4e2d.png"), ("\\u4e2d", "a.png"), ("a", "a.png")):
            try:
                await save(Body(), Path(sys.argv[1]) / folder / name, threads)
            except SaveError as error:
                print(ascii(str(error)))
asyncio.run(main())
"""


def test_a_name_that_the_locale_cannot_write_is_said(tmp_path: Path) -> None:
    # A process has the locale that it started with. This one stands in for all of one script.
    completed = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", SAVE_NAMES, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
    )
    assert completed.stdout.splitlines() == [
        rf"'Not saved to {tmp_path}/{path}: this locale cannot write its name.'"
        for path in (r"a/\u4e2d.png", r"\u4e2d/a.png")
    ]
    assert files_in(tmp_path / "a") == {"a.png": b"x"}
