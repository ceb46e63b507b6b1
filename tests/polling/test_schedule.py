"""The schedule over hours of polling, in simulated time."""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.support.examples import examples
from tui.errors import ApiError, ErrorKind
from tui.polling.health import HealthKind
from tui.polling.schedule import Accepted, Job, Schedule

START = 1000.0


def fault(kind: ErrorKind, *, after: float | None = None, stale: bool = False) -> ApiError:
    return ApiError(kind, kind.value, retry_after=after, stale_connection=stale)


DOWN = fault(ErrorKind.OFFLINE)
REFUSED = fault(ErrorKind.KEY_REFUSED)
ABSENT = fault(ErrorKind.NOT_FOUND)
STALE = fault(ErrorKind.OFFLINE, stale=True)


class Told(NamedTuple):
    """What a good answer says of a task."""

    ended: bool
    complete: bool = True
    known: bool = True


class HintedEnd(NamedTuple):
    """What a good answer says of a task in an unknown state, and what looks like its end."""

    unknown_end: str | None
    ended: bool = False
    known: bool = False


Reply = ApiError | bool | Told | HintedEnd
"""A fault, or whether the task has ended."""


@dataclass
class Simulation:
    """A service with latency and as many workers as the poller has, in simulated time."""

    schedule: Schedule
    answer: Callable[[str, float], Reply] = lambda task_id, now: False
    latency: Callable[[], float] = lambda: 0.3
    workers: int = 16
    now: float = START
    sent: list[tuple[float, str]] = field(default_factory=list)
    reported: list[str] = field(default_factory=list)
    in_flight: list[tuple[float, int, Job, Reply]] = field(default_factory=list)
    busy_ids: set[str] = field(default_factory=set)
    accepted: Accepted | None = None
    """How the last result was to be taken."""

    def run(self, seconds: float) -> Simulation:
        """Advance the time, starting and finishing queries as they are due."""
        end = self.now + seconds
        while True:
            next_at = math.inf
            while len(self.in_flight) < self.workers:
                action = self.schedule.next(self.now)
                if isinstance(action, Job):
                    self.start_query(action)
                    continue
                assert action > 0
                next_at = self.now + action
                break
            finish_at = self.in_flight[0][0] if self.in_flight else math.inf
            if min(next_at, finish_at) > end:
                self.now = end
                return self
            self.now = max(self.now, min(next_at, finish_at))
            if finish_at <= self.now:
                self.finish_query()

    def start_query(self, job: Job) -> None:
        assert job.task_id not in self.busy_ids, "two queries of one task"
        self.busy_ids.add(job.task_id)
        self.sent.append((self.now, job.task_id))
        reply = self.answer(job.task_id, self.now)
        finish_at = self.now + self.latency()
        heapq.heappush(self.in_flight, (finish_at, len(self.sent), job, reply))

    def finish_query(self) -> None:
        _, _, job, reply = heapq.heappop(self.in_flight)
        self.busy_ids.discard(job.task_id)
        if isinstance(reply, ApiError):
            accepted = self.schedule.record_failure(job, self.now, reply)
        else:
            told = Told(reply) if isinstance(reply, bool) else reply
            accepted = self.schedule.record_success(job, self.now, **told._asdict())
        if accepted is not None:
            self.reported.append(job.task_id)
            self.accepted = accepted

    def times(self, task_id: str | None = None, since: float = 0.0) -> list[float]:
        """Return when requests were sent, in seconds from the start."""
        return [
            round(at - START, 3)
            for at, name in self.sent
            if (task_id is None or name == task_id) and at >= since
        ]

    def kind(self) -> HealthKind:
        return self.schedule.health(self.now).kind


def simulate(
    *task_ids: str, rate: float = 20.0, ended: Iterable[str] = (), seed: int = 7, **options: object
) -> Simulation:
    schedule = Schedule(period=30.0, rate=rate, random=Random(seed))
    schedule.sync({task_id: task_id in set(ended) for task_id in task_ids}, START)
    return Simulation(schedule, **options)  # type: ignore[arg-type]


def numbered_ids(count: int) -> list[str]:
    return [f"t{number}" for number in range(count)]


def busiest(times: Iterable[float]) -> int:
    """Return the largest number of requests in any one second."""
    window: deque[float] = deque()
    highest = 0
    for at in times:
        window.append(at)
        while window[0] <= at - 1:
            window.popleft()
        highest = max(highest, len(window))
    return highest


def gaps(times: list[float]) -> list[float]:
    return [b - a for a, b in pairwise(times)]


# The rhythm.


def test_a_task_is_asked_about_at_once_and_every_30_s_until_it_ends() -> None:
    sim = simulate("a", answer=lambda _, now: now > START + 100, latency=lambda: 2.7)
    assert sim.schedule.health(START).kind is HealthKind.STARTING
    sim.run(60)
    assert (sim.times(), sim.kind()) == ([0, 30, 60], HealthKind.LIVE)
    sim.run(3600)
    assert sim.times() == [0, 30, 60, 90, 120]
    assert (sim.schedule.next(sim.now), sim.kind()) == (math.inf, HealthKind.RESTING)


def test_an_answer_that_takes_longer_than_the_period_skips_a_beat() -> None:
    assert simulate("a", latency=lambda: 31.0).run(130).times() == [0, 60, 120]


def test_what_has_ended_is_asked_about_once_at_the_start_whatever_it_says() -> None:
    sim = simulate("a", "b", ended=["a"]).run(100)
    assert sim.times("a") == [0]
    assert sim.times("b")[1:] == [30.05, 60.05, 90.05]


def test_a_refresh_of_an_ended_task_asks_once_and_lets_it_rest_again() -> None:
    sim = simulate("a", answer=lambda _, now: now < START + 50).run(100)
    sim.schedule.refresh(["a", "unknown"], sim.now)
    sim.run(1000)
    assert sim.times() == [0, 100], "even if the service reports it as running again"


def test_a_refresh_under_way_and_one_too_many_make_no_second_query() -> None:
    sim = simulate("a", latency=lambda: 5.0).run(1)
    sim.schedule.refresh(["a"], sim.now)
    sim.run(19)
    sim.schedule.refresh(["a"], sim.now)
    sim.schedule.refresh(["a"], sim.now)
    assert sim.run(45).times() == [0, 20, 50], "a refresh must start a new rhythm"


def test_a_refresh_goes_before_a_backlog() -> None:
    sim = simulate(*numbered_ids(1000)).run(35)
    assert sim.kind() is HealthKind.LATE
    health = sim.schedule.health(sim.now)
    assert health.every == 50
    asked = sim.now
    sim.schedule.refresh(["t3"], asked)
    sim.schedule.prioritize(["t999", "t998", "gone"])
    assert {name for at, name in sim.run(0.2).sent if at > asked} >= {"t3", "t998", "t999"}


def test_tasks_in_view_come_first_at_the_start() -> None:
    schedule = Schedule(period=30.0, rate=20.0, random=Random(1))
    schedule.sync(dict.fromkeys(numbered_ids(100), False), START, first=["t90", "t91"])
    sim = Simulation(schedule).run(1)
    assert [name for _, name in sim.sent[:3]] == ["t90", "t91", "t0"]


def test_500_tasks_keep_their_rhythm_for_two_hours() -> None:
    rng = Random(20261122)
    sim = simulate(*numbered_ids(500), latency=lambda: rng.uniform(0.05, 0.9))
    assert sim.run(7200 - 0.001).kind() is HealthKind.LIVE
    assert len(sim.sent) >= 500 * 239
    first: dict[str, float] = {}
    count: dict[str, int] = {}
    for at, name in sim.sent:
        start = first.setdefault(name, at)
        count[name] = count.get(name, -1) + 1
        assert abs(at - start - 30 * count[name]) <= 0.1
    assert busiest(at for at, _ in sim.sent) <= 22


def test_a_thousand_tasks_never_leave_in_a_herd() -> None:
    def answer(_: str, now: float) -> Reply:
        return DOWN if 600 < now - START < 720 else False

    sim = simulate(*numbered_ids(1000), answer=answer).run(500)
    assert busiest(at for at, _ in sim.sent) <= 22
    longest = max(max(gaps(sim.times(task_id))) for task_id in numbered_ids(1000))
    assert 49 < longest < 52
    sim.run(1000)
    assert busiest(at for at, _ in sim.sent) <= 22
    back = START + 720 + 31
    seen = {name for at, name in sim.sent if back - 31 < at < back + 51}
    assert seen == set(numbered_ids(1000)), "every task must be polled again"


# Faults of one task.


def test_after_two_faults_a_task_backs_off_and_one_answer_ends_that() -> None:
    wrong = fault(ErrorKind.SERVER)
    for seed in range(20):
        sim = simulate("a", seed=seed, answer=lambda _, now: now < START + 9000 and wrong)
        between = gaps(sim.run(20_000).times())
        assert between[0] == pytest.approx(30, abs=0.001)
        for number, gap in enumerate(between[1:], 1):
            if sum(between[: number + 1]) < 9000:
                assert 30 <= gap <= min(300, 30 * 2**number) + 0.31
        assert between[-1] == pytest.approx(30, abs=0.001)


DAY = 86_400.0


@pytest.mark.parametrize(
    "kind",
    [ErrorKind.NOT_FOUND, ErrorKind.REJECTED, ErrorKind.KEY_REFUSED, ErrorKind.OTHER_TASK],
)
def test_what_is_refused_is_asked_about_ever_more_rarely_and_rests_after_a_day(
    kind: ErrorKind,
) -> None:
    refusal = fault(kind)
    sim = simulate("a", "b", answer=lambda name, _: refusal if name == "a" else False).run(4000)
    slower = [60, 120, 240, 480, 600, 600, 600]
    if kind is ErrorKind.NOT_FOUND:
        slower = [30] * 10 + slower  # A replica of the service may lag behind.
    assert [round(gap) for gap in gaps(sim.times("a"))][: len(slower)] == slower
    assert len(sim.reported) == len(sim.sent)
    sim.run(3 * DAY)
    assert DAY <= sim.times("a")[-1] <= DAY + 1000
    assert sim.schedule.active == {"b"}
    asked = sim.now
    sim.schedule.refresh(["a"], sim.now)
    sim.run(2 * DAY)
    again = sim.times("a", since=asked)
    assert [round(gap) for gap in gaps(again)][:2] == [600, 600]
    assert again[-1] - again[0] == pytest.approx(DAY, abs=610), "for another day"


def test_a_task_that_is_unknown_for_a_moment_keeps_its_rhythm() -> None:
    sim = simulate("a", answer=lambda _, now: now - START in (0, 600) and ABSENT).run(700)
    assert all(gap == pytest.approx(30) for gap in gaps(sim.times()))


def test_the_last_answer_before_a_rest_says_so() -> None:
    sim = simulate("a", answer=lambda *_: ABSENT).run(DAY - 600)
    assert sim.accepted == Accepted(resting=False)
    sim.run(1300)
    assert sim.accepted == Accepted(resting=True)
    assert (sim.schedule.next(sim.now), sim.kind()) == (math.inf, HealthKind.RESTING)


def test_a_fault_of_one_task_rests_after_a_day_but_not_one_of_the_whole_service() -> None:
    broken = ApiError(ErrorKind.SERVER, "500", http_status=500)
    sim = simulate("a", "b", answer=lambda name, _: broken if name == "a" else False)
    sim.run(3 * DAY)
    assert sim.times("a")[-1] <= DAY + 310
    sim = simulate("a", "b", answer=lambda *_: broken).run(3 * DAY)
    assert sim.schedule.active == {"a", "b"}
    assert max(gaps(sim.times("a"))) <= 310
    sim = simulate("a", answer=lambda *_: DOWN).run(3 * DAY)
    assert sim.schedule.active == {"a"}


def test_a_state_that_is_not_in_the_contract_rests_after_a_day_and_a_known_one_never() -> None:
    strange = Told(ended=False, known=False)
    sim = simulate("a", "b", answer=lambda name, _: strange if name == "a" else False)
    sim.run(3 * DAY)
    assert sim.times("a")[-1] == pytest.approx(DAY, abs=31)
    assert all(29.9 < gap < 30.1 for gap in gaps(sim.times("a")))
    assert sim.schedule.active == {"b"}


@pytest.mark.parametrize(
    ("hints", "expected"),
    [
        (lambda _: "CANCELED", {30, 600}),
        (lambda now: f"{now // 3000}", {30}),
        (lambda _: None, {30}),
    ],
)
def test_an_end_in_other_words_is_asked_about_more_rarely_and_rests_after_a_day(
    hints: Callable[[float], str], expected: set[int]
) -> None:
    """As in symfony/ai #2082; while anything changes, the rhythm is kept."""
    sim = simulate("a", answer=lambda _, now: HintedEnd(hints(now))).run(20_000)
    assert {round(gap) for gap in gaps(sim.times("a"))} == expected
    if 600 in expected:
        assert [at for at in sim.times("a") if at < 3590] == [30 * n for n in range(120)]
        sim.run(200)
        sim.schedule.refresh(["a"], sim.now)
        asked = len(sim.sent)
        sim.run(1190)
        assert len(sim.sent) == asked + 2, "at once, and then as rarely as before"
    sim.run(3 * DAY)
    assert sim.schedule.active == set()


@pytest.mark.parametrize(
    "error",
    [
        ApiError(ErrorKind.SERVER, "the answer is empty", http_status=204),
        ApiError(ErrorKind.NOT_THE_API, "a page"),
        ApiError(ErrorKind.TIMEOUT, "no answer in time"),
        ApiError(ErrorKind.RATE_LIMITED, "429", http_status=429),
        ApiError(ErrorKind.UNEXPECTED, "a bug"),
    ],
    ids=lambda error: error.kind.name,
)
def test_a_fault_of_one_task_is_not_asked_about_for_ever_but_one_of_all_is(error: ApiError) -> None:
    sim = simulate("a", "b", answer=lambda name, _: error if name == "a" else False).run(3 * DAY)
    assert DAY <= sim.times("a")[-1] <= DAY + 610
    assert sim.schedule.active == {"b"}
    sim = simulate("a", "b", answer=lambda *_: error).run(3 * DAY)
    assert sim.schedule.active == {"a", "b"}


def test_an_outage_of_a_day_lets_nothing_rest_that_is_slow_to_come_back() -> None:
    def answer(name: str, now: float) -> Reply:
        is_down = START + 100 < now < START + 2 * DAY + (1200 if name == "a" else 0)
        return ApiError(ErrorKind.SERVER, "500", http_status=500) if is_down else False

    sim = simulate("a", "b", answer=answer).run(2 * DAY + 3000)
    assert sim.schedule.active == {"a", "b"}
    assert gaps(sim.times("a"))[-1] == pytest.approx(30)


@pytest.mark.parametrize(("after", "gap"), [(None, 30), (7.0, 30), (200.0, 200)])
def test_a_fault_that_says_when_to_ask_again_is_left_alone_so_long(
    after: float | None, gap: float
) -> None:
    replies = iter([ApiError(ErrorKind.SERVER, "empty", http_status=202, retry_after=after)])
    sim = simulate("a", "b", answer=lambda name, _: next(replies, False) if name == "a" else False)
    sim.run(1)
    held = sim.schedule.refresh(["a"], sim.now) if gap > 30 else None
    assert gap == 30 or (held is not None and not held.is_pause)
    sim.run(400)
    assert gap <= gaps(sim.times("a"))[0] <= 1.1 * gap
    assert sim.times("b")[:2] == [0.05, 30.05]


# Final means complete.

DONE, NO_VIDEO = Told(ended=True), Told(ended=True, complete=False)


@pytest.mark.parametrize("ended", [(), ("a",)])
def test_a_completed_task_is_asked_about_five_more_times_until_its_video_is_there(
    ended: tuple[str, ...],
) -> None:
    cases: list[tuple[list[Reply], int]] = [
        ([NO_VIDEO] * 9, 6),
        ([NO_VIDEO, DONE], 2),
        ([NO_VIDEO, NO_VIDEO, False, NO_VIDEO, DONE], 5),
        ([NO_VIDEO, False, False, False, False, False, DONE], 6),
        ([NO_VIDEO, DOWN, NO_VIDEO, DONE], 4),
        ([NO_VIDEO, ABSENT, NO_VIDEO, DONE], 4),
        ([DONE, NO_VIDEO], 1),
    ]
    for replies, count in cases:
        each = iter(replies)
        sim = simulate("a", ended=ended, answer=lambda *_, each=each: next(each, DONE))
        assert len(sim.run(3600).sent) == count, replies
        if DOWN not in replies:
            assert gaps(sim.times()) == [30.0] * (count - 1)


def test_a_task_that_runs_again_when_the_user_asks_is_polled_again() -> None:
    sim = simulate("a", answer=lambda _, now: not START + 100 <= now < START + 300).run(100)
    sim.schedule.refresh(["a"], sim.now, by_user=True)
    sim.run(1)
    assert sim.accepted == Accepted(requested=True)
    sim.run(1000)
    assert sim.times()[-1] == 310
    assert sim.accepted == Accepted(requested=False)
    assert len(sim.times()) == 9


def test_an_ended_task_that_the_service_has_forgotten_rests() -> None:
    assert simulate("a", ended="a", answer=lambda *_: ABSENT).run(4000).times() == [0]


def test_an_ended_task_is_asked_about_until_one_answer_came() -> None:
    wrong = fault(ErrorKind.SERVER)
    sim = simulate("a", ended="a", answer=lambda _, now: wrong if now < START + 29 else False)
    assert sim.run(4000).times() == [0, 30]


def test_a_stale_connection_gets_one_more_try_that_is_no_fault() -> None:
    replies = iter([False, STALE, False, STALE, STALE])
    sim = simulate("a", "b", answer=lambda name, _: next(replies, False) if name == "a" else False)
    sim.run(85)
    assert sim.times("a") == [0, 30, 30.3, 60, 60.3]
    assert sim.reported.count("a") == 3, "only the second one in a row must be reported"
    assert sim.run(60).times("a")[5:] == [90, 120]


def test_what_the_user_asked_for_stands_until_there_is_an_answer() -> None:
    replies = iter([True, DOWN])
    sim = simulate("a", answer=lambda *_: next(replies, False)).run(100)
    sim.schedule.refresh(["a"], sim.now, by_user=True)
    sim.run(1)
    assert sim.accepted == Accepted(requested=False)
    sim.run(5)
    assert sim.accepted == Accepted(requested=True)


# Coming and going.


def test_the_answer_of_a_removed_task_is_dropped() -> None:
    sim = simulate("a", latency=lambda: 5.0).run(1)
    sim.schedule.remove("a", sim.now)
    assert sim.run(100).reported == []
    assert sim.times() == [0]
    assert sim.kind() is HealthKind.RESTING


@pytest.mark.parametrize("reply", [False, True, DOWN, STALE, ABSENT])
def test_a_task_added_again_under_way_waits_for_the_first_query(reply: Reply) -> None:
    replies = iter([reply])
    sim = simulate("a", answer=lambda *_: next(replies, False), latency=lambda: 5.0).run(1)
    for _ in range(3):
        sim.schedule.remove("a", sim.now)
        sim.schedule.add("a", sim.now)
    sim.run(6)
    assert sim.reported == []
    again = sim.run(25).times()[1]
    assert 5 <= again <= (7 if reply is DOWN else 5), "an outage delays it until the probe"
    assert sim.reported == ["a"]


def test_sync_takes_over_a_list_and_leaves_rhythms_alone() -> None:
    sim = simulate("a", "b").run(10)
    sim.schedule.sync({"b": False, "c": True}, sim.now)
    sim.run(60)
    assert sim.times("a") == [0]
    assert sim.times("b") == [0.05, 30.05, 60.05]
    assert sim.times("c") == [10]


# The service asks for rest.

BUSY = fault(ErrorKind.RATE_LIMITED)


def busy_for(after: float | None) -> ApiError:
    return fault(ErrorKind.RATE_LIMITED, after=after)


@pytest.mark.parametrize(
    ("after", "longest"), [(None, 33.0), (0.0, 33.0), (7.5, 33.0), (40.0, 44.0), (900.0, 990.0)]
)
def test_a_429_of_one_task_holds_that_one_alone(after: float | None, longest: float) -> None:
    busy = busy_for(after)
    sim = simulate(*numbered_ids(20), answer=lambda name, _: busy if name == "t3" else False)
    sim.run(3000)
    assert sim.kind() is HealthKind.LIVE
    assert all(gap == pytest.approx(30, abs=0.5) for gap in gaps(sim.times("t1"))[1:])
    assert 30 <= gaps(sim.times("t3"))[0] <= longest + 0.31, "at least a period"
    assert len(sim.times("t3")) <= 3000 / 30
    assert sim.schedule.limiter.rate(sim.now) == 20


@pytest.mark.parametrize(("after", "rest"), [(40.0, 40.0), (None, 30.0), (900.0, 900.0)])
def test_a_429_that_another_task_confirms_pauses_all_and_halves_the_rate_once(
    after: float | None, rest: float
) -> None:
    busy = busy_for(after)
    sim = simulate(
        *numbered_ids(1000), answer=lambda _, now: now > START + 10 and now < START + 20 and busy
    )
    sim.run(11)
    health = sim.schedule.health(sim.now)
    assert health.kind is HealthKind.PAUSED
    last = max(sim.times())
    assert last < 10.8, "the pause begins with the answer to the witness"
    sim.run(1.1 * rest + 10)
    gap = max(gaps(sim.times()))
    assert rest - 0.8 <= gap <= 1.1 * rest + 0.5
    resumed = [at for at in sim.times() if at > last]
    assert len(resumed) >= 2
    rate = 10 + resumed[0] / 60 - 10.7 / 60
    assert gaps(resumed)[0] == pytest.approx(1 / min(rate, 20), rel=0.02)
    sim.run(700)
    assert sim.schedule.limiter.rate(sim.now) == 20


def test_several_429s_among_good_answers_slow_all_and_pause_none() -> None:
    """As of a service that lets through only so many requests a second."""
    numbers = iter(range(100_000))
    sim = simulate(*numbered_ids(600), answer=lambda *_: next(numbers) % 4 == 3 and busy_for(1.0))
    sim.run(20)
    assert sim.kind() is not HealthKind.PAUSED
    assert sim.schedule.limiter.rate(sim.now) <= 10


def test_429s_without_a_pause_do_not_stop_it_for_good() -> None:
    busy = busy_for(0.0)
    sim = simulate(*numbered_ids(50), answer=lambda _, now: now < START + 300 and busy).run(300)
    assert max(gaps(sim.times())) <= 33
    assert sim.run(1500).kind() is HealthKind.LIVE


def test_the_only_task_pauses_all_and_its_removal_ends_that() -> None:
    sim = simulate("a", answer=lambda name, _: busy_for(600.0) if name == "a" else False).run(10)
    assert sim.kind() is HealthKind.PAUSED
    sim.schedule.sync({"b": False}, sim.now)
    assert sim.run(1).kind() is HealthKind.LIVE
    assert sim.times("b") == [10]


def test_a_refresh_during_a_pause_is_refused_and_says_until_when() -> None:
    sim = simulate(*numbered_ids(4), answer=lambda *_: busy_for(600.0)).run(10)
    held = sim.schedule.refresh(numbered_ids(4), sim.now)
    assert held is not None
    assert (held.tasks, held.is_pause) == (4, True)
    assert 600 <= held.until - START <= 663
    asked = len(sim.sent)
    sim.run(500)
    assert len(sim.sent) == asked


def test_a_refresh_of_a_task_that_is_to_wait_is_refused_and_of_others_not() -> None:
    sim = simulate("a", "b", answer=lambda name, _: busy_for(600.0) if name == "a" else False)
    sim.run(10)
    held = sim.schedule.refresh(["a", "b"], sim.now)
    assert held is not None
    assert (held.tasks, held.is_pause) == (1, False)
    assert 600 <= held.until - START <= 661
    sim.run(1)
    assert (len(sim.times("a")), len(sim.times("b"))) == (1, 2)
    assert sim.schedule.refresh(["b"], sim.now) is None


# Breakers.


def test_a_401_of_one_task_stops_no_other() -> None:
    for ids in ([f"x{number}" for number in range(3)], ["x0"]):
        sim = simulate(
            *ids, *numbered_ids(20), answer=lambda name, _: REFUSED if name[0] == "x" else False
        )
        sim.run(3600)
        assert sim.kind() is HealthKind.LIVE
        assert len(sim.times("t1")) in (120, 121)
        assert [round(gap) for gap in gaps(sim.times("x0"))[:5]] == [60, 120, 240, 480, 600]


def test_what_a_removed_task_was_told_decides_nothing() -> None:
    sim = simulate("a", answer=lambda name, _: REFUSED if name == "a" else False).run(10)
    assert sim.kind() is HealthKind.KEY_REFUSED
    sim.schedule.sync({"a": False, "b": False}, sim.now)
    assert sim.run(1).times("b") == [10.05], "one that was not asked yet may tell more"
    assert sim.kind() is HealthKind.LIVE
    sim.schedule.sync({"b": False}, sim.now)
    assert len(sim.run(60).times("b")) == 3


def test_a_task_that_is_refused_on_its_own_stops_nothing_as_the_last_one() -> None:
    sim = simulate(
        *("a", "b"), answer=lambda name, now: REFUSED if name == "a" else now > START + 100
    ).run(1000)
    assert sim.kind() is HealthKind.LIVE
    assert sim.times("b") == [0.05, 30.05, 60.05, 90.05, 120.05]


def test_a_key_that_is_revoked_is_noticed_by_the_second_task_that_is_refused() -> None:
    sim = simulate(*numbered_ids(100), answer=lambda _, now: now > START + 65 and REFUSED).run(600)
    assert sim.kind() is HealthKind.KEY_REFUSED
    assert len(sim.times(since=START + 65)) <= 16, "what left until the witness was answered"


def test_another_key_is_tried_with_all_that_the_old_one_was_refused_for() -> None:
    """The new key may be another account's: other tasks are refused now."""
    sim = simulate(*numbered_ids(10), answer=lambda name, _: REFUSED).run(10)
    assert sim.kind() is HealthKind.KEY_REFUSED
    sim.answer = lambda name, _: REFUSED if name < "t5" else False
    sim.schedule.replace_key(sim.now)
    sim.run(40)
    assert sim.kind() is HealthKind.LIVE
    assert len(sim.times("t7", since=START + 10)) == 2


def test_without_a_key_nothing_is_asked_until_there_is_one() -> None:
    schedule = Schedule(period=30.0, rate=20.0, random=Random(7), has_key=False)
    sim = Simulation(schedule)
    assert sim.kind() is HealthKind.NO_KEY, "an empty list needs one as well"
    schedule.sync(dict.fromkeys(numbered_ids(10), False), START)
    schedule.refresh(numbered_ids(10), sim.run(1000).now, by_user=True)
    schedule.resume(sim.run(1000).now)
    schedule.sync({"t1": False, "new": True}, sim.run(1000).now)
    schedule.remove("t1", sim.run(1000).now)
    assert sim.run(1000).sent == []
    assert sim.kind() is HealthKind.NO_KEY
    schedule.replace_key(sim.now)
    assert sim.run(1).reported == ["new"]
    assert sim.kind() is HealthKind.RESTING


@pytest.mark.parametrize("left", [{}, {"done": True}])
def test_a_refusal_stands_while_there_is_nothing_to_ask(left: dict[str, bool]) -> None:
    sim = simulate(*("a", "b", *left), ended=left, answer=lambda *_: REFUSED)
    sim.run(10)
    assert sim.kind() is HealthKind.KEY_REFUSED
    sim.schedule.sync(left, sim.now)
    sent = len(sim.sent)
    assert sim.run(3600).kind() is HealthKind.KEY_REFUSED
    assert len(sim.sent) == sent
    sim.schedule.sync({**left, "c": False}, sim.now)
    assert sim.kind() in (HealthKind.STARTING, HealthKind.LIVE), "that one may tell more"
    assert sim.run(1).times("c") != []
    assert sim.kind() is HealthKind.KEY_REFUSED
    sim.schedule.sync(left, sim.now)
    sim.schedule.replace_key(sim.now)
    assert sim.kind() is not HealthKind.KEY_REFUSED


def test_a_refused_key_stops_all_but_what_is_under_way() -> None:
    sim = simulate(*numbered_ids(16), answer=lambda *_: REFUSED, latency=lambda: 0.7).run(599)
    assert len(sim.sent) == 16
    assert max(sim.times()) <= 0.8
    assert sim.kind() is HealthKind.KEY_REFUSED
    assert sim.schedule.breaker.key_refused
    assert len(sim.run(600).sent) == 17, "one probe in ten minutes"
    sim.answer = lambda *_: False
    sim.schedule.breaker.probe_now(sim.now)
    asked = sim.now
    sim.run(7)
    assert len(sim.times(since=asked)) >= 16, "all are due"
    assert busiest(sim.times(since=asked)) <= 22


def test_a_key_that_is_refused_for_many_is_tried_with_those_that_were_not_asked() -> None:
    sim = simulate(*numbered_ids(100), answer=lambda *_: REFUSED, latency=lambda: 0.7).run(599)
    assert sim.kind() is HealthKind.KEY_REFUSED
    assert len(sim.sent) <= 16 + 20, "two a minute"
    assert len({name for _, name in sim.sent}) == len(sim.sent), "none was asked twice"


def test_the_tasks_of_another_account_may_come_first() -> None:
    theirs = [f"x{number}" for number in range(40)]
    sim = simulate(
        *theirs, *numbered_ids(40), answer=lambda name, _: REFUSED if name[0] == "x" else False
    )
    sim.run(200)
    assert sim.kind() is HealthKind.LIVE
    assert min(len(sim.times(name)) for name in numbered_ids(40)) >= 3
    sim.run(3600)
    assert sim.kind() is HealthKind.LIVE
    assert max(max(gaps(sim.times(name))) for name in numbered_ids(40)) <= 31


@pytest.mark.parametrize("reply", [ABSENT, fault(ErrorKind.SERVER), DOWN])
def test_what_left_before_a_refusal_does_not_end_it(reply: Reply) -> None:
    """Responses arrive in any order, so some were sent before the key was refused."""
    late = iter([0.2, 0.1, 0.6, 0.6, 0.6])
    replies = iter([REFUSED, REFUSED, reply, reply, REFUSED])
    sim = simulate(
        *numbered_ids(50), answer=lambda *_: next(replies, REFUSED), latency=lambda: next(late, 0.3)
    ).run(500)
    assert len(sim.sent) <= 20 + 500 / 30
    assert sim.kind() is HealthKind.KEY_REFUSED


def test_a_late_refusal_of_an_old_key_is_not_held_against_the_new_one() -> None:
    late = {"t0": 0.1, "t1": 0.3, "t2": 20.0}
    sim = simulate(*numbered_ids(3))
    sim.latency = lambda: late.pop(sim.sent[-1][1], 0.3)
    sim.answer = lambda *_: REFUSED if sim.now < START + 1 else False
    sim.run(10)
    sim.schedule.replace_key(sim.now)
    sim.run(5)
    assert sim.kind() is HealthKind.LIVE
    reported_before = len(sim.reported)
    sim.run(6)
    assert (sim.kind(), sim.reported[reported_before:]) == (HealthKind.LIVE, ["t2"]), (
        "it must be polled once more"
    )


def test_a_new_key_is_tried_although_the_old_one_is_just_being_tried() -> None:
    sim = simulate(*numbered_ids(3), answer=lambda *_: REFUSED).run(10)
    sim.latency = lambda: 20.0
    sim.schedule.breaker.probe_now(sim.now)
    sim.run(5)
    sim.latency, sim.answer = (lambda: 0.3), (lambda *_: False)
    sim.schedule.breaker.probe_now(sim.now)
    assert sim.run(16).kind() is HealthKind.LIVE


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
    sim = simulate(*numbered_ids(30), answer=lambda *_: REFUSED).run(10)
    sim.answer = lambda *_: reply
    sim.schedule.breaker.probe_now(sim.now)
    before = len(sim.sent)
    sim.run(0.5)
    assert (sim.kind(), len(sim.sent)) == (kind, before + 1)
    sim.answer = lambda *_: False
    assert sim.run(within).kind() is HealthKind.LIVE


def test_an_outage_costs_one_probe_at_a_time_and_all_come_back_at_once() -> None:
    sim = simulate(*numbered_ids(300)).run(60)
    sim.answer = lambda *_: DOWN
    sim.run(40)
    assert sim.kind() is HealthKind.OFFLINE
    assert sim.schedule.health(sim.now).reason == "offline"
    probing = sim.now
    sim.run(600)
    probes = gaps(sim.times(since=probing))
    assert all(20 <= gap <= 30.5 for gap in probes[3:])
    sim.answer, back = (lambda *_: False), sim.now
    sim.run(31 + 16)
    after = [(at, name) for at, name in sim.sent if at >= back]
    assert {name for _, name in after} == set(numbered_ids(300))
    assert busiest(at for at, _ in after) <= 22
    assert sim.kind() is HealthKind.LIVE


def test_probes_come_after_2_4_8_seconds_however_many_faults_are_under_way() -> None:
    sim = simulate(*numbered_ids(100), answer=lambda *_: DOWN, latency=lambda: 0.6).run(200)
    opened = next(i for i, gap in enumerate(gaps(sim.times())) if gap > 1)
    probes = gaps(sim.times())[opened:]
    for gap, ceiling in zip(probes, [2, 4, 8, 16, 30, 30], strict=False):
        assert 0.75 * ceiling - 0.6 <= gap <= ceiling + 0.61


def test_when_all_fail_it_is_said_before_the_breaker_opens() -> None:
    sim = simulate(*numbered_ids(2)).run(5)
    assert sim.kind() is HealthKind.LIVE
    sim.answer = lambda task_id, now: DOWN
    sim.schedule.refresh(numbered_ids(2), sim.now)
    sim.run(2)
    assert not sim.schedule.breaker.is_open
    assert sim.kind() is HealthKind.OFFLINE


def test_one_service_error_ends_an_outage_as_well_and_all_are_due() -> None:
    sim = simulate(*numbered_ids(40), answer=lambda *_: DOWN).run(300)
    sim.answer = lambda *_: fault(ErrorKind.SERVER)
    sim.run(31 + 3)
    assert len({name for at, name in sim.sent if at > START + 300}) == 40


def test_a_portal_is_not_the_service() -> None:
    strange = fault(ErrorKind.NOT_THE_API)
    sim = simulate(*numbered_ids(50), answer=lambda *_: strange).run(100)
    assert sim.kind() is HealthKind.NOT_THE_API
    assert len(sim.sent) < 25
    sim.answer = lambda *_: False
    assert sim.run(33).kind() is HealthKind.LIVE


def test_one_task_alone_cannot_bring_the_others_down() -> None:
    sim = simulate(*numbered_ids(20), answer=lambda name, _: DOWN if name == "t0" else False).run(
        3000
    )
    assert sim.kind() is HealthKind.LIVE
    assert len(sim.times("t1")) == 100


@pytest.mark.parametrize("count", [5, 16, 40])
def test_tasks_that_hang_do_not_take_the_others_with_them(count: int) -> None:
    """Their timeouts come when the good answers are long over."""
    sim = simulate(
        *(f"x{number}" for number in range(count)),
        *numbered_ids(40),
        answer=lambda name, _: DOWN if name[0] == "x" else False,
    )
    sim.latency = lambda: 25.0 if sim.sent[-1][1][0] == "x" else 0.2
    sim.run(900)
    assert sim.kind() is HealthKind.LIVE
    if count <= 16:
        assert max(max(gaps(sim.times(name))) for name in numbered_ids(40)) <= 60


def test_a_probe_whose_task_is_removed_still_counts() -> None:
    sim = simulate("a", "b", answer=lambda *_: DOWN).run(100)
    sim.latency = lambda: 5.0
    sim.schedule.breaker.probe_now(sim.now)
    sim.run(0.1)
    assert len(sim.busy_ids) == 1
    sim.schedule.remove(sim.busy_ids.copy().pop(), sim.now)
    sim.answer = lambda *_: False
    sim.run(60)
    assert sim.kind() is HealthKind.LIVE


def test_an_outage_without_tasks_is_not_shown_and_does_not_delay_the_next_one() -> None:
    sim = simulate("a", answer=lambda *_: DOWN, latency=lambda: 3.0).run(1)
    sim.schedule.remove("a", sim.now)
    sim.run(10)
    assert sim.kind() is HealthKind.RESTING
    sim.answer = lambda *_: False
    sim.schedule.add("b", sim.now)
    assert sim.run(5).kind() is HealthKind.LIVE
    assert sim.times("b") == [11]


def test_after_a_sleep_all_are_due_but_a_pause_goes_on() -> None:
    sim = simulate(*numbered_ids(10), answer=lambda *_: DOWN).run(500)
    sim.answer = lambda *_: False
    sim.schedule.resume(sim.now)
    woken = sim.now
    sim.run(2)
    assert len(sim.times(since=woken)) == 10
    busy = fault(ErrorKind.RATE_LIMITED, after=500.0)
    sim.answer = lambda *_: busy
    sim.run(60)
    sim.schedule.resume(sim.now, slept=100.0)
    assert sim.kind() is HealthKind.PAUSED
    sim.schedule.resume(sim.now, slept=500.0)
    assert sim.kind() is not HealthKind.PAUSED


def test_a_cancelled_query_is_made_again_and_counts_for_nothing() -> None:
    schedule = simulate("a", "b").schedule
    job = schedule.next(START)
    assert isinstance(job, Job)
    schedule.record_cancelled(job, START + 1)
    again = schedule.next(START + 1)
    assert isinstance(again, Job)
    assert again.task_id == "a", "it must come first"
    assert schedule.health(START + 1).kind is HealthKind.STARTING


def test_a_refused_key_is_probed_for_days_and_replaced_for_all() -> None:
    """Nothing rests while no task is answered: the next key would not be noticed."""
    sim = simulate("a", "b", "c", "old", ended=["old"], answer=lambda *_: REFUSED).run(4 * DAY)
    assert sim.kind() is HealthKind.KEY_REFUSED
    assert sim.schedule.active >= {"a", "b", "c"}
    assert min(gaps(sim.times(since=START + 60))) >= 599
    sim.answer = lambda name, _: name == "old"
    sim.schedule.replace_key(sim.now)
    at = sim.now
    sim.run(5)
    assert {name for when, name in sim.sent if when >= at} == {"a", "b", "c", "old"}
    assert sim.kind() is HealthKind.LIVE


def test_another_key_is_tried_with_a_task_that_rests_since_the_old_one_was_refused() -> None:
    sim = simulate("a", "b", answer=lambda name, _: REFUSED if name == "a" else False).run(2 * DAY)
    assert sim.schedule.active == {"b"}
    sim.schedule.replace_key(sim.now)
    sim.answer = lambda *_: False
    sim.run(31)
    assert sim.schedule.active == {"a", "b"}
    assert sim.accepted == Accepted(resting=False)


def test_faults_of_two_kinds_in_turn_are_not_asked_about_ever_faster() -> None:
    kinds = iter([DOWN, fault(ErrorKind.NOT_THE_API)] * 500)
    sim = simulate("a", answer=lambda *_: next(kinds)).run(600)
    assert min(gaps(sim.times())[6:]) > 20


def test_the_faults_of_a_removed_task_are_gone_when_it_is_added_again() -> None:
    sim = simulate(*"abcdef", answer=lambda name, _: DOWN if name < "e" else False, workers=1)
    sim.latency = lambda: 0.01
    sim.run(0.19)
    assert sim.times()[-1] == 0.15, "a to d"
    for name in "abcd":
        sim.schedule.remove(name, sim.now)
        sim.schedule.add(name, sim.now)
    assert sim.kind() is HealthKind.STARTING
    sim.schedule.record_failure(Job("x", 1), sim.now, DOWN)
    assert sim.run(0.01).kind() is HealthKind.STARTING


# Any order of events.

NAMES = st.sampled_from("abcde")
KINDS = st.sampled_from(list(ErrorKind))


class ScheduleMachine(RuleBasedStateMachine):
    """No event causes a double query, exceeds the rate limit or makes it forget a task."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.schedule = Schedule(period=30.0, rate=2.0, random=Random(5))
        self.in_flight: list[Job] = []
        self.sent: list[float] = []
        self.resting: set[str] = set()
        self.known: set[str] = set()

    def start_query(self) -> bool:
        action = self.schedule.next(self.now)
        if not isinstance(action, Job):
            assert action > 0
            return False
        assert action.task_id not in {job.task_id for job in self.in_flight}
        assert action.task_id in self.known
        assert not self.sent or self.now - self.sent[-1] >= 0.5 - 1e-9
        self.sent.append(self.now)
        self.in_flight.append(action)
        return True

    @rule(name=NAMES, ended=st.booleans(), first=st.booleans())
    def add(self, name: str, ended: bool, first: bool) -> None:
        self.known.add(name)
        self.schedule.add(name, self.now, ended=ended, first=first)

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        self.known.discard(name)
        self.schedule.remove(name, self.now)

    @rule(names=st.lists(NAMES, max_size=3))
    def refresh(self, names: list[str]) -> None:
        self.schedule.refresh(names, self.now)

    @rule(names=st.lists(NAMES, max_size=3))
    def prioritize(self, names: list[str]) -> None:
        self.schedule.prioritize(names)

    @rule(slept=st.sampled_from([0.0, 10.0, math.inf]))
    def resume(self, slept: float) -> None:
        self.schedule.resume(self.now, slept)

    @rule(seconds=st.sampled_from([0.0, 0.01, 0.5, 3.0, 29.7, 30.0, 700.0]))
    def advance(self, seconds: float) -> None:
        self.now += seconds
        while self.start_query():
            pass

    @precondition(lambda self: self.in_flight)
    @rule(which=st.integers(0, 9), ended=st.booleans())
    def record_success(self, which: int, ended: bool) -> None:
        self.schedule.record_success(
            self.in_flight.pop(which % len(self.in_flight)), self.now, ended=ended
        )

    @precondition(lambda self: self.in_flight)
    @rule(which=st.integers(0, 9), kind=KINDS, stale=st.booleans())
    def record_failure(self, which: int, kind: ErrorKind, stale: bool) -> None:
        error = fault(kind, after=7.0, stale=stale and kind.transport)
        self.schedule.record_failure(
            self.in_flight.pop(which % len(self.in_flight)), self.now, error
        )

    @precondition(lambda self: self.in_flight)
    @rule(which=st.integers(0, 9))
    def record_cancelled(self, which: int) -> None:
        self.schedule.record_cancelled(self.in_flight.pop(which % len(self.in_flight)), self.now)

    @invariant()
    def health_fits_the_tasks(self) -> None:
        health = self.schedule.health(self.now)
        assert health.kind is not HealthKind.LATE or health.every == 0
        assert self.schedule.active <= self.known

    def teardown(self) -> None:
        """Assert that all tasks are polled and come to rest once every query succeeds."""
        expected, polled = self.schedule.active, set[str]()
        in_flight = {job.task_id for job in self.in_flight}
        for _ in range(100):
            for job in self.in_flight:
                polled.add(job.task_id)
                self.schedule.record_success(job, self.now, ended=True)
            self.in_flight.clear()
            action = self.schedule.next(self.now)
            if isinstance(action, Job):
                self.in_flight.append(action)
            elif math.isinf(action):
                break
            else:
                self.now += action
        assert not self.schedule.active
        assert polled | in_flight >= expected


ScheduleMachine.TestCase.settings = settings(max_examples=examples(150), stateful_step_count=40)
TestSchedule = ScheduleMachine.TestCase
