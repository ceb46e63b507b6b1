"""Write frames and videos to files: atomically, and never over another file.

A file is written under a hidden temporary name and gets its own once it is complete on disk. If
that name is taken by a file with different content, a number is appended.
"""

from __future__ import annotations

import asyncio
import filecmp
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from tui.atomic_file import os_error_reason

if TYPE_CHECKING:
    from tui.scenext.media import Body

MAX_FILE_BYTES: Final = 8 << 30


class SaveError(Exception):
    """A file could not be written; the message is one line that says which and why."""


async def save(
    body: Body,
    folder: Path,
    name: str,
    progress: Callable[[int, int | None], None],
    executor: Executor,
) -> Path:
    """Write `body` to `folder`/`name` and return the path of the file.

    A number is appended to the name if a file with different content has it. Cancelling leaves
    nothing behind: it waits until the temporary file is removed, unless cancelled again.

    Args:
        body: The bytes.
        folder: Created if it is missing.
        name: A safe name.
        progress: Called with the bytes received, and the total where known.
        executor: Runs the blocking file operations.

    Raises:
        SaveError: the file could not be written, or is larger than `MAX_FILE_BYTES`.
        Exception: whatever `body` raises.
    """
    run = asyncio.get_running_loop().run_in_executor
    file = PartialFile(folder, name)
    if body.length is not None and body.length > MAX_FILE_BYTES:
        raise _too_large(name)
    try:
        await run(executor, file.open)
        received = 0
        async for chunk in body:
            received += len(chunk)
            if received > MAX_FILE_BYTES:
                raise _too_large(name)
            await run(executor, file.write, chunk)
            progress(received, body.length)
        return await run(executor, file.commit)
    finally:
        # Shielded, so that a second cancellation does not stop the removal.
        await asyncio.shield(run(executor, file.discard))


class PartialFile:
    """A file that is not complete yet. Every method blocks; all but `discard` raise `SaveError`.

    Thread-safe: `discard` may be called while another thread is still in `write`, as after a
    cancellation.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._lock = threading.Lock()
        self._discarded = False
        self._path: Path | None = None
        self._file: BinaryIO | None = None

    def open(self) -> None:
        """Create the folder and the temporary file."""
        with self._guarded():
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, path = tempfile.mkstemp(prefix=".", suffix=".part", dir=self._folder)
            self._path = Path(path)
            self._file = open(handle, "wb")  # noqa: SIM115, PTH123 (closed by `discard`)

    def write(self, chunk: bytes) -> None:
        with self._guarded():
            assert self._file is not None  # noqa: S101 (opened)
            self._file.write(chunk)

    def commit(self) -> Path:
        """Flush the file and give it its name; return its path."""
        with self._guarded():
            assert self._file is not None  # noqa: S101 (opened)
            assert self._path is not None  # noqa: S101 (opened)
            self._file.flush()
            os.fsync(self._file.fileno())
            with suppress(OSError):  # Not every file system supports permissions.
                self._path.chmod(0o666 & ~_umask())
            return self._publish(self._path)

    def discard(self) -> None:
        """Close the file and remove its temporary name; what `commit` has named stays."""
        with self._lock, suppress(OSError):
            self._discarded = True
            if self._path is not None:
                self._path.unlink(missing_ok=True)
            if self._file is not None:
                self._file.close()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            with self._lock:
                if self._discarded:
                    raise SaveError(f"{self._name} was given up.")
                yield
        except OSError as error:
            path = self._folder / self._name
            raise SaveError(f"Not saved to {path}: {os_error_reason(error)}.") from None

    def _publish(self, temporary: Path) -> Path:
        stem, suffix = Path(self._name).stem, Path(self._name).suffix
        for number in range(1, 1000):
            target = self._folder / (self._name if number == 1 else f"{stem}-{number}{suffix}")
            if _claim(temporary, target) or _same_content(temporary, target):
                return target
        raise SaveError(f"There are too many files named {self._name} in {self._folder}.")


def _claim(temporary: Path, target: Path) -> bool:
    """Rename without ever replacing another file; return whether the name was free."""
    try:
        try:
            target.hardlink_to(temporary)
        except FileExistsError:
            return False
        except OSError:
            # A file system without hard links: reserve the name, then replace it.
            os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            try:
                temporary.replace(target)
            except OSError:
                target.unlink(missing_ok=True)
                raise
    except FileExistsError:
        return False
    return True


def _same_content(temporary: Path, target: Path) -> bool:
    """Return whether two files have the same content; False if one cannot be read."""
    try:
        return target.is_file() and filecmp.cmp(temporary, target, shallow=False)
    except OSError:
        return False


def _too_large(name: str) -> SaveError:
    return SaveError(f"{name} is larger than {MAX_FILE_BYTES >> 30} GiB.")


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
