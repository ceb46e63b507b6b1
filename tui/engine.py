"""The services behind the screens, connected: watchlist, keeper, schedule, poller, clients, key.

Runs them in the background of the app's event loop and knows no screen: what happens is told to
the functions it was given.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from tui import __version__
from tui.clock import Clock, ServerClock
from tui.config import APP, SERVICE_INTERVAL, Config
from tui.credentials import CurrentKey, Secret
from tui.errors import MediaError, UserError
from tui.polling.poller import Client, Poller
from tui.polling.schedule import Schedule
from tui.redact import Redactor
from tui.scenext.models import PollResult, TaskStatus
from tui.watchlist.records import Record, Watchlist
from tui.watchlist.storage import Loaded, WatchlistFile
from tui.watchlist.sync import Keeper

if TYPE_CHECKING:
    from tui.saving.file_writer import Body

SAVE_GRACE: Final = 0.5
"""Seconds that the end waits for the last save, and again for the connections to close."""

_log = logging.getLogger(__name__)


class Media(Protocol):
    """What fetches pictures and videos; `media.MediaClient` is the real one."""

    async def fetch(self, url: str, most: int) -> bytes:
        """Return what is behind a link, at most `most` bytes. Raises `MediaError`."""

    def stream(self, url: str) -> AbstractAsyncContextManager[Body]:
        """Open what is behind a link. Raises `MediaError`."""

    async def aclose(self) -> None:
        """Close the connections."""


class ClientSource(Protocol):
    """Makes clients; `client.Connector` is the real one."""

    def status_client(self, key: Secret) -> Client:
        """Return a client of its own, that sends `key`."""

    def media_client(self) -> Media:
        """Return a client of its own, that has no key."""


class Parts(NamedTuple):
    """What the app is built of; `__main__` makes it."""

    config: Config
    key: CurrentKey
    file: WatchlistFile
    connect: Callable[[], ClientSource]
    """Makes the source of clients. Blocks, for it imports httpx and makes an SSL context, and so
    is called in a thread, after the first paint. Raises `UserError`."""
    environ: Mapping[str, str]
    clock: Clock
    place: str
    """The host, as the status line names it."""
    downloads: Path
    """The folder for what is saved; a task gets a folder of its own in it."""
    redact: Redactor
    """Takes keys and signatures out of a text."""
    warnings: tuple[str, ...] = ()


class Listener(NamedTuple):
    """Whom the backend tells what happens; all are called on the event loop."""

    answered: Callable[[PollResult], None]
    """A query came to its end."""
    watchlist_changed: Callable[[], None]
    """Another program changed the watchlist's file, and so the watchlist."""
    trouble: Callable[[str, str], None]
    """Something (a short name) is wrong (one line), or well again (an empty line)."""
    crashed: Callable[[Exception], None]
    """A fault of ours ended a part of the background."""


class Backend:
    """The services of one app; `start` and `stop` them on its event loop."""

    def __init__(self, parts: Parts, listener: Listener) -> None:
        """Connect the services; nothing runs, and nothing is read, before `load` and `start`."""
        self._parts = parts
        self._listener = listener
        self.watchlist = Watchlist()
        self.server_clock = ServerClock(parts.clock)
        self.schedule = Schedule(
            period=parts.config.poll_interval, rate=parts.config.max_requests_per_second
        )
        # Not asyncio's own executor: name look-ups may hang there.
        self.threads = ThreadPoolExecutor(4, thread_name_prefix="helper")
        self._keeper = Keeper(
            parts.file,
            self.watchlist.pending,
            self._loaded,
            lambda words: listener.trouble("save", words),
        )
        self._connector: ClientSource | None = None
        self._media: Media | None = None
        self._poller = Poller(
            self.schedule,
            self._new_client,
            listener.answered,
            clock=parts.clock,
            key_changed=self._key_changed,
        )
        self._background: set[asyncio.Task[None]] = set()
        self._removed: list[tuple[Record, str | None]] = []

    @property
    def removed(self) -> int:
        """How many removed tasks `undo` could bring back."""
        return len(self._removed)

    @property
    def connected(self) -> bool:
        """Whether there is what asks."""
        return self._connector is not None

    def load(self) -> str:
        """Read the saved watchlist now; return a warning, empty where all is well."""
        loaded = self._keeper.load()
        self.watchlist.load(loaded.entries)
        return loaded.warning

    def start(self, first: Callable[[], Collection[str]]) -> None:
        """Save, follow and poll from now on; `first` tells which tasks are in view."""
        _log_start(self._parts.config)
        self._keeper.kick()
        self.spawn(self._keeper.run())
        self.spawn(self._poll(first))

    async def stop(self) -> None:
        """Save what would be lost, and end the background, within a second."""
        if self._keeper.owes:
            try:
                async with asyncio.timeout(SAVE_GRACE):
                    await self._keeper.flush()
            except (TimeoutError, RuntimeError):
                _log.warning("the last changes may not be saved")
        tasks = tuple(self._background)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=SAVE_GRACE)
        if self._media is not None:
            await self._media.aclose()
        self.threads.shutdown(wait=False, cancel_futures=True)

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something in the background until it ends, or the app does."""
        task = asyncio.create_task(coroutine)
        self._background.add(task)
        task.add_done_callback(self._ended)
        return task

    # The watchlist

    def _loaded(self, loaded: Loaded) -> None:
        # At once: what is saved by then must not come back for a moment.
        before = self.watchlist.entries()
        self.watchlist.load(loaded.entries)
        self._listener.trouble("file", loaded.warning)
        if self.watchlist.entries() != before:
            self._listener.watchlist_changed()

    def add(self, task_ids: Iterable[str], label: str = "") -> None:
        """Watch more tasks."""
        self.watchlist.add(task_ids, label, self._parts.clock.now())
        self._keeper.kick()

    def remove(self, task_id: str) -> bool:
        """Watch a task no longer; return whether it was watched."""
        ids = self.watchlist.ids
        record = self.watchlist.remove(task_id)
        if record is None:
            return False
        after = ids[ids.index(record.id) + 1 :]
        self._removed.append((record, after[0] if after else None))
        self._keeper.kick()
        return True

    def undo(self) -> str:
        """Watch the task that was removed last again; return its ID, empty if there is none."""
        if not self._removed:
            return ""
        record, before = self._removed.pop()
        self.watchlist.restore(record, before)
        self._keeper.kick()
        return record.id

    # Polling

    def sync(self, first: Collection[str]) -> None:
        """Poll exactly what is watched; new tasks at once, those of `first` before others."""
        if self._connector is not None:
            ended = {record.id: record.status.terminal for record in self.watchlist}
            self.schedule.sync(ended, asyncio.get_running_loop().time(), first=first)
            self._poller.kick()

    def take(self, outcome: PollResult) -> Record | None:
        """Take in what came of a query; return the new record, None if it is not watched."""
        self.server_clock.observe(outcome.server_time)
        before = self.watchlist.get(outcome.task_id)
        record = self.watchlist.apply(outcome, self._parts.clock.now())
        _log_outcome(outcome, before, record)
        if self.watchlist.pending:
            self._keeper.kick()
        return record

    def refresh(self, task_ids: tuple[str, ...]) -> None:
        """Ask about tasks now (all where none is named); first for a new key, if that is it."""
        task_ids = task_ids or self.watchlist.ids
        if self.schedule.host.key_refused:
            self.spawn(self._refresh_key(task_ids))
        else:
            self._poller.refresh(*task_ids)

    async def _poll(self, first: Callable[[], Collection[str]]) -> None:
        loop = asyncio.get_running_loop()
        self._connector = await loop.run_in_executor(self.threads, self._parts.connect)
        self.sync(first())
        await self._poller.run()

    async def ask(self, task_id: str) -> PollResult:
        """Ask about one task now and wait for the answer."""
        return await self._poller.ask(task_id)

    def media(self) -> Media:
        """Return the client for pictures and videos. Raises `MediaError` before there is one."""
        if self._media is None:
            if self._connector is None:
                raise MediaError("The program is still starting; try again.")
            try:
                self._media = self._connector.media_client()
            except UserError as error:
                raise MediaError(str(error)) from None
        return self._media

    async def fetch(self, url: str, most: int) -> bytes:
        """Return what is behind a link, at most `most` bytes. Raises `MediaError`."""
        return await self.media().fetch(url, most)

    def _new_client(self) -> Client:
        assert self._connector is not None  # noqa: S101 (polling starts with it)
        return self._connector.status_client(self._parts.key.key.secret)

    async def _key_changed(self, *, always: bool = False) -> bool:
        loop = asyncio.get_running_loop()
        try:
            changed = await loop.run_in_executor(
                self.threads, lambda: self._parts.key.renew(always=always)
            )
        except UserError as error:
            self._listener.trouble("key", str(error))
            return False
        self._parts.redact.learn(self._parts.key.key.secret)
        return changed

    async def _refresh_key(self, task_ids: tuple[str, ...]) -> None:
        await self._key_changed(always=True)
        await self._poller.renew_clients()
        self._poller.refresh(*task_ids)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._background.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception) and not isinstance(error, UserError):
            _log.error("a part of the background ended", exc_info=error)
        if isinstance(error, Exception):
            self._listener.crashed(error)


def _log_start(config: Config) -> None:
    _log.info("%s %s watches %s", APP, __version__, config.host)
    if config.poll_interval < SERVICE_INTERVAL:
        _log.warning(
            "poll_interval is %g s; the service asks for %g s between two queries of a task",
            config.poll_interval,
            SERVICE_INTERVAL,
        )


def _log_outcome(outcome: PollResult, before: Record | None, record: Record | None) -> None:
    """Log a query that failed, one that brought another state, and with --verbose all others.

    That a task runs, as was to be expected, is no news: a line about each of 1,000 in their first
    minute would take a tenth of the polls' time.
    """
    level, words = logging.DEBUG, "answered"
    if outcome.error is not None:
        code = outcome.error.http_status
        level = logging.WARNING
        words = f"{outcome.error.kind.value}{f' ({code})' if code else ''}: {outcome.error.message}"
    elif before is not None and record is not None and before.status is not record.status:
        expected = record.status is TaskStatus.IN_PROGRESS
        level, words = logging.DEBUG if expected else logging.INFO, record.status.value
    _log.log(level, "task %s: %s, after %.2f s", outcome.task_id, words, outcome.seconds)
