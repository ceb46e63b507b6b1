"""Answers of all kinds at once: the real poller, client and parser in simulated time.

Each task stands for a kind of trouble, or for none. `python -m pytest -m soak` draws 100,000.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import Final

import httpx
import pytest

from tests.support import virtual_time
from tests.support.faults import FAULTS, RawAnswer
from tests.support.figures import figure
from tui.clock import Clock
from tui.credentials import Secret
from tui.demo import server
from tui.polling.health import HealthKind
from tui.polling.poller import Poller
from tui.polling.schedule import Schedule
from tui.scenext.client import StatusClient
from tui.scenext.models import PollResult

PERIOD: Final = 30.0
KINDS: Final = {
    "healthy": 20, "theirs": 4, "hidden": 2, "unknown": 2, "busy": 3, "broken": 2, "hanging": 3,
    "portal": 1, "odd": 8,
}  # fmt: skip
"""Tasks by kind; those of another account answer 401, hidden ones 403."""
CONSTANT: Final = {
    "healthy": "good", "theirs": "401 JSON", "hidden": "403 JSON", "unknown": "404",
    "broken": "500", "portal": "page",
}  # fmt: skip
NAMES: Final = [name for name, fault in FAULTS.items() if not fault.slow]
BUSY: Final = [name for name in FAULTS if name.startswith("429")]


class Service:
    """A stand-in for the network: it draws each answer by the kind of its task."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.sent: dict[str, list[float]] = {}
        self.drawn: Counter[str] = Counter()
        self.health: Counter[HealthKind] = Counter()

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer a query after a while."""
        path = request.url.path
        task_id = path.rpartition("/")[2]
        self.sent.setdefault(task_id, []).append(asyncio.get_running_loop().time())
        kind = task_id.rstrip("0123456789")
        await asyncio.sleep(self.random.uniform(0.05, 2.0))
        if kind == "hanging":
            await asyncio.sleep(60)
        name = CONSTANT.get(kind) or self.random.choice(BUSY if kind == "busy" else NAMES)
        self.drawn[name] += 1
        reply = FAULTS[name].answer(server.Request("GET", path))
        if isinstance(reply, RawAnswer):
            # What is not HTTP at all ends as one of these.
            raise self.random.choice(
                [httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError]
            )("")
        return httpx.Response(
            reply.status, headers=reply.headers, stream=httpx.ByteStream(reply.body)
        )

    def client(self) -> StatusClient:
        """Return a real client that is connected to this service."""
        http = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))
        return StatusClient(http, "http://127.0.0.1/api", Secret("sk-test-0123456789"), 25.0)


async def poll(service: Service, count: int, report: Callable[[PollResult], object]) -> None:
    """Poll all tasks until `count` answers were drawn."""
    loop = asyncio.get_running_loop()
    schedule = Schedule(period=PERIOD, rate=20.0, random=Random(1))
    ids = [f"{kind}{number}" for kind, size in KINDS.items() for number in range(size)]
    service.random.shuffle(ids)
    schedule.sync(dict.fromkeys(ids, False), loop.time())
    poller = Poller(schedule, service.client, report, clock=Clock(boot=loop.time))
    task = asyncio.create_task(poller.run())
    while sum(service.drawn.values()) < count:
        await asyncio.sleep(7)
        service.health[schedule.health(loop.time()).kind] += 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("count", [4_000, pytest.param(100_000, marks=pytest.mark.soak)])
def test_no_trouble_of_some_tasks_is_another_tasks(
    capsys: pytest.CaptureFixture[str], count: int
) -> None:
    service = Service(20261129)
    ended = list[PollResult]()

    def report(result: PollResult) -> None:
        if result.task is not None and result.task.status.terminal:
            ended.append(result)

    virtual_time.run(poll(service, count, report))
    healthy = [times for name, times in service.sent.items() if name.startswith("healthy")]
    longest = max(later - earlier for times in healthy for earlier, later in pairwise(times))
    checks = service.health.total()
    figure(
        capsys,
        f"answers of {len(service.drawn)} kinds at once, {service.drawn.total():,} of them",
        f"healthy tasks at most {longest - PERIOD:.1f} s late, {len(ended)} false ends, "
        f"live {service.health[HealthKind.LIVE] / checks:.1%} of the time",
    )
    assert ended == []
    assert len(healthy) == KINDS["healthy"]
    assert longest <= 2 * PERIOD, "later than one period"
    assert service.health[HealthKind.LIVE] >= 0.99 * checks
