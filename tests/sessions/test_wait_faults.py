"""`wait` under every fault of the service: it never reports an end before there is one.

The real client reads the answers of `faults.py`, on a clock that is simulated: an hour of waiting
takes seconds. The default run takes some thirty of each kind of
answer; `python -m pytest -m soak` 25 times as many.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import httpx
import pytest

from tests.support import virtual_time
from tests.support.dependencies import make_dependencies
from tests.support.faults import FAULTS, OK, Fault, RawAnswer
from tests.support.figures import figure
from tests.support.service import completed, error, task
from tui.cli.running.task_wait import Rules, TaskWait
from tui.clock import Clock
from tui.config import Config
from tui.credentials import Secret
from tui.demo.server import Request, Response
from tui.errors import ErrorKind
from tui.scenext.client import StatusClient
from tui.scenext.media import Media
from tui.scenext.models import TaskStatus
from tui.watchlist.chosen import ChosenTasksFile
from tui.watchlist.ends import End
from tui.watchlist.entries import Add, Entry
from tui.watchlist.records import Record
from tui.watchlist.storage import WatchlistFile

BASE_URL = "http://127.0.0.1:9/api"
KEY = Secret("sk-test-0123456789")
LARGE = 20_000
"""Bytes of an answer that comes once: it takes as much CPU as a hundred others."""
UNKNOWN_ID = FAULTS["404"]
"""In the service's own form; a page with this status comes from somebody else."""
EXPECTED = (End.COMPLETED, End.FAILED, End.UNKNOWN, End.COMPLETED)
"""How each fourth task ends."""


class Body(httpx.AsyncByteStream):
    """The body of an answer, in one piece."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.data


class FaultyHost(httpx.AsyncBaseTransport):
    """Answers with faults alone until it has given `count` answers; then tells how tasks ended."""

    def __init__(self, count: int, seed: int) -> None:
        self.left, self.random = count, Random(seed)
        self.faults = [*FAULTS.values()]
        self.last: dict[str, Fault] = {}
        self.refused = False
        self.counts = dict.fromkeys(FAULTS, 0)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        task_id = request.url.path.rpartition("/")[2]
        await asyncio.sleep(self.random.uniform(0.02, 2))
        if self.left <= 0:
            return self.tell_end(task_id)
        self.left -= 1
        fault, answer = self.choose(task_id, Request("GET", request.url.path))
        self.counts[fault.name] += 1
        if not isinstance(answer, RawAnswer):
            body = answer.body
            headers = {"Content-Length": str(len(body)), **answer.headers}
            return httpx.Response(answer.status, headers=headers, stream=Body(body))
        # What no HTTP response can hold: the client sees the error that its library raises.
        if ErrorKind.TIMEOUT in fault.kinds:
            await asyncio.sleep(60)
        raise httpx.RemoteProtocolError(fault.name)

    def choose(self, task_id: str, request: Request) -> tuple[Fault, Response]:
        """Return a fault and its answer, but none with which the service truly says that a task is
        unknown, or the key is refused: that takes two running."""
        while True:
            fault, last = self.random.choice(self.faults), self.last.get(task_id)
            is_refusal = ErrorKind.KEY_REFUSED in fault.kinds
            if (fault is last is UNKNOWN_ID) or (
                (is_refusal and self.refused)
                or (fault.pauses_polling and self.random.random() > 0.05)
            ):
                continue
            answer = fault.answer(request)
            if len(answer.body) > LARGE:
                self.faults.remove(fault)
            if is_refusal or OK in fault.kinds:
                self.refused = is_refusal
            if not isinstance(answer, RawAnswer):  # It tells nothing, and may be retried at once.
                self.last[task_id] = fault
            return fault, answer

    def tell_end(self, task_id: str) -> httpx.Response:
        end = EXPECTED[int(task_id[1:]) % len(EXPECTED)]
        reply = {
            End.COMPLETED: completed(task_id),
            End.FAILED: task(task_id, "FAILED"),
            End.UNKNOWN: error(404, "Task not found"),
        }[end]
        content = httpx.Response(reply.status, json=reply.body)
        return httpx.Response(reply.status, headers=content.headers, stream=Body(content.content))


class Connections:
    """Makes real clients whose requests lead to the faulty host."""

    def __init__(self, host: FaultyHost) -> None:
        self.host = host

    def status_client(self, key: Secret) -> StatusClient:
        http = httpx.AsyncClient(transport=self.host, trust_env=False)
        return StatusClient(http, BASE_URL, key, 25.0)

    def media_client(self) -> Media:
        raise NotImplementedError


@pytest.mark.parametrize("count", [4_000, pytest.param(100_000, marks=pytest.mark.soak)])
def test_no_fault_is_reported_as_an_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], count: int
) -> None:
    logging.getLogger("tui").setLevel(logging.CRITICAL)
    host, ids = FaultyHost(count, seed=18), [f"t{number}" for number in range(100)]
    ends: dict[str, End] = {}

    def note_end(end: End, record: Record) -> None:
        assert host.left <= 0, f"{end} after {host.last[record.id].name}"
        assert record.id not in ends
        ends[record.id] = end

    async def wait() -> float:
        loop = asyncio.get_running_loop()
        clock = Clock(boot=loop.time, wall=lambda: loop.time() + 1.8e9)
        WatchlistFile(path).save([Add(Entry(task_id, clock.now())) for task_id in ids[:8]])
        dependencies = make_dependencies(tmp_path, lambda: Connections(host))._replace(
            config=Config(base_url=BASE_URL),
            file=ChosenTasksFile(path, ids, now=clock.now),
            clock=clock,
        )
        task_wait = TaskWait(ids, Rules(), note_end)
        await task_wait.run(dependencies, problems.append)
        assert (task_wait.stop, task_wait.open) == (None, ())
        return loop.time()

    path, problems = tmp_path / "watchlist.toml", list[str]()
    try:
        seconds = virtual_time.run(wait(), virtual_time.InlineLoop)
    finally:
        logging.getLogger("tui").setLevel(logging.NOTSET)
    assert problems == []
    assert ends == {name: EXPECTED[number % len(EXPECTED)] for number, name in enumerate(ids)}
    states = {End.COMPLETED: TaskStatus.COMPLETED, End.FAILED: TaskStatus.FAILED}
    for entry in WatchlistFile(path).load().entries:
        if (state := states.get(ends[entry.id])) is not None:
            assert entry.status is state
        else:
            assert not entry.status.terminal
    kinds = sum(number > 0 for number in host.counts.values())
    figure(capsys, "answers to `wait`, false ends", f"{count:,} with {kinds} faults, 0")
    figure(capsys, "  simulated hours", f"{seconds / 3_600:.1f}")
