"""Read a small file that the user named, without ever waiting for it."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

# O_NONBLOCK: opening a FIFO of that name must not block for ever. O_NOCTTY: nor a terminal become
# ours.
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def read_user_file(path: Path, limit: int) -> bytes:
    """Return the first `limit` bytes of a file, or of a device that has them at once.

    A FIFO, a socket and a terminal are not read: they may give their bytes only once, or never.
    Raises `OSError`: ENXIO where the path names such a thing.
    """
    descriptor = os.open(path, _FLAGS)
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        if not (stat.S_ISREG(mode) or stat.S_ISCHR(mode)) or os.isatty(descriptor):
            raise OSError(errno.ENXIO, "it is not a regular file", path)
        data = bytearray()
        while len(data) < limit and (chunk := os.read(descriptor, limit - len(data))):
            data += chunk
        return bytes(data)
    finally:
        os.close(descriptor)
