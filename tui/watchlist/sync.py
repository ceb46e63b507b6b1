"""Keeps the watchlist on disk: saves each change, tries again, follows what others write.

All file work happens in one thread of its own, which shares no executor with name look-ups: those
cannot be cancelled and may hang for seconds. The event loop never waits for the disk.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

from tui.watchlist.storage import Change, Loaded, StorageError, Update, WatchlistFile

FOLLOW: Final = 1.5
"""Seconds between two looks at the file; what another program adds shows within two."""
RETRY: Final = 30.0
"""Seconds before a save that failed is tried again."""
PATIENCE: Final = 0.3
"""Seconds for which a mere change of state waits for others, so that one save serves them all."""
LONGEST: Final = 10.0
"""Seconds that it waits at most."""

_log = logging.getLogger(__name__)


class Keeper:
    """The file's side of the watchlist; `run` it on the event loop."""

    def __init__(
        self,
        file: WatchlistFile,
        pending: list[Change],
        loaded: Callable[[Loaded], None],
        trouble: Callable[[str], None],
        *,
        follow: float = FOLLOW,
        retry: float = RETRY,
    ) -> None:
        """Prepare; nothing is read or written before `run`.

        Args:
            file: The watchlist on disk.
            pending: The changes to save, oldest first. Those at its front are removed once they
                are on disk.
            loaded: Is called on the loop with what the file holds, when that has changed. It must
                be taken in, with what is pending on top, before the call returns: later, a change
                saved meanwhile would be missing from both.
            trouble: Is called with one line when the file cannot be saved or read, and with ""
                when it can again.
            follow: Seconds between two looks at the file.
            retry: Seconds before a save that failed is tried again; what the user changes is
                tried at once all the same.
        """
        self._file = file
        self._pending = pending
        self._loaded = loaded
        self._trouble = trouble
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="watchlist")
        self._kick = asyncio.Event()
        # One save at a time: each takes what it has saved from the front of the same list.
        self._saving = asyncio.Lock()
        self._follow_every, self._retry = follow, retry
        self._stamp: tuple[int, int, int] | None = None
        self._held: Loaded | None = None
        self._took = 0.0
        self._noticed: float | None = None
        self._tried, self._failed_at = 0, -math.inf
        self._not_saved = self._not_read = self._said = ""

    def kick(self) -> None:
        """Save what is pending now."""
        self._kick.set()

    def load(self) -> Loaded:
        """Read the file now, in this thread: before the loop has anything else to do."""
        self._stamp = self._file.stamp()
        self._held = self._file.load()
        return self._held

    async def run(self) -> None:
        """Save and follow until cancelled; no failure ends it."""
        try:
            while True:
                await self._pause()
                try:
                    if self._due_in() <= 0:
                        await self._save()
                    await self._follow()
                except Exception:
                    _log.exception("unexpected fault beside the watchlist's file")
        finally:
            self._thread.shutdown(wait=False)

    @property
    def owes(self) -> bool:
        """Whether something is not on disk that the next answer would not tell again."""
        return any(not isinstance(change, Update) or change.ended for change in self._pending)

    async def flush(self) -> bool:
        """Save what is pending; return whether all of it is on disk.

        Raises:
            RuntimeError: `run` has ended, and something is still pending.
        """
        await self._save()
        return not self._pending

    async def _pause(self) -> None:
        """Wait until something is to be saved, or until it is time to look at the file."""
        now = asyncio.get_running_loop().time
        end = now() + self._follow_every
        while (seconds := min(self._due_in(), end - now())) > 0:
            self._kick.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._kick.wait()

    def _due_in(self) -> float:
        """The seconds until what is pending is to be saved; infinite where nothing is."""
        if not self._pending:
            self._noticed = None
            return math.inf
        now = asyncio.get_running_loop().time()
        if self._noticed is None:
            self._noticed = now
        fresh = self._pending[self._tried :]
        if any(not isinstance(change, Update) for change in fresh):
            return 0.0
        if self._not_saved:
            return self._failed_at + self._retry - now
        # A thousand first answers in half a minute must not keep the disk busy all the time, least
        # of all with what the next answer would tell again: an end is seen but once.
        seldom = 20 if any(isinstance(c, Update) and c.ended for c in fresh) else 100
        return self._noticed + max(PATIENCE, min(LONGEST, seldom * self._took)) - now

    async def _save(self) -> None:
        async with self._saving:
            if not self._pending:
                return
            loop = asyncio.get_running_loop()
            changes = tuple(self._pending)
            saving = loop.run_in_executor(self._thread, self._file.save, changes)
            started = loop.time()
            try:
                loaded = await saving
            except StorageError as error:
                self._save_failed(str(error), len(changes))
                return
            except Exception:
                _log.exception("unexpected fault in a save")
                self._save_failed("Not saved: a bug; see the log.", len(changes))
                return
            self._took = loop.time() - started
            del self._pending[: len(changes)]
            self._tried, self._noticed, self._not_saved = 0, None, ""
            self._say()
            self._stamp = loaded.stamp or self._stamp
            self._held = loaded._replace(stamp=None)
            self._loaded(loaded)

    def _save_failed(self, why: str, tried: int) -> None:
        self._tried, self._failed_at = tried, asyncio.get_running_loop().time()
        self._not_saved = why
        self._say()

    def _say(self) -> None:
        words = self._not_saved or self._not_read
        if words != self._said:
            self._said = words
            self._trouble(words)

    async def _follow(self) -> None:
        loop = asyncio.get_running_loop()
        stamp = await loop.run_in_executor(self._thread, self._file.stamp)
        if stamp != self._stamp:
            # The stamp is taken first: a write in between is read twice, never missed.
            await self._reload(stamp)

    async def _reload(self, stamp: tuple[int, int, int] | None) -> None:
        async with self._saving:
            loop = asyncio.get_running_loop()
            loaded = await loop.run_in_executor(self._thread, self._file.load)
            self._not_read = loaded.warning if loaded.unread else ""
            self._say()
            if loaded.unread:
                # The backup lacks the last change: better what is shown than a task that blinks.
                return
            self._stamp = stamp
            if loaded != self._held:
                self._held = loaded
                self._loaded(loaded)
