"""The folder for the demo's files, which does not outlive it for long."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tui.errors import UserError

_PREFIX: Final = "scenext-tui-demo-"
_NAME: Final = re.compile(rf"{_PREFIX}[a-z0-9_]{{8}}")
"""As `tempfile` makes them."""
_USUAL_FOLDERS: Final = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - mkdtemp is safe there.
_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def demo_folder() -> Iterator[Path]:
    """Create a folder that is removed at the end, and remove those that killed demos left.

    A lock (flock) tells which are in use: the kernel releases it when a process ends, however it
    does. Raises `UserError` where there is no folder for temporary files.
    """
    try:
        temporary = _temporary_folder()
        _sweep(temporary)
        path, fd = _create(temporary)
    except OSError:
        raise UserError("No folder for temporary files can be written: set TMPDIR to one") from None
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(fd)


def _temporary_folder() -> Path:
    try:
        return Path(tempfile.gettempdir())
    except OSError:
        # A relative TMPDIR, where the working folder is gone.
        for folder in _USUAL_FOLDERS:
            if os.access(folder, os.W_OK | os.X_OK):
                return folder
        raise


def _create(temporary: Path) -> tuple[Path, int]:
    while True:
        path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=temporary))
        # Another demo may have taken the folder, not locked yet, for one that was left behind.
        with suppress(FileNotFoundError):
            fd = os.open(path, _FLAGS)
            if _lock(fd) is not False and path.exists():
                return path, fd
            os.close(fd)


def _sweep(temporary: Path) -> None:
    with suppress(OSError):
        for path in temporary.iterdir():
            if _NAME.fullmatch(path.name):
                with suppress(OSError):
                    _remove_if_left(path)


def _remove_if_left(path: Path) -> None:
    fd = os.open(path, _FLAGS)
    try:
        if os.fstat(fd).st_uid == os.geteuid() and _lock(fd):
            shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(fd)


def _lock(fd: int) -> bool | None:
    """Lock an open folder; return whether that was possible, None where there are no locks."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True
