"""Write frames and videos to files: atomically, and never over another file.

A file has no name, or a hidden one where the system has no such files, and gets its own once it is
complete on disk. If that name is taken by a file with different content, a number is appended. So
a program that is killed leaves nothing or the whole file; a hidden file is removed at the next save
into the folder. How the folder is kept from leading elsewhere: `folder`.
"""

from __future__ import annotations

import asyncio
import errno
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from tui.atomic_file import AtomicFiles, Filesystem
from tui.os_errors import os_error_reason
from tui.saving.folder import SaveError, TaskFolder

if TYPE_CHECKING:
    from tui.scenext.media_response import Body

MAX_FILE_BYTES: Final = 8 << 30
_DISK_ERRORS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
"""What says that the disk takes no file at all, and not only this one."""


async def append(
    body: Body,
    file: PartialFile,
    progress: Callable[[int, int | None], None],
    executor: Executor,
) -> Path:
    """Write `body`, the file or the rest of it, and return the path of the complete file.

    What is written stays until the caller discards it, to go on after a break. `progress` is called
    with the bytes received, and the total where known.

    Raises:
        SaveError: the file could not be written, or is larger than `MAX_FILE_BYTES`.
        Exception: whatever `body` raises.
    """
    run = asyncio.get_running_loop().run_in_executor
    if body.length is not None and body.length > MAX_FILE_BYTES:
        raise _too_large(file.path.name)
    async for chunk in body:
        if file.size + len(chunk) > MAX_FILE_BYTES:
            raise _too_large(file.path.name)
        await run(executor, file.write, chunk)
        progress(file.size, body.length)
    return await run(executor, file.commit)


class PartialFile:
    """A file that is not complete yet. Every method blocks; all but `discard` raise `SaveError`.

    Thread-safe: `discard` may be called while another thread is still in `write`, as after a
    cancellation.
    """

    def __init__(self, path: Path) -> None:
        """Prepare; `path` is what the complete file is to be named."""
        self._path = path
        self._lock = threading.Lock()
        self._is_committed = False
        self._discarded = False
        self._folder: TaskFolder | None = None
        self._temporary = ""
        self._file: BinaryIO | None = None
        self._size = 0

    @property
    def path(self) -> Path:
        """What the complete file is to be named."""
        return self._path

    @property
    def size(self) -> int:
        """The bytes written so far: where a download that broke is to go on."""
        return self._size

    def open(self) -> None:
        """Create the folder and the temporary file; what fails here fails for any other file."""
        with self._guarded(ends_all=True):
            self._folder = TaskFolder(self._path.parent)
            self._file = self._take(self._folder.create())

    def write(self, chunk: bytes) -> None:
        """Append bytes."""
        with self._guarded():
            assert self._file is not None  # noqa: S101 (opened)
            self._file.write(chunk)
            self._size += len(chunk)

    def restart(self) -> None:
        """Empty the file: the host does not go on where the download broke."""
        with self._guarded():
            assert self._file is not None  # noqa: S101 (opened)
            self._file.seek(0)
            self._file.truncate()
            self._size = 0

    def commit(self) -> Path:
        """Flush the file and give it its name; return its path."""
        with self._guarded():
            assert self._file is not None  # noqa: S101 (opened)
            self._flush()
            try:
                path = self._publish()
            except OSError:
                if self._temporary:
                    raise
                self._copy_to_named()
                path = self._publish()
            self._is_committed = True
            return path

    def discard(self) -> None:
        """Close the file and remove its temporary name, and its folder if that is new and empty.

        What `commit` has named stays.
        """
        with self._lock:
            self._discarded = True
            if self._folder is not None and self._temporary:
                with suppress(OSError):
                    self._folder.unlink(self._temporary)
            if self._folder is not None and not self._is_committed:
                self._folder.remove_if_new()
            for opened in (self._file, self._folder):
                if opened is not None:
                    with suppress(OSError):
                        opened.close()
            self._file = self._folder = None

    @contextmanager
    def _guarded(self, *, ends_all: bool = False) -> Iterator[None]:
        try:
            with self._lock:
                if self._discarded:
                    raise SaveError(f"{self._path.name} was given up.")
                yield
        except SaveError as error:
            error.ends_all |= ends_all
            raise
        except OSError as error:
            ends_all |= error.errno in _DISK_ERRORS
            raise self._error(os_error_reason(error), ends_all=ends_all) from None
        except UnicodeEncodeError:
            # Only UTF-8 has all the letters that a name may hold.
            words = "this locale cannot write its name"
            raise self._error(words, ends_all=ends_all) from None

    def _take(self, created: tuple[str, int]) -> BinaryIO:
        self._temporary, fd = created
        return open(fd, "w+b")  # noqa: PTH123 (closed by `discard`)

    def _flush(self) -> None:
        assert self._file is not None  # noqa: S101 (opened)
        self._file.flush()
        AtomicFiles(Filesystem()).sync(self._file.fileno())

    def _copy_to_named(self) -> None:
        """Replace the file without a name by one with, in the folder as it is now.

        Some sandboxes and file systems cannot name it, and the folder may have been removed, since
        it looked empty.
        """
        nameless, folder = self._file, self._folder
        assert nameless is not None  # noqa: S101 (opened)
        assert folder is not None  # noqa: S101 (opened)
        with nameless:
            folder.close()
            self._file = self._folder = None
            self._folder = TaskFolder(self._path.parent)
            self._file = self._take(self._folder.create_named())
            nameless.seek(0)
            shutil.copyfileobj(nameless, self._file, 1 << 20)
        self._flush()

    def _publish(self) -> Path:
        assert self._folder is not None  # noqa: S101 (opened)
        assert self._file is not None  # noqa: S101 (opened)
        path, folder, fd = self._path, self._folder, self._file.fileno()
        for number in range(1, 1000):
            name = path.name if number == 1 else f"{path.stem}-{number}{path.suffix}"
            if folder.claim(fd, self._temporary, name):
                if not folder.holds(fd, name):
                    folder.unlink(name)
                    raise self._error("another program replaced it meanwhile")
                return path.with_name(name)
            if folder.holds(fd, name):
                return path.with_name(name)
        raise SaveError(f"There are too many files named {path.name} in {path.parent}.")

    def _error(self, reason: str, *, ends_all: bool = False) -> SaveError:
        return SaveError(f"Not saved to {self._path}: {reason}.", ends_all=ends_all)


def _too_large(name: str) -> SaveError:
    return SaveError(f"{name} is larger than {MAX_FILE_BYTES >> 30} GiB.")
