"""The background workers: one dispatcher, K workers with a client each, fed by the schedule.

No network trouble and no bug in a query ends polling, and the removal of its task does not cancel a
query. Times are the event loop's: one with a simulated clock runs a day of polling in seconds.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Final, Protocol

from tui.clock import Clock
from tui.errors import ApiError, ErrorKind
from tui.polling.circuit_breaker import KEY_PROBE_INTERVAL
from tui.polling.schedule import Held, Job, Schedule
from tui.scenext.models import PollResult, StatusResponse, TaskStatus

WORKERS: Final = 16
"""Maximum queries in flight: enough to query 1,000 tasks in one period at usual latencies."""
WATCH_INTERVAL: Final = 1.0
"""Seconds between two checks whether the machine slept or the key changed."""
CLOSE_TIMEOUT: Final = 0.4
"""Seconds allowed for closing a client, and for queries in flight at shutdown."""
KEY_LEAD: Final = 15.0
"""Seconds before a probe of a refused key at which the key is read again: a command may take 10."""
SLEEP_THRESHOLD: Final = 5.0
"""Seconds by which a check must be late to prove that machine, process or loop stood still."""

_log = logging.getLogger(__name__)


class Client(Protocol):
    """What a worker needs of a client; `scenext.client.StatusClient` is the real one."""

    async def query(self, task_id: str) -> StatusResponse:
        """Query one task. Raises `ApiError`."""

    async def aclose(self) -> None:
        """Close the connection."""


class KeyChanged(Protocol):
    """Tells whether there is another key; `engine.Engine` implements it."""

    async def __call__(self, *, always: bool = False) -> bool:
        """Read the key's source again if it has changed, or `always`; return whether it holds
        another key."""


class _DetachedExecutor(ThreadPoolExecutor):
    """Threads for name look-ups that nobody waits for at shutdown.

    A look-up cannot be cancelled and may hang for many seconds; `asyncio.run` would wait for it.
    """

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        super().shutdown(wait=False, cancel_futures=True)


class _Worker:
    """One client and its queries. `scenext/client` says why it discards some clients."""

    def __init__(self, new_client: Callable[[], Client]) -> None:
        self._new_client = new_client
        self._client: Client | None = None
        self._busy = self._must_discard = False
        self._closing: set[asyncio.Task[None]] = set()

    async def query(self, task_id: str) -> PollResult:
        self._busy = True
        try:
            if self._client is None:
                self._client = self._new_client()
            answer = await self._client.query(task_id)
            return PollResult(task_id, answer.task, server_time=answer.server_time, age=answer.age)
        except ApiError as error:
            self._must_discard |= error.http_status is None
            return PollResult(task_id, error=error)
        except (Exception, asyncio.CancelledError, BaseExceptionGroup) as error:
            self._must_discard = True
            if isinstance(error, asyncio.CancelledError) and _cancelled_by_us():
                raise
            # The text of a strange error may hold anything: its type and place must do.
            _log.exception("unexpected fault in a query of task %s", task_id)
            return PollResult(task_id, error=ApiError(ErrorKind.UNEXPECTED, "a bug; see the log"))
        finally:
            self._busy = False
            if self._must_discard:
                self.discard()

    def discard(self) -> None:
        """Use a new client for the next query; a query in flight keeps its own."""
        self._must_discard = self._busy
        if not self._busy and self._client is not None:
            client, self._client = self._client, None
            closing = asyncio.create_task(_close(client))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    def close(self) -> frozenset[asyncio.Task[None]]:
        """Close the client, even under a query that does not end; return the tasks to await."""
        self._busy = False
        self.discard()
        return frozenset(self._closing)


def _cancelled_by_us() -> bool:
    # A library may leak a cancellation of its own, without having called `cancel` on our task.
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _close(client: Client) -> None:
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT):
            await client.aclose()
    except (Exception, BaseExceptionGroup):
        _log.debug("a connection could not be closed", exc_info=True)


class Poller:
    """Run a `Schedule`: make its queries, and tell it and `report` the results."""

    def __init__(
        self,
        schedule: Schedule,
        new_client: Callable[[], Client],
        report: Callable[[PollResult], object],
        *,
        clock: Clock,
        key_changed: KeyChanged | None = None,
        workers: int = WORKERS,
    ) -> None:
        """Prepare; nothing runs before `run`.

        `new_client` makes a client with the current key; `report` gets each result that is still
        wanted; `key_changed`, called while another key is needed, tells whether there is one.
        """
        self.schedule = schedule
        self._report = report
        self._clock = clock
        self._key_changed = key_changed
        # A stack: the worker used last has the warmest connection.
        self._idle = [_Worker(new_client) for _ in range(workers)]
        self._all = tuple(self._idle)
        self._queries: set[asyncio.Task[PollResult]] = set()
        self._wake_event = asyncio.Event()
        self._closing = False
        self._key_read_at = -math.inf
        self._awaited: dict[str, asyncio.Future[PollResult]] = {}

    async def run(self) -> None:
        """Poll until cancelled; then close every connection, within a second."""
        asyncio.get_running_loop().set_default_executor(
            _DetachedExecutor(thread_name_prefix="look-up")
        )
        self._closing = False
        if self.schedule.breaker.needs_key:
            # It was read just now.
            self._key_read_at = self._now()
        watcher = asyncio.create_task(self._watch())
        try:
            while True:
                wait = self._dispatch()
                self._wake_event.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(None if wait == math.inf else wait):
                        await self._wake_event.wait()
        finally:
            await self._close(watcher)

    async def _close(self, watcher: asyncio.Task[None]) -> None:
        self._closing = True
        ending = {watcher, *self._queries}
        for each in ending:
            each.cancel()
        await asyncio.wait(ending, timeout=CLOSE_TIMEOUT)
        closing = frozenset[asyncio.Task[None]]().union(*(each.close() for each in self._all))
        if closing:
            await asyncio.wait(closing, timeout=CLOSE_TIMEOUT + 0.1)

    def wake(self) -> None:
        """Look at the schedule again: something was added, or became due sooner."""
        self._wake_event.set()

    def refresh(self, *task_ids: str) -> Held | None:
        """Query tasks at once, as the user wants; return those that have to wait, if any."""
        held = self.schedule.refresh(task_ids, self._now(), by_user=True)
        self.wake()
        return held

    async def ask(self, task_id: str) -> PollResult:
        """Query one task at once and return the result.

        The query goes through the schedule like any other, so it may have to wait: apply a
        timeout. A query already in flight serves as well.
        """
        loop = asyncio.get_running_loop()
        result = self._awaited.setdefault(task_id, loop.create_future())
        self.schedule.refresh([task_id], self._now())
        self.wake()
        # Shielded: others may wait for the same result.
        return await asyncio.shield(result)

    def replace_key(self) -> None:
        """Make every query from now on with a new client, and so with the current key."""
        for worker in self._all:
            worker.discard()
        self.schedule.replace_key(self._now())
        self.wake()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _dispatch(self) -> float:
        while self._idle:
            job = self.schedule.next(self._now())
            if not isinstance(job, Job):
                return job
            worker = self._idle.pop()
            query = asyncio.create_task(worker.query(job.task_id))
            self._queries.add(query)
            query.add_done_callback(partial(self._query_done, worker, job, self._now()))
        return math.inf

    def _query_done(
        self, worker: _Worker, job: Job, started: float, query: asyncio.Task[PollResult]
    ) -> None:
        # A callback instead of a coroutine around the query: a coroutine cancelled before its
        # first step runs no line of its own, and would never give the worker back.
        self._queries.discard(query)
        self._idle.append(worker)
        self.wake()
        try:
            self._apply_result(job, started, query)
        except Exception:
            _log.exception("the result of task %s could not be applied", job.task_id)

    def _apply_result(self, job: Job, started: float, query: asyncio.Task[PollResult]) -> None:
        now = self._now()
        if query.cancelled():
            self.schedule.record_cancelled(job, now)
            return
        result = query.result()._replace(seconds=now - started)
        if (task := result.task) is not None:
            accepted = self.schedule.record_success(
                *(job, now),
                ended=task.status.terminal,
                complete=task.is_complete,
                known=task.status is not TaskStatus.UNKNOWN,
                unknown_end=task.unknown_end,
            )
        else:
            assert result.error is not None  # noqa: S101 (one of the two, by PollResult's contract)
            accepted = self.schedule.record_failure(job, now, result.error)
        if accepted is not None and not self._closing:
            result = result._replace(requested=accepted.requested, resting=accepted.resting)
            if (awaited := self._awaited.pop(job.task_id, None)) is not None:
                awaited.set_result(result)
            self._report(result)

    async def _watch(self) -> None:
        """Notice that the machine slept and, while a key is needed, that there is another."""
        while True:
            boot, known = self._clock.boot(), self._now()
            await asyncio.sleep(WATCH_INTERVAL)
            passed = self._clock.boot() - boot
            if passed > WATCH_INTERVAL + SLEEP_THRESHOLD:
                self._resume(passed - (self._now() - known))
            if self._key_changed is not None and self.schedule.breaker.needs_key:
                await self._check_key(self._key_changed)

    def _resume(self, unseen: float) -> None:
        # Connections kept over a sleep are dead, and would each cost a timeout to find out.
        for query in self._queries:
            query.cancel()
        for worker in self._all:
            worker.discard()
        self.schedule.resume(self._now(), max(0.0, unseen))
        self.wake()

    async def _check_key(self, changed: KeyChanged) -> None:
        # What a command prints cannot be watched: it is run before a probe, but not before each of
        # those that follow one another closely.
        now = self._now()
        is_probe_near = self.schedule.breaker.probe_at - now <= KEY_LEAD
        is_probe_near &= now - self._key_read_at >= KEY_PROBE_INTERVAL / 2
        if is_probe_near:
            self._key_read_at = now
        try:
            if not await changed(always=is_probe_near):
                return
        except Exception:
            _log.exception("the key could not be read again")
            return
        self.replace_key()
