"""When somebody is told that tasks ended: bursts, gaps, and which ends count."""

from __future__ import annotations

from itertools import count, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.records import a_record, at, fault
from tui.config import NotifyOn
from tui.errors import ErrorKind
from tui.scenext.models import TaskStatus
from tui.watchlist.announcements import (
    BURST_SILENCE,
    CATCH_UP_SILENCE,
    MAX_BURST,
    MAX_CATCH_UP,
    MAX_GAP,
    Announcement,
    Announcements,
)
from tui.watchlist.events import Event, EventKind, event_between
from tui.watchlist.records import Record
from tui.watchlist.sections import is_unasked_since, may_still_end

QUEUED, RUNNING, DONE = TaskStatus.QUEUED, TaskStatus.IN_PROGRESS, TaskStatus.COMPLETED
FAILED, UNKNOWN = TaskStatus.FAILED, TaskStatus.UNKNOWN


_names = (f"t{number}" for number in count())


def end(kind: EventKind = EventKind.COMPLETED, *, is_news: bool = True) -> Event:
    """Return the end of another task each time."""
    return Event(at(0), kind, next(_names), is_news=is_news)


def failure() -> Event:
    return end(EventKind.FAILED)


class Watch:
    """Announcements, and those that were made at each second."""

    def __init__(self, notify_on: NotifyOn = NotifyOn.EACH, *open_tasks: str) -> None:
        self.announcements = Announcements(notify_on)
        self.asked_at = dict.fromkeys(open_tasks, 0.0)
        """When each task that has not ended was asked last."""
        self.told: list[tuple[float, Announcement]] = []
        self.now = 0.0
        self.runs = False
        self.announcements.look(0.0)

    def _count(self, since: float) -> int:
        return sum(asked_at <= since for asked_at in self.asked_at.values())

    def note(self, *events: Event) -> None:
        """Note what happens now."""
        self.announcements.look(self.now)
        for event in events:
            self.announcements.note(event, self.now)

    def ask(self, *task_ids: str) -> None:
        """Have tasks asked now."""
        self.announcements.look(self.now)
        self.asked_at.update(dict.fromkeys(task_ids, self.now))

    def wait(self, until: float, *, step: float = 0.5) -> list[tuple[float, int, int]]:
        """Look at the clock until a time; return what was told, and when."""
        known = len(self.told)
        while self.now < until:
            self.now = min(until, self.now + step)
            self.announcements.look(self.now)
            self.announcements.count_unasked(self.now, self._count)
            if told := self.announcements.take(self.now, runs=self.runs):
                self.told.append((self.now, told))
        return [(now, told.completed, told.failed) for now, told in self.told[known:]]


def test_one_end_is_told_of_by_its_name_once_no_other_has_followed() -> None:
    watch = Watch()
    ended = end()
    watch.note(ended)
    assert watch.wait(60) == [(BURST_SILENCE, 1, 0)]
    assert watch.told[0][1].event == ended
    assert watch.wait(600) == []


def test_a_burst_is_told_of_once_with_its_numbers() -> None:
    watch = Watch()
    for second in range(1, 5):
        watch.note(*(end() for _ in range(9)), failure())
        watch.wait(second)
    assert watch.wait(60) == [(8, 36, 4)]
    assert watch.told[0][1].event is None


def test_a_burst_that_goes_on_is_told_of_after_half_a_minute() -> None:
    watch = Watch()
    for second in range(1, 60):
        watch.note(end())
        watch.wait(second)
    watch.wait(100)
    assert [(now, told.completed) for now, told in watch.told] == [(MAX_BURST, 30), (60, 29)]


@pytest.mark.parametrize("way", ["the program was stopped", "the service was away"])
def test_what_is_caught_up_with_is_one_summary(way: str) -> None:
    tasks = [f"t{number}" for number in range(100)]
    watch = Watch(NotifyOn.EACH, *tasks)
    watch.wait(10)
    watch.note(end())
    if way == "the program was stopped":
        watch.now += 3600
    else:
        watch.announcements.catch_up(watch.now)
    began = watch.now
    # Asked again at one a second; every tenth has ended meanwhile, at first and at last none.
    for number, task_id in enumerate(tasks):
        watch.note(*(end() for _ in range(10 <= number < 90 and number % 10 == 0)))
        watch.ask(task_id)
        watch.wait(began + number + 1)
    watch.wait(began + 300)
    assert [(told.completed, told.failed) for _, told in watch.told] == [(9, 0)]


def test_a_round_in_which_little_has_ended_is_one_summary_as_well() -> None:
    watch = Watch(NotifyOn.EACH, *(tasks := [f"t{number}" for number in range(100)]))
    watch.wait(1)
    watch.now = 1000.0
    for number, task_id in enumerate(tasks):
        watch.note(*(end() for _ in range(number in (5, 95))))
        watch.ask(task_id)
        watch.wait(1001.0 + number)
    watch.wait(2000)
    assert [(told.completed, told.failed) for _, told in watch.told] == [(2, 0)]


def test_tasks_that_are_not_answered_hold_nothing_back_for_long() -> None:
    watch = Watch(NotifyOn.EACH, "a", "b")
    watch.wait(1)
    watch.now = 1000.0
    watch.note(end())
    watch.wait(1002)
    watch.ask("a")
    assert watch.wait(1100) == [(1002.5 + CATCH_UP_SILENCE, 1, 0)]
    # The other one is never asked again.
    watch.wait(1003 + MAX_CATCH_UP)
    watch.note(end())
    assert watch.wait(2000) == [(1003 + MAX_CATCH_UP + BURST_SILENCE, 1, 0)]


@pytest.mark.parametrize("way", ["it was removed", "another program has seen its end"])
def test_a_task_that_will_not_be_asked_again_is_not_waited_for(way: str) -> None:
    watch = Watch(NotifyOn.EACH, "a", "b")
    watch.wait(1)
    watch.announcements.catch_up(watch.now)
    watch.wait(10)
    watch.ask("a")
    del watch.asked_at["b"]
    watch.note(end())
    assert watch.wait(60) == [(15, 1, 0)], way


def test_while_nothing_is_answered_it_goes_on_to_be_one_summary() -> None:
    watch = Watch(NotifyOn.EACH, "a", "b")
    watch.wait(1)
    watch.announcements.catch_up(watch.now)
    watch.wait(7200)
    watch.note(end())
    watch.ask("a")
    watch.wait(7220)
    watch.note(end())
    del watch.asked_at["b"]
    assert watch.wait(7300) == [(7225, 2, 0)]


def test_a_task_counts_once_however_often_it_ends() -> None:
    watch = Watch(NotifyOn.ALL)
    watch.runs = True
    failed, again = failure(), end()._replace(task_id="again")
    started = failed._replace(kind=EventKind.STARTED_AGAIN, is_news=False)
    watch.note(failed, again, started)
    watch.wait(100)
    watch.note(failed._replace(kind=EventKind.COMPLETED), again)
    watch.runs = False
    assert watch.wait(200) == [(105, 2, 0)]


def test_an_end_that_was_none_is_not_told_of() -> None:
    watch = Watch()
    watch.note(ended := end())
    watch.wait(3)
    watch.note(ended._replace(kind=EventKind.STARTED_AGAIN, is_news=False))
    assert watch.wait(60) == []


def test_a_pause_that_is_no_gap_changes_nothing() -> None:
    watch = Watch(NotifyOn.EACH, "a")
    watch.note(end())
    watch.now = MAX_GAP - 0.5
    assert watch.wait(MAX_GAP) == [(MAX_GAP, 1, 0)]


def test_failures_alone() -> None:
    watch = Watch(NotifyOn.FAILED)
    watch.note(end(), failure(), end())
    watch.wait(20)
    watch.note(end())
    assert watch.wait(60) == []
    assert [(told.completed, told.failed) for _, told in watch.told] == [(0, 1)]


def test_all_are_told_of_once_nothing_runs_any_more() -> None:
    watch = Watch(NotifyOn.ALL)
    watch.runs = True
    watch.note(end(), failure())
    assert watch.wait(1000) == []
    watch.note(end())
    watch.runs = False
    assert watch.wait(1100) == [(1005, 2, 1)]
    assert watch.told[0][1].is_all
    assert watch.wait(2000) == []


@pytest.mark.parametrize(
    "event",
    [
        end(is_news=False),
        end(EventKind.FAILED, is_news=False),
        *(end(kind) for kind in EventKind if kind not in (EventKind.COMPLETED, EventKind.FAILED)),
    ],
)
@pytest.mark.parametrize("notify_on", NotifyOn)
def test_nothing_else_is_told_of(event: Event, notify_on: NotifyOn) -> None:
    watch = Watch(notify_on)
    watch.note(event)
    assert watch.wait(60) == []


@given(
    st.lists(
        st.tuples(st.floats(0, 60), st.sampled_from([EventKind.COMPLETED, EventKind.FAILED])),
        max_size=40,
    ),
    st.lists(st.sampled_from("abc"), max_size=5),
)
@settings(max_examples=examples(100))
def test_every_end_is_told_of_once_and_no_two_announcements_come_within_five_seconds(
    ends: list[tuple[float, EventKind]], unasked: list[str]
) -> None:
    watch = Watch(NotifyOn.EACH)
    if unasked:
        watch.asked_at.update(dict.fromkeys(unasked, -1.0))
        watch.announcements.catch_up(0.0)
    for seconds, kind in ends:
        watch.wait(watch.now + seconds)
        watch.note(end(kind))
    watch.wait(watch.now + MAX_CATCH_UP)
    told = [announcement for _, announcement in watch.told]
    assert sum(each.completed + each.failed for each in told) == len(ends)
    assert sum(each.failed for each in told) == [k for _, k in ends].count(EventKind.FAILED)
    times = [now for now, _ in watch.told]
    # But for what is lost where times as floats are added.
    assert all(b - a >= BURST_SILENCE - 1e-6 for a, b in pairwise(times))


# Which ends are news


def stored(status: TaskStatus = RUNNING) -> Record:
    return a_record(status, is_stored=True)


@pytest.mark.parametrize(
    ("before", "after", "is_news"),
    [
        (a_record(RUNNING, answered=1), a_record(DONE, answered=2, ended=2), True),
        (a_record(QUEUED, answered=1), a_record(FAILED, answered=2, ended=2), True),
        (a_record(UNKNOWN, answered=1), a_record(DONE, answered=2, ended=2), True),
        # The machine had slept: nobody knows when it ended, but it was seen to run.
        (a_record(RUNNING, answered=1), a_record(DONE, answered=900), True),
        # The first answer of this session, whenever it comes.
        (stored(), a_record(DONE, answered=1, is_stored=True), False),
        (stored(QUEUED), a_record(FAILED, answered=90, is_stored=True), False),
        (a_record(QUEUED), a_record(DONE, answered=1), False),
        # Another program has stored it: an end that it saw, and one that it found.
        (stored(), a_record(DONE, ended=3, is_stored=True), True),
        (stored(), a_record(DONE, is_stored=True), False),
        # It had ended already, and was asked for once more.
        (a_record(FAILED, answered=1), a_record(DONE, answered=2), False),
    ],
)
def test_an_end_is_news_where_the_task_was_seen_to_run(
    before: Record, after: Record, *, is_news: bool
) -> None:
    event = event_between(before, after, at(20))
    assert event is not None
    assert event.is_news is is_news


@pytest.mark.parametrize(
    ("record", "may_end"),
    [
        (a_record(QUEUED), True),
        (a_record(RUNNING, answered=1), True),
        (a_record(UNKNOWN, answered=1), True),
        (a_record(RUNNING, error=fault(), failures=9), True),
        (a_record(QUEUED, error=fault(ErrorKind.NOT_FOUND, is_strange=True)), True),
        (a_record(QUEUED, error=fault(ErrorKind.NOT_FOUND)), False),
        (a_record(RUNNING)._replace(resting=True), False),
        (a_record(DONE), False),
        (a_record(FAILED), False),
    ],
)
def test_what_may_still_end(record: Record, *, may_end: bool) -> None:
    assert may_still_end(record) is may_end


REFUSED, TOLD_AT = fault(ErrorKind.REJECTED), 600.0


@pytest.mark.parametrize(
    ("record", "is_unasked"),
    [
        (a_record(QUEUED), True),
        (a_record(RUNNING)._replace(polled_at=TOLD_AT), True),
        (a_record(RUNNING)._replace(polled_at=TOLD_AT + 1), False),
        (a_record(QUEUED)._replace(error=REFUSED, failed_at=TOLD_AT), True),
        (a_record(QUEUED)._replace(error=REFUSED, failed_at=TOLD_AT + 1), False),
        (a_record(QUEUED)._replace(error=fault(), failed_at=TOLD_AT + 1), True),
        (a_record(DONE), False),
    ],
)
def test_which_tasks_were_not_asked_since(record: Record, *, is_unasked: bool) -> None:
    assert is_unasked_since(record, TOLD_AT) is is_unasked
