"""The events of a session, and what ended while nobody watched."""

from __future__ import annotations

import pytest

from tests.support.records import a_record, at, fault
from tui.errors import ErrorKind
from tui.scenext.models import TaskStatus
from tui.watchlist.events import Event, EventKind
from tui.watchlist.history import Sample
from tui.watchlist.recorder import EventRecorder
from tui.watchlist.records import Record

QUEUED, RUNNING, DONE = TaskStatus.QUEUED, TaskStatus.IN_PROGRESS, TaskStatus.COMPLETED
FAILED = TaskStatus.FAILED


class Session:
    """A recorder and the records that it is told of."""

    def __init__(self, *records: Record) -> None:
        self.reported: list[Event] = []
        self.recorder = EventRecorder(self.reported.append)
        self.records = {record.id: record for record in records}
        self.recorder.begin(records, at(10))

    def poll(self, after: Record) -> list[EventKind]:
        """Take the result of a poll; return what it is told to be."""
        before = self.records.get(after.id, a_record(QUEUED, after.id))
        self.records[after.id] = after
        return self.news(lambda: self.recorder.polled(before, after, (), at(1)))

    def news(self, act: object) -> list[EventKind]:
        """Return the kinds of the events that a call reports."""
        assert callable(act)
        known = len(self.reported)
        act()
        assert self.recorder.log.all == tuple(self.reported)
        return [event.kind for event in self.reported[known:]]


def stored(task_id: str, status: TaskStatus = RUNNING) -> Record:
    return a_record(status, task_id, is_stored=True)


def answer(task_id: str, status: TaskStatus = RUNNING) -> Record:
    return a_record(status, task_id, answered=1, is_stored=True)


def failing(task_id: str, kind: ErrorKind, failures: int = 0) -> Record:
    return stored(task_id)._replace(error=fault(kind), failures=failures)


def test_what_ended_while_nobody_watched_is_said_once_after_the_first_round() -> None:
    session = Session(stored("a"), stored("b"), stored("c"), stored("d", QUEUED), stored("e", DONE))
    assert session.poll(answer("e", DONE)) == []
    assert session.poll(answer("a", DONE)) == [EventKind.COMPLETED]
    assert session.poll(answer("b", FAILED)) == [EventKind.FAILED]
    assert session.poll(answer("c")) == []
    assert session.poll(answer("d", DONE)) == [EventKind.COMPLETED, EventKind.AWAY]
    assert session.reported[-1]._replace(at=at(0)) == Event(
        at(0), EventKind.AWAY, tasks=2, failed=1
    )
    assert session.poll(answer("c", DONE)) == [EventKind.COMPLETED]


def test_nothing_is_said_where_nothing_ended() -> None:
    session = Session(stored("a"), stored("b"))
    assert session.poll(answer("a")) == session.poll(answer("b")) == []
    session = Session()
    assert session.poll(answer("a", DONE)) == [EventKind.COMPLETED]


def test_nobody_was_away_from_a_task_that_was_added_a_moment_ago() -> None:
    session = Session(a_record(QUEUED, "a", added=9.5))
    assert session.poll(answer("a", DONE)) == [EventKind.COMPLETED]
    session = Session(a_record(QUEUED, "a", added=9))
    assert session.poll(answer("a", DONE)) == [EventKind.COMPLETED, EventKind.AWAY]


@pytest.mark.parametrize(
    "kind", [ErrorKind.OFFLINE, ErrorKind.TIMEOUT, ErrorKind.NOT_THE_API, ErrorKind.KEY_REFUSED]
)
def test_the_round_waits_until_the_host_answers(kind: ErrorKind) -> None:
    """As on a laptop that was opened before it has a network."""
    session = Session(stored("a"), stored("b"))
    session.poll(failing("a", kind))
    session.poll(failing("b", kind))
    assert session.poll(answer("a", DONE)) == [EventKind.COMPLETED]
    assert session.poll(answer("b", DONE)) == [EventKind.COMPLETED, EventKind.AWAY]


def test_a_task_with_a_trouble_of_its_own_does_not_hold_up_the_round() -> None:
    session = Session(stored("a"), stored("b"), stored("c"))
    session.poll(failing("a", ErrorKind.NOT_FOUND))
    session.poll(failing("b", ErrorKind.TIMEOUT, failures=1))
    assert session.poll(answer("c", DONE)) == [EventKind.COMPLETED, EventKind.AWAY]


def test_neither_does_one_that_is_removed_or_ends_elsewhere() -> None:
    session = Session(stored("a"), stored("b"), stored("c"))
    session.poll(answer("a", DONE))
    before = dict(session.records)
    after = [answer("a", DONE), stored("b", FAILED), stored("c")]
    assert session.news(lambda: session.recorder.loaded(before, after, at(2))) == [EventKind.FAILED]
    kinds = session.news(lambda: session.recorder.removed([stored("c")], at(2)))
    assert kinds == [EventKind.REMOVED, EventKind.AWAY]
    assert (session.reported[-1].tasks, session.reported[-1].failed) == (1, 1)


def test_many_that_are_added_at_once_are_one_event() -> None:
    session = Session()
    many = [a_record(QUEUED, str(n), label="batch 4") for n in range(50)]
    assert session.news(lambda: session.recorder.added(many, at(0))) == [EventKind.ADDED]
    assert session.reported[-1] == Event(at(0), EventKind.ADDED, label="batch 4", tasks=50)
    one = a_record(QUEUED, "x", label="batch 4")
    session.recorder.added([one], at(0))
    assert session.reported[-1] == Event(at(0), EventKind.ADDED, "x", "batch 4")
    mixed = [one, a_record(QUEUED, "y")]
    session.recorder.added(mixed, at(0))
    assert session.reported[-1] == Event(at(0), EventKind.ADDED, tasks=2)
    assert session.news(lambda: session.recorder.added([], at(0))) == []
    assert session.news(lambda: session.recorder.restored(one, at(0))) == [EventKind.RESTORED]


def test_what_other_dashboards_do_is_told() -> None:
    session = Session()
    before = {task_id: stored(task_id) for task_id in ("a", "b", "gone")}
    after = [stored("b", DONE), stored("a"), stored("new", QUEUED)]
    kinds = session.news(lambda: session.recorder.loaded(before, after, at(0)))
    assert kinds == [EventKind.REMOVED, EventKind.ADDED, EventKind.COMPLETED]


def test_trouble_of_the_host_is_told_when_it_begins_changes_and_ends() -> None:
    session = Session()
    host = session.recorder.host
    assert session.news(lambda: host("", "", at(0))) == []
    assert session.news(lambda: host("offline", "no route", at(1))) == [EventKind.HOST_TROUBLE]
    assert session.news(lambda: host("offline", "no name", at(2))) == []
    assert session.news(lambda: host("key refused", "401", at(3))) == [EventKind.HOST_TROUBLE]
    assert session.news(lambda: host("", "", at(13))) == [EventKind.HOST_RECOVERED]
    assert session.reported[-1].seconds == 720
    assert session.news(lambda: host("", "", at(14))) == []


def test_a_running_task_that_a_new_sample_makes_overdue_is_told_of() -> None:
    session = Session()
    samples = tuple(Sample(str(n), at(0), 600.0) for n in range(20))

    def poll(answered: float, history: tuple[Sample, ...]) -> list[EventKind]:
        before = session.records["a"]
        after = session.records["a"] = a_record(answered=answered)
        return session.news(lambda: session.recorder.polled(before, after, history, at(answered)))

    session.poll(a_record(answered=1))
    assert poll(15, samples[:19]) == []
    assert poll(15.5, samples) == [EventKind.OVERDUE]
    assert poll(16, samples) == []
    assert poll(16.5, (*samples, Sample("long", at(0), 1200.0))) == []
    assert poll(21, (*samples, Sample("long", at(0), 1200.0))) == [EventKind.OVERDUE]
