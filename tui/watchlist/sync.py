"""Synchronize the watchlist with its file: save changes, retry, reload what others write.

All file access runs in a thread of its own: the event loop never waits for the disk, and no file
waits for a name look-up, which cannot be cancelled and may hang for seconds.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

from tui.os_errors import shortage
from tui.sanitize import display_path
from tui.watchlist.entries import Add, Change, Entry, Learn, MarkSeen, Relabel, Remove, Update
from tui.watchlist.storage import Snapshot, StorageError, WatchlistFile

CHECK_INTERVAL: Final = 1.5
"""Seconds between two checks for a change of the file by another program."""
RETRY_INTERVAL: Final = 30.0
"""Seconds before a failed save is retried."""
MIN_DEBOUNCE: Final = 0.3
"""Minimum seconds by which saving a task's new state is delayed, to save several at once."""
MAX_DEBOUNCE: Final = 10.0
"""Maximum seconds of that delay."""

_BY_THE_USER: Final = (Add, Relabel, Remove)
"""The changes that are saved at once."""

_log = logging.getLogger(__name__)


class WatchlistSync:
    """Saves pending changes and reports what the file holds; `run` it on the event loop."""

    def __init__(
        self,
        file: WatchlistFile,
        pending: list[Change],
        on_loaded: Callable[[Snapshot], None],
        on_problem: Callable[[str], object],
        *,
        check_interval: float = CHECK_INTERVAL,
        retry_interval: float = RETRY_INTERVAL,
    ) -> None:
        """Prepare; nothing is read or written before `run`.

        Saved changes are removed from the front of `pending`. `on_loaded` gets what the file holds,
        when that has changed, and must apply it, with the pending changes on top, before it
        returns: a change that is saved in between would otherwise be missing from both.
        `on_problem` gets one line when the file cannot be saved or read, "" once it can again.
        """
        self._file = file
        self._pending = pending
        self._on_loaded = on_loaded
        self._on_problem = on_problem
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="watchlist")
        self._wake_event = asyncio.Event()
        # One save at a time: each removes what it saved from the front of the same list.
        self._saving = asyncio.Lock()
        self._check_interval, self._retry_interval = check_interval, retry_interval
        self._stamp: tuple[int, int, int] | None = None
        self._last_snapshot: Snapshot | None = None
        self._save_seconds = 0.0
        self._pending_since: float | None = None
        self._tried, self._failed_at, self._logged = 0, -math.inf, 0
        self._save_problem = self._read_problem = self._reported = ""
        self._restored = ""
        """What the next save is to tell: that the file had gone."""

    def wake(self) -> None:
        """Check at once whether pending changes are due; those made by the user are."""
        self._wake_event.set()

    def load(self) -> Snapshot:
        """Read the file now, in the calling thread; for the start, before `run`."""
        self._stamp = self._file.stamp()
        self._last_snapshot = self._file.load()
        return self._last_snapshot

    async def run(self) -> None:
        """Save and reload until cancelled; no failure ends it."""
        try:
            while True:
                await self._pause()
                try:
                    if self._due_in() <= 0:
                        await self._save()
                    await self._check_file()
                except Exception:
                    _log.exception("unexpected error while synchronizing the watchlist")
        finally:
            self._thread.shutdown(wait=False)

    @property
    def has_unsaved(self) -> bool:
        """Whether a pending change would be lost at exit: one that a re-poll cannot recover.

        What was looked at does not count: nobody is asked, and nothing waits, because of a mark.
        """
        return any(map(_is_lasting, self._pending))

    @property
    def has_marks(self) -> bool:
        """Whether the last save can take along what was looked at."""
        marks = (isinstance(change, MarkSeen) for change in self._pending)
        return not self._save_problem and any(marks)

    @property
    def saved(self) -> Sequence[Entry]:
        """What the file held when it was last read or written; empty before."""
        return self._last_snapshot.entries if self._last_snapshot is not None else ()

    @property
    def save_problem(self) -> str:
        """Why the last save failed, in one line; empty where none did."""
        return self._save_problem

    async def flush(self) -> bool:
        """Save the pending changes; return whether all are on disk.

        Raises `RuntimeError` if `run` has ended and changes are still pending.
        """
        await self._save()
        return not self._pending

    async def restore_if_gone(self) -> None:
        """Have all that was saved be pending again if the file is gone with its folder."""
        if not self._saving.locked():  # A save looks itself.
            async with self._saving:
                await self._restore_if_gone()

    async def _pause(self) -> None:
        """Wait until a save or the next check of the file is due."""
        now = asyncio.get_running_loop().time
        end = now() + self._check_interval
        while (seconds := min(self._due_in(), end - now())) > 0:
            self._wake_event.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._wake_event.wait()

    def _due_in(self) -> float:
        """Return the seconds until the pending changes are due; infinite if there are none."""
        if not self._pending:
            self._pending_since = None
            return math.inf
        now = asyncio.get_running_loop().time()
        if self._pending_since is None:
            self._pending_since = now
        untried = self._pending[self._tried :]
        if any(isinstance(change, _BY_THE_USER) for change in untried):
            return 0.0
        if self._save_problem:
            return self._failed_at + self._retry_interval - now
        # Debounce by the cost of a save; what a re-poll cannot recover gets the shorter delay.
        factor = 20 if any(map(_is_lasting, untried)) else 100
        delay = max(MIN_DEBOUNCE, min(MAX_DEBOUNCE, factor * self._save_seconds))
        return self._pending_since + delay - now

    async def _save(self) -> None:
        async with self._saving:
            if not self._pending:
                return
            await self._restore_if_gone()
            loop = asyncio.get_running_loop()
            changes = tuple(self._pending)
            saving = loop.run_in_executor(self._thread, self._file.save, changes)
            started = loop.time()
            try:
                snapshot = await saving
            except StorageError as error:
                self._save_failed(str(error), len(changes))
                return
            except Exception as error:
                _log.exception("unexpected error while saving the watchlist")
                reason = shortage(error).rstrip(".") or "a bug"
                self._save_failed(f"Not saved: {reason}; see the log.", len(changes))
                return
            self._save_seconds = loop.time() - started
            del self._pending[: len(changes)]
            self._tried, self._pending_since, self._save_problem = 0, None, ""
            self._report()
            self._stamp = snapshot.stamp or self._stamp
            self._last_snapshot = snapshot._replace(stamp=None, added=(), removed=())
            warning, self._restored = snapshot.warning or self._restored, ""
            self._on_loaded(snapshot._replace(warning=warning))

    async def _restore_if_gone(self) -> bool:
        """Return whether the file is gone with its folder; all that it held is pending then.

        A file that was removed alone is a watchlist that was emptied.
        """
        known, history = self.saved, self._last_snapshot.history if self._last_snapshot else ()
        loop = asyncio.get_running_loop()
        if not known or not await loop.run_in_executor(self._thread, self._file.is_gone):
            return False
        name = display_path(self._file.path)
        self._restored = f"{name} was gone, and its folder with it; it was written again."
        _log.warning("the watchlist is gone with its folder; %d tasks are to be saved", len(known))
        self._last_snapshot, self._stamp, self._tried = Snapshot(()), None, 0
        self._pending[:0] = [*map(Add, known), *map(Learn, history)]
        self.wake()
        return True

    def _save_failed(self, reason: str, tried: int) -> None:
        self._tried, self._failed_at = tried, asyncio.get_running_loop().time()
        if (reason, tried) != (self._save_problem, self._logged):
            # The log is all that is left to tell it where the program is killed.
            _log.warning("%s (%d changes wait)", reason, tried)
        self._save_problem, self._logged = reason, tried
        self._report()

    def _report(self) -> None:
        problem = self._save_problem or self._read_problem
        if problem != self._reported:
            self._reported = problem
            self._on_problem(problem)

    async def _check_file(self) -> None:
        loop = asyncio.get_running_loop()
        # The stamp is taken before reading: a write in between is read twice, never missed.
        stamp = await loop.run_in_executor(self._thread, self._file.stamp)
        if stamp == self._stamp:
            return
        async with self._saving:
            if stamp is None and await self._restore_if_gone():
                return
            snapshot = await loop.run_in_executor(self._thread, self._file.load)
            self._read_problem = snapshot.warning if snapshot.unreadable else ""
            self._report()
            if snapshot.unreadable:
                # The backup lacks the last change: showing it would make tasks come and go.
                return
            self._stamp = stamp
            if snapshot != self._last_snapshot:
                self._last_snapshot = snapshot
                self._on_loaded(snapshot)


def _is_lasting(change: Change) -> bool:
    """Return whether a re-poll cannot recover a change, which nobody may lose therefore."""
    if isinstance(change, Update):
        return change.ended is not None or change.noticed is not None
    return not isinstance(change, MarkSeen)
