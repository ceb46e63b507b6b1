"""Write frames and videos to files: safely named, atomically, and never over another file.

A file is written under a hidden temporary name and gets its own once it is complete on disk. If
that name is taken by a file with different content, a number is appended.
"""

from __future__ import annotations

import asyncio
import filecmp
import os
import re
import threading
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, TYPE_CHECKING, Final
from urllib.parse import unquote

from tui.os_errors import os_error_reason
from tui.sanitize import is_invisible
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


class SaveError(Exception):
    """A file could not be written; the message is one line that says which and why."""


def safe_name(text: str, fallback: str) -> str:
    """Return `text` as a name for a file that is safe on every system, or else `fallback`.

    It has nothing invisible, no spaces but U+0020, nothing that a shell interprets, no leading dot
    or dash, and at most `MAX_NAME_BYTES` bytes with its extension. Non-Latin scripts are kept.
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
    """Write `body` to `folder`/`name`, a safe name, and return the path of the file.

    `progress` gets the bytes received, and the total where known. Cancelling leaves nothing behind:
    it waits until the temporary file is removed, unless cancelled again. Raises `SaveError`, and
    whatever `body` raises.
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

    Thread-safe: after a cancellation, `discard` is called while another thread may be in `write`.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._lock = threading.Lock()
        self._discarded = False
        self._file: IO[bytes] | None = None

    def open(self) -> None:
        """Create the folder and the temporary file."""
        with self._guarded():
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file = NamedTemporaryFile(  # noqa: SIM115 (closed by `discard`)
                prefix=".", suffix=".part", dir=self._folder, delete=False
            )

    def write(self, chunk: bytes) -> None:
        with self._guarded():
            assert self._file is not None  # noqa: S101 (opened)
            self._file.write(chunk)

    def commit(self) -> Path:
        """Flush the file and give it its name; return its path."""
        with self._guarded():
            assert self._file is not None  # noqa: S101 (opened)
            self._file.flush()
            os.fsync(self._file.fileno())
            path = Path(self._file.name)
            with suppress(OSError):  # Not every file system supports permissions.
                path.chmod(0o666 & ~_umask())
            return self._publish(path)

    def discard(self) -> None:
        """Close the file and remove its temporary name; what `commit` has named stays."""
        with self._lock, suppress(OSError):
            self._discarded = True
            if self._file is not None:
                Path(self._file.name).unlink(missing_ok=True)
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
    """Give the file the name `target` if that is free, atomically; return whether it was."""
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
