"""The background workers: one dispatcher, K workers with a client each, fed by the schedule.

A worker asks for one task at a time and reports what came of it; it knows no widget. After any
abnormal end it throws its client away (`client` says why). Nobody cancels a query because its task
was removed: its result is dropped instead. No network trouble and no bug in a query ends this.

Everything runs on the event loop that calls `run`; times are the loop's own, so that a loop with a
simulated clock runs a day of polling in seconds.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from tui.errors import ApiError, ErrorKind
from tui.polling.schedule import Job, Schedule
from tui.scenext.models import PollResult, StatusResponse

if TYPE_CHECKING:
    from tui.clock import Clock

WORKERS: Final = 16
"""Queries under way at once: with 8, 1,000 tasks at 0.3 s latency take 42 s a round, not 30."""
TICK: Final = 1.0
"""Seconds between two looks for a machine that slept and a key that changed."""
CLOSING: Final = 0.4
"""Seconds that a client may take to close, and that a query may take to end at the very end."""
SLEPT: Final = 5.0
"""Seconds that a tick must be late by to prove that machine, process or loop stood still."""

_log = logging.getLogger(__name__)


class Client(Protocol):
    """What a worker needs of a client; `client.StatusClient` is the real one."""

    async def query(self, task_id: str) -> StatusResponse: ...
    async def aclose(self) -> None: ...


class _Lookups(ThreadPoolExecutor):
    """The threads in which asyncio looks names up: it cannot be cancelled, and may hang for many
    seconds. `asyncio.run` would wait for it at the end of the program; here nobody does."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        super().shutdown(wait=False, cancel_futures=True)


class _Worker:
    """One client and its queries, one at a time."""

    def __init__(self, new_client: Callable[[], Client]) -> None:
        self._new_client = new_client
        self._client: Client | None = None
        self._busy = self._outdated = False
        self._closing: set[asyncio.Task[None]] = set()

    async def query(self, task_id: str) -> PollResult:
        self._busy = True
        try:
            if self._client is None:
                self._client = self._new_client()
            answer = await self._client.query(task_id)
            return PollResult(task_id, answer.task, server_time=answer.server_time)
        except ApiError as error:
            self._outdated |= error.http_status is None
            return PollResult(task_id, error=error)
        except (Exception, asyncio.CancelledError) as error:
            self._outdated = True
            if isinstance(error, asyncio.CancelledError) and _cancelled_by_us():
                raise
            # The text of a strange error may hold anything: its type and place must do.
            _log.exception("unexpected fault in a query of task %s", task_id)
            return PollResult(task_id, error=ApiError(ErrorKind.UNEXPECTED, "a bug; see the log"))
        finally:
            self._busy = False
            if self._outdated:
                self.discard()

    def discard(self) -> None:
        """Have the next query made by a new client; one that is under way keeps its own."""
        self._outdated = self._busy
        if not self._busy and self._client is not None:
            client, self._client = self._client, None
            closing = asyncio.create_task(_close(client))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    def close(self) -> frozenset[asyncio.Task[None]]:
        """Close the client even under a query that does not end; return what is to be awaited."""
        self._busy = False
        self.discard()
        return frozenset(self._closing)


def _cancelled_by_us() -> bool:
    # A library that leaks a cancellation of its own has not called `cancel` on our task.
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _close(client: Client) -> None:
    try:
        async with asyncio.timeout(CLOSING):
            await client.aclose()
    except Exception:
        _log.debug("a connection could not be closed", exc_info=True)


class Poller:
    """Runs a `Schedule`: takes its jobs, makes its queries, tells it and `report` the outcomes."""

    def __init__(
        self,
        schedule: Schedule,
        new_client: Callable[[], Client],
        report: Callable[[PollResult], None],
        *,
        clock: Clock,
        key_changed: Callable[[], Awaitable[bool]] | None = None,
        workers: int = WORKERS,
    ) -> None:
        """Prepare; nothing runs before `run`.

        Args:
            schedule: The due times; `run`'s loop alone touches it.
            new_client: Makes a client with the key that holds now.
            report: Is called with each outcome that is still wanted, on the loop.
            clock: For the boot clock that tells of a sleep.
            key_changed: Says whether another key is there; asked while the key is refused.
            workers: Queries under way at once.
        """
        self.schedule = schedule
        self._report = report
        self._clock = clock
        self._key_changed = key_changed
        # A stack: the worker that was last used has the warmest connection.
        self._idle = [_Worker(new_client) for _ in range(workers)]
        self._all = tuple(self._idle)
        self._queries: set[asyncio.Task[PollResult]] = set()
        self._kick = asyncio.Event()
        self._closing = False
        self._waiters: dict[str, list[asyncio.Future[PollResult]]] = {}

    async def run(self) -> None:
        """Poll until cancelled; then close every connection, within a second."""
        asyncio.get_running_loop().set_default_executor(_Lookups(thread_name_prefix="look-up"))
        self._closing = False
        watcher = asyncio.create_task(self._watch())
        try:
            while True:
                wait = self._dispatch()
                self._kick.clear()
                try:
                    async with asyncio.timeout(None if wait == math.inf else wait):
                        await self._kick.wait()
                except TimeoutError:
                    pass
        finally:
            await self._close(watcher)

    async def _close(self, watcher: asyncio.Task[None]) -> None:
        self._closing = True
        ending = {watcher, *self._queries}
        for each in ending:
            each.cancel()
        await asyncio.wait(ending, timeout=CLOSING)
        closing = frozenset[asyncio.Task[None]]().union(*(each.close() for each in self._all))
        if closing:
            await asyncio.wait(closing, timeout=CLOSING + 0.1)

    def kick(self) -> None:
        """Look at the schedule again: something was added, or is wanted sooner."""
        self._kick.set()

    def refresh(self, *task_ids: str) -> None:
        """Have tasks asked about at once."""
        self.schedule.refresh(task_ids, self._now())
        self.kick()

    async def ask(self, task_id: str) -> PollResult:
        """Have one task asked about at once, and return what comes of it.

        The query goes through the schedule like any other, so it may have to wait: pass a
        time-out. A query that is under way already serves as well.
        """
        future: asyncio.Future[PollResult] = asyncio.get_running_loop().create_future()
        waiters = self._waiters.setdefault(task_id, [])
        waiters.append(future)
        try:
            self.refresh(task_id)
            return await future
        finally:
            waiters.remove(future)
            if not waiters and self._waiters.get(task_id) is waiters:
                del self._waiters[task_id]

    async def renew_clients(self) -> None:
        """Have every query from now on made by a new client, with the key that holds now."""
        for worker in self._all:
            worker.discard()

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
            query.add_done_callback(partial(self._landed, worker, job, self._now()))
        return math.inf

    def _landed(
        self, worker: _Worker, job: Job, started: float, query: asyncio.Task[PollResult]
    ) -> None:
        # A callback and no coroutine around the query: one that is cancelled before its first
        # step runs no line of its own, and its worker and its task would never come back.
        self._queries.discard(query)
        self._idle.append(worker)
        self.kick()
        try:
            self._take(job, started, query)
        except Exception:
            _log.exception("an outcome of task %s could not be taken in", job.task_id)

    def _take(self, job: Job, started: float, query: asyncio.Task[PollResult]) -> None:
        now = self._now()
        if query.cancelled():
            self.schedule.give_up(job, now)
            return
        outcome = query.result()._replace(seconds=now - started)
        if outcome.task is not None:
            wanted = self.schedule.finish(job, now, ended=outcome.task.status.terminal)
        else:
            assert outcome.error is not None  # noqa: S101 (one of the two, by PollResult's promise)
            wanted = self.schedule.fail(job, now, outcome.error)
        if wanted and not self._closing:
            for waiter in self._waiters.get(job.task_id, ()):
                if not waiter.done():
                    waiter.set_result(outcome)
            self._report(outcome)

    async def _watch(self) -> None:
        """Notice when the machine slept, and while the key is refused, whether there is another."""
        while True:
            boot, known = self._clock.boot(), self._now()
            await asyncio.sleep(TICK)
            passed = self._clock.boot() - boot
            if passed > TICK + SLEPT:
                self._woke(passed - (self._now() - known))
            if self._key_changed is not None and self.schedule.host.key_refused:
                await self._look_for_key(self._key_changed)

    def _woke(self, unseen: float) -> None:
        # Connections kept over a sleep are dead, and would each cost a time-out to find out.
        for query in self._queries:
            query.cancel()
        for worker in self._all:
            worker.discard()
        self.schedule.woke(self._now(), max(0.0, unseen))
        self.kick()

    async def _look_for_key(self, changed: Callable[[], Awaitable[bool]]) -> None:
        try:
            if not await changed():
                return
        except Exception:
            _log.exception("the key could not be looked at")
            return
        await self.renew_clients()
        self.schedule.host.probe_now(self._now())
        self.kick()
