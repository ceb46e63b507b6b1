"""Polls a misbehaving service with the real poller and the real client, and measures itself.

`python -m tests.support.storm` takes its orders as JSON on standard input, and prints what it
measured as JSON: in a process of its own, so that memory and file descriptors are the client's
alone. `polls`, `cancels`, `peaks` and `wake` are what may be ordered.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import json
import logging
import resource
import subprocess
import sys
import time
import warnings
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from statistics import median
from typing import Any
from urllib.parse import quote, urlsplit

from tui.clock import Clock
from tui.config import Config
from tui.credentials import Secret
from tui.errors import ApiError
from tui.polling.limiter import HealthKind
from tui.polling.poller import CLOSE_TIMEOUT, WORKERS, Poller
from tui.polling.schedule import Schedule
from tui.scenext.client import HttpClientFactory, StatusClient
from tui.scenext.models import PollResult, StatusResponse

TASKS = [f"task {number}" for number in range(100)]
_KEY = Secret("sk-storm-0123456789")
_PAGE = resource.getpagesize()


@dataclass(frozen=True)
class Orders:
    """What to do."""

    what: str
    base_url: str
    routes: Sequence[str] = ()
    """Base URLs at which no service answers."""
    count: int = 0
    seed: int = 1
    deadline: float = 1.0
    names: Sequence[str] = ()
    """The faults whose peak of memory is measured."""


@dataclass
class Tally:
    """What was measured."""

    polls: int = 0
    reported: int = 0
    cancelled: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    worst_over: float = -1.0
    """Seconds by which the longest query passed its deadline; below 0: none reached it."""
    complaints: list[str] = field(default_factory=list)
    """Errors that were logged, and what the loop was told of."""
    unclosed: int = 0
    """Warnings about sockets that nobody closed but the collector: httpcore 1.0.9 forgets one that
    is cancelled in its TLS handshake (its `start_tls` cleans up after an `Exception` alone)."""
    files: list[int] = field(default_factory=list)
    """Open file descriptors, from time to time."""
    memory: list[int] = field(default_factory=list)
    """Resident bytes, from time to time; empty where the system does not tell."""
    blocks: list[int] = field(default_factory=list)
    """Blocks that Python has allocated, from time to time."""
    peaks: dict[str, int] = field(default_factory=dict)
    """Bytes by which the peak of memory passed what was resident before, by fault."""
    good_after: int = 0
    woke_after: float = -1.0
    sessions: int = 0
    seconds: float = 0.0


def growth(samples: Sequence[int]) -> float:
    """By what share something grew between the middle fifth of its samples and the last one."""
    fifth = max(1, len(samples) // 5)
    middle = samples[2 * fifth : 3 * fifth] or samples
    return median(samples[-fifth:]) / median(middle) - 1


def run(orders: Orders, timeout: float) -> Tally:
    """Carry orders out in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "always::ResourceWarning", "-m", "tests.support.storm"],
        input=json.dumps(asdict(orders)),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return Tally(**json.loads(done.stdout))


class Timed:
    """The real client, and how long its queries took."""

    def __init__(self, client: StatusClient, storm: Storm) -> None:
        self._client = client
        self._storm = storm

    async def query(self, task_id: str) -> StatusResponse:
        """Ask, and note what came of it."""
        began = time.monotonic()
        outcome = "cancelled"
        try:
            answer = await self._client.query(task_id)
        except ApiError as error:
            outcome = error.kind.name
            raise
        else:
            outcome = "good"
            return answer
        finally:
            self._storm.note(outcome, began)

    async def aclose(self) -> None:
        """Close."""
        await self._client.aclose()


class Storm:
    """Pollers that run against the service, one after the other."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        self.tally = Tally()
        self.dice = Random(orders.seed)
        self.queries: list[tuple[float, str]] = []
        self.slept = 0.0
        self.good = asyncio.Event()
        self._service = self._connector(orders.base_url)
        self._routes = [self._connector(url) for url in orders.routes]

    def note(self, outcome: str, began: float) -> None:
        """Take in a query's end."""
        self.tally.polls += 1
        self.tally.outcomes[outcome] = self.tally.outcomes.get(outcome, 0) + 1
        over = time.monotonic() - began - self.orders.deadline
        self.tally.worst_over = max(self.tally.worst_over, over)
        self.queries.append((began, outcome))
        del self.queries[:-2000]
        if outcome == "good":
            self.good.set()

    def new_client(self) -> Timed:
        """A client of the service, or now and then one that is sent elsewhere."""
        elsewhere = bool(self._routes) and self.dice.random() < 0.03
        connector = self.dice.choice(self._routes) if elsewhere else self._service
        return Timed(connector.status_client(_KEY), self)

    def client_of_the_service(self) -> Timed:
        """A client of the service."""
        return Timed(self._service.status_client(_KEY), self)

    @asynccontextmanager
    async def polling(self, connect: Callable[[], Timed]) -> AsyncIterator[Poller]:
        """Poll a hundred tasks for a while, with a poller of its own."""
        loop = asyncio.get_running_loop()
        schedule = Schedule(period=30.0, rate=1000.0, random=self.dice)
        schedule.sync(dict.fromkeys(TASKS, False), loop.time())
        clock = Clock(boot=lambda: loop.time() + self.slept)
        poller = Poller(schedule, connect, self._report, clock=clock, key_changed=_always)
        task = asyncio.create_task(poller.run())
        try:
            yield poller
            assert not task.done(), "polling ended"
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self.tally.sessions += 1

    async def hurry(self, poller: Poller, true: Callable[[], bool]) -> None:
        """Have everything asked about again and again, until something holds."""
        while not true():
            poller.refresh(*TASKS)
            await asyncio.sleep(0.02)

    def measure(self) -> None:
        """Take a sample of memory and file descriptors."""
        gc.collect()
        _give_back()
        self.tally.blocks.append(sys.getallocatedblocks())
        self.tally.files.append(_open_files())
        if (memory := _resident()) is not None:
            self.tally.memory.append(memory)

    def _connector(self, base_url: str) -> HttpClientFactory:
        return HttpClientFactory(Config(base_url=base_url), timeout=self.orders.deadline)

    def _report(self, outcome: PollResult) -> None:
        self.tally.reported += 1


async def polls(storm: Storm) -> None:
    """Make so many polls; a poller lasts until the service asks it for a rest, or until it is time
    for a sample: of what is left when nothing is under way."""
    tally, count = storm.tally, storm.orders.count
    samples = min(max(count // 500, 4), 40)
    storm.measure()
    for sample in range(1, samples + 1):
        until = count * sample // samples
        while tally.polls < until:
            async with storm.polling(storm.new_client) as poller:
                await storm.hurry(poller, partial(_rests, storm, poller, until))
                if tally.polls >= until:
                    # What hangs is to reach its deadline, not the end of the poller.
                    await asyncio.sleep(storm.orders.deadline + 0.2)
        storm.measure()


def _rests(storm: Storm, poller: Poller, until: int) -> bool:
    kind = poller.schedule.health(asyncio.get_running_loop().time()).kind
    return storm.tally.polls >= until or kind in (HealthKind.PAUSED, HealthKind.KEY_REFUSED)


async def cancels(storm: Storm) -> None:
    """Cancel so many queries of one poller at any moment; then see whether it still works."""
    tally, dice = storm.tally, storm.dice
    async with storm.polling(storm.client_of_the_service) as poller:
        await storm.hurry(poller, lambda: tally.polls >= 500)
        await _measure_at_rest(storm, poller)
        await _tell(storm, f"storm {storm.orders.seed}")
        hurrying = asyncio.create_task(storm.hurry(poller, lambda: False))
        while tally.cancelled < storm.orders.count:
            await asyncio.sleep(dice.uniform(0, 0.004))
            under_way = [each for each in asyncio.all_tasks() if _is_query(each)]
            chosen = dice.sample(under_way, min(len(under_way), dice.randrange(4)))
            tally.cancelled += sum(each.cancel() for each in chosen)
            if dice.random() < 0.01:
                await poller.discard_clients()
            if dice.random() < 0.0005:
                storm.slept += 60
        await _tell(storm, "good")
        hurrying.cancel()
        # What is under way now met the storm; the next thirty must not.
        await asyncio.sleep(storm.orders.deadline + 0.1)
        calm = time.monotonic()

        def next_polls() -> list[str]:
            return [outcome for began, outcome in storm.queries if began > calm][:30]

        async with asyncio.timeout(20):
            await storm.hurry(poller, lambda: len(next_polls()) == 30)
        tally.good_after = next_polls().count("good")
        await storm.hurry(poller, lambda: len([1 for at, _ in storm.queries if at > calm]) > 400)
        await _measure_at_rest(storm, poller)


async def _measure_at_rest(storm: Storm, poller: Poller) -> None:
    """Take a sample with no connection kept: how many there are depends on the last second."""
    await asyncio.sleep(storm.orders.deadline)
    await poller.discard_clients()
    await asyncio.sleep(CLOSE_TIMEOUT)
    storm.measure()


async def peaks(storm: Storm) -> None:
    """Measure by how much each of some faults raises the peak of memory."""
    client = storm.client_of_the_service()
    for _ in range(20):
        await client.query("warm up")
    for name in storm.orders.names:
        await _tell(storm, name)
        gc.collect()
        _forget_peak()
        before = _resident()
        for _ in range(3):
            with suppress(ApiError):
                await client.query("t")
            await client.aclose()
            client = storm.client_of_the_service()
        peak = _peak()
        if before is not None and peak is not None:
            storm.tally.peaks[name] = peak - before
    await client.aclose()


async def wake(storm: Storm) -> None:
    """Sleep with connections open, wake up with all of them silently dead."""
    async with storm.polling(storm.client_of_the_service) as poller:
        await storm.hurry(poller, lambda: storm.tally.reported >= 200)
        await _tell(storm, "dead")
        # Each worker has a query under way that nobody will ever answer.
        hurrying = asyncio.create_task(storm.hurry(poller, lambda: False))
        await asyncio.sleep(0.5)
        hurrying.cancel()
        under_way = sum(map(_is_query, asyncio.all_tasks()))
        assert under_way == WORKERS, under_way
        await _tell(storm, "alive")
        storm.good = asyncio.Event()
        storm.slept += 8 * 3600
        woke = time.monotonic()

        async with asyncio.timeout(storm.orders.deadline):
            await storm.good.wait()
        storm.tally.woke_after = time.monotonic() - woke


def _is_query(task: asyncio.Task[Any]) -> bool:
    # The workers' tasks have no other sign; nothing of theirs is touched but by `cancel`.
    return getattr(task.get_coro(), "__qualname__", "").endswith("_Worker.query")


async def _always() -> bool:
    return True


async def _tell(storm: Storm, mode: str) -> None:
    def ask() -> None:
        connection = HTTPConnection(urlsplit(storm.orders.base_url).netloc, timeout=10)
        connection.request("GET", f"/mode/{quote(mode)}")
        assert connection.getresponse().read() == b"{}"
        connection.close()

    await asyncio.to_thread(ask)


def _open_files() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


def _give_back() -> None:
    """Have the C library return what is free, or its hoard of a megabyte or two is all that the
    samples show. Not every system has the call."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _resident() -> int | None:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return None


def _forget_peak() -> None:
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak() -> int | None:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    found = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return next((int(kilobytes) * 1024 for kilobytes in found), None)


class _Complaints(logging.Handler):
    """Keeps the errors that are logged."""

    def __init__(self, kept: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._kept = kept

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        self._kept.append(self.format(record))


async def _carry_out(storm: Storm) -> None:
    loop = asyncio.get_running_loop()
    complaints = storm.tally.complaints
    loop.set_exception_handler(lambda _, context: complaints.append(repr(context)))
    began = time.monotonic()
    await {"polls": polls, "cancels": cancels, "peaks": peaks, "wake": wake}[storm.orders.what](
        storm
    )
    storm.tally.seconds = time.monotonic() - began


def main() -> None:
    """Read orders, carry them out, and tell what was measured."""
    storm = Storm(Orders(**json.load(sys.stdin)))

    def warned(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
        storm.tally.unclosed += "socket" in str(message)

    warnings.showwarning = warned
    logging.getLogger().addHandler(_Complaints(storm.tally.complaints))
    asyncio.run(_carry_out(storm))
    json.dump(asdict(storm.tally), sys.stdout)


if __name__ == "__main__":
    main()
