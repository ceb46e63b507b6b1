"""Saves frames and videos as files: safely named, whole or not at all, over nothing else.

A file gets its name in one step, once all of it is on the disk; until then it is a hidden one
beside it. A name that is taken by another content gets a number.
"""

from __future__ import annotations

import asyncio
import filecmp
import os
import re
import tempfile
import threading
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final
from urllib.parse import unquote

from tui.atomic_file import os_error_reason
from tui.sanitize import is_invisible
from tui.scenext.signed_url import identity

if TYPE_CHECKING:
    from tui.scenext.media import Body

MAX_NAME_BYTES: Final = 200
"""Bytes of a file's name in UTF-8; file systems take 255, and a number may follow."""
MAX_FILE_BYTES: Final = 8 << 30
"""Bytes of a file."""

# Names of devices, with anything after a dot (Microsoft, *Naming Files, Paths, and Namespaces*).
_RESERVED: Final = re.compile(r"(?i)(con|prn|aux|nul|(com|lpt)[0-9¹²³]) *(\..*)?")
# Besides what no system takes, what a shell would act on: a path is there to be pasted after `scp`.
_FORBIDDEN: Final = re.compile(r"""[/\\<>:"|?*$`;&!'\x00-\x1f\x7f-\x9f]+""")


class SaveError(Exception):
    """A file could not be written; one line in plain words says why and where."""


def safe_name(text: str, fallback: str) -> str:
    """Return `text` as a file's or folder's name that is safe on every system.

    No path, no control or invisible characters, no space but the usual one, nothing by which a
    shell would start a program, no leading dot or dash, no name that Windows reserves, at most
    `MAX_NAME_BYTES` bytes with the extension kept; other scripts stay as they are.
    """
    text = _FORBIDDEN.sub("_", text.encode("utf-8", "replace").decode("utf-8"))
    text = "".join(
        " " if unicodedata.category(c) == "Zs" else c for c in text if not is_invisible(c)
    )
    text = text.strip().lstrip(" .-~").rstrip(" .")
    stem, dot, extension = text.rpartition(".")
    if not dot or len(extension) > 10:
        stem, extension = text, ""
    ending = f".{extension}" if extension else ""
    room = MAX_NAME_BYTES - len(ending.encode()) - 1
    stem = stem.encode()[:room].decode("utf-8", "ignore").rstrip(" .")
    if not stem:
        return fallback
    name = f"{stem}{ending}"
    return f"_{name}" if _RESERVED.fullmatch(name) else name


def file_name_of(url: str, fallback: str) -> str:
    """Return the name under which the file behind a link is saved."""
    return safe_name(unquote(identity(url).rpartition("/")[2], errors="replace"), fallback)


async def save(
    body: Body,
    folder: Path,
    name: str,
    progress: Callable[[int, int | None], None],
    threads: Executor,
) -> Path:
    """Write what is behind a link to `folder`/`name` and return where it came to lie.

    That is another name, with a number, if a file of other content has it already. Cancelling
    leaves nothing behind; it waits for the disk to take the rest away, until cancelled again.

    Args:
        body: The bytes.
        folder: Is made where it is missing.
        name: A safe name.
        progress: Is told the bytes so far, and those in all where they are known.
        threads: Where the disk is waited for.

    Raises:
        SaveError: the file could not be written, or is larger than `MAX_FILE_BYTES`.
        Exception: whatever `body` raises.
    """
    run = asyncio.get_running_loop().run_in_executor
    part = PartialFile(folder, name)
    if body.length is not None and body.length > MAX_FILE_BYTES:
        raise _too_large(name)
    try:
        await run(threads, part.open)
        received = 0
        async for chunk in body:
            received += len(chunk)
            if received > MAX_FILE_BYTES:
                raise _too_large(name)
            await run(threads, part.write, chunk)
            progress(received, body.length)
        return await run(threads, part.commit)
    finally:
        # Shielded: it has begun by then, and the end of the program waits a moment for it.
        await asyncio.shield(run(threads, part.discard))


class PartialFile:
    """A file that is not whole yet. Every call blocks and raises `SaveError`.

    One thread after the other may call, and `discard` while another is still in `write`: whoever
    cancels does not wait for the disk.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._lock = threading.Lock()
        self._discarded = False
        self._path: Path | None = None
        self._file: BinaryIO | None = None

    def open(self) -> None:
        """Make the folder and the hidden file."""
        with self._guarded():
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, path = tempfile.mkstemp(prefix=".", suffix=".part", dir=self._folder)
            self._path = Path(path)
            self._file = open(handle, "wb")  # noqa: SIM115, PTH123 (closed by `discard`)

    def write(self, chunk: bytes) -> None:
        with self._guarded():
            assert self._file is not None  # noqa: S101 (begun)
            self._file.write(chunk)

    def commit(self) -> Path:
        """Give the file its name, and return it."""
        with self._guarded():
            assert self._file is not None  # noqa: S101 (begun)
            assert self._path is not None  # noqa: S101 (begun)
            self._file.flush()
            os.fsync(self._file.fileno())
            with suppress(OSError):  # Not every file system has permissions.
                self._path.chmod(0o666 & ~_umask())
            return self._give_name(self._path)

    def discard(self) -> None:
        """Leave nothing behind but what `commit` named."""
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

    def _give_name(self, part: Path) -> Path:
        stem, ending = Path(self._name).stem, Path(self._name).suffix
        for number in range(1, 1000):
            target = self._folder / (self._name if number == 1 else f"{stem}-{number}{ending}")
            if _claim(part, target) or _equal(part, target):
                return target
        raise SaveError(f"There are too many files named {self._name} in {self._folder}.")


def _claim(temporary: Path, target: Path) -> bool:
    """Name a file, in one step and never over another one; return whether the name was free."""
    try:
        try:
            target.hardlink_to(temporary)
        except FileExistsError:
            return False
        except OSError:
            # A file system without hard links: claim the name, then take its place.
            os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            try:
                temporary.replace(target)
            except OSError:
                target.unlink(missing_ok=True)
                raise
    except FileExistsError:
        return False
    return True


def _equal(part: Path, target: Path) -> bool:
    """Return whether a file holds the same; one that cannot be read does not."""
    try:
        return target.is_file() and filecmp.cmp(part, target, shallow=False)
    except OSError:
        return False


def _too_large(name: str) -> SaveError:
    return SaveError(f"{name} is larger than {MAX_FILE_BYTES >> 30} GiB.")


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
