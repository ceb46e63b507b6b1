"""Keep Python from caching incomplete modules.

Where the disk is full, or under `ulimit -f`, a `.pyc` file may be written in part. CPython 3.11,
3.12 before 3.12.8 and 3.13.0 treat that as success (python/cpython#126606), and every later start
ends with `EOFError: marshal data too short`. So nothing is cached while there is little space.
"""

from __future__ import annotations

import os
import resource
import sys
from typing import Final

MIN_FREE_BYTES: Final = 16 << 20
"""Free space below which nothing is cached: all that is ever imported takes less."""


def adapt(*, saves_fail: bool = False) -> None:
    """Let modules be cached only while there is space; call it now and then, it takes no time.

    `saves_fail` tells of a full quota, which the free space of a disk does not show.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    is_short = saves_fail or limit != resource.RLIM_INFINITY or _is_full()
    sys.dont_write_bytecode = is_short or bool(sys.flags.dont_write_bytecode)


def _is_full() -> bool:
    try:
        disk = os.statvfs(sys.prefix)
    except OSError:
        return True
    return disk.f_bavail * disk.f_frsize < MIN_FREE_BYTES
