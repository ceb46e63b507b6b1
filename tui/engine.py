"""What the dashboard, `status` and `wait` run on: watchlist, polling and clients, connected.

Knows no screen: it reports what happens to the callbacks that it was given.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tui import __version__
from tui.addresses import AddressRule
from tui.background import Background
from tui.clock import ServerClock
from tui.config import APP, SERVICE_INTERVAL, Config
from tui.dependencies import ClientFactory, Dependencies
from tui.errors import MediaError
from tui.polling.health import HealthKind, PollingHealth
from tui.polling.health_monitor import HealthMonitor
from tui.polling.key_reader import KeyReader
from tui.polling.poller import Client, Poller
from tui.polling.schedule import Held, Schedule
from tui.scenext.models import PollResult, TaskStatus
from tui.watchlist.asked import AskedMarker
from tui.watchlist.estimates import Estimates
from tui.watchlist.records import Record, Watchlist
from tui.watchlist.sections import MIN_FAILURES
from tui.watchlist.storage import Snapshot
from tui.watchlist.sync import WatchlistSync
from tui.watchlist.unsaved import Unsaved

if TYPE_CHECKING:
    from tui.scenext.media import Media
    from tui.watchlist.events import Event, EventLog
    from tui.watchlist.frame_gaps import FrameGaps
    from tui.watchlist.recorder import EventRecorder

SHUTDOWN_TIMEOUT: Final = 0.5
"""Seconds that the end waits for the last save, and again for the connections to close."""

_log = logging.getLogger(__name__)


class Callbacks(NamedTuple):
    """Receivers of what happens; all are called on the event loop."""

    polled: Callable[[PollResult], object]
    """A poll has ended."""
    watchlist_changed: Callable[[], object]
    """Another program changed the watchlist's file, and so the watchlist."""
    problem_changed: Callable[[str, str], object]
    """A problem (a short name) appeared or changed (one line), or was resolved (empty)."""
    crashed: Callable[[Exception], object]
    """A fault of ours ended a part of the background."""
    event: Callable[[Event], object] = lambda event: None
    """Something happened that is in `Engine.events` now."""


class Engine:
    """The services of one program; `start` and `stop` them on its event loop."""

    def __init__(self, dependencies: Dependencies, callbacks: Callbacks) -> None:
        """Connect the services; nothing runs, and nothing is read, before `load` and `start`."""
        self._dependencies = dependencies
        self._callbacks = callbacks
        config, clock = dependencies.config, dependencies.clock
        self.addresses = AddressRule(config.base_url)
        self.watchlist = Watchlist()
        self.estimates = Estimates(self.watchlist)
        """When tasks are likely to end."""
        self.server_clock = ServerClock(clock)
        self.schedule = Schedule(
            period=config.poll_interval,
            rate=config.max_requests_per_second,
            has_key=dependencies.key.key is not None,
        )
        # Not asyncio's own executor, whose threads a hanging name look-up may occupy.
        self.threads = ThreadPoolExecutor(4, thread_name_prefix="helper")
        self._sync = WatchlistSync(
            dependencies.file,
            self.watchlist.pending,
            self._loaded,
            lambda problem: callbacks.problem_changed("save", problem),
        )
        self._asked = AskedMarker(dependencies.file.path, clock.boot, self.threads)
        self._clients: ClientFactory | None = None
        self._media: Media | None = None
        self._key_reader = KeyReader(
            dependencies.key,
            dependencies.redact,
            self.threads,
            lambda problem: callbacks.problem_changed("key", problem),
        )
        self._poller = Poller(
            self.schedule,
            self._new_client,
            callbacks.polled,
            clock=clock,
            key_changed=self._key_reader.read,
        )
        self._background = Background(callbacks.crashed)
        self._health_monitor = HealthMonitor(
            self.schedule,
            config.poll_interval,
            lambda: self.watchlist.forgive_failures(MIN_FAILURES),
        )
        self._key_reading: asyncio.Task[None] | None = None
        self._removed: list[tuple[Record, str | None]] = []

    @cached_property
    def frame_gaps(self) -> FrameGaps:
        """For which tasks there was no new frame for unusually long."""
        # Not imported for the first paint; nor is the next one.
        from tui.watchlist.frame_gaps import FrameGaps

        return FrameGaps(self.watchlist)

    @cached_property
    def _recorder(self) -> EventRecorder:
        from tui.watchlist.recorder import EventRecorder

        return EventRecorder(self._callbacks.event)

    @property
    def events(self) -> EventLog:
        """What has happened since the start."""
        return self._recorder.log

    @property
    def removed_count(self) -> int:
        """How many removed tasks `undo` could bring back."""
        return len(self._removed)

    @property
    def connected(self) -> bool:
        """Whether the clients exist."""
        return self._clients is not None

    def load(self) -> str:
        """Read the saved watchlist now; return a warning, empty where all is well."""
        loaded = self._sync.load()
        self.watchlist.load(loaded.entries, loaded.history, self._dependencies.clock.now())
        return loaded.warning

    def start(self, visible: Callable[[], Collection[str]]) -> None:
        """Save, follow and poll from now on; `visible` returns the tasks in view."""
        _log_start(self._dependencies.config)
        self._key_reader.report_missing()
        self._recorder.begin(self.watchlist, self._dependencies.clock.now())
        self._sync.wake()
        self.spawn(self._sync.run())
        self.spawn(self._poll(visible))

    @property
    def has_unsaved(self) -> bool:
        """Whether the end of the program would lose something."""
        return self._sync.has_unsaved

    @property
    def unsaved(self) -> Unsaved:
        """What the end of the program would lose, and polling cannot find again."""
        if not self._sync.has_unsaved:
            return Unsaved()
        return Unsaved.between(self._sync.saved, self.watchlist.entries())

    @property
    def save_problem(self) -> str:
        """Why the last save failed, in one line; empty where none did."""
        return self._sync.save_problem

    async def save(self) -> None:
        """Try now to save what is not saved."""
        with suppress(RuntimeError):  # The background has ended.
            await self._sync.flush()

    async def stop(self) -> None:
        """Save what would be lost, and end the background, within a second."""
        try:
            async with asyncio.timeout(SHUTDOWN_TIMEOUT):
                with suppress(RuntimeError):  # The background has ended.
                    await self._sync.restore_if_gone()
                if self._sync.has_unsaved or self._sync.has_marks:
                    await self.save()
        except TimeoutError:
            counts = self.unsaved._asdict()
            _log.warning("the last save did not end in time; not saved by then: %s", counts)
        await self._background.stop(SHUTDOWN_TIMEOUT)
        if self._media is not None:
            await self._media.aclose()
        self.threads.shutdown(wait=False, cancel_futures=True)

    def lost(self) -> Unsaved:
        """Return, after the end, what is not in the file; a save that was late may have ended."""
        lost = self.unsaved
        if any(lost) and not (snapshot := self._dependencies.file.load()).unreadable:
            lost = Unsaved.between(snapshot.entries, self.watchlist.entries())
        return lost

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something in the background, as `Background.spawn` does."""
        return self._background.spawn(coroutine)

    def spawn_errand(
        self, name: str, coroutine: Coroutine[Any, Any, None], on_error: Callable[[str], object]
    ) -> asyncio.Task[None]:
        """Run what the user asked for, as `Background.spawn_errand` does."""
        return self._background.spawn_errand(name, coroutine, on_error)

    def _loaded(self, loaded: Snapshot) -> None:
        # At once: what is saved by then must not come back for a moment.
        watchlist, now = self.watchlist, self._dependencies.clock.now()
        records = {record.id: record for record in watchlist}
        before = watchlist.entries(), watchlist.history
        watchlist.load(loaded.entries, loaded.history, now)
        self._callbacks.problem_changed("file", loaded.warning)
        if (watchlist.entries(), watchlist.history) != before:
            self._recorder.loaded(records, tuple(watchlist), now)
            self._callbacks.watchlist_changed()

    def add(self, task_ids: Iterable[str], label: str = "") -> None:
        """Watch more tasks."""
        clock, known = self._dependencies.clock, set(self.watchlist.ids)
        now = clock.now()
        self.watchlist.add(task_ids, label, now, clock.boot())
        self._recorder.added([r for r in self.watchlist if r.id not in known], now)
        self._sync.wake()

    def remove(self, task_id: str) -> bool:
        """Stop watching a task; return whether it was watched."""
        ids = self.watchlist.ids
        record = self.watchlist.remove(task_id)
        if record is None:
            return False
        after = ids[ids.index(record.id) + 1 :]
        self._removed.append((record, after[0] if after else None))
        self._recorder.removed([record], self._dependencies.clock.now())
        self._sync.wake()
        return True

    def undo(self) -> str:
        """Bring back the task removed last; return its ID, empty if there is none."""
        if not self._removed:
            return ""
        record, before = self._removed.pop()
        self.watchlist.restore(record, before)
        self._recorder.restored(record, self._dependencies.clock.now())
        self._sync.wake()
        return record.id

    def mark_seen(self, task_id: str) -> bool:
        """Remember that somebody has looked at the end of a task; return whether it was new."""
        if is_new := self.watchlist.mark_seen(task_id):
            self._sync.wake()
        return is_new

    def sync_schedule(self, visible: Collection[str]) -> None:
        """Poll exactly what is watched; new tasks at once, those in view before others."""
        if self.connected:
            ended = {record.id: record.status.terminal for record in self.watchlist}
            self.schedule.sync(ended, asyncio.get_running_loop().time(), first=visible)
            self._poller.wake()

    def apply_result(self, result: PollResult) -> Record | None:
        """Apply the result of a poll; return the new record, None if it is not watched."""
        self.server_clock.observe(result.server_time)
        before = self.watchlist.get(result.task_id)
        clock = self._dependencies.clock
        now = clock.now()
        in_outage = self._health_monitor.note_result(result)
        record = self.watchlist.apply(result, now, clock.boot(), host_trouble=in_outage)
        if record is not None:
            self._health_monitor.note_told(record.told_at, record.answered_at)
        if before is not None and record is not None:
            self.frame_gaps.observe(before, record)
            self._recorder.polled(before, record, self.watchlist.history, now)
        _log_result(result, before, record)
        if record is not None and self._dependencies.file.holds(record.id):
            self._asked.note()
        if self.watchlist.pending:
            self._sync.wake()
        return record

    @property
    def answered_at(self) -> datetime | None:
        """When the service last told about any task; None before it has in this session."""
        return self._health_monitor.answered_at

    def health(self) -> PollingHealth:
        """Return how polling as a whole is doing, and since when.

        Where trouble of the whole service has begun or ended since the last look, that is recorded.
        """
        clock = self._dependencies.clock
        now = clock.now()
        health = self._health_monitor.health(now, clock.boot())
        # Many short pauses would push everything else out of the events.
        is_short_pause = health.kind is HealthKind.PAUSED and not health.is_stale
        if health.kind not in (HealthKind.RESTING, HealthKind.STARTING) and not is_short_pause:
            trouble = health.kind.value if health.kind.is_host_trouble else ""
            self._recorder.host(trouble, health.reason, now)
        return health

    def refresh(self, task_ids: tuple[str, ...]) -> Held | None:
        """Query tasks now (all where none is named); look for another key first if one is needed.

        Return the tasks that have to wait, as the service asked; None if there are none.
        """
        task_ids = task_ids or self.watchlist.ids
        if self.schedule.breaker.needs_key:
            # One at a time: a command may take long.
            if self._key_reading is None or self._key_reading.done():
                self._key_reading = self.spawn(self._refresh_key(task_ids))
            return None
        return self._poller.refresh(*task_ids)

    async def _poll(self, visible: Callable[[], Collection[str]]) -> None:
        loop = asyncio.get_running_loop()
        self._clients = await loop.run_in_executor(self.threads, self._dependencies.connect)
        self.sync_schedule(visible())
        await self._poller.run()

    async def ask(self, task_id: str) -> PollResult:
        """Query one task now and return the result."""
        return await self._poller.ask(task_id)

    def media(self) -> Media:
        """Return the client for pictures and videos. Raises `MediaError` before there is one."""
        if self._media is None:
            if self._clients is None:
                raise MediaError("The program is still starting; try again.")
            self._media = self._clients.media_client()
        return self._media

    async def fetch(
        self,
        url: str,
        limit: int,
        progress: Callable[[int, int | None], object] = lambda received, length: None,
    ) -> bytes:
        """Return the picture behind a link, at most `limit` bytes, as `Media.fetch` does."""
        return await self.media().fetch(url, limit, progress)

    def _new_client(self) -> Client:
        key = self._dependencies.key.key
        assert self._clients is not None and key is not None  # noqa: S101, PT018 (polling waits)
        return self._clients.status_client(key.secret)

    async def renew_key(self, *, always: bool = False) -> bool:
        """Use another key from now on if there is one, as `KeyReader.read` finds; return whether
        there is."""
        if is_new := await self._key_reader.read(always=always):
            self._poller.replace_key()
        return is_new

    async def _refresh_key(self, task_ids: tuple[str, ...]) -> None:
        await self.renew_key(always=True)
        self._poller.refresh(*task_ids)


def _log_start(config: Config) -> None:
    _log.info("%s %s watches %s", APP, __version__, config.host)
    if config.poll_interval < SERVICE_INTERVAL:
        _log.warning(
            "poll_interval is %g s; the service asks for %g s between two queries of a task",
            config.poll_interval,
            SERVICE_INTERVAL,
        )


def _log_result(result: PollResult, before: Record | None, record: Record | None) -> None:
    """Log a failed poll, one that brought another state, and with --verbose all others.

    A task that turns out to be running is no news: logging it for every task at the start would
    be a noticeable part of the cost of their polls.
    """
    level, words = logging.DEBUG, "answered"
    if result.error is not None:
        code = result.error.http_status
        level = logging.WARNING
        words = f"{result.error.kind.value}{f' ({code})' if code else ''}: {result.error.message}"
    elif before is not None and record is not None and before.status is not record.status:
        expected = record.status is TaskStatus.IN_PROGRESS
        level, words = logging.DEBUG if expected else logging.INFO, record.status.value
    _log.log(level, "task %s: %s, after %.2f s", result.task_id, words, result.seconds)
