"""What is news about a task, from its records before and after an answer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.records import VIDEO, a_record, at, fault
from tui.errors import ErrorKind
from tui.scenext.models import Result, TaskStatus
from tui.watchlist.events import MAX_EVENTS, Event, EventKind, EventLog, event_between
from tui.watchlist.records import Record

QUEUED, RUNNING, DONE = TaskStatus.QUEUED, TaskStatus.IN_PROGRESS, TaskStatus.COMPLETED
FAILED, UNKNOWN = TaskStatus.FAILED, TaskStatus.UNKNOWN

ADDED = a_record(QUEUED)
STARTED = a_record(answered=1)
DRAWING = a_record(answered=2, frame_count=1)
COMPLETE = a_record(DONE, answered=12, ended=12, frame_count=13, results=(VIDEO,))
NOT_FOUND = a_record(QUEUED, error=fault(ErrorKind.NOT_FOUND))
IN_TROUBLE = a_record(answered=1, error=fault(message="500: broken"), failures=2)


def between(before: Record, after: Record) -> Event | None:
    return event_between(before, after, at(20), longest=900.0)


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (ADDED, STARTED, None),
        (STARTED, DRAWING, EventKind.FIRST_FRAME),
        (DRAWING, a_record(answered=3, frame_count=2), None),
        (a_record(is_stored=True), DRAWING, None),
        (DRAWING, COMPLETE, EventKind.COMPLETED),
        (ADDED, COMPLETE, EventKind.COMPLETED),
        (a_record(DONE, is_stored=True), COMPLETE, None),
        (COMPLETE, COMPLETE, None),
        (COMPLETE._replace(task=COMPLETE.task._replace(results=())), COMPLETE, EventKind.VIDEO),  # type: ignore[union-attr]
        (DRAWING, a_record(FAILED, answered=3), EventKind.FAILED),
        (COMPLETE, a_record(FAILED, answered=30), EventKind.FAILED),
        (COMPLETE, DRAWING, EventKind.STARTED_AGAIN),
        (DRAWING, a_record(UNKNOWN, answered=3), EventKind.UNKNOWN_STATE),
        (a_record(UNKNOWN, answered=3), a_record(UNKNOWN, answered=4), None),
        (ADDED, NOT_FOUND, EventKind.TROUBLE),
        (NOT_FOUND, STARTED, EventKind.RECOVERED),
        (NOT_FOUND, ADDED._replace(error=fault()), None),
        (STARTED, STARTED._replace(error=fault(), failures=1), None),
        (STARTED._replace(error=fault(), failures=1), IN_TROUBLE, EventKind.TROUBLE),
        (IN_TROUBLE, IN_TROUBLE._replace(failures=3), None),
        (IN_TROUBLE, DRAWING, EventKind.RECOVERED),
        (IN_TROUBLE, COMPLETE, EventKind.COMPLETED),
        (a_record(answered=15), a_record(answered=15.5), EventKind.OVERDUE),
        (a_record(answered=15.5), a_record(answered=16), None),
        # It was so before the start.
        (a_record(is_stored=True), a_record(answered=16, is_stored=True), None),
    ],
)
def test_what_is_news(before: Record, after: Record, kind: EventKind | None) -> None:
    event = between(before, after)
    assert (event and event.kind) is kind
    assert event is None or (event.task_id, event.at) == ("a", at(20))


def test_an_end_tells_how_long_it_took_and_what_there_is() -> None:
    event = between(DRAWING, COMPLETE)
    assert event is not None
    assert (event.seconds, event.frames, event.has_video, event.is_late) == (720, 13, True, False)
    unwatched = COMPLETE._replace(entry=COMPLETE.entry._replace(ended=None, took=600.0))
    event = between(a_record(is_stored=True), unwatched)
    assert event is not None
    assert (event.seconds, event.is_late) == (600, True)


def test_a_failure_tells_its_reason_in_one_line() -> None:
    texts = ("任务执行失败\nTraceback …", "不消耗积分", "任务执行失败", "x" * 64_000)
    results = (VIDEO, *(Result("text", text, is_link=False) for text in texts))
    event = between(DRAWING, a_record(FAILED, answered=3, results=results))
    assert event is not None
    assert event.text.startswith("任务执行失败; 不消耗积分; xxx")
    assert len(event.text) == 200
    assert event.text.endswith("xx..")
    assert "sig=1" not in str(event)


def test_the_names_are_those_of_that_time() -> None:
    event = between(DRAWING, COMPLETE._replace(entry=COMPLETE.entry._replace(label="batch 1")))
    assert event is not None
    assert (event.label, event.title) == ("batch 1", "")


def test_the_log_keeps_the_newest_events_in_order() -> None:
    log = EventLog()
    assert (log.newest(3), log.all, len(log)) == ((), (), 0)
    events = [Event(at(0) + timedelta(seconds=n), EventKind.ADDED) for n in range(MAX_EVENTS + 5)]
    for event in events:
        log.append(event)
    assert len(log) == MAX_EVENTS
    assert log.all == tuple(events[5:])
    assert log.newest(3) == tuple(events[-3:])
    assert log.newest(0) == log.newest(-1) == ()
