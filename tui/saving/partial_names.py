"""Hidden names of files that are not complete, where the system has no files without a name.

A killed save leaves its file, and the next save into the folder removes it. A lock (flock) tells
whether a running dashboard is still writing: the kernel releases it when a process ends, however it
does. Every call blocks.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import stat
from contextlib import suppress
from typing import Final

CREATE_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
MIN_UNLOCKED_AGE: Final = 3600
"""Seconds without a write after which a file that may not be locked counts as left behind."""

_PREFIX: Final = ".scenext-"
_NAME: Final = re.compile(r"\.(scenext-)?[0-9a-f]{16}\.part")
"""Earlier releases named their files without `scenext-`, and did not lock them."""
# O_NONBLOCK: opening a FIFO of that name must not block for ever. NFS locks need write access.
_OPEN_FLAGS: Final = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_LIST_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def create(folder: int) -> tuple[str, int]:
    """Create a locked file with an unused name; return the name and a descriptor.

    The kernel applies the umask, so that nothing has to read or change it in a thread. Raises
    `OSError`.
    """
    while True:
        name = f"{_PREFIX}{os.urandom(8).hex()}.part"
        fd = os.open(name, CREATE_FLAGS, 0o666, dir_fd=folder)
        # Another save may have taken the file, not locked yet, for one that was left behind.
        if _lock(fd) is not False and _has_name(folder, name):
            return name, fd
        os.close(fd)


def sweep(folder: int, ours: os.stat_result) -> None:
    """Remove the files that killed saves left in a folder; ignore errors.

    Only regular files with our names and our owner are touched, that nobody has locked; where
    locks are not supported, and of earlier releases, those not written to for `MIN_UNLOCKED_AGE`.

    Args:
        folder: Its descriptor.
        ours: Status of a file just created there. Its owner is ours, and its time the folder's:
            those of a network file system may be different from this machine's.
    """
    for name in _list(folder):
        if _NAME.fullmatch(name):
            with suppress(OSError):
                _remove_if_left(folder, name, ours)


def _list(folder: int) -> list[str]:
    # `folder` may be opened with O_PATH, which does not let it be listed.
    try:
        fd = os.open(".", _LIST_FLAGS, dir_fd=folder)
    except OSError:
        return []
    try:
        return os.listdir(fd)  # noqa: PTH208 (a path has no descriptor)
    except OSError:
        return []
    finally:
        os.close(fd)


def _remove_if_left(folder: int, name: str, ours: os.stat_result) -> None:
    if not stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        return
    fd = os.open(name, _OPEN_FLAGS, dir_fd=folder)
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != ours.st_uid:
            return
        locked = _lock(fd)
        is_certain = locked is not None and name.startswith(_PREFIX)
        age = ours.st_mtime - status.st_mtime
        if locked is not False and (is_certain or age > MIN_UNLOCKED_AGE):
            os.unlink(name, dir_fd=folder)
    finally:
        os.close(fd)


def _lock(fd: int) -> bool | None:
    """Lock a file; return whether that was possible, None where locks are not supported."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in (errno.EWOULDBLOCK, errno.EACCES) else None
    return True


def _has_name(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True
