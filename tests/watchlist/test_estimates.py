"""Expected ends, on a simulated clock."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from random import Random

import pytest

from tests.support.records import VIDEO, a_record, a_watchlist, at, fault, frames, samples
from tui.scenext.models import PollResult, Task, TaskStatus
from tui.watchlist.estimates import Estimate, Estimates, last_end
from tui.watchlist.records import Record, Watchlist
from tui.wording import estimates as words

QUEUED, RUNNING, DONE = TaskStatus.QUEUED, TaskStatus.IN_PROGRESS, TaskStatus.COMPLETED
TWENTY = samples(range(1, 21))
"""Tasks that took from 1 to 20 minutes."""


def estimates_from(*minutes: float) -> Estimates:
    """Return the estimates of a watchlist of two tasks with this history."""
    return Estimates(a_watchlist([a_record(), a_record(task_id="b")], samples(minutes)))


def running(age: float, task_id: str = "a", *, silence: float = 0.0) -> Record:
    """Return a task that was added at noon and has run for `age` minutes; watched all the time."""
    return a_record(RUNNING, task_id, answered=age - silence)


def expect(estimates: Estimates, record: Record, minutes: float) -> Estimate | None:
    """Return the expected end at so many minutes after noon."""
    return estimates.expected_end(record, at(minutes), minutes * 60)


def test_the_end_is_the_median_of_what_took_longer_rounded_to_five_minutes() -> None:
    estimate = expect(estimates_from(*range(1, 21)), running(8), 8)
    # 12 samples are longer than 8 minutes, 9 to 20: their median is 14.5, the exclusive quartiles
    # (their 3.25th and 9.75th) are 11.25 and 17.75.
    assert estimate == Estimate(at(15), at(11.25), at(17.75))
    # As long as 9 are longer.
    assert expect(estimates_from(*range(1, 21)), running(11), 11) is not None
    assert expect(estimates_from(*range(1, 21)), running(12), 12) is None


def test_an_end_is_renewed_only_once_it_has_passed() -> None:
    estimates = estimates_from(*range(1, 31), *[50] * 9)
    first = expect(estimates, running(2), 2)
    assert first is not None
    assert first.end == at(20)
    seconds = [*range(121, 1200, 30), 1199.9]
    assert {expect(estimates, running(s / 60), s / 60) for s in seconds} == {first}
    # At that very moment it has passed. 19 samples are longer than 20 minutes.
    second = expect(estimates, running(20), 20)
    assert second is not None
    assert second.end == at(30)
    # The end of a task is nothing to estimate, nor is that of one that runs again.
    assert expect(estimates, a_record(DONE, answered=21), 21) is None
    assert expect(estimates, running(21)._replace(reopened=True), 21) is None
    # It was added again under the same ID, and begins anew.
    again = a_record(RUNNING, added=30, answered=30)
    third = expect(estimates, again, 30)
    assert third is not None
    assert third.end == at(50)


def test_a_new_sample_changes_no_end_that_was_given() -> None:
    watchlist = a_watchlist([a_record(), a_record(task_id="b")], TWENTY)
    estimates = Estimates(watchlist)
    first = expect(estimates, running(2), 2)
    watchlist.history = samples(range(100, 120))
    assert expect(estimates, running(2.5), 2.5) == first
    assert expect(estimates, running(2.5, "b"), 2.5) != first


def test_the_end_is_never_in_the_past() -> None:
    """Rounded down, the median might already have passed."""
    for age in (10.0, 10.5, 11.9, 12.4, 12.4999):
        estimate = expect(estimates_from(*[12.5] * 9), running(age), age)
        assert estimate is not None
        assert estimate.end > at(age)
        assert estimate.end in (at(10), at(15))


def test_equal_samples_tell_an_end_until_it_is_reached() -> None:
    estimate = expect(estimates_from(*[12] * 30), running(5), 5)
    assert estimate == Estimate(at(10), at(12), at(12))
    assert expect(estimates_from(*[12] * 30), running(12), 12) is None


@pytest.mark.parametrize("count", range(9))
def test_from_fewer_than_nine_longer_samples_nothing_is_claimed(count: int) -> None:
    estimates = estimates_from(*[3] * 50, *[30] * count)
    assert expect(estimates, running(5), 5) is None
    assert expect(estimates_from(*[3] * 50, *[30] * 9), running(5), 5) is not None
    assert estimates.usual_seconds() == 180
    assert estimates_from(*[3] * count).usual_seconds() is None


@pytest.mark.parametrize(
    "record",
    [
        a_record(RUNNING, answered=3, first_frames=1),
        a_record(RUNNING, answered=3, first_frames=None),
        a_record(RUNNING, is_stored=True),
        running(3, silence=5.1),
        a_record(QUEUED),
        a_record(TaskStatus.UNKNOWN, answered=3),
        a_record(RUNNING, answered=3, added=1440, is_stored=True),
    ],
    ids=[
        *("had frames", "of an older release", "not answered yet", "silent", "waits", "unknown"),
        "added tomorrow",
    ],
)
def test_no_end_is_claimed_where_nobody_can_know(record: Record) -> None:
    assert expect(estimates_from(*range(1, 21)), record, 3) is None


def test_an_end_that_passes_while_nothing_is_heard_is_not_renewed() -> None:
    estimates = estimates_from(*range(1, 31), *[50] * 9)
    assert expect(estimates, running(2), 2) == expect(estimates, running(14, silence=12), 14)
    given = expect(estimates, running(2), 2)
    assert given is not None
    passed = (given.end - at(0)) / timedelta(minutes=1)
    assert expect(estimates, running(passed, silence=passed - 2), passed) is None
    # Answered again: it has run all the time.
    assert expect(estimates, running(passed + 1), passed + 1) is not None


def test_all_is_done_when_the_last_one_is() -> None:
    early, late = a_record(RUNNING, "early", answered=0), a_record(RUNNING, "late", added=4)
    waits = a_record(QUEUED, "waits", added=5)
    over = [a_record(DONE, "over", ended=1), a_record(TaskStatus.FAILED, "failed", ended=1)]

    def all_done(*records: Record, minutes: float = 6) -> float | None:
        watchlist = a_watchlist(history=samples([10] * 20))
        answered = [
            r._replace(polled_at=360.0, told_at=360.0, answered_at=at(6))
            if r.status is RUNNING
            else r
            for r in (*over, *records)
        ]
        watchlist._records = {r.id: r for r in answered}
        end = Estimates(watchlist).all_done(at(minutes), minutes * 60)
        return None if end is None else (end - at(0)).total_seconds() / 60

    assert all_done() is None
    assert all_done(early) == 10
    assert all_done(early, late, waits) == 15
    # What needs attention is said to; what cannot be told leaves nothing to be said.
    mistyped = a_record(QUEUED, "mistyped", error=fault(), failures=2)
    overdue = a_record(RUNNING, "overdue", added=-60)
    assert all_done(early, mistyped, overdue) == 10
    assert all_done(early, a_record(RUNNING, "had frames", first_frames=3)) is None
    assert all_done(waits, minutes=10) == 15
    assert all_done(waits, minutes=10.1) is None, "it has waited for long: who knows"


def test_when_the_last_one_ended() -> None:
    ended = [a_record(DONE, str(m), ended=m) for m in (3, 9, 5)]
    assert last_end(ended) == at(9)
    assert last_end([]) is None
    assert last_end([a_record(DONE)]) is None
    # Its end was before that of another was seen, or may have been after.
    assert last_end([*ended, a_record(DONE, "x", noticed=8)]) == at(9)
    assert last_end([*ended, a_record(DONE, "x", noticed=10)]) is None
    # It had ended before there was that key.
    assert last_end([*ended, a_record(DONE, "x")]) == at(9)


def test_the_wall_clock_may_be_set_and_the_machine_may_sleep() -> None:
    estimates = estimates_from(*[20] * 20)
    task = running(2)
    first = estimates.expected_end(task, at(2), 120.0)
    assert first is not None
    assert first.end == at(20)
    # A wandering clock is no other clock.
    assert estimates.expected_end(task, at(2.5), 145.0) is first
    # Set back by an hour: the task is as old as it is, by the monotonic clock.
    earlier = estimates.expected_end(task, at(-57), 180.0)
    assert earlier is not None
    assert earlier.end == at(-40)
    # The monotonic clock includes the time that the machine slept.
    slept = running(200)
    assert estimates.expected_end(slept, at(140), 12_000.0) is None


@pytest.fixture
def berlin() -> Iterator[None]:
    """Show local time as in Berlin, where clocks are set in the night to 2026-10-25."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "CET-1CEST,M3.5.0,M10.5.0/3"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.usefixtures("berlin")
def test_an_end_after_the_clocks_were_changed_is_shown_in_the_new_time() -> None:
    now = at(0).replace(month=10, day=25, hour=0, minute=53)  # 02:53 summer time
    estimates = estimates_from(*[10] * 20)
    record = a_record(RUNNING)._replace(added_at=0.0, polled_at=0.0, told_at=0.0, answered_at=now)
    estimate = estimates.expected_end(record, now, 0.0)
    assert estimate is not None
    assert estimate.end == now + timedelta(minutes=12)
    assert words.expected_end(estimate.end, now) == "~02:05"


def test_memory_is_bounded_by_the_tasks_that_are_watched() -> None:
    watchlist = a_watchlist([a_record(task_id=str(n)) for n in range(10)], TWENTY)
    estimates = Estimates(watchlist)
    for number in range(1_000):
        assert expect(estimates, running(1, f"gone {number}"), 1) is not None
    assert len(estimates._held) <= 11


def test_the_band_of_a_task_five_minutes_old_holds_half_of_the_ends() -> None:
    """Durations are skewed, as the service's are: most take 13 minutes, some an hour."""
    random = Random(17)

    def duration() -> float:
        return random.lognormvariate(math.log(13), 0.5)

    held = claimed = 0
    for _ in range(3_000):
        history = [duration() for _ in range(20)]
        takes = duration()
        while takes <= 5:
            takes = duration()
        estimate = expect(estimates_from(*history), running(5), 5)
        assert (estimate is None) is (sum(minutes > 5 for minutes in history) < 9)
        if estimate is not None:
            claimed += 1
            held += estimate.earliest <= at(takes) <= estimate.latest
    assert claimed > 2_900
    assert 0.4 <= held / claimed <= 0.6


def test_the_band_stays_what_it_was_while_the_task_runs() -> None:
    random = Random(5)
    for _ in range(50):
        estimates = estimates_from(*(random.lognormvariate(math.log(13), 0.5) for _ in range(20)))
        fixed = expect(estimates, running(5), 5)
        if fixed is not None:
            until = int((fixed.end - at(0)).total_seconds())
            assert all(
                expect(estimates, running(s / 60), s / 60) == fixed for s in range(300, until, 30)
            )


class Days:
    """A watchlist whose tasks are polled every half minute, on a simulated clock."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.watchlist = Watchlist()
        self.estimates = Estimates(self.watchlist)
        self.minutes = 0.0

    def run_task(self) -> tuple[float, Estimate | None]:
        """Watch a task to its end; return when that was and what was expected of it at 5 minutes.

        It draws nothing in the first two minutes, as tasks do that are added when they are created.
        """
        began, duration = self.minutes, self.random.lognormvariate(math.log(13), 0.5)
        task_id, expected = f"t{began}", None
        self.watchlist.add([task_id], "", at(began), began * 60)
        while (age := self.minutes - began) < duration:
            record = self._poll(Task(task_id, RUNNING, "IN_PROGRESS", frames(age > 2)))
            if age == 5:
                expected = expect(self.estimates, record, self.minutes)
            self.minutes += 0.5
        end = Task(task_id, DONE, "COMPLETED", frames(1), (VIDEO,))
        self._poll(end._replace(created_at=at(began), finished_at=at(began + duration)))
        self.watchlist.remove(task_id)
        return began + duration, expected

    def _poll(self, task: Task) -> Record:
        result = PollResult(task.id, task)
        record = self.watchlist.apply(result, at(self.minutes), self.minutes * 60)
        assert record is not None
        return record


def test_the_band_holds_half_of_the_ends_of_what_is_watched() -> None:
    """From the answers on: each watchlist learns from its first 20 tasks."""
    random = Random(17)
    held = []
    for _ in range(40):
        days = Days(random)
        for _ in range(20):
            days.run_task()
        assert len(days.watchlist.history) == 20
        learnt = days.watchlist.history
        for _ in range(8):
            end, expected = days.run_task()
            days.watchlist.history = learnt
            if expected is not None:
                held.append(expected.earliest <= at(end) <= expected.latest)
    assert len(held) > 250
    assert 0.4 <= sum(held) / len(held) <= 0.6
