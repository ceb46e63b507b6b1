"""The workers, told as hours of polling on a loop whose time is simulated."""

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
from tui.polling.limiter import HealthKind
from tui.polling.poller import Poller
from tui.polling.schedule import Schedule
from tui.scenext.models import PollResult, StatusResponse, Task, TaskStatus

RUNNING, DONE = TaskStatus.IN_PROGRESS, TaskStatus.COMPLETED
DOWN = ApiError(ErrorKind.OFFLINE, "offline")
REFUSED = ApiError(ErrorKind.KEY_REFUSED, "401: no", http_status=401)


class FakeClient:
    """Asks the service; remembers whether it was closed, and refuses to work after that."""

    def __init__(self, service: Service) -> None:
        self.service, self.key = service, service.key
        self.closed = self.busy = False
        self.asked = 0

    async def query(self, task_id: str) -> StatusResponse:
        assert not self.closed
        assert not self.busy
        self.busy = True
        self.asked += 1
        try:
            return await self.service.ask(self, task_id)
        finally:
            self.busy = False

    async def aclose(self) -> None:
        assert not self.closed
        self.closed = True
        await self.service.closing()


async def at_once() -> None:
    return None


@dataclass
class Service:
    """The other side, and all that was asked of it."""

    answer: Callable[[FakeClient, str], Awaitable[TaskStatus]]
    key: str = "old"
    closing: Callable[[], Awaitable[None]] = at_once
    clients: list[FakeClient] = field(default_factory=list)
    sent: list[tuple[float, str]] = field(default_factory=list)
    out: set[str] = field(default_factory=set)

    def connect(self) -> FakeClient:
        self.clients.append(FakeClient(self))
        return self.clients[-1]

    async def ask(self, client: FakeClient, task_id: str) -> StatusResponse:
        assert task_id not in self.out, "two queries of one task"
        self.out.add(task_id)
        self.sent.append((asyncio.get_running_loop().time(), task_id))
        try:
            return StatusResponse(Task(task_id, await self.answer(client, task_id)), 1e9)
        finally:
            self.out.discard(task_id)


@dataclass
class Session:
    """A poller that runs, and what it reported."""

    service: Service
    poller: Poller
    outcomes: list[PollResult]
    slept: list[float]
    task: asyncio.Task[None] | None = None

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def kind(self) -> HealthKind:
        return self.poller.schedule.health(self.now).kind

    def sleep(self, seconds: float) -> None:
        """The machine sleeps: only the boot clock goes on."""
        self.slept.append(seconds)

    async def end(self) -> float:
        """Cancel; return how many seconds that took."""
        assert self.task is not None
        before = self.now
        self.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await self.task
        return self.now - before


def session(
    *task_ids: str,
    answer: Callable[[FakeClient, str], Awaitable[TaskStatus]],
    scene: Callable[[Session], Coroutine[Any, Any, None]],
    **more: Any,  # noqa: ANN401
) -> Session:
    """Poll while the scene is played; then cancel, and see that nothing stays open."""

    async def play() -> Session:
        loop = asyncio.get_running_loop()
        slept, outcomes = [0.0], list[PollResult]()
        schedule = Schedule(period=30.0, rate=more.pop("rate", 20.0), random=Random(3))
        schedule.sync(dict.fromkeys(task_ids, False), loop.time())
        service = Service(answer)
        clock = Clock(boot=lambda: loop.time() + sum(slept))
        report = more.pop("report", outcomes.append)
        poller = Poller(schedule, service.connect, report, clock=clock, **more)
        told = Session(service, poller, outcomes, slept)
        told.task = asyncio.create_task(poller.run())
        await scene(told)
        if not told.task.cancelled():
            assert await told.end() <= 1
        assert all(client.closed for client in service.clients)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return told

    return virtual_time.run(play())


def lasting(seconds: float) -> Callable[[Session], Coroutine[Any, Any, None]]:
    return lambda _: asyncio.sleep(seconds)


async def quick(client: FakeClient, task_id: str) -> TaskStatus:
    await asyncio.sleep(0.3)
    return RUNNING


async def hung(client: FakeClient, task_id: str) -> TaskStatus:
    await asyncio.sleep(1e9)
    return RUNNING


def many(count: int) -> list[str]:
    return [f"t{number}" for number in range(count)]


# The rhythm.


def sweep(hours: float) -> None:
    dice = Random(11)

    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        await asyncio.sleep(dice.uniform(0.05, 0.9))
        return RUNNING

    told = session(*many(500), answer=answer, scene=lasting(hours * 3600))
    assert len(told.outcomes) >= 500 * (hours * 120 - 1)
    first: dict[str, float] = {}
    for at, name in told.service.sent:
        start = first.setdefault(name, at)
        assert abs((at - start + 15) % 30 - 15) <= 0.1
    assert len(told.service.clients) <= 16


def test_500_tasks_are_polled_in_rhythm() -> None:
    sweep(0.2)


@pytest.mark.soak
def test_500_tasks_are_polled_in_rhythm_for_two_hours() -> None:
    sweep(2)


def test_a_day_of_one_task() -> None:
    told = session("a", answer=quick, scene=lasting(86_400 - 1))
    times = [at for at, _ in told.service.sent]
    assert len(times) == 2880
    assert times[-1] - times[0] == pytest.approx(2879 * 30, abs=0.01)
    assert len(told.service.clients) == 1
    first = told.outcomes[0]
    assert (first.task_id, first.task, first.server_time) == ("a", Task("a", RUNNING), 1e9)
    assert first.seconds == pytest.approx(0.3, abs=1e-3)


def test_what_is_added_later_is_asked_about_at_once_and_what_has_ended_rests() -> None:
    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        return DONE

    async def scene(told: Session) -> None:
        await asyncio.sleep(50)
        told.poller.schedule.add("a", told.now)
        told.poller.wake()
        await asyncio.sleep(0.01)
        assert [each.task_id for each in told.outcomes] == ["a"]
        assert told.kind() is HealthKind.RESTING
        told.poller.refresh("a")
        await asyncio.sleep(1000)
        assert len(told.outcomes) == 2

    session(answer=answer, scene=scene)


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

    session("a", answer=answer, scene=lasting(900))
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
        told = session("a", "b", answer=answer, scene=lasting(65))
    bug, *later = [each for each in told.outcomes if each.task_id == "a"]
    assert bug.error is not None
    assert bug.error.kind is ErrorKind.UNEXPECTED
    assert [each.error for each in later] == [None, None]
    assert len(told.service.clients) == 2


def test_a_client_that_cannot_be_made_or_answers_nonsense_is_a_bug_as_well(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        return RUNNING

    class Odd(FakeClient):
        async def query(self, task_id: str) -> StatusResponse:
            return None  # type: ignore[return-value]

    async def play() -> list[PollResult]:
        outcomes = list[PollResult]()
        loop = asyncio.get_running_loop()
        schedule = Schedule(period=30.0, rate=20.0)
        schedule.sync({"a": False}, loop.time())
        made = [0]

        def connect() -> FakeClient:
            made[0] += 1
            if made[0] == 1:
                raise UnicodeError("the proxy's name")
            return Odd(Service(answer)) if made[0] == 2 else FakeClient(Service(answer))

        poller = Poller(schedule, connect, outcomes.append, clock=Clock(boot=loop.time))
        task = asyncio.create_task(poller.run())
        await asyncio.sleep(400)
        task.cancel()
        await asyncio.wait([task])
        return outcomes

    with caplog.at_level(logging.CRITICAL, "tui.polling.poller"):
        outcomes = virtual_time.run(play())
    kinds = [each.error and each.error.kind for each in outcomes]
    assert kinds[:3] == [ErrorKind.UNEXPECTED, ErrorKind.UNEXPECTED, None]


def test_a_screen_that_fails_does_not_end_polling(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[PollResult] = []

    def report(outcome: PollResult) -> None:
        seen.append(outcome)
        raise RuntimeError("no such row")

    with caplog.at_level(logging.CRITICAL, "tui.polling.poller"):
        session("a", "b", answer=quick, scene=lasting(100), report=report, workers=1)
    assert len(seen) == 8


def test_a_query_that_hangs_stops_no_other() -> None:
    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        return await (hung if task_id == "a" else quick)(client, task_id)

    told = session(*"abcd", answer=answer, scene=lasting(299), workers=2)
    names = [each.task_id for each in told.outcomes]
    assert [names.count(each) for each in "abcd"] == [0, 10, 10, 10]


def test_a_removed_task_is_dropped_and_never_cancelled() -> None:
    ended: list[str] = []

    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        await asyncio.sleep(5)
        ended.append(task_id)
        return RUNNING

    async def scene(told: Session) -> None:
        await asyncio.sleep(1)
        told.poller.schedule.remove("a")
        told.poller.wake()
        await asyncio.sleep(100)
        assert (ended, told.outcomes) == (["a"], [])

    session("a", answer=answer, scene=scene)


# The end.


async def stubborn(client: FakeClient, task_id: str) -> TaskStatus:
    while True:
        try:
            await asyncio.sleep(3)
        except asyncio.CancelledError:
            if client.asked > 1:
                raise
            client.asked += 1


@pytest.mark.parametrize("answer", [quick, hung])
def test_the_end_closes_every_client_within_a_second(
    answer: Callable[[FakeClient, str], Awaitable[TaskStatus]],
) -> None:
    async def scene(told: Session) -> None:
        told.service.closing = lambda: asyncio.sleep(1e9)
        await asyncio.sleep(5.2)
        assert await told.end() <= 1

    told = session(*many(16), answer=answer, scene=scene)
    assert len(told.service.clients) > 0


def test_not_even_a_query_that_will_not_be_cancelled_delays_the_end() -> None:
    async def scene(told: Session) -> None:
        await asyncio.sleep(5)
        assert await told.end() <= 1
        assert told.service.clients[0].closed
        for query in asyncio.all_tasks() - {asyncio.current_task()}:
            query.cancel()
        await asyncio.sleep(0)

    session("a", answer=stubborn, scene=scene)


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

    async def changed() -> bool:
        told, changes[0] = changes[0], False
        return told

    async def scene(told: Session) -> None:
        await asyncio.sleep(61)
        good[:] = ["new"]
        await asyncio.sleep(50)
        assert told.kind() is HealthKind.KEY_REFUSED
        sent = len(told.service.sent)
        await asyncio.sleep(200)
        assert len(told.service.sent) == sent
        told.service.key, changes[0], since = "new", True, told.now
        await asyncio.sleep(3)
        assert told.kind() is HealthKind.LIVE
        assert min(at for at, _ in told.service.sent[sent:]) - since <= 3
        await asyncio.sleep(300)
        assert told.kind() is HealthKind.LIVE
        late = [each.error for each in told.outcomes[-50:]]
        assert late == [None] * 50

    session(*many(20), answer=answer, scene=scene, key_changed=changed)


def test_the_client_of_a_query_under_way_is_renewed_as_well() -> None:
    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        await asyncio.sleep(5)
        return RUNNING

    async def scene(told: Session) -> None:
        await asyncio.sleep(1)
        told.service.key = "new"
        await told.poller.discard_clients()
        assert [each.closed for each in told.service.clients] == [False]
        await asyncio.sleep(5)
        assert [each.closed for each in told.service.clients] == [True]
        await asyncio.sleep(60)
        assert [each.key for each in told.service.clients] == ["old", "new"]

    session("a", answer=answer, scene=scene)


def test_a_key_that_cannot_be_looked_at_is_looked_at_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    looks = [0]

    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        if client.key == "old":
            raise REFUSED
        return RUNNING

    async def scene(told: Session) -> None:
        await asyncio.sleep(0.5)
        told.service.key = "new"
        await asyncio.sleep(10)
        assert told.kind() is HealthKind.LIVE

    async def changed() -> bool:
        looks[0] += 1
        if looks[0] < 3:
            raise OSError("the key file")
        return True

    with caplog.at_level(logging.CRITICAL, "tui.polling.poller"):
        session("a", answer=answer, scene=scene, key_changed=changed)
    assert looks == [3]


# Sleep.


def test_after_a_sleep_dead_connections_go_and_polling_goes_on_within_two_seconds() -> None:
    dead: set[FakeClient] = set()

    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        await asyncio.sleep(0.3 if client not in dead else 1e9)
        return RUNNING

    async def scene(told: Session) -> None:
        await asyncio.sleep(60.1)
        dead.update(told.service.clients)
        told.sleep(8 * 3600)
        since, before = told.now, len(told.outcomes)
        await asyncio.sleep(1.4)
        assert len(told.outcomes) > before
        await asyncio.sleep(4)
        assert {each.task_id for each in told.outcomes[before:]} == set(many(40))
        assert all(each.error is None for each in told.outcomes)
        assert all(client.closed for client in dead)
        assert len([at for at, _ in told.service.sent if at > since]) <= 60

    session(*many(40), answer=answer, scene=scene)


def test_a_query_cancelled_before_its_first_step_is_not_lost() -> None:
    """A sleep may be noticed in the very round of the loop in which a query leaves."""

    async def scene(told: Session) -> None:
        await asyncio.sleep(5)
        told.poller.schedule.add("b", told.now)
        told.poller.wake()
        before = asyncio.all_tasks()
        await asyncio.sleep(0)
        (query,) = asyncio.all_tasks() - before
        query.cancel()
        await asyncio.sleep(1)
        assert [each.task_id for each in told.outcomes] == ["a", "b"]
        await asyncio.sleep(60)
        assert len(told.outcomes) == 6

    session("a", answer=quick, scene=scene, workers=1)


# Asking for one.


def test_ask_brings_the_outcome_of_a_new_query_or_of_the_one_under_way() -> None:
    failing: list[bool] = []

    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        await asyncio.sleep(2)
        if failing:
            raise DOWN
        return RUNNING

    async def scene(told: Session) -> None:
        await asyncio.sleep(10)
        one, two = await asyncio.gather(told.poller.ask("a"), told.poller.ask("a"))
        assert one is two
        assert one.task == Task("a", RUNNING)
        assert told.now == pytest.approx(1012, abs=0.01)
        told.poller.refresh("a")
        await asyncio.sleep(1)
        assert (await told.poller.ask("a")).task is not None
        assert told.now == pytest.approx(1014, abs=0.01)
        failing.append(True)
        assert (await told.poller.ask("a")).error is DOWN

    session("a", answer=answer, scene=scene)


def test_ask_may_be_given_up() -> None:
    async def scene(told: Session) -> None:
        for task_id in ("a", "unknown"):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(20):
                    await told.poller.ask(task_id)

    session("a", answer=hung, scene=scene)
