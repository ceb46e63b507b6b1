"""Soak tests of the real poller and client against a faulty service.

`python -m tests.support.soak` reads options and writes measurements as JSON on standard input and
output. It is a process of its own, so that memory and file descriptors are the client's alone.
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

from tests.support.no_trust import NO_TRUST
from tui.clock import Clock
from tui.config import Config
from tui.credentials import Secret
from tui.errors import ApiError
from tui.polling.health import HealthKind
from tui.polling.poller import CLOSE_TIMEOUT, WORKERS, Poller
from tui.polling.schedule import Schedule
from tui.scenext.client import HttpClientFactory, StatusClient
from tui.scenext.models import PollResult, StatusResponse

TASKS = [f"task {number}" for number in range(100)]
_KEY = Secret("sk-storm-0123456789")
_PAGE = resource.getpagesize()


@dataclass(frozen=True)
class Options:
    """What to run."""

    scenario: str
    """`polls`, `cancels`, `peaks` or `wake`."""
    base_url: str
    bad_urls: Sequence[str] = ()
    """Base URLs of `BadAddresses`."""
    count: int = 0
    seed: int = 1
    deadline: float = 1.0
    names: Sequence[str] = ()
    """The faults whose peak memory to measure."""


@dataclass
class Tally:
    """The measurements."""

    polls: int = 0
    reported: int = 0
    cancelled: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    max_overrun: float = -1.0
    """The largest excess of a query over its deadline in seconds; negative if none reached it."""
    logged_errors: list[str] = field(default_factory=list)
    """Errors from the log and from the event loop's exception handler."""
    unclosed: int = 0
    """Warnings about sockets that the garbage collector closed: httpcore 1.0.9 leaks a socket whose
    TLS handshake is cancelled, as its `start_tls` cleans up after an `Exception` only."""
    files: list[int] = field(default_factory=list)
    """Samples of the number of open file descriptors."""
    memory: list[int] = field(default_factory=list)
    """Samples of the resident bytes; empty if the platform does not report them."""
    blocks: list[int] = field(default_factory=list)
    """Samples of the number of memory blocks that Python has allocated."""
    peaks: dict[str, int] = field(default_factory=dict)
    """Peak memory above the resident bytes before the fault, by fault."""
    good_after: int = 0
    """Successful polls among the first 30 after the faults ended."""
    woke_after: float = -1.0
    """Seconds from waking up to the first successful poll."""
    sessions: int = 0
    """Number of pollers."""
    seconds: float = 0.0


def growth(samples: Sequence[int]) -> float:
    """Return the relative growth from the middle fifth of the samples to the last fifth."""
    fifth = max(1, len(samples) // 5)
    middle = samples[2 * fifth : 3 * fifth] or samples
    return median(samples[-fifth:]) / median(middle) - 1


def run(options: Options, timeout: float) -> Tally:
    """Run a scenario in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "always::ResourceWarning", "-m", "tests.support.soak"],
        input=json.dumps(asdict(options)),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return Tally(**json.loads(done.stdout))


class TimedClient:
    """A client that records the outcome and duration of its queries."""

    def __init__(self, client: StatusClient, soak: Soak) -> None:
        self._client = client
        self._soak = soak

    async def query(self, task_id: str) -> StatusResponse:
        """Query a task, and record the outcome."""
        began = time.monotonic()
        outcome = "cancelled"
        try:
            response = await self._client.query(task_id)
        except ApiError as error:
            outcome = error.kind.name
            raise
        else:
            outcome = "good"
            return response
        finally:
            self._soak.record(outcome, began)

    async def aclose(self) -> None:
        """Close the client."""
        await self._client.aclose()


class Soak:
    """Runs pollers against the service, one after the other, and collects measurements."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.tally = Tally()
        self.random = Random(options.seed)
        self.queries: list[tuple[float, str]] = []
        self.slept = 0.0
        self.good = asyncio.Event()
        self._factory = self._client_factory(options.base_url)
        self._bad_factories = [self._client_factory(url) for url in options.bad_urls]

    def record(self, outcome: str, began: float) -> None:
        """Record the end of a query."""
        self.tally.polls += 1
        self.tally.outcomes[outcome] = self.tally.outcomes.get(outcome, 0) + 1
        over = time.monotonic() - began - self.options.deadline
        self.tally.max_overrun = max(self.tally.max_overrun, over)
        self.queries.append((began, outcome))
        del self.queries[:-2000]
        if outcome == "good":
            self.good.set()

    def random_client(self) -> TimedClient:
        """Return a client of the service, or occasionally one of a bad address."""
        detour = bool(self._bad_factories) and self.random.random() < 0.03
        factory = self.random.choice(self._bad_factories) if detour else self._factory
        return TimedClient(factory.status_client(_KEY), self)

    def service_client(self) -> TimedClient:
        """Return a client of the service."""
        return TimedClient(self._factory.status_client(_KEY), self)

    @asynccontextmanager
    async def polling(self, connect: Callable[[], TimedClient]) -> AsyncIterator[Poller]:
        """Poll `TASKS` with a new poller until the end of the block."""
        loop = asyncio.get_running_loop()
        schedule = Schedule(period=30.0, rate=1000.0, random=self.random)
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

    async def refresh_until(self, poller: Poller, condition: Callable[[], bool]) -> None:
        """Refresh all tasks repeatedly until a condition holds."""
        while not condition():
            poller.refresh(*TASKS)
            await asyncio.sleep(0.02)

    def measure(self) -> None:
        """Sample memory and file descriptors."""
        gc.collect()
        _trim_heap()
        self.tally.blocks.append(sys.getallocatedblocks())
        self.tally.files.append(_open_files())
        if (memory := _resident_memory()) is not None:
            self.tally.memory.append(memory)

    def _client_factory(self, base_url: str) -> HttpClientFactory:
        return HttpClientFactory(Config(base_url=base_url), NO_TRUST, timeout=self.options.deadline)

    def _report(self, result: PollResult) -> None:
        self.tally.reported += 1


async def polls(soak: Soak) -> None:
    """Make `count` polls, and take samples while nothing is in flight.

    A new poller takes over when a fault pauses polling.
    """
    tally, count = soak.tally, soak.options.count
    samples = min(max(count // 500, 4), 40)
    soak.measure()
    for sample in range(1, samples + 1):
        until = count * sample // samples
        while tally.polls < until:
            async with soak.polling(soak.random_client) as poller:
                await soak.refresh_until(poller, partial(_should_stop, soak, poller, until))
                if tally.polls >= until:
                    # Let hung queries reach their deadline before the poller is cancelled.
                    await asyncio.sleep(soak.options.deadline + 0.2)
        soak.measure()


def _should_stop(soak: Soak, poller: Poller, until: int) -> bool:
    kind = poller.schedule.health(asyncio.get_running_loop().time()).kind
    held = poller.refresh(*TASKS)
    is_stopped = kind in (HealthKind.PAUSED, HealthKind.KEY_REFUSED)
    is_held = held is not None and held.tasks > len(TASKS) // 2
    return soak.tally.polls >= until or is_stopped or is_held


async def cancels(soak: Soak) -> None:
    """Cancel `count` queries of one poller at random moments, then check that it still works."""
    tally, random = soak.tally, soak.random
    async with soak.polling(soak.service_client) as poller:
        await soak.refresh_until(poller, lambda: tally.polls >= 500)
        await _measure_idle(soak, poller)
        await _set_mode(soak, f"storm {soak.options.seed}")
        refreshing = asyncio.create_task(soak.refresh_until(poller, lambda: False))
        while tally.cancelled < soak.options.count:
            await asyncio.sleep(random.uniform(0, 0.004))
            in_flight = [task for task in asyncio.all_tasks() if _is_query(task)]
            chosen = random.sample(in_flight, min(len(in_flight), random.randrange(4)))
            tally.cancelled += sum(task.cancel() for task in chosen)
            if random.random() < 0.01:
                poller.replace_key()
            if random.random() < 0.0005:
                soak.slept += 60
        await _set_mode(soak, "good")
        refreshing.cancel()
        # Queries in flight may have met a fault; the next thirty must not.
        await asyncio.sleep(soak.options.deadline + 0.1)
        recovered = time.monotonic()

        def next_polls() -> list[str]:
            return [outcome for began, outcome in soak.queries if began > recovered][:30]

        async with asyncio.timeout(20):
            await soak.refresh_until(poller, lambda: len(next_polls()) == 30)
        tally.good_after = next_polls().count("good")
        await soak.refresh_until(
            poller, lambda: len([1 for at, _ in soak.queries if at > recovered]) > 400
        )
        await _measure_idle(soak, poller)


async def _measure_idle(soak: Soak, poller: Poller) -> None:
    """Take a sample without open connections, whose number depends on the last second."""
    await asyncio.sleep(soak.options.deadline)
    poller.replace_key()
    await asyncio.sleep(CLOSE_TIMEOUT)
    soak.measure()


async def peaks(soak: Soak) -> None:
    """Measure by how much each fault raises the peak of memory."""
    client = soak.service_client()
    for _ in range(20):
        await client.query("warm up")
    for name in soak.options.names:
        await _set_mode(soak, name)
        gc.collect()
        _reset_peak_memory()
        before = _resident_memory()
        for _ in range(3):
            with suppress(ApiError):
                await client.query("t")
            await client.aclose()
            client = soak.service_client()
        peak = _peak_memory()
        if before is not None and peak is not None:
            soak.tally.peaks[name] = peak - before
    await client.aclose()


async def wake(soak: Soak) -> None:
    """Simulate system sleep with open connections that are all dead on waking up."""
    async with soak.polling(soak.service_client) as poller:
        await soak.refresh_until(poller, lambda: soak.tally.reported >= 200)
        await _set_mode(soak, "dead")
        # Each worker gets a query in flight that will never be answered.
        refreshing = asyncio.create_task(soak.refresh_until(poller, lambda: False))
        await asyncio.sleep(0.5)
        refreshing.cancel()
        in_flight = sum(map(_is_query, asyncio.all_tasks()))
        assert in_flight == WORKERS, in_flight
        await _set_mode(soak, "alive")
        soak.good = asyncio.Event()
        soak.slept += 8 * 3600
        woke = time.monotonic()

        async with asyncio.timeout(soak.options.deadline):
            await soak.good.wait()
        soak.tally.woke_after = time.monotonic() - woke


def _is_query(task: asyncio.Task[Any]) -> bool:
    # Nothing else identifies the tasks of the workers.
    return getattr(task.get_coro(), "__qualname__", "").endswith("_Worker.query")


async def _always(*, always: bool = False) -> bool:
    return True


async def _set_mode(soak: Soak, mode: str) -> None:
    def request() -> None:
        connection = HTTPConnection(urlsplit(soak.options.base_url).netloc, timeout=10)
        connection.request("GET", f"/mode/{quote(mode)}")
        assert connection.getresponse().read() == b"{}"
        connection.close()

    await asyncio.to_thread(request)


def _open_files() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


def _trim_heap() -> None:
    """Return free memory from the C library's cache, which would hide growth; glibc only."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _resident_memory() -> int | None:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return None


def _reset_peak_memory() -> None:
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak_memory() -> int | None:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    values = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return next((int(kilobytes) * 1024 for kilobytes in values), None)


class _ErrorCollector(logging.Handler):
    """Collects logged errors."""

    def __init__(self, messages: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._messages = messages

    def emit(self, record: logging.LogRecord) -> None:
        """Store the message."""
        self._messages.append(self.format(record))


async def _run(soak: Soak) -> None:
    loop = asyncio.get_running_loop()
    logged_errors = soak.tally.logged_errors
    loop.set_exception_handler(lambda _, context: logged_errors.append(repr(context)))
    began = time.monotonic()
    await {"polls": polls, "cancels": cancels, "peaks": peaks, "wake": wake}[soak.options.scenario](
        soak
    )
    soak.tally.seconds = time.monotonic() - began


def main() -> None:
    """Read options, run the scenario, and print the measurements."""
    soak = Soak(Options(**json.load(sys.stdin)))

    def count_warning(
        message: Warning | str, category: type[Warning], *_: object, **__: object
    ) -> None:
        soak.tally.unclosed += "socket" in str(message)

    warnings.showwarning = count_warning
    logging.getLogger().addHandler(_ErrorCollector(soak.tally.logged_errors))
    asyncio.run(_run(soak))
    json.dump(asdict(soak.tally), sys.stdout)


if __name__ == "__main__":
    main()
