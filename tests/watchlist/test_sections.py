"""The order of the list: a pure function of records and history."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.records import (
    a_record,
    a_watchlist,
    arranged,
    at,
    count_standings,
    fault,
    samples,
)
from tui.errors import ErrorKind
from tui.scenext.models import PollResult, Task, TaskStatus
from tui.watchlist.history import Sample
from tui.watchlist.records import Record, Watchlist
from tui.watchlist.sections import (
    Section,
    SectionTasks,
    Standing,
    known_age,
    longest_sample,
    standing_of,
)

QUEUED, RUNNING, DONE = TaskStatus.QUEUED, TaskStatus.IN_PROGRESS, TaskStatus.COMPLETED
FAILED, UNKNOWN = TaskStatus.FAILED, TaskStatus.UNKNOWN
TWENTY = samples(range(1, 21))
"""A history whose longest task took 20 minutes."""
NOT_FOUND = ErrorKind.NOT_FOUND


def section_of(record: Record, history: Sequence[Sample]) -> Section:
    return standing_of(record, longest_sample(history)).section


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (a_record(QUEUED), Standing.WAITING),
        (a_record(RUNNING, answered=1), Standing.RUNNING),
        (a_record(DONE, answered=1), Standing.FINISHED),
        (a_record(FAILED, answered=1), Standing.FAILED),
        (a_record(FAILED, is_stored=True), Standing.FAILED),
        (a_record(UNKNOWN, answered=1), Standing.UNKNOWN),
        # One failed request is no trouble yet; two are, of which `failures` counts only those
        # during which other tasks were answered.
        (a_record(RUNNING, answered=1, error=fault(), failures=1), Standing.RUNNING),
        (a_record(RUNNING, answered=1, error=fault(), failures=2), Standing.TROUBLE),
        (a_record(QUEUED, error=fault(), failures=2), Standing.TROUBLE),
        (a_record(RUNNING, answered=1, error=fault(), failures=0), Standing.RUNNING),
        # Not found: at once where it was never answered.
        (a_record(QUEUED, error=fault(NOT_FOUND)), Standing.TROUBLE),
        (a_record(RUNNING, is_stored=True, error=fault(NOT_FOUND)), Standing.RUNNING),
        # A bare 404 may come from a wrong base URL, for all.
        (a_record(QUEUED, error=fault(NOT_FOUND, is_strange=True)), Standing.WAITING),
        (a_record(QUEUED, error=fault(NOT_FOUND, is_strange=True), failures=2), Standing.TROUBLE),
        # It was refused for a day, and polling has stopped: somebody must decide.
        (a_record(RUNNING, answered=1, error=fault())._replace(resting=True), Standing.TROUBLE),
        # What has completed needs nobody, whatever happens when it is asked for again.
        (a_record(DONE, answered=1, error=fault(NOT_FOUND), failures=9), Standing.FINISHED),
        # Older than every task before, at its last answer.
        (a_record(RUNNING, answered=20), Standing.RUNNING),
        (a_record(RUNNING, answered=20.5), Standing.OVERDUE),
        (a_record(RUNNING, answered=21, is_stored=True), Standing.OVERDUE),
        (a_record(RUNNING, answered=21, first_frames=5), Standing.OVERDUE),
        # It ended long ago, and was seen running again: nobody knows since when.
        (a_record(RUNNING, answered=900)._replace(reopened=True), Standing.RUNNING),
        (a_record(RUNNING, added=-9 * 1440, is_stored=True), Standing.RUNNING),
    ],
)
def test_where_a_task_belongs(record: Record, expected: Standing) -> None:
    assert standing_of(record, longest_sample(TWENTY)) is expected
    assert section_of(record, TWENTY) is expected.section


def test_no_task_is_overdue_by_too_few_samples() -> None:
    nine_days = a_record(RUNNING, answered=9 * 1440)
    assert section_of(nine_days, TWENTY[1:]) is Section.RUNNING
    assert section_of(nine_days, TWENTY) is Section.ATTENTION


def test_the_order_of_need() -> None:
    records = [
        a_record(DONE, "unseen", answered=1),
        a_record(DONE, "done early", answered=1, ended=1),
        a_record(DONE, "unseen too", answered=1),
        a_record(DONE, "done late", answered=1, ended=2),
        a_record(QUEUED, "waiting"),
        a_record(RUNNING, "young", added=5, answered=6),
        a_record(UNKNOWN, "strange", answered=1),
        a_record(RUNNING, "old", added=1, answered=6),
        a_record(RUNNING, "stuck", added=-9, answered=60),
        a_record(QUEUED, "mistyped", error=fault(NOT_FOUND)),
        a_record(FAILED, "failed long ago", ended=-300),
        a_record(FAILED, "failed"),
        a_record(RUNNING, "stuck longer", added=-99, answered=60),
        a_record(FAILED, "failed overnight", noticed=-100),
        a_record(FAILED, "failed just now", ended=5),
    ]
    assert [(tasks.section, tasks.ids) for tasks in arranged(records, TWENTY)] == [
        (
            Section.ATTENTION,
            (
                *("failed just now", "failed overnight", "failed long ago", "failed"),
                *("mistyped", "strange", "stuck longer", "stuck"),
            ),
        ),
        (Section.RUNNING, ("old", "young")),
        (Section.WAITING, ("waiting",)),
        (Section.FINISHED, ("done late", "done early", "unseen", "unseen too")),
    ]
    assert count_standings(records, TWENTY) == Counter(
        {
            Standing.FAILED: 4,
            Standing.TROUBLE: 1,
            Standing.UNKNOWN: 1,
            Standing.OVERDUE: 2,
            Standing.RUNNING: 2,
            Standing.WAITING: 1,
            Standing.FINISHED: 4,
        }
    )


MINUTES = st.integers(-60, 60).map(float)
ERRORS = st.sampled_from(ErrorKind).map(fault)
RECORDS = st.lists(
    st.builds(
        a_record,
        st.sampled_from(TaskStatus),
        st.uuids().map(str),
        added=MINUTES,
        answered=st.none() | MINUTES,
        ended=st.none() | MINUTES,
        noticed=st.none() | MINUTES,
        error=st.none() | ERRORS,
        failures=st.integers(0, 3),
        is_stored=st.booleans(),
    ),
    unique_by=lambda record: record.id,
    max_size=20,
)
History = tuple[Sample, ...]
HISTORIES = st.sampled_from([(), TWENTY, TWENTY[1:]])


@given(RECORDS, HISTORIES)
def test_every_task_is_in_one_section_and_no_section_is_empty(
    records: list[Record], history: History
) -> None:
    sections = arranged(records, history)
    assert sorted(_ids(sections)) == sorted(record.id for record in records)
    assert all(tasks.ids for tasks in sections)
    order = [list(Section).index(tasks.section) for tasks in sections]
    assert order == sorted(set(order))
    by_id = {record.id: record for record in records}
    for tasks in sections:
        assert {section_of(by_id[task_id], history) for task_id in tasks.ids} == {tasks.section}


@given(RECORDS, HISTORIES, st.randoms(use_true_random=False))
def test_only_what_is_equal_depends_on_the_order_of_adding(
    records: list[Record], history: History, random: Random
) -> None:
    longest = longest_sample(history)

    def rank(record: Record) -> object:
        """What orders a task among the others that are doing as it does."""
        entry, standing = record.entry, standing_of(record, longest)
        match standing:
            case Standing.RUNNING | Standing.OVERDUE:
                return standing, entry.added
            case Standing.FAILED:
                return standing, entry.ended or entry.noticed
            case Standing.FINISHED:
                return standing, entry.ended
        return standing, None

    by_id = {record.id: record for record in records}
    places = {record.id: place for place, record in enumerate(records)}
    ordered = _ids(arranged(records, history))
    for upper, lower in pairwise(ordered):
        assert rank(by_id[upper]) != rank(by_id[lower]) or places[upper] < places[lower]
    shuffled = random.sample(records, len(records))
    again = _ids(arranged(shuffled, history))
    assert [rank(by_id[task_id]) for task_id in again] == [rank(by_id[i]) for i in ordered]


@given(RECORDS, HISTORIES, st.sampled_from(ErrorKind))
def test_nothing_moves_when_all_requests_fail(
    records: list[Record], history: History, kind: ErrorKind
) -> None:
    answered = [record._replace(error=None, failures=0) for record in records]
    error = fault(kind, is_strange=True)
    failing = [record._replace(error=error) for record in answered]
    assert arranged(failing, history) == arranged(answered, history)


def test_a_task_that_is_not_known_does_not_move_while_the_host_is_away() -> None:
    watchlist = a_watchlist([a_record(QUEUED)])
    for minutes, kind in enumerate([NOT_FOUND, ErrorKind.OFFLINE, ErrorKind.KEY_REFUSED]):
        watchlist.apply(PollResult("a", error=fault(kind)), at(minutes), minutes * 60)
        assert arranged(watchlist, TWENTY) == (SectionTasks(Section.ATTENTION, ("a",)),)


@pytest.mark.parametrize("set_by", [-1440, 365 * 1440], ids=["a day back", "a year forward"])
def test_no_task_becomes_overdue_because_the_clock_was_set(set_by: float) -> None:
    running = a_record(RUNNING, added=-10, is_stored=True)
    watchlist, task = a_watchlist([running]), Task("a", RUNNING, RUNNING.value)
    for minutes, wall in ((1, 1), (2, 2 + set_by)):
        record = watchlist.apply(PollResult("a", task), at(wall), minutes * 60)
        assert record is not None
        assert standing_of(record, longest_sample(TWENTY)) is Standing.RUNNING
    record = watchlist.apply(PollResult("a", task), at(11), 11 * 60)
    assert record is not None
    assert standing_of(record, longest_sample(TWENTY)) is Standing.OVERDUE, "once both clocks agree"


@given(RECORDS, HISTORIES)
def test_nothing_moves_because_it_was_looked_at(records: list[Record], history: History) -> None:
    seen = [record._replace(entry=record.entry._replace(seen=at(99))) for record in records]
    assert arranged(seen, history) == arranged(records, history)


def test_the_longest_sample_decides_and_is_infinite_without_enough() -> None:
    assert longest_sample(TWENTY) == timedelta(minutes=20).total_seconds()
    assert longest_sample(()) == math.inf


def _ids(sections: Iterable[SectionTasks]) -> list[str]:
    return [task_id for tasks in sections for task_id in tasks.ids]


def test_an_answer_that_a_cache_has_kept_tells_the_age_of_its_time() -> None:
    watchlist = Watchlist()
    watchlist.add(["a"], "", at(0), 0.0)
    for boot, age in ((60.0, 0.0), (900.0, 240.0)):
        answer = PollResult("a", Task("a", RUNNING), age=age)
        record = watchlist.apply(answer, at(boot / 60), boot)
    assert record is not None
    assert known_age(record) == 660.0
