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


def poll(
    watchlist: Watchlist, status: TaskStatus, wall: float, boot: float, *, requested: bool = False
) -> Record:
    """Apply an answer at a time of each clock, in minutes."""
    result = PollResult("a", Task("a", status, status.value), requested=requested)
    record = watchlist.apply(result, at(wall), boot * 60)
    assert record is not None
    return record


def test_a_clock_that_is_set_back_does_not_change_how_long_a_task_took() -> None:
    watchlist = Watchlist()
    watchlist.add(["a"], "", at(0), 0.0)
    poll(watchlist, RUNNING, 1, 1)
    record = poll(watchlist, DONE, -58, 2)
    assert (record.took, record.entry.ended) == (timedelta(minutes=2), at(-58))


def test_a_clock_that_is_set_forward_does_not_make_an_end_unseen() -> None:
    watchlist = Watchlist()
    watchlist.add(["a"], "", at(0), 0.0)
    poll(watchlist, RUNNING, 1, 1)
    record = poll(watchlist, DONE, 61.5, 1.5)
    assert (record.took, record.entry.ended) == (timedelta(minutes=1.5), at(61.5))
    watchlist = Watchlist()
    watchlist.add(["a"], "", at(0), 0.0)
    poll(watchlist, RUNNING, 1, 1)
    asleep = poll(watchlist, DONE, 1.5, 600)
    assert (asleep.took, asleep.entry.ended) == (None, None), "the machine slept over its end"


def test_what_was_added_in_another_session_has_no_duration_by_this_clock() -> None:
    watchlist = Watchlist()
    watchlist.load([Entry("a", NOON)])
    poll(watchlist, RUNNING, 1, 1)
    record = poll(watchlist, DONE, 2, 2)
    assert (record.took, record.entry.ended) == (None, at(2))


def test_a_task_that_runs_again_is_shown_so_only_where_the_user_asked() -> None:
    watchlist = watchlist_of("a")
    poll(watchlist, RUNNING, 0.5, 0.5)
    end = poll(watchlist, DONE, 1, 1).entry
    watchlist.pending.clear()
    assert poll(watchlist, RUNNING, 2, 2).status is DONE, "a stale replica"
    again = poll(watchlist, RUNNING, 3, 3, requested=True)
    assert (again.status, again.entry, again.reopened) == (RUNNING, end, True)
    assert poll(watchlist, RUNNING, 4, 4).status is RUNNING
    assert watchlist.counts() == {RUNNING: 1}
    once_more = poll(watchlist, DONE, 5, 5)
    assert (once_more.status, once_more.entry, once_more.reopened) == (DONE, end, False)
    assert watchlist.pending == []
    failed = poll(watchlist, RUNNING, 6, 6, requested=True)
    assert failed.status is RUNNING
    failed = poll(watchlist, FAILED, 7, 7)
    assert failed.status is FAILED


def test_a_task_from_its_first_answer_to_its_end() -> None:
    watchlist = watchlist_of("a", "b")
    assert watchlist.get("a") == Record(Entry("a", NOON))
    record = succeed(watchlist, RUNNING, 1, frame(1))
    assert (record.status, record.frames, record.answered_at) == (RUNNING, (frame(1),), at(1))
    record = succeed(watchlist, DONE, 1.5, frame(1), frame(2), results=(VIDEO,))
    assert (record.status, record.entry.ended) == (DONE, at(1.5))
    assert watchlist.pending == [
        Update("a", RUNNING, first_frames=1),
        Update("a", DONE, ended=at(1.5), noticed=at(1.5), frames=2),
    ]
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
    assert record.entry.ended == at(0.1)
    assert watchlist.pending == [Update("a", DONE, frames=1)], "what the other one may not know"


def test_a_state_that_we_do_not_know_keeps_its_word() -> None:
    watchlist = watchlist_of("a")
    for _ in range(2):
        assert succeed(watchlist, UNKNOWN, 0, sent="PAUSED").status_sent == "PAUSED"
    succeed(watchlist, UNKNOWN, 0, sent="x" * 500)
    entry = replay(watchlist.entries(), [])[0]
    assert watchlist.entries() == (entry,), "what is shown must be what is saved"
    assert watchlist.pending[0] == Update("a", UNKNOWN, "PAUSED", first_frames=0)
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
    running = Update("a", RUNNING, first_frames=1)
    assert watchlist.pending == [running, Remove("b"), Add(Entry("c", NOON))]
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


def test_an_ended_task_keeps_its_video_when_an_answer_lists_none() -> None:
    watchlist = watchlist_of("a")
    text = Result("text", "Done", is_link=False)
    succeed(watchlist, DONE, 1, results=(text, VIDEO))
    for results in ((), (text,), (VIDEO._replace(kind="image"),)):
        assert succeed(watchlist, DONE, 2, results=results).results == (text, VIDEO)
    other = VIDEO._replace(content="https://cdn.invalid/v.mp4?sig=2")
    assert succeed(watchlist, DONE, 3, results=(other,)).results == (other,)


def cached(
    watchlist: Watchlist, status: TaskStatus, minutes: float, age: float, frames: int = 0
) -> Record:
    """Apply an answer that a cache has kept for `age` minutes."""
    task = Task("a", status, status.value, tuple(frame(number) for number in range(frames)))
    result = PollResult("a", task, age=age * 60)
    record = watchlist.apply(result, at(minutes), minutes * 60)
    assert record is not None
    return record


def test_a_cached_answer_from_before_the_last_one_replaces_nothing() -> None:
    """As in mvanhorn/cli-printing-press #1429: the caches of one network need not agree."""
    watchlist = watchlist_of("a")
    cached(watchlist, RUNNING, 10, 0, frames=3)
    fail(watchlist, 10.5)
    record = cached(watchlist, RUNNING, 11, 5, frames=1)
    assert (len(record.frames), record.answered_at, record.error) == (3, at(10), None)
    assert cached(watchlist, UNKNOWN, 12, 3).status is RUNNING
    record = cached(watchlist, RUNNING, 13, 2, frames=4)
    assert (len(record.frames), record.answered_at) == (4, at(11)), "from after the last one"
    assert len(cached(watchlist, RUNNING, 13.5, 2.5, frames=5).frames) == 5, "the same age"
    assert len(cached(watchlist, RUNNING, 14, 0.4, frames=6).frames) == 6, "a period is nothing"
    assert cached(watchlist, DONE, 15, 14).status is DONE, "an end is taken from any"


def test_a_cached_answer_does_not_reopen_what_has_ended() -> None:
    watchlist = watchlist_of("a")
    cached(watchlist, DONE, 10, 0)
    old = PollResult("a", Task("a", RUNNING, "IN_PROGRESS"), age=300.0, requested=True)
    record = watchlist.apply(old, at(11), 11 * 60)
    assert record is not None
    assert (record.status, record.reopened) == (DONE, False)


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
