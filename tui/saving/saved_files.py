"""Files that were saved before, to see whether a link's file is one of them without fetching it.

They are found and read by the same rule as `folder` writes them: below the download folder no
symbolic link is followed, and a file of another user is none of ours. Every call blocks.
"""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

_FOLDER_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: opening a FIFO of that name must not block for ever.
_READ_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MAX_FILES: Final = 8
"""Files that may be the same, with numbers appended to their name."""
# What is appended to a name that is taken, and a suffix by the content.
_NUMBER_AND_SUFFIX: Final = re.compile(r"(-[0-9]{1,3})?(\.[A-Za-z0-9]{1,5})?")


class SavedFile:
    """An open file; `close` it."""

    def __init__(self, path: Path, fd: int) -> None:
        """Take over an open descriptor."""
        self.path = path
        self._fd = fd
        self.size = os.fstat(fd).st_size

    def holds(self, position: int, piece: bytes) -> bool:
        """Return whether the file has these bytes at a position; False if it cannot be read."""
        try:
            return os.pread(self._fd, len(piece), position) == piece
        except OSError:
            return False

    def close(self) -> None:
        """Close the descriptor."""
        with suppress(OSError):
            os.close(self._fd)


def find_saved(path: Path, *, min_size: int) -> list[SavedFile]:
    """Return the files that a file saved as `path` may have become, if they are not smaller.

    They have its name, perhaps with a number or another suffix. Empty where there is none, or
    where the folder cannot be read.
    """
    try:
        folder = os.open(path.parent, _FOLDER_FLAGS)
    except (OSError, ValueError):
        return []
    found: list[SavedFile] = []
    try:
        names = os.listdir(folder)  # noqa: PTH208 (pathlib knows no descriptors)
        for name in sorted(name for name in names if _is_of(name, path)):
            if len(found) < _MAX_FILES and (fd := _open(folder, name, min_size)) is not None:
                found.append(SavedFile(path.with_name(name), fd))
    except OSError:
        pass
    finally:
        os.close(folder)
    return found


def _is_of(name: str, path: Path) -> bool:
    return any(
        name.startswith(start) and _NUMBER_AND_SUFFIX.fullmatch(name, len(start))
        for start in (path.name, path.stem)
    )


def _open(folder: int, name: str, min_size: int) -> int | None:
    try:
        fd = os.open(name, _READ_FLAGS, dir_fd=folder)
    except (OSError, ValueError):
        return None
    status = os.fstat(fd)
    is_ours = status.st_uid == os.fstat(folder).st_uid and stat.S_ISREG(status.st_mode)
    if is_ours and status.st_size >= min_size:
        return fd
    os.close(fd)
    return None
