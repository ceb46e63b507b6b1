"""The schedule, told as hours of polling in simulated time."""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.support.examples import examples
from tui.errors import ApiError, ErrorKind
from tui.polling.limiter import HealthKind
from tui.polling.schedule import Job, Schedule

START = 1000.0


def fault(kind: ErrorKind, *, after: float | None = None, stale: bool = False) -> ApiError:
    return ApiError(kind, kind.value, retry_after=after, stale_connection=stale)


DOWN = fault(ErrorKind.OFFLINE)
REFUSED = fault(ErrorKind.KEY_REFUSED)
ABSENT = fault(ErrorKind.NOT_FOUND)
STALE = fault(ErrorKind.OFFLINE, stale=True)

Reply = ApiError | bool
"""A fault, or whether the task has ended."""


@dataclass
class World:
    """A service that answers after a while, and as many workers as the poller has."""

    schedule: Schedule
    answer: Callable[[str, float], Reply] = lambda task_id, now: False
    latency: Callable[[], float] = lambda: 0.3
    workers: int = 16
    now: float = START
    sent: list[tuple[float, str]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    flying: list[tuple[float, int, Job, Reply]] = field(default_factory=list)
    out: set[str] = field(default_factory=set)

    def run(self, seconds: float) -> World:
        """Let time pass."""
        end = self.now + seconds
        while True:
            step = math.inf
            while len(self.flying) < self.workers:
                found = self.schedule.next(self.now)
                if isinstance(found, Job):
                    self.leave(found)
                    continue
                assert found > 0
                step = self.now + found
                break
            landing = self.flying[0][0] if self.flying else math.inf
            if min(step, landing) > end:
                self.now = end
                return self
            self.now = max(self.now, min(step, landing))
            if landing <= self.now:
                self.land()

    def leave(self, job: Job) -> None:
        assert job.task_id not in self.out, "two queries of one task"
        self.out.add(job.task_id)
        self.sent.append((self.now, job.task_id))
        reply = self.answer(job.task_id, self.now)
        landing = self.now + self.latency()
        heapq.heappush(self.flying, (landing, len(self.sent), job, reply))

    def land(self) -> None:
        _, _, job, reply = heapq.heappop(self.flying)
        self.out.discard(job.task_id)
        if isinstance(reply, ApiError):
            wanted = self.schedule.record_failure(job, self.now, reply)
        else:
            wanted = self.schedule.record_success(job, self.now, ended=reply)
        if wanted:
            self.told.append(job.task_id)

    def times(self, task_id: str | None = None, since: float = 0.0) -> list[float]:
        """When requests left, in seconds from the start."""
        return [
            round(at - START, 3)
            for at, name in self.sent
            if (task_id is None or name == task_id) and at >= since
        ]

    def kind(self) -> HealthKind:
        return self.schedule.health(self.now).kind


def world(
    *task_ids: str, rate: float = 20.0, ended: Iterable[str] = (), seed: int = 7, **more: object
) -> World:
    schedule = Schedule(period=30.0, rate=rate, random=Random(seed))
    schedule.sync({each: each in set(ended) for each in task_ids}, START)
    return World(schedule, **more)  # type: ignore[arg-type]


def many(count: int) -> list[str]:
    return [f"t{number}" for number in range(count)]


def busiest(times: Iterable[float]) -> int:
    """The most requests in any one second."""
    window: deque[float] = deque()
    most = 0
    for at in times:
        window.append(at)
        while window[0] <= at - 1:
            window.popleft()
        most = max(most, len(window))
    return most


def gaps(times: list[float]) -> list[float]:
    return [b - a for a, b in pairwise(times)]


# The rhythm.


def test_a_task_is_asked_about_at_once_and_every_30_s_until_it_ends() -> None:
    found = world("a", answer=lambda _, now: now > START + 100, latency=lambda: 2.7)
    assert found.schedule.health(START).kind is HealthKind.STARTING
    found.run(60)
    assert (found.times(), found.kind()) == ([0, 30, 60], HealthKind.LIVE)
    found.run(3600)
    assert found.times() == [0, 30, 60, 90, 120]
    assert (found.schedule.next(found.now), found.kind()) == (math.inf, HealthKind.RESTING)


def test_an_answer_that_takes_longer_than_the_period_skips_a_beat() -> None:
    assert world("a", latency=lambda: 31.0).run(130).times() == [0, 60, 120]


def test_what_has_ended_is_asked_about_once_at_the_start_whatever_it_says() -> None:
    found = world("a", "b", ended=["a"]).run(100)
    assert found.times("a") == [0]
    assert found.times("b")[1:] == [30.05, 60.05, 90.05]


def test_a_refresh_of_an_ended_task_asks_once_and_lets_it_rest_again() -> None:
    found = world("a", answer=lambda _, now: now < START + 50).run(100)
    found.schedule.refresh(["a", "unknown"], found.now)
    found.run(1000)
    assert found.times() == [0, 100], "although the service takes the end back"


def test_a_refresh_under_way_and_one_too_many_make_no_second_query() -> None:
    found = world("a", latency=lambda: 5.0).run(1)
    found.schedule.refresh(["a"], found.now)
    found.run(19)
    found.schedule.refresh(["a"], found.now)
    found.schedule.refresh(["a"], found.now)
    assert found.run(45).times() == [0, 20, 50], "and begins a rhythm of its own"


def test_a_refresh_goes_before_a_backlog() -> None:
    found = world(*many(1000)).run(35)
    assert found.kind() is HealthKind.LATE
    pulse = found.schedule.health(found.now)
    assert pulse.every == 50
    asked = found.now
    found.schedule.refresh(["t3"], asked)
    found.schedule.prioritize(["t999", "t998", "gone"])
    assert {name for at, name in found.run(0.2).sent if at > asked} >= {"t3", "t998", "t999"}


def test_tasks_in_view_come_first_at_the_start() -> None:
    schedule = Schedule(period=30.0, rate=20.0, random=Random(1))
    schedule.sync(dict.fromkeys(many(100), False), START, first=["t90", "t91"])
    found = World(schedule).run(1)
    assert [name for _, name in found.sent[:3]] == ["t90", "t91", "t0"]


def test_500_tasks_keep_their_rhythm_for_two_hours() -> None:
    dice = Random(20261122)
    found = world(*many(500), latency=lambda: dice.uniform(0.05, 0.9))
    assert found.run(7200 - 0.001).kind() is HealthKind.LIVE
    assert len(found.sent) >= 500 * 239
    first: dict[str, float] = {}
    count: dict[str, int] = {}
    for at, name in found.sent:
        start = first.setdefault(name, at)
        count[name] = count.get(name, -1) + 1
        assert abs(at - start - 30 * count[name]) <= 0.1
    assert busiest(at for at, _ in found.sent) <= 22


def test_a_thousand_tasks_never_leave_in_a_herd() -> None:
    def answer(_: str, now: float) -> Reply:
        return DOWN if 600 < now - START < 720 else False

    found = world(*many(1000), answer=answer).run(500)
    assert busiest(at for at, _ in found.sent) <= 22
    longest = max(max(gaps(found.times(each))) for each in many(1000))
    assert 49 < longest < 52
    found.run(1000)
    assert busiest(at for at, _ in found.sent) <= 22
    back = START + 720 + 31
    seen = {name for at, name in found.sent if back - 31 < at < back + 51}
    assert seen == set(many(1000)), "all are heard of again"


# Faults of one task.


def test_after_two_faults_a_task_backs_off_and_one_answer_ends_that() -> None:
    wrong = fault(ErrorKind.SERVER)
    for seed in range(20):
        found = world("a", seed=seed, answer=lambda _, now: now < START + 9000 and wrong)
        between = gaps(found.run(20_000).times())
        assert between[0] == pytest.approx(30, abs=0.001)
        for number, gap in enumerate(between[1:], 1):
            if sum(between[: number + 1]) < 9000:
                assert 5 <= gap <= min(300, 30 * 2**number) + 0.31
        assert between[-1] == pytest.approx(30, abs=0.001)


def test_an_unknown_task_is_asked_about_ever_more_rarely_and_never_dropped() -> None:
    found = world("a", answer=lambda *_: ABSENT).run(4000)
    assert [round(gap) for gap in gaps(found.times())] == [60, 120, 240, 480] + [600] * 5
    assert len(found.told) == len(found.sent)


def test_an_ended_task_that_the_service_has_forgotten_rests() -> None:
    assert world("a", ended="a", answer=lambda *_: ABSENT).run(4000).times() == [0]


def test_an_ended_task_is_asked_about_until_one_answer_came() -> None:
    wrong = fault(ErrorKind.SERVER)
    found = world("a", ended="a", answer=lambda _, now: wrong if now < START + 29 else False)
    assert found.run(4000).times() == [0, 30]


def test_a_stale_connection_gets_one_more_try_that_is_no_fault() -> None:
    replies = iter([False, STALE, False, STALE, STALE])
    found = world("a", "b", answer=lambda name, _: next(replies, False) if name == "a" else False)
    found.run(85)
    assert found.times("a") == [0, 30, 30.3, 60, 60.3]
    assert found.told.count("a") == 3, "the second one in a row is told"
    assert found.run(60).times("a")[5:] == [90, 120]


# Coming and going.


def test_the_answer_of_a_removed_task_is_dropped() -> None:
    found = world("a", latency=lambda: 5.0).run(1)
    found.schedule.remove("a")
    assert found.run(100).told == []
    assert found.times() == [0]
    assert found.kind() is HealthKind.RESTING


@pytest.mark.parametrize("reply", [False, True, DOWN, STALE, ABSENT])
def test_a_task_added_again_under_way_waits_for_the_first_query(reply: Reply) -> None:
    replies = iter([reply])
    found = world("a", answer=lambda *_: next(replies, False), latency=lambda: 5.0).run(1)
    for _ in range(3):
        found.schedule.remove("a")
        found.schedule.add("a", found.now)
    found.run(6)
    assert found.told == []
    again = found.run(25).times()[1]
    assert 5 <= again <= (7 if reply is DOWN else 5), "an outage asks for a probe later on"
    assert found.told == ["a"]


def test_sync_takes_over_a_list_and_leaves_rhythms_alone() -> None:
    found = world("a", "b").run(10)
    found.schedule.sync({"b": False, "c": True}, found.now)
    found.run(60)
    assert found.times("a") == [0]
    assert found.times("b") == [0.05, 30.05, 60.05]
    assert found.times("c") == [10]


# The service asks for rest.


@pytest.mark.parametrize(("after", "rest"), [(40.0, 40.0), (None, 30.0), (900.0, 900.0)])
def test_a_429_pauses_all_and_halves_the_rate_once(after: float | None, rest: float) -> None:
    busy = fault(ErrorKind.RATE_LIMITED, after=after)
    found = world(*many(1000), answer=lambda _, now: now > START + 10 and now < START + 20 and busy)
    found.run(11)
    pulse = found.schedule.health(found.now)
    assert pulse.kind is HealthKind.PAUSED
    last = max(found.times())
    assert last < 10.4
    found.run(1.1 * rest + 10)
    gap = max(gaps(found.times()))
    assert rest - 0.4 <= gap <= 1.1 * rest + 0.2
    resumed = [at for at in found.times() if at > last]
    assert len(resumed) >= 2
    rate = 10 + resumed[0] / 60 - 10.35 / 60
    assert gaps(resumed)[0] == pytest.approx(1 / min(rate, 20), rel=0.02)
    found.run(600)
    assert found.schedule.limiter.rate(found.now) == 20


def test_429s_without_a_pause_do_not_stop_it_for_good() -> None:
    busy = fault(ErrorKind.RATE_LIMITED, after=0.0)
    found = world(*many(50), answer=lambda _, now: now < START + 300 and busy).run(300)
    assert max(gaps(found.times())) <= 10.5
    assert busiest(found.times(since=START + 60)) <= 2
    assert found.run(1500).kind() is HealthKind.LIVE


# Breakers.


def test_a_refused_key_stops_all_but_what_is_under_way() -> None:
    found = world(*many(100), answer=lambda *_: REFUSED, latency=lambda: 0.7).run(599)
    assert len(found.sent) <= 16
    assert max(found.times()) <= 0.7
    assert found.kind() is HealthKind.KEY_REFUSED
    assert found.schedule.breaker.key_refused
    before = len(found.sent)
    assert len(found.run(600).sent) == before + 1, "one probe in ten minutes"
    found.answer = lambda *_: False
    found.schedule.breaker.probe_now(found.now)
    asked = found.now
    found.run(7)
    assert len(found.times(since=asked)) >= 100, "all are due"
    assert busiest(found.times(since=asked)) <= 22


@pytest.mark.parametrize("reply", [False, ABSENT, fault(ErrorKind.SERVER), DOWN])
def test_what_left_before_a_refusal_does_not_end_it(reply: Reply) -> None:
    """The answers of one moment arrive in any order; some were given before the key ended."""
    late = iter([0.2, 0.1, 0.6, 0.6, 0.6])
    replies = iter([REFUSED, REFUSED, reply, reply, REFUSED])
    found = world(
        *many(50), answer=lambda *_: next(replies, False), latency=lambda: next(late, 0.3)
    ).run(500)
    assert max(found.times()) < 0.2
    assert found.kind() is HealthKind.KEY_REFUSED


def test_a_late_refusal_of_an_old_key_is_not_held_against_the_new_one() -> None:
    late = {"t0": 0.1, "t1": 20.0}
    found = world(*many(3))
    found.latency = lambda: late.pop(found.sent[-1][1], 0.3)
    found.answer = lambda *_: REFUSED if found.now < START + 1 else False
    found.run(10)
    assert found.kind() is HealthKind.KEY_REFUSED
    found.schedule.breaker.probe_now(found.now)
    found.run(5)
    assert found.kind() is HealthKind.LIVE
    told = len(found.told)
    found.run(6)
    assert (found.kind(), found.told[told:]) == (HealthKind.LIVE, ["t1"]), "asked about once more"


def test_a_new_key_is_tried_although_the_old_one_is_just_being_tried() -> None:
    found = world(*many(3), answer=lambda *_: REFUSED).run(10)
    found.latency = lambda: 20.0
    found.schedule.breaker.probe_now(found.now)
    found.run(5)
    found.latency, found.answer = (lambda: 0.3), (lambda *_: False)
    found.schedule.breaker.probe_now(found.now)
    assert found.run(16).kind() is HealthKind.LIVE


@pytest.mark.parametrize(
    ("reply", "kind", "within"),
    [
        (DOWN, HealthKind.OFFLINE, 40.0),
        (fault(ErrorKind.NOT_THE_API), HealthKind.NOT_THE_API, 40.0),
        (fault(ErrorKind.UNEXPECTED), HealthKind.KEY_REFUSED, 603.0),
    ],
)
def test_a_probe_of_the_key_may_fail_in_another_way(
    reply: ApiError, kind: HealthKind, within: float
) -> None:
    found = world(*many(30), answer=lambda *_: REFUSED).run(10)
    found.answer = lambda *_: reply
    found.schedule.breaker.probe_now(found.now)
    before = len(found.sent)
    found.run(0.5)
    assert (found.kind(), len(found.sent)) == (kind, before + 1)
    found.answer = lambda *_: False
    assert found.run(within).kind() is HealthKind.LIVE


def test_an_outage_costs_one_probe_at_a_time_and_all_come_back_at_once() -> None:
    found = world(*many(300)).run(60)
    found.answer = lambda *_: DOWN
    found.run(40)
    assert found.kind() is HealthKind.OFFLINE
    assert found.schedule.health(found.now).reason == "offline"
    probing = found.now
    found.run(600)
    probes = gaps(found.times(since=probing))
    assert all(20 <= gap <= 30.5 for gap in probes[3:])
    found.answer, back = (lambda *_: False), found.now
    found.run(31 + 16)
    after = [(at, name) for at, name in found.sent if at >= back]
    assert {name for _, name in after} == set(many(300))
    assert busiest(at for at, _ in after) <= 22
    assert found.kind() is HealthKind.LIVE


def test_probes_come_after_2_4_8_seconds_however_many_faults_are_under_way() -> None:
    found = world(*many(100), answer=lambda *_: DOWN, latency=lambda: 0.6).run(200)
    opened = next(i for i, gap in enumerate(gaps(found.times())) if gap > 1)
    probes = gaps(found.times())[opened:]
    for gap, ceiling in zip(probes, [2, 4, 8, 16, 30, 30], strict=False):
        assert 0.75 * ceiling - 0.6 <= gap <= ceiling + 0.61


def test_when_all_fail_it_is_said_before_the_breaker_opens() -> None:
    found = world(*many(2)).run(5)
    assert found.kind() is HealthKind.LIVE
    found.answer = lambda task_id, now: DOWN
    found.schedule.refresh(many(2), found.now)
    found.run(2)
    assert not found.schedule.breaker.is_open
    assert found.kind() is HealthKind.OFFLINE


def test_one_service_error_ends_an_outage_as_well_and_all_are_due() -> None:
    found = world(*many(40), answer=lambda *_: DOWN).run(300)
    found.answer = lambda *_: fault(ErrorKind.SERVER)
    found.run(31 + 3)
    assert len({name for at, name in found.sent if at > START + 300}) == 40


def test_a_portal_is_not_the_service() -> None:
    strange = fault(ErrorKind.NOT_THE_API)
    found = world(*many(50), answer=lambda *_: strange).run(100)
    assert found.kind() is HealthKind.NOT_THE_API
    assert len(found.sent) < 25
    found.answer = lambda *_: False
    assert found.run(33).kind() is HealthKind.LIVE


def test_one_task_alone_cannot_bring_the_others_down() -> None:
    found = world(*many(20), answer=lambda name, _: DOWN if name == "t0" else False).run(3000)
    assert found.kind() is HealthKind.LIVE
    assert len(found.times("t1")) == 100


def test_a_probe_whose_task_is_removed_still_counts() -> None:
    found = world("a", "b", answer=lambda *_: DOWN).run(100)
    found.latency = lambda: 5.0
    found.schedule.breaker.probe_now(found.now)
    found.run(0.1)
    assert len(found.out) == 1
    found.schedule.remove(*found.out)
    found.answer = lambda *_: False
    found.run(60)
    assert found.kind() is HealthKind.LIVE


def test_an_outage_without_tasks_is_not_shown_and_does_not_delay_the_next_one() -> None:
    found = world("a", answer=lambda *_: DOWN, latency=lambda: 3.0).run(1)
    found.schedule.remove("a")
    found.run(10)
    assert found.kind() is HealthKind.RESTING
    found.answer = lambda *_: False
    found.schedule.add("b", found.now)
    assert found.run(5).kind() is HealthKind.LIVE
    assert found.times("b") == [11]


def test_after_a_sleep_all_are_due_but_a_pause_goes_on() -> None:
    found = world(*many(10), answer=lambda *_: DOWN).run(500)
    found.answer = lambda *_: False
    found.schedule.resume(found.now)
    woken = found.now
    found.run(2)
    assert len(found.times(since=woken)) == 10
    busy = fault(ErrorKind.RATE_LIMITED, after=500.0)
    found.answer = lambda *_: busy
    found.run(60)
    found.schedule.resume(found.now, slept=100.0)
    assert found.kind() is HealthKind.PAUSED
    found.schedule.resume(found.now, slept=500.0)
    assert found.kind() is not HealthKind.PAUSED


def test_a_query_given_up_is_made_again_and_counts_for_nothing() -> None:
    schedule = world("a", "b").schedule
    job = schedule.next(START)
    assert isinstance(job, Job)
    schedule.record_cancelled(job, START + 1)
    again = schedule.next(START + 1)
    assert isinstance(again, Job)
    assert again.task_id == "a", "first of all"
    assert schedule.health(START + 1).kind is HealthKind.STARTING


# Any order of events.

NAMES = st.sampled_from("abcde")
KINDS = st.sampled_from(list(ErrorKind))


class Life(RuleBasedStateMachine):
    """Whatever happens: no double query, no excess, and no task is ever forgotten."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.schedule = Schedule(period=30.0, rate=2.0, random=Random(5))
        self.flying: list[Job] = []
        self.sent: list[float] = []
        self.resting: set[str] = set()
        self.known: set[str] = set()

    def take(self) -> bool:
        found = self.schedule.next(self.now)
        if not isinstance(found, Job):
            assert found > 0
            return False
        assert found.task_id not in {job.task_id for job in self.flying}
        assert found.task_id in self.known
        assert not self.sent or self.now - self.sent[-1] >= 0.5 - 1e-9
        self.sent.append(self.now)
        self.flying.append(found)
        return True

    @rule(name=NAMES, ended=st.booleans(), first=st.booleans())
    def add(self, name: str, ended: bool, first: bool) -> None:
        self.known.add(name)
        self.schedule.add(name, self.now, ended=ended, first=first)

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        self.known.discard(name)
        self.schedule.remove(name)

    @rule(names=st.lists(NAMES, max_size=3))
    def refresh(self, names: list[str]) -> None:
        self.schedule.refresh(names, self.now)

    @rule(names=st.lists(NAMES, max_size=3))
    def prefer(self, names: list[str]) -> None:
        self.schedule.prioritize(names)

    @rule(slept=st.sampled_from([0.0, 10.0, math.inf]))
    def wake(self, slept: float) -> None:
        self.schedule.resume(self.now, slept)

    @rule(seconds=st.sampled_from([0.0, 0.01, 0.5, 3.0, 29.7, 30.0, 700.0]))
    def advance(self, seconds: float) -> None:
        self.now += seconds
        while self.take():
            pass

    @precondition(lambda self: self.flying)
    @rule(which=st.integers(0, 9), ended=st.booleans())
    def finish(self, which: int, ended: bool) -> None:
        self.schedule.record_success(
            self.flying.pop(which % len(self.flying)), self.now, ended=ended
        )

    @precondition(lambda self: self.flying)
    @rule(which=st.integers(0, 9), kind=KINDS, stale=st.booleans())
    def fail(self, which: int, kind: ErrorKind, stale: bool) -> None:
        error = fault(kind, after=7.0, stale=stale and kind.transport)
        self.schedule.record_failure(self.flying.pop(which % len(self.flying)), self.now, error)

    @precondition(lambda self: self.flying)
    @rule(which=st.integers(0, 9))
    def give_up(self, which: int) -> None:
        self.schedule.record_cancelled(self.flying.pop(which % len(self.flying)), self.now)

    @invariant()
    def next_tells_what_to_do(self) -> None:
        pulse = self.schedule.health(self.now)
        assert pulse.kind is not HealthKind.LATE or pulse.every == 0
        assert self.schedule.active <= len(self.known)

    def teardown(self) -> None:
        """The host is well from now on: within minutes all tasks come to rest, each once asked."""
        wanted, asked = self.schedule.active, set()
        rest = {job.task_id for job in self.flying}
        for _ in range(100):
            for job in self.flying:
                asked.add(job.task_id)
                self.schedule.record_success(job, self.now, ended=True)
            self.flying.clear()
            found = self.schedule.next(self.now)
            if isinstance(found, Job):
                self.flying.append(found)
            elif math.isinf(found):
                break
            else:
                self.now += found
        assert self.schedule.active == 0
        assert len(asked | rest) >= wanted


Life.TestCase.settings = settings(max_examples=examples(150), stateful_step_count=40, deadline=None)
TestLife = Life.TestCase
