"""The watchlist in memory: poll results, user actions and changes of other programs."""

from __future__ import annotations

import time
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest

from tui.errors import ApiError, ErrorKind
from tui.scenext import parser
from tui.scenext.models import MAX_FRAMES, Frame, Points, PollResult, Result, Task, TaskStatus
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


def watchlist_of(*task_ids: str) -> Watchlist:
    watchlist = Watchlist()
    watchlist.add(task_ids, "", NOON)
    watchlist.pending.clear()
    return watchlist


def succeed(
    watchlist: Watchlist,
    status: TaskStatus,
    minutes: float,
    *frames: Frame,
    sent: str | None = None,
    results: tuple[Result, ...] = (),
) -> Record:
    status_sent = status.value if sent is None else sent
    task = Task("a", status, status_sent, frames, results)
    record = watchlist.apply(PollResult("a", task), at(minutes))
    assert record is not None
    assert record is watchlist.get("a")
    return record


def fail(watchlist: Watchlist, minutes: float, kind: ErrorKind = ErrorKind.OFFLINE) -> Record:
    record = watchlist.apply(PollResult("a", error=ApiError(kind, "gone")), at(minutes))
    assert record is not None
    return record


def test_a_task_from_its_first_answer_to_its_end() -> None:
    watchlist = watchlist_of("a", "b")
    assert watchlist.get("a") == Record(Entry("a", NOON))
    record = succeed(watchlist, RUNNING, 1, frame(1))
    assert (record.status, record.frames, record.answered_at) == (RUNNING, (frame(1),), at(1))
    record = succeed(watchlist, DONE, 1.5, frame(1), frame(2), results=(VIDEO,))
    assert (record.status, record.entry.ended) == (DONE, at(1.5))
    assert watchlist.pending == [Update("a", RUNNING), Update("a", DONE, ended=at(1.5))]
    assert watchlist.counts() == {DONE: 1, QUEUED: 1}


def test_the_same_answer_again_changes_nothing_that_is_saved() -> None:
    watchlist = watchlist_of("a")
    for minute in range(3):
        succeed(watchlist, RUNNING, minute)
    for minute in range(3, 6):
        assert succeed(watchlist, DONE, minute).entry.ended == at(3), (
            "a refresh must not change the end time"
        )
    assert len(watchlist.pending) == 2


@pytest.mark.parametrize("gap", [5.1, 600])
def test_an_end_that_nobody_saw_has_no_time(gap: float) -> None:
    watchlist = watchlist_of("a")
    succeed(watchlist, RUNNING, 0)
    assert succeed(watchlist, DONE, gap).entry.ended is None
    watchlist = watchlist_of("a")
    assert succeed(watchlist, DONE, 0).entry.ended is None, "it had ended before the first response"


def test_a_failed_request_blanks_nothing() -> None:
    watchlist = watchlist_of("a")
    good = succeed(watchlist, RUNNING, 0, frame(1))
    bad = fail(watchlist, 1)
    assert bad.error is not None
    assert (bad.task, bad.answered_at, bad.frames) == (good.task, at(0), (frame(1),))
    assert succeed(watchlist, RUNNING, 2).error is None
    assert len(watchlist.pending) == 1
    assert watchlist.apply(PollResult("gone", Task("gone", DONE)), NOON) is None


@pytest.mark.parametrize("end", [DONE, FAILED])
@pytest.mark.parametrize("later", [RUNNING, UNKNOWN, QUEUED])
def test_what_has_ended_stays_ended(end: TaskStatus, later: TaskStatus) -> None:
    watchlist = watchlist_of("a")
    succeed(watchlist, RUNNING, 0)
    succeed(watchlist, end, 0.5, frame(1), results=(VIDEO,))
    saved = list(watchlist.pending)
    record = succeed(watchlist, later, 1, sent="odd")
    assert (record.status, record.frames) == (end, (frame(1),))
    assert record.status_sent == end.value
    assert record.task is not None
    assert record.task.results == (VIDEO,)
    assert (record.entry.ended, watchlist.pending) == (at(0.5), saved)


def test_an_end_of_an_earlier_session_stays_as_well() -> None:
    watchlist = Watchlist()
    watchlist.load([Entry("a", NOON, status=DONE, ended=at(-9))])
    for status in (RUNNING, DONE):
        record = succeed(watchlist, status, 0)
        assert (record.status, record.entry.ended, watchlist.pending) == (DONE, at(-9), [])


def test_an_end_that_another_dashboard_saw_is_taken_over_at_once() -> None:
    watchlist = watchlist_of("a")
    succeed(watchlist, RUNNING, 0, frame(1))
    watchlist.pending.clear()
    watchlist.load([Entry("a", NOON, status=DONE, ended=at(0.1))])
    record = watchlist.get("a")
    assert record is not None
    assert (record.status, record.frames) == (DONE, (frame(1),))
    record = succeed(watchlist, RUNNING, 0.2)
    assert (record.status, watchlist.pending) == (DONE, [])
    record = succeed(watchlist, DONE, 0.5, results=(VIDEO,))
    assert (record.entry.ended, watchlist.pending) == (at(0.1), [])


def test_a_state_that_we_do_not_know_keeps_its_word() -> None:
    watchlist = watchlist_of("a")
    for _ in range(2):
        assert succeed(watchlist, UNKNOWN, 0, sent="PAUSED").status_sent == "PAUSED"
    succeed(watchlist, UNKNOWN, 0, sent="x" * 500)
    entry = replay(watchlist.entries(), [])[0]
    assert watchlist.entries() == (entry,), "what is shown must be what is saved"
    assert watchlist.pending[0] == Update("a", UNKNOWN, "PAUSED")
    assert len(watchlist.pending) == 2


def test_adding_twice_keeps_the_task_and_takes_the_label() -> None:
    watchlist = watchlist_of("a")
    succeed(watchlist, DONE, 0, frame(1))
    watchlist.add(["b", "a", "b"], "cats", at(1))
    watchlist.add(["a"], "", at(2))
    assert watchlist.ids == ("a", "b")
    assert len(watchlist) == 2
    record = watchlist.get("a")
    assert record is not None
    assert (record.entry.label, record.entry.added, record.status) == ("cats", NOON, DONE)
    assert record.frames == (frame(1),)


def test_a_thousand_tasks_are_added_at_once() -> None:
    watchlist = watchlist_of(*(f"old{number}" for number in range(1000)))
    before = time.perf_counter()
    watchlist.add([f"t{number}" for number in range(1000)], "cats", NOON)
    assert time.perf_counter() - before < 0.5
    assert (len(watchlist), len(watchlist.pending)) == (2000, 1000)


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_undo_brings_a_task_back_to_its_old_place_for_good(name: str) -> None:
    watchlist = watchlist_of("a", "b", "c")
    saved = watchlist.entries()
    for task_id in "abc":
        task = Task(task_id, DONE, "COMPLETED", (frame(1),))
        watchlist.apply(PollResult(task_id, task), NOON)
    follower = {"a": "b", "b": "c", "c": None}[name]
    record = watchlist.remove(name)
    assert record is not None
    assert watchlist.get(name) is None
    watchlist.restore(record, follower)
    assert watchlist.ids == ("a", "b", "c")
    assert watchlist.get(name) == record
    saved = replay(saved, watchlist.pending)
    watchlist.pending.clear()
    watchlist.load(saved)
    assert watchlist.ids == ("a", "b", "c"), "the order must survive a save"
    restored = watchlist.get(name)
    assert restored is not None
    assert (restored.entry.status, restored.frames) == (DONE, (frame(1),))


def test_undo_after_the_neighbour_went_or_the_task_came_back() -> None:
    watchlist = watchlist_of("a", "b")
    record = watchlist.remove("a")
    assert record is not None
    watchlist.remove("b")
    assert watchlist.remove("b") is None
    watchlist.restore(record, "b")
    assert watchlist.ids == ("a",)
    watchlist.remove("a")
    watchlist.add(["a"], "new", at(1))
    pending = list(watchlist.pending)
    watchlist.restore(record, None)
    assert watchlist.entries() == (Entry("a", at(1), "new"),)
    assert watchlist.pending == pending


def test_what_is_not_saved_yet_stays_on_top_of_what_is_read() -> None:
    watchlist = watchlist_of("a", "b")
    succeed(watchlist, RUNNING, 0, frame(1))
    watchlist.remove("b")
    watchlist.add(["c"], "", NOON)
    watchlist.load([Entry("b", NOON), Entry("x", NOON), Entry("a", NOON, "theirs")])
    assert watchlist.ids == ("x", "a", "c")
    record = watchlist.get("a")
    assert record is not None
    assert (record.entry.label, record.entry.status) == ("theirs", RUNNING)
    assert record.frames == (frame(1),)
    assert watchlist.pending == [Update("a", RUNNING), Remove("b"), Add(Entry("c", NOON))]
    watchlist.load([])
    assert list(watchlist.ids) == ["c"], "another dashboard removed the rest"


def held(watchlist: Watchlist) -> tuple[int, int]:
    """Return the number of frames that the task holds, and that of older ones not kept."""
    record = watchlist.get("a")
    assert record is not None
    assert record.task is not None
    return len(record.frames), record.task.dropped_frames


def test_a_growing_answer_is_counted_once() -> None:
    watchlist = watchlist_of("a")
    for count in (900, 1000, 1100, 1500, 1500):
        # As the parser hands it over.
        task = Task("a", RUNNING, "IN_PROGRESS", tuple(map(frame, range(count)))[-MAX_FRAMES:])
        task = task._replace(dropped_frames=max(0, count - MAX_FRAMES))
        watchlist.apply(PollResult("a", task), NOON)
        record = watchlist.get("a")
        assert record is not None
        assert record.frames[-1] == frame(count - 1)
        assert sum(held(watchlist)) == count


def test_a_stale_answer_after_the_end_changes_nothing_of_it() -> None:
    watchlist = watchlist_of("a")
    ended = Task("a", DONE, "COMPLETED", title="t", points=Points(20), is_cut=True)
    watchlist.apply(PollResult("a", ended), NOON)
    record = succeed(watchlist, RUNNING, 1, frame(1))
    assert record.task == ended._replace(frames=(frame(1),))


def test_a_failed_poll_does_not_hold_the_answer() -> None:
    watchlist = watchlist_of("a")
    body = b'{"status": "success", "data": ' + b"9" * (1 << 20)
    tracemalloc.start()
    try:
        try:
            parser.parse(body, "a")
        except ApiError as error:
            watchlist.apply(PollResult("a", error=error), NOON)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 100_000
