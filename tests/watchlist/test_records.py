"""The watched tasks, told as what happens to them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.errors import ApiError, ErrorKind
from tui.scenext.models import Frame, PollResult, Result, Task, TaskStatus
from tui.watchlist.entries import Add, Entry, Remove, Update, replay
from tui.watchlist.records import Record, Watchlist

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
QUEUED, RUNNING, DONE = TaskStatus.QUEUED, TaskStatus.IN_PROGRESS, TaskStatus.COMPLETED
FAILED, UNKNOWN = TaskStatus.FAILED, TaskStatus.UNKNOWN
VIDEO = Result("video", "https://cdn.invalid/v.mp4?sig=1", is_link=True)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def frame(number: int, signature: str = "x") -> Frame:
    return Frame(str(number), f"https://cdn.invalid/{number}.png?sig={signature}")


def watching(*task_ids: str) -> Watchlist:
    found = Watchlist()
    found.add(task_ids, "", NOON)
    found.pending.clear()
    return found


def say(
    found: Watchlist,
    status: TaskStatus,
    minutes: float,
    *frames: Frame,
    sent: str | None = None,
    results: tuple[Result, ...] = (),
) -> Record:
    words = status.value if sent is None else sent
    task = Task("a", status, words, frames, results)
    record = found.apply(PollResult("a", task), at(minutes))
    assert record is not None
    assert record is found.get("a")
    return record


def fail(found: Watchlist, minutes: float, kind: ErrorKind = ErrorKind.OFFLINE) -> Record:
    record = found.apply(PollResult("a", error=ApiError(kind, "gone")), at(minutes))
    assert record is not None
    return record


def test_a_task_from_its_first_answer_to_its_end() -> None:
    found = watching("a", "b")
    assert found.get("a") == Record(Entry("a", NOON))
    record = say(found, RUNNING, 1, frame(1))
    assert (record.status, record.frames, record.answered_at) == (RUNNING, (frame(1),), at(1))
    record = say(found, DONE, 1.5, frame(1), frame(2), results=(VIDEO,))
    assert (record.status, record.entry.ended) == (DONE, at(1.5))
    assert found.pending == [Update("a", RUNNING), Update("a", DONE, ended=at(1.5))]
    assert found.counts() == {DONE: 1, QUEUED: 1}


def test_the_same_answer_again_changes_nothing_that_is_saved() -> None:
    found = watching("a")
    for minute in range(3):
        say(found, RUNNING, minute)
    for minute in range(3, 6):
        assert say(found, DONE, minute).entry.ended == at(3), "a refresh ends nothing again"
    assert len(found.pending) == 2


@pytest.mark.parametrize("gap", [5.1, 600])
def test_an_end_that_nobody_saw_has_no_time(gap: float) -> None:
    found = watching("a")
    say(found, RUNNING, 0)
    assert say(found, DONE, gap).entry.ended is None
    found = watching("a")
    assert say(found, DONE, 0).entry.ended is None, "the first answer of all"


def test_a_failed_request_blanks_nothing() -> None:
    found = watching("a")
    good = say(found, RUNNING, 0, frame(1))
    bad = fail(found, 1)
    assert bad.error is not None
    assert (bad.task, bad.answered_at, bad.frames) == (good.task, at(0), (frame(1),))
    assert say(found, RUNNING, 2).error is None
    assert len(found.pending) == 1
    assert found.apply(PollResult("gone", Task("gone", DONE)), NOON) is None


@pytest.mark.parametrize("end", [DONE, FAILED])
@pytest.mark.parametrize("later", [RUNNING, UNKNOWN, QUEUED])
def test_what_has_ended_stays_ended(end: TaskStatus, later: TaskStatus) -> None:
    found = watching("a")
    say(found, RUNNING, 0)
    say(found, end, 0.5, frame(1), results=(VIDEO,))
    saved = list(found.pending)
    record = say(found, later, 1, sent="odd")
    assert (record.status, record.frames) == (end, (frame(1),))
    assert record.status_sent == end.value
    assert record.task is not None
    assert record.task.results == (VIDEO,)
    assert (record.entry.ended, found.pending) == (at(0.5), saved)


def test_an_end_of_an_earlier_session_stays_as_well() -> None:
    found = Watchlist()
    found.load([Entry("a", NOON, status=DONE, ended=at(-9))])
    for status in (RUNNING, DONE):
        record = say(found, status, 0)
        assert (record.status, record.entry.ended, found.pending) == (DONE, at(-9), [])


def test_an_end_that_another_dashboard_saw_is_taken_over_at_once() -> None:
    found = watching("a")
    say(found, RUNNING, 0, frame(1))
    found.pending.clear()
    found.load([Entry("a", NOON, status=DONE, ended=at(0.1))])
    record = found.get("a")
    assert record is not None
    assert (record.status, record.frames) == (DONE, (frame(1),))
    record = say(found, RUNNING, 0.2)
    assert (record.status, found.pending) == (DONE, [])
    record = say(found, DONE, 0.5, results=(VIDEO,))
    assert (record.entry.ended, found.pending) == (at(0.1), [])


def test_a_state_that_we_do_not_know_keeps_its_word() -> None:
    found = watching("a")
    for _ in range(2):
        assert say(found, UNKNOWN, 0, sent="PAUSED").status_sent == "PAUSED"
    say(found, UNKNOWN, 0, sent="x" * 500)
    entry = replay(found.entries(), [])[0]
    assert found.entries() == (entry,), "what is shown is what is saved"
    assert found.pending[0] == Update("a", UNKNOWN, "PAUSED")
    assert len(found.pending) == 2


@pytest.mark.parametrize(
    ("before", "now", "shown"),
    [
        ([1, 2], [1, 2, 3], [1, 2, 3]),
        ([1, 2, 3], [3, 4], [1, 2, 3, 4]),
        ([1, 2, 3], [1, 3], [1, 2, 3]),
        ([1, 2], [], [1, 2]),
        ([1, 2], [4, 3], [1, 2, 4, 3]),
        ([1, 2, 3, 4], [4, 1], [4, 1, 2, 3]),
    ],
)
def test_frames_once_seen_stay_and_the_newest_stays_last(
    before: list[int], now: list[int], shown: list[int]
) -> None:
    found = watching("a")
    say(found, RUNNING, 0, *map(frame, before))
    record = say(found, RUNNING, 1, *(frame(each, "new") for each in now))
    assert record.frames == tuple(frame(each, "new" if each in now else "x") for each in shown), (
        "with the newest signature"
    )


FRAMES = st.lists(st.integers(0, 9), unique=True, max_size=8)


@given(st.lists(FRAMES, max_size=5))
def test_no_frame_is_lost_or_doubled(answers: list[list[int]]) -> None:
    found, seen = watching("a"), set[int]()
    for answer in answers:
        seen.update(answer)
        shown = [int(each.id) for each in say(found, RUNNING, 0, *map(frame, answer)).frames]
        assert sorted(shown) == sorted(seen)
        assert [each for each in shown if each in answer] == answer


def test_adding_twice_keeps_the_task_and_takes_the_label() -> None:
    found = watching("a")
    say(found, DONE, 0, frame(1))
    found.add(["b", "a", "b"], "cats", at(1))
    found.add(["a"], "", at(2))
    assert found.ids == ("a", "b")
    assert len(found) == 2
    record = found.get("a")
    assert record is not None
    assert (record.entry.label, record.entry.added, record.status) == ("cats", NOON, DONE)
    assert record.frames == (frame(1),)


def test_a_thousand_tasks_are_added_at_once() -> None:
    found = watching(*(f"old{number}" for number in range(1000)))
    before = time.perf_counter()
    found.add([f"t{number}" for number in range(1000)], "cats", NOON)
    assert time.perf_counter() - before < 0.5
    assert (len(found), len(found.pending)) == (2000, 1000)


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_undo_brings_a_task_back_to_its_old_place_for_good(name: str) -> None:
    found = watching("a", "b", "c")
    saved = found.entries()
    for each in "abc":
        task = Task(each, DONE, "COMPLETED", (frame(1),))
        found.apply(PollResult(each, task), NOON)
    follower = {"a": "b", "b": "c", "c": None}[name]
    record = found.remove(name)
    assert record is not None
    assert found.get(name) is None
    found.restore(record, follower)
    assert found.ids == ("a", "b", "c")
    assert found.get(name) == record
    saved = replay(saved, found.pending)
    found.pending.clear()
    found.load(saved)
    assert found.ids == ("a", "b", "c"), "also after the save"
    again = found.get(name)
    assert again is not None
    assert (again.entry.status, again.frames) == (DONE, (frame(1),))


def test_undo_after_the_neighbour_went_or_the_task_came_back() -> None:
    found = watching("a", "b")
    record = found.remove("a")
    assert record is not None
    found.remove("b")
    assert found.remove("b") is None
    found.restore(record, "b")
    assert found.ids == ("a",)
    found.remove("a")
    found.add(["a"], "new", at(1))
    pending = list(found.pending)
    found.restore(record, None)
    assert found.entries() == (Entry("a", at(1), "new"),)
    assert found.pending == pending


def test_what_is_not_saved_yet_stays_on_top_of_what_is_read() -> None:
    found = watching("a", "b")
    say(found, RUNNING, 0, frame(1))
    found.remove("b")
    found.add(["c"], "", NOON)
    found.load([Entry("b", NOON), Entry("x", NOON), Entry("a", NOON, "theirs")])
    assert found.ids == ("x", "a", "c")
    record = found.get("a")
    assert record is not None
    assert (record.entry.label, record.entry.status) == ("theirs", RUNNING)
    assert record.frames == (frame(1),)
    assert found.pending == [Update("a", RUNNING), Remove("b"), Add(Entry("c", NOON))]
    found.load([])
    assert list(found.ids) == ["c"], "another dashboard removed the rest"
