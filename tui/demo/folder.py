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

_PREFIX: Final = "scenext-tui-demo-"
_NAME: Final = re.compile(rf"{_PREFIX}[a-z0-9_]{{8}}")
"""As `tempfile` makes them."""
_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def demo_folder() -> Iterator[Path]:
    """Create a folder that is removed at the end, and remove those that killed demos left.

    A lock (flock) tells which are in use: the kernel releases it when a process ends, however it
    does. Raises `OSError`.
    """
    _sweep(Path(tempfile.gettempdir()))
    path, fd = _create()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(fd)


def _create() -> tuple[Path, int]:
    while True:
        path = Path(tempfile.mkdtemp(prefix=_PREFIX))
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
