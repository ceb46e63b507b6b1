"""Write frames and videos to files: safely named, atomically, and never over another file.

A file is written under a hidden temporary name and gets its own once it is complete on disk. If
that name is taken by a file with different content, a number is appended. How the folder is kept
from leading elsewhere: `folder`.
"""

from __future__ import annotations

import asyncio
import os
import re
import threading
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final
from urllib.parse import unquote

from tui.os_errors import os_error_reason
from tui.sanitize import is_invisible
from tui.saving.folder import SaveError, TaskFolder
from tui.scenext.signed_url import identity

if TYPE_CHECKING:
    from tui.scenext.media import Body

MAX_NAME_BYTES: Final = 200
"""Bytes of a file's name in UTF-8; file systems allow 255, and a number may be appended."""
MAX_FILE_BYTES: Final = 8 << 30

# Device names, with any extension (Microsoft, *Naming Files, Paths, and Namespaces*).
_RESERVED: Final = re.compile(r"(?i)(con|prn|aux|nul|(com|lpt)[0-9¹²³]) *(\..*)?")
# What no file system allows, and what a shell interprets: users paste the path after `scp`.
_FORBIDDEN: Final = re.compile(r"""[/\\<>:"|?*$`;&!'\x00-\x1f\x7f-\x9f]+""")


def safe_name(text: str, fallback: str) -> str:
    """Return `text` as a name for a file or folder that is safe on every system.

    The result has no path separators, no control or invisible characters, no spaces but U+0020,
    nothing that a shell interprets, no leading dot or dash, is not a name that Windows reserves
    and has at most `MAX_NAME_BYTES` bytes, with the extension kept. Non-Latin scripts are kept.
    Returns `fallback` if nothing is left.
    """
    text = _FORBIDDEN.sub("_", text.encode("utf-8", "replace").decode("utf-8"))
    text = "".join(
        " " if unicodedata.category(c) == "Zs" else c for c in text if not is_invisible(c)
    )
    text = text.strip().lstrip(" .-~").rstrip(" .")
    stem, dot, extension = text.rpartition(".")
    if not dot or len(extension) > 10:
        stem, extension = text, ""
    suffix = f".{extension}" if extension else ""
    max_stem_bytes = MAX_NAME_BYTES - len(suffix.encode()) - 1
    stem = stem.encode()[:max_stem_bytes].decode("utf-8", "ignore").rstrip(" .")
    if not stem:
        return fallback
    name = f"{stem}{suffix}"
    return f"_{name}" if _RESERVED.fullmatch(name) else name


def file_name_of(url: str, fallback: str) -> str:
    """Return the name to save the file behind `url` under."""
    return safe_name(unquote(identity(url).rpartition("/")[2], errors="replace"), fallback)


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
        folder: The task's; created if it is missing, as is its parent, the download folder. The
            parent may be a link and anybody's, the task's folder may not.
        name: A safe name.
        progress: Called with the bytes received, and the total where known.
        executor: Runs the blocking file operations.

    Raises:
        SaveError: the file could not be written, or is larger than `MAX_FILE_BYTES`.
        Exception: whatever `body` raises.
    """
    run = asyncio.get_running_loop().run_in_executor
    file = PartialFile(folder / name)
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

    def __init__(self, path: Path) -> None:
        """Prepare; `path` is what the complete file is to be named."""
        self._path = path
        self._lock = threading.Lock()
        self._discarded = False
        self._folder: TaskFolder | None = None
        self._temporary = ""
        self._file: BinaryIO | None = None

    def open(self) -> None:
        """Create the folder and the temporary file."""
        with self._guarded():
            self._folder = TaskFolder(self._path.parent)
            self._temporary, fd = self._folder.create(".part")
            self._file = open(fd, "w+b")  # noqa: SIM115, PTH123 (closed by `discard`)

    def write(self, chunk: bytes) -> None:
        with self._guarded():
            assert self._file is not None  # noqa: S101 (opened)
            self._file.write(chunk)

    def commit(self) -> Path:
        """Flush the file and give it its name; return its path."""
        with self._guarded():
            assert self._folder is not None  # noqa: S101 (opened)
            assert self._file is not None  # noqa: S101 (opened)
            self._file.flush()
            os.fsync(self._file.fileno())
            return self._publish(self._folder, self._file.fileno())

    def discard(self) -> None:
        """Close the file and remove its temporary name; what `commit` has named stays."""
        with self._lock:
            self._discarded = True
            if self._folder is not None and self._temporary:
                with suppress(OSError):
                    self._folder.unlink(self._temporary)
            for opened in (self._file, self._folder):
                if opened is not None:
                    with suppress(OSError):
                        opened.close()
            self._file = self._folder = None

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            with self._lock:
                if self._discarded:
                    raise SaveError(f"{self._path.name} was given up.")
                yield
        except OSError as error:
            raise self._error(os_error_reason(error)) from None

    def _publish(self, folder: TaskFolder, fd: int) -> Path:
        path = self._path
        for number in range(1, 1000):
            name = path.name if number == 1 else f"{path.stem}-{number}{path.suffix}"
            if folder.claim(self._temporary, name):
                if not folder.holds(fd, name):
                    folder.unlink(name)
                    raise self._error("another program replaced it meanwhile")
                return path.with_name(name)
            if folder.holds(fd, name):
                return path.with_name(name)
        raise SaveError(f"There are too many files named {path.name} in {path.parent}.")

    def _error(self, reason: str) -> SaveError:
        return SaveError(f"Not saved to {self._path}: {reason}.")


def _too_large(name: str) -> SaveError:
    return SaveError(f"{name} is larger than {MAX_FILE_BYTES >> 30} GiB.")
