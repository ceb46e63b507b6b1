"""The poller over hours of polling, on an event loop with simulated time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from tests.support import virtual_time
from tui.clock import Clock
from tui.errors import ApiError, ErrorKind
from tui.polling.health import HealthKind
from tui.polling.poller import Poller
from tui.polling.schedule import Schedule
from tui.scenext.models import PollResult, Result, StatusResponse, Task, TaskStatus

RUNNING, DONE = TaskStatus.IN_PROGRESS, TaskStatus.COMPLETED
VIDEO = Result("video", "https://cdn.example/video.mp4", is_link=True)
DOWN = ApiError(ErrorKind.OFFLINE, "offline")
REFUSED = ApiError(ErrorKind.KEY_REFUSED, "401: no", http_status=401)


class FakeClient:
    """A client that asserts it makes one query at a time, and none after it was closed."""

    def __init__(self, service: FakeService) -> None:
        self.service, self.key = service, service.key
        self.closed = self.busy = False
        self.query_count = 0

    async def query(self, task_id: str) -> StatusResponse:
        assert not self.closed
        assert not self.busy
        self.busy = True
        self.query_count += 1
        try:
            return await self.service.query(self, task_id)
        finally:
            self.busy = False

    async def aclose(self) -> None:
        assert not self.closed
        self.closed = True
        await self.service.on_close()


async def close_at_once() -> None:
    return None


@dataclass
class FakeService:
    """The service behind the clients, which records every query."""

    answer: Callable[[FakeClient, str], Awaitable[TaskStatus]]
    key: str = "old"
    on_close: Callable[[], Awaitable[None]] = close_at_once
    clients: list[FakeClient] = field(default_factory=list)
    sent: list[tuple[float, str]] = field(default_factory=list)
    busy_ids: set[str] = field(default_factory=set)

    def connect(self) -> FakeClient:
        self.clients.append(FakeClient(self))
        return self.clients[-1]

    async def query(self, client: FakeClient, task_id: str) -> StatusResponse:
        assert task_id not in self.busy_ids, "two queries of one task"
        self.busy_ids.add(task_id)
        self.sent.append((asyncio.get_running_loop().time(), task_id))
        try:
            status = await self.answer(client, task_id)
            results = (VIDEO,) if status is DONE else ()
            return StatusResponse(Task(task_id, status, results=results), 1e9)
        finally:
            self.busy_ids.discard(task_id)


@dataclass
class Session:
    """A running poller and what it reported."""

    service: FakeService
    poller: Poller
    results: list[PollResult]
    slept: list[float]
    task: asyncio.Task[None] | None = None

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def kind(self) -> HealthKind:
        return self.poller.schedule.health(self.now).kind

    def sleep(self, seconds: float) -> None:
        """Let the machine sleep: only the boot clock advances."""
        self.slept.append(seconds)

    async def end(self) -> float:
        """Cancel the poller; return the seconds that took."""
        assert self.task is not None
        before = self.now
        self.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await self.task
        return self.now - before


def run_session(
    *task_ids: str,
    answer: Callable[[FakeClient, str], Awaitable[TaskStatus]],
    scene: Callable[[Session], Coroutine[Any, Any, None]],
    **options: Any,  # noqa: ANN401
) -> Session:
    """Poll while the scene runs; then cancel, and assert that nothing stays open."""

    async def run() -> Session:
        loop = asyncio.get_running_loop()
        slept, results = [0.0], list[PollResult]()
        schedule = Schedule(
            period=30.0,
            rate=options.pop("rate", 20.0),
            random=Random(3),
            has_key=options.pop("has_key", True),
        )
        schedule.sync(dict.fromkeys(task_ids, False), loop.time())
        service = FakeService(answer)
        clock = Clock(boot=lambda: loop.time() + sum(slept))
        report = options.pop("report", results.append)
        poller = Poller(schedule, service.connect, report, clock=clock, **options)
        session = Session(service, poller, results, slept)
        session.task = asyncio.create_task(poller.run())
        await scene(session)
        if not session.task.cancelled():
            assert await session.end() <= 1
        assert all(client.closed for client in service.clients)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return session

    return virtual_time.run(run())


def lasting(seconds: float) -> Callable[[Session], Coroutine[Any, Any, None]]:
    return lambda _: asyncio.sleep(seconds)


async def quick(client: FakeClient, task_id: str) -> TaskStatus:
    await asyncio.sleep(0.3)
    return RUNNING


async def hung(client: FakeClient, task_id: str) -> TaskStatus:
    await asyncio.sleep(1e9)
    return RUNNING


def numbered_ids(count: int) -> list[str]:
    return [f"t{number}" for number in range(count)]


# The rhythm.


def assert_rhythm(hours: float) -> None:
    rng = Random(11)

    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        await asyncio.sleep(rng.uniform(0.05, 0.9))
        return RUNNING

    session = run_session(*numbered_ids(500), answer=answer, scene=lasting(hours * 3600))
    assert len(session.results) >= 500 * (hours * 120 - 1)
    first: dict[str, float] = {}
    for at, name in session.service.sent:
        start = first.setdefault(name, at)
        assert abs((at - start + 15) % 30 - 15) <= 0.1
    assert len(session.service.clients) <= 16


def test_500_tasks_are_polled_in_rhythm() -> None:
    assert_rhythm(0.2)


@pytest.mark.soak
def test_500_tasks_are_polled_in_rhythm_for_two_hours() -> None:
    assert_rhythm(2)


def test_a_day_of_one_task() -> None:
    session = run_session("a", answer=quick, scene=lasting(86_400 - 1))
    times = [at for at, _ in session.service.sent]
    assert len(times) == 2880
    assert times[-1] - times[0] == pytest.approx(2879 * 30, abs=0.01)
    assert len(session.service.clients) == 1
    first = session.results[0]
    assert (first.task_id, first.task, first.server_time) == ("a", Task("a", RUNNING), 1e9)
    assert first.seconds == pytest.approx(0.3, abs=1e-3)


def test_what_is_added_later_is_asked_about_at_once_and_what_has_ended_rests() -> None:
    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        return DONE

    async def scene(session: Session) -> None:
        await asyncio.sleep(50)
        session.poller.schedule.add("a", session.now)
        session.poller.wake()
        await asyncio.sleep(0.01)
        assert [result.task_id for result in session.results] == ["a"]
        assert session.kind() is HealthKind.RESTING
        session.poller.refresh("a")
        await asyncio.sleep(1000)
        assert len(session.results) == 2

    run_session(answer=answer, scene=scene)


# Faults.


def test_a_client_is_kept_after_an_http_error_and_thrown_away_after_a_broken_connection() -> None:
    replies: list[Exception | None] = [None, ApiError(ErrorKind.NOT_FOUND, "", http_status=404)]
    replies += [ApiError(ErrorKind.SERVER, "500", http_status=500), None, DOWN, None]
    used: list[int] = []

    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        used.append(client.service.clients.index(client))
        reply = replies.pop(0) if replies else None
        if reply is not None:
            raise reply
        return RUNNING

    run_session("a", answer=answer, scene=lasting(900))
    assert used[:7] == [0, 0, 0, 0, 0, 1, 1]


@pytest.mark.parametrize(
    "error",
    [ValueError("odd"), RuntimeError(), asyncio.CancelledError(), ExceptionGroup("", [DOWN])],
)
def test_any_exception_is_a_bug_told_and_polling_goes_on(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    failing = [True]

    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        if task_id == "a" and failing:
            failing.clear()
            raise error
        return RUNNING

    with caplog.at_level(logging.CRITICAL, "tui.polling.poller"):
        session = run_session("a", "b", answer=answer, scene=lasting(65))
    bug, *later = [result for result in session.results if result.task_id == "a"]
    assert bug.error is not None
    assert bug.error.kind is ErrorKind.UNEXPECTED
    assert [result.error for result in later] == [None, None]
    assert len(session.service.clients) == 2


def test_a_client_that_cannot_be_made_or_answers_nonsense_is_a_bug_as_well(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        return RUNNING

    class BrokenClient(FakeClient):
        async def query(self, task_id: str) -> StatusResponse:
            return None  # type: ignore[return-value]

    async def play() -> list[PollResult]:
        results = list[PollResult]()
        loop = asyncio.get_running_loop()
        schedule = Schedule(period=30.0, rate=20.0)
        schedule.sync({"a": False}, loop.time())
        attempts = [0]

        def connect() -> FakeClient:
            attempts[0] += 1
            if attempts[0] == 1:
                raise UnicodeError("the proxy's name")
            return (
                BrokenClient(FakeService(answer))
                if attempts[0] == 2
                else FakeClient(FakeService(answer))
            )

        poller = Poller(schedule, connect, results.append, clock=Clock(boot=loop.time))
        task = asyncio.create_task(poller.run())
        await asyncio.sleep(400)
        task.cancel()
        await asyncio.wait([task])
        return results

    with caplog.at_level(logging.CRITICAL, "tui.polling.poller"):
        results = virtual_time.run(play())
    kinds = [result.error and result.error.kind for result in results]
    assert kinds[:3] == [ErrorKind.UNEXPECTED, ErrorKind.UNEXPECTED, None]


def test_a_screen_that_fails_does_not_end_polling(caplog: pytest.LogCaptureFixture) -> None:
    reported: list[PollResult] = []

    def report(result: PollResult) -> None:
        reported.append(result)
        raise RuntimeError("no such row")

    with caplog.at_level(logging.CRITICAL, "tui.polling.poller"):
        run_session("a", "b", answer=quick, scene=lasting(100), report=report, workers=1)
    assert len(reported) == 8


def test_a_query_that_hangs_stops_no_other() -> None:
    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        return await (hung if task_id == "a" else quick)(client, task_id)

    session = run_session(*"abcd", answer=answer, scene=lasting(299), workers=2)
    names = [result.task_id for result in session.results]
    assert [names.count(name) for name in "abcd"] == [0, 10, 10, 10]


def test_a_removed_task_is_dropped_and_never_cancelled() -> None:
    ended: list[str] = []

    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        await asyncio.sleep(5)
        ended.append(task_id)
        return RUNNING

    async def scene(session: Session) -> None:
        await asyncio.sleep(1)
        session.poller.schedule.remove("a", session.now)
        session.poller.wake()
        await asyncio.sleep(100)
        assert (ended, session.results) == (["a"], [])

    run_session("a", answer=answer, scene=scene)


# The end.


async def stubborn(client: FakeClient, task_id: str) -> TaskStatus:
    while True:
        try:
            await asyncio.sleep(3)
        except asyncio.CancelledError:
            if client.query_count > 1:
                raise
            client.query_count += 1


@pytest.mark.parametrize("answer", [quick, hung])
def test_the_end_closes_every_client_within_a_second(
    answer: Callable[[FakeClient, str], Awaitable[TaskStatus]],
) -> None:
    async def scene(session: Session) -> None:
        session.service.on_close = lambda: asyncio.sleep(1e9)
        await asyncio.sleep(5.2)
        assert await session.end() <= 1

    session = run_session(*numbered_ids(16), answer=answer, scene=scene)
    assert len(session.service.clients) > 0


def test_not_even_a_query_that_will_not_be_cancelled_delays_the_end() -> None:
    async def scene(session: Session) -> None:
        await asyncio.sleep(5)
        assert await session.end() <= 1
        assert session.service.clients[0].closed
        for query in asyncio.all_tasks() - {asyncio.current_task()}:
            query.cancel()
        await asyncio.sleep(0)

    run_session("a", answer=stubborn, scene=scene)


# The key.


def test_a_new_key_is_used_by_all_and_within_three_seconds() -> None:
    good = ["old"]

    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        key = client.key
        await asyncio.sleep(9 if task_id == "t7" and key == "old" else 0.3)
        if key not in good:
            raise REFUSED
        return RUNNING

    changes = [False]

    async def changed(*, always: bool = False) -> bool:
        changed_now, changes[0] = changes[0], False
        return changed_now

    async def scene(session: Session) -> None:
        await asyncio.sleep(61)
        good[:] = ["new"]
        await asyncio.sleep(50)
        assert session.kind() is HealthKind.KEY_REFUSED
        sent = len(session.service.sent)
        await asyncio.sleep(200)
        assert len(session.service.sent) == sent
        session.service.key, changes[0], since = "new", True, session.now
        await asyncio.sleep(3)
        assert session.kind() is HealthKind.LIVE
        assert min(at for at, _ in session.service.sent[sent:]) - since <= 3
        await asyncio.sleep(300)
        assert session.kind() is HealthKind.LIVE
        late = [result.error for result in session.results[-50:]]
        assert late == [None] * 50

    run_session(*numbered_ids(20), answer=answer, scene=scene, key_changed=changed)


def test_what_a_command_prints_is_read_again_before_each_probe() -> None:
    """It cannot be watched as a file can, and running it each second would be too much."""
    reads = list[float]()

    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        if client.key == "old":
            raise REFUSED
        return RUNNING

    async def changed(*, always: bool = False) -> bool:
        if always:
            reads.append(asyncio.get_running_loop().time())
        return always and len(reads) == 3

    async def scene(session: Session) -> None:
        began = session.now
        await asyncio.sleep(1300)
        assert session.kind() is HealthKind.KEY_REFUSED
        probes = [at for at, _ in session.service.sent][1:]
        assert [round(probe - read) for probe, read in zip(probes, reads, strict=True)] == [15, 15]
        session.service.key = "new"
        await asyncio.sleep(600)
        assert session.kind() is HealthKind.LIVE
        assert reads[2] - began == pytest.approx(1785, abs=5)

    run_session("a", answer=answer, scene=scene, key_changed=changed)


def test_a_key_that_is_missing_is_looked_for_each_second_and_by_the_command_rarely() -> None:
    looks, reads = list[float](), list[float]()

    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        return RUNNING

    async def changed(*, always: bool = False) -> bool:
        (reads if always else looks).append(asyncio.get_running_loop().time())
        return len(reads) == 3

    async def scene(session: Session) -> None:
        began = session.now
        await asyncio.sleep(899)
        assert session.kind() is HealthKind.NO_KEY
        assert session.service.sent == []
        assert session.service.clients == []
        assert [round(read - began) for read in reads] == [300, 600]
        assert len(looks) == pytest.approx(896, abs=4)
        await asyncio.sleep(10)
        assert session.kind() is HealthKind.LIVE

    run_session("a", answer=answer, scene=scene, key_changed=changed, has_key=False)


def test_the_client_of_a_query_under_way_is_renewed_as_well() -> None:
    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        await asyncio.sleep(5)
        return RUNNING

    async def scene(session: Session) -> None:
        await asyncio.sleep(1)
        session.service.key = "new"
        session.poller.replace_key()
        assert [client.closed for client in session.service.clients] == [False]
        await asyncio.sleep(5)
        assert [client.closed for client in session.service.clients] == [True]
        await asyncio.sleep(60)
        assert [client.key for client in session.service.clients] == ["old", "new"]

    run_session("a", answer=answer, scene=scene)


def test_a_key_that_cannot_be_looked_at_is_looked_at_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    checks = [0]

    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        if client.key == "old":
            raise REFUSED
        return RUNNING

    async def scene(session: Session) -> None:
        await asyncio.sleep(0.5)
        session.service.key = "new"
        await asyncio.sleep(10)
        assert session.kind() is HealthKind.LIVE

    async def changed(*, always: bool = False) -> bool:
        checks[0] += 1
        if checks[0] < 3:
            raise OSError("the key file")
        return True

    with caplog.at_level(logging.CRITICAL, "tui.polling.poller"):
        run_session("a", answer=answer, scene=scene, key_changed=changed)
    assert checks == [3]


# Sleep.


def test_after_a_sleep_dead_connections_go_and_polling_goes_on_within_two_seconds() -> None:
    dead: set[FakeClient] = set()

    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        await asyncio.sleep(0.3 if client not in dead else 1e9)
        return RUNNING

    async def scene(session: Session) -> None:
        await asyncio.sleep(60.1)
        dead.update(session.service.clients)
        session.sleep(8 * 3600)
        since, before = session.now, len(session.results)
        await asyncio.sleep(1.4)
        assert len(session.results) > before
        await asyncio.sleep(4)
        assert {result.task_id for result in session.results[before:]} == set(numbered_ids(40))
        assert all(result.error is None for result in session.results)
        assert all(client.closed for client in dead)
        assert len([at for at, _ in session.service.sent if at > since]) <= 60

    run_session(*numbered_ids(40), answer=answer, scene=scene)


def test_a_query_cancelled_before_its_first_step_is_not_lost() -> None:
    """A sleep may be noticed in the same loop iteration in which a query starts."""

    async def scene(session: Session) -> None:
        await asyncio.sleep(5)
        session.poller.schedule.add("b", session.now)
        session.poller.wake()
        before = asyncio.all_tasks()
        await asyncio.sleep(0)
        (query,) = asyncio.all_tasks() - before
        query.cancel()
        await asyncio.sleep(1)
        assert [result.task_id for result in session.results] == ["a", "b"]
        await asyncio.sleep(60)
        assert len(session.results) == 6

    run_session("a", answer=quick, scene=scene, workers=1)


# Asking for one task.


def test_ask_brings_the_result_of_a_new_query_or_of_the_one_under_way() -> None:
    failing: list[bool] = []

    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        await asyncio.sleep(2)
        if failing:
            raise DOWN
        return RUNNING

    async def scene(session: Session) -> None:
        await asyncio.sleep(10)
        one, two = await asyncio.gather(session.poller.ask("a"), session.poller.ask("a"))
        assert one is two
        assert one.task == Task("a", RUNNING)
        assert session.now == pytest.approx(1012, abs=0.01)
        session.poller.refresh("a")
        await asyncio.sleep(1)
        assert (await session.poller.ask("a")).task is not None
        assert session.now == pytest.approx(1014, abs=0.01)
        failing.append(True)
        assert (await session.poller.ask("a")).error is DOWN

    run_session("a", answer=answer, scene=scene)


def test_ask_may_be_given_up() -> None:
    async def scene(session: Session) -> None:
        for task_id in ("a", "unknown"):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(20):
                    await session.poller.ask(task_id)

    run_session("a", answer=hung, scene=scene)
