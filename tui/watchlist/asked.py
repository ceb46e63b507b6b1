"""When somebody last asked the service about the tasks of a watchlist.

Whoever polls touches a file beside the watchlist; its time of modification is all that it holds.
So a status line can tell numbers that are kept up to date from those of last week.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tui.atomic_file import sibling

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

TOUCH_INTERVAL: Final = 60.0
"""Seconds between two touches by one program."""
MAX_AGE: Final = 300.0
"""Seconds after which nobody is polling any more."""


def marker(watchlist: Path) -> Path:
    """Return the path of the file that is touched: beside the real one, as the lock is."""
    return sibling(Path(os.path.realpath(watchlist)), ".asked")


def touch(watchlist: Path) -> None:
    """Note that somebody asks now. Blocks; what cannot be written is left alone."""
    with suppress(OSError):
        marker(watchlist).touch(mode=0o600)


def is_recent(watchlist: Path, now: float) -> bool:
    """Return whether somebody asked of late; `now` is the Unix time in seconds."""
    try:
        return abs(now - marker(watchlist).stat().st_mtime) < MAX_AGE
    except OSError:
        return False


class AskedMarker:
    """Notes for one program that it asks, without waiting for the disk."""

    def __init__(self, watchlist: Path, boot: Callable[[], float], threads: Executor) -> None:
        """Touch the file beside `watchlist` in one of `threads`; `boot` is the monotonic clock."""
        self._watchlist = watchlist
        self._boot = boot
        self._threads = threads
        self._touched_at = -math.inf
        self._touching: Future[None] | None = None
        """The last touch; while it hangs there is no other, since the threads are for all."""

    def note(self) -> None:
        """Note that the service was asked just now; the file is touched once a minute at most."""
        now = self._boot()
        is_touching = self._touching is not None and not self._touching.done()
        if now - self._touched_at < TOUCH_INTERVAL or is_touching:
            return
        self._touched_at = now
        with suppress(RuntimeError):  # The program is ending.
            self._touching = self._threads.submit(touch, self._watchlist)
