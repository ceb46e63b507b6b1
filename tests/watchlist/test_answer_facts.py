"""What stays of an answer: title, marks, what an end cost and how long it took."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tui.errors import ApiError, ErrorKind
from tui.scenext.models import Frame, Points, PollResult, Result, Task, TaskStatus
from tui.watchlist.entries import Entry, Learn, MarkSeen, Update, replay, replay_history
from tui.watchlist.history import MAX_SAMPLES, Sample
from tui.watchlist.records import Record, Watchlist

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
QUEUED, RUNNING, DONE = TaskStatus.QUEUED, TaskStatus.IN_PROGRESS, TaskStatus.COMPLETED
FAILED, UNKNOWN = TaskStatus.FAILED, TaskStatus.UNKNOWN
VIDEO = Result("video", "https://cdn.invalid/v.mp4?sig=1", is_link=True)
BEIJING = timezone(timedelta(hours=8))


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def answer(status: TaskStatus, shown: int = 0, **facts: Any) -> Task:  # noqa: ANN401 - of a task.
    """Return an answer about the task `a`; a completed one has its video."""
    pictures = tuple(Frame(f"frame{n}", f"https://cdn.invalid/{n}.png") for n in range(shown))
    task = Task("a", status, status.value, pictures, (VIDEO,) if status is DONE else ())
    return task._replace(**facts)


class Session:
    """A dashboard's watchlist on a simulated clock, which starts at 1,000 s since boot."""

    def __init__(self, *entries: Entry, history: tuple[Sample, ...] = ()) -> None:
        self.list = Watchlist()
        self.list.load(entries, history, NOON)

    def add(self, *task_ids: str, minutes: float = 0) -> None:
        self.list.add(task_ids, "", at(minutes), 1_000 + 60 * minutes)

    def poll(
        self, minutes: float, task: Task, *, age: float = 0, requested: bool = False
    ) -> Record:
        result = PollResult(task.id, task, age=age, requested=requested)
        return self._apply(result, minutes)

    def fail(self, minutes: float, task_id: str = "a") -> Record:
        error = ApiError(ErrorKind.SERVER, "gone")
        return self._apply(PollResult(task_id, error=error), minutes)

    def _apply(self, result: PollResult, minutes: float) -> Record:
        record = self.list.apply(result, at(minutes), 1_000 + 60 * minutes)
        assert record is not None
        return record

    @property
    def entry(self) -> Entry:
        record = self.list.get("a")
        assert record is not None
        return record.entry

    @property
    def seconds(self) -> list[float]:
        """How long tasks took, as learned in this session."""
        return [sample.seconds for sample in self.list.history]

    def watch(self, *answers: Task) -> Entry:
        """Apply answers half a minute apart from the beginning, and return the entry."""
        for number, task in enumerate(answers):
            self.poll(number / 2, task)
        return self.entry


# The title.


def test_a_title_is_kept_from_the_answer_that_tells_it_first() -> None:
    session = Session()
    session.add("a")
    session.poll(0, answer(RUNNING))
    assert session.poll(0.5, answer(RUNNING, title="勾股")).entry.title == "勾股"
    assert session.list.pending[-1] == Update("a", RUNNING, title="勾股")
    waiting = len(session.list.pending)
    session.poll(1, answer(RUNNING, title="another"))
    session.poll(1.5, answer(RUNNING))
    assert (session.entry.title, len(session.list.pending)) == ("勾股", waiting)


def test_a_title_is_learned_of_a_task_that_had_ended_long_ago() -> None:
    session = Session(Entry("a", NOON, status=DONE, ended=at(-9)))
    entry = session.watch(answer(DONE, 3, title="t", points=Points(6.0)))
    assert entry == Entry("a", NOON, "", DONE, "", at(-9), "t", points=6.0, frames=3)
    assert not entry.is_new


def test_a_title_is_cleaned_and_cut() -> None:
    session = Session()
    session.add("a")
    entry = session.watch(answer(DONE, title="\x1b[31m" + "x" * 500))
    assert (len(entry.title), entry.title[:2]) == (200, "xx")
    session.poll(1, answer(DONE, title="\x1b[31m" + "x" * 500))
    assert session.entry == entry


# New, until somebody has looked.


def test_an_end_is_new_until_it_was_looked_at() -> None:
    session = Session()
    session.add("a")
    assert not session.list.mark_seen("a"), "it has not ended"
    session.watch(answer(RUNNING), answer(DONE, 3))
    assert (session.entry.is_new, session.entry.noticed) == (True, at(0.5))
    assert session.list.mark_seen("a")
    assert (session.entry.is_new, session.entry.seen) == (False, at(0.5))
    assert session.list.pending[-1] == MarkSeen("a", at(0.5))
    assert not session.list.mark_seen("a"), "a second look changes nothing"
    assert not session.list.mark_seen("missing")
    session.poll(9, answer(DONE, 3))
    assert not session.entry.is_new


def test_what_had_ended_before_it_was_added_is_new_as_well() -> None:
    session = Session()
    session.add("a")
    entry = session.watch(answer(FAILED))
    assert (entry.is_new, entry.noticed, entry.ended) == (True, NOON, None)


def test_what_ended_while_no_program_ran_is_new() -> None:
    entry = Session(Entry("a", at(-600), status=RUNNING)).watch(answer(DONE, 5))
    assert (entry.is_new, entry.ended) == (True, None)


def test_what_ended_before_this_release_counts_as_looked_at() -> None:
    old = [Entry(f"t{n}", NOON, status=DONE, ended=at(n)) for n in range(200)]
    session = Session(*old, Entry("a", NOON, status=FAILED))
    assert not session.watch(answer(FAILED)).is_new
    assert not any(record.entry.is_new for record in session.list)
    assert session.list.pending == []


@pytest.mark.parametrize("minutes", [9.0, -9.0])
def test_another_end_is_new_again_whatever_the_clock_says(minutes: float) -> None:
    session = Session()
    session.add("a")
    session.watch(answer(RUNNING), answer(FAILED, points=Points(0.0)))
    session.list.mark_seen("a")
    session.list.apply(PollResult("a", answer(RUNNING), requested=True), at(1), 1_060)
    news = [session.entry.is_new]
    session.list.apply(PollResult("a", answer(DONE, 4, points=Points(8.0))), at(minutes), 1_090)
    assert [*news, session.entry.is_new] == [False, True]
    assert (session.entry.points, session.entry.frames, session.entry.ended) == (8, 4, at(minutes))


def test_a_task_that_was_removed_and_added_again_is_new_again() -> None:
    session = Session()
    session.add("a")
    session.watch(answer(RUNNING), answer(DONE))
    session.list.mark_seen("a")
    session.list.remove("a")
    session.add("a", minutes=2)
    assert session.entry == Entry("a", at(2))
    session.poll(2, answer(DONE))
    assert session.entry.is_new


def test_undo_brings_back_all_that_was_known() -> None:
    session = Session()
    session.add("a")
    before = session.watch(answer(RUNNING), answer(DONE, 3, title="t", points=Points(6.0)))
    session.list.mark_seen("a")
    record = session.list.remove("a")
    assert record is not None
    assert session.seconds == [30], "the experience stays"
    session.list.restore(record, None)
    assert session.entry == before._replace(seen=before.noticed)
    (saved,) = replay((), session.list.pending)
    assert saved == session.entry


@pytest.mark.parametrize("ended", [None, at(3)])
def test_an_end_that_an_older_release_wrote_meanwhile_is_new(ended: datetime | None) -> None:
    running = Entry("a", NOON, status=RUNNING)
    theirs = running._replace(status=DONE, ended=ended)
    session = Session(running)
    session.list.load([theirs], (), at(4))
    assert (session.entry.is_new, session.entry.noticed) == (True, ended or at(4))
    assert session.list.pending == [Update("a", DONE, noticed=ended or at(4))]
    session.list.load([theirs], (), at(5))
    assert len(session.list.pending) == 1, "it is noticed once"
    later = Session(theirs._replace(first_frames=0))
    assert later.entry.is_new, "this release had watched it before"


def test_what_was_looked_at_does_not_become_new_in_a_file_edited_by_hand() -> None:
    session = Session(Entry("a", NOON, status=DONE, seen=at(3), first_frames=0))
    assert session.entry.noticed is None
    assert session.list.pending == []


# What an end cost.


def test_what_is_kept_of_an_end() -> None:
    session = Session()
    session.add("a")
    running = session.watch(answer(RUNNING, 2, points=Points(4.0)))
    assert (running.first_frames, running.points, running.frames) == (2, None, None)
    done = answer(
        DONE,
        3,
        dropped_frames=1_000,
        points=Points(20.0, "for the video"),
        created_at=datetime(2026, 11, 22, 20, 0),  # noqa: DTZ001 - as sent.
        finished_at=datetime(2026, 11, 22, 20, 12, 5),  # noqa: DTZ001
    )
    entry = session.poll(0.5, done).entry
    assert (entry.took, entry.points, entry.frames, entry.first_frames) == (725, 20, 1_003, 2)
    again = done._replace(points=Points(99.0), dropped_frames=0, title="told late")
    session.poll(1, again)
    assert session.entry == entry._replace(title="told late"), "the first stays"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, (None, None, 3)),
        ({"points": Points(None, "soon")}, (None, None, 3)),
        ({"points": Points(-5.0)}, (None, None, 3)),
        ({"points": Points(1e300)}, (None, None, 3)),
        ({"points": Points(0.0)}, (None, 0, 3)),
        ({"created_at": at(0), "finished_at": at(0)}, (0, None, 3)),
        ({"created_at": at(1), "finished_at": at(0)}, (None, None, 3)),
        ({"created_at": at(0), "finished_at": at(0).replace(tzinfo=None)}, (None, None, 3)),
        ({"created_at": at(0), "finished_at": at(1).astimezone(BEIJING)}, (60, None, 3)),
        ({"created_at": NOON.replace(year=2001), "finished_at": NOON}, (None, None, 3)),
        ({"frames": ()}, (None, None, None)),
        ({"results": ()}, (None, None, None)),
    ],
)
def test_no_fact_is_invented(facts: dict[str, Any], expected: tuple[float | None, ...]) -> None:
    session = Session()
    session.add("a")
    entry = session.watch(answer(DONE, 3, **facts))
    assert (entry.took, entry.points, entry.frames) == expected


def test_a_failed_task_has_the_frames_that_were_seen_before() -> None:
    session = Session()
    session.add("a")
    assert session.watch(answer(RUNNING, 4), answer(FAILED)).frames == 4


def test_a_stale_answer_tells_nothing_of_an_end() -> None:
    session = Session(Entry("a", NOON, status=FAILED, ended=at(-9)))
    entry = session.watch(answer(RUNNING, 2, points=Points(4.0)))
    assert entry == Entry("a", NOON, status=FAILED, ended=at(-9))
    assert session.list.pending == []


def test_the_first_answer_is_the_first_of_all_sessions() -> None:
    session = Session(Entry("a", NOON), Entry("b", NOON, status=RUNNING))
    assert session.poll(0, answer(RUNNING)).entry.first_frames == 0
    assert session.poll(1, answer(RUNNING, 2)).entry.first_frames == 0
    assert session.poll(0, answer(RUNNING, 2)._replace(id="b")).entry.first_frames is None
    cached = Session(Entry("a", NOON))
    assert cached.poll(0, answer(RUNNING), age=300).entry.first_frames is None


# How long tasks take.


TOLD: dict[str, Any] = {"created_at": at(0), "finished_at": at(13)}


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([answer(RUNNING), answer(RUNNING, 2), answer(DONE, 3)], [60]),
        ([answer(RUNNING), answer(DONE, 3, **TOLD)], [780]),
        ([answer(RUNNING, 1), answer(DONE, 3, **TOLD)], []),
        ([answer(DONE, 3, **TOLD)], []),
        ([answer(RUNNING), answer(FAILED, **TOLD)], []),
        ([answer(RUNNING), answer(UNKNOWN, 3, **TOLD)], []),
        ([answer(RUNNING), answer(DONE, results=(), **TOLD)], []),
        ([answer(RUNNING), answer(DONE, results=()), answer(DONE, 3, **TOLD)], [780]),
        ([answer(RUNNING), answer(DONE, 3), answer(DONE, 3, **TOLD)], [30]),
        ([answer(RUNNING), answer(DONE, 3), answer(RUNNING, 4)], [30]),
    ],
)
def test_a_task_that_was_watched_from_its_beginning_is_a_sample(
    answers: list[Task], expected: list[float]
) -> None:
    session = Session()
    session.add("a")
    session.watch(*answers)
    assert session.seconds == expected
    learned = [change for change in session.list.pending if isinstance(change, Learn)]
    assert len(learned) == len(expected)
    assert replay_history((), session.list.pending) == session.list.history


def test_an_end_that_nobody_saw_is_a_sample_only_by_the_times_of_the_service() -> None:
    for facts, expected in (({}, []), (TOLD, [780])):
        session = Session(Entry("a", at(-600), status=RUNNING, first_frames=0))
        session.watch(answer(DONE, 3, **facts))
        assert session.seconds == expected


def test_a_sample_is_measured_by_the_clock_that_nobody_sets() -> None:
    session = Session()
    session.add("a")
    session.list.apply(PollResult("a", answer(RUNNING)), at(0), 1_000)
    session.list.apply(PollResult("a", answer(DONE)), at(-90), 1_120)
    assert session.seconds == [120]
    session = Session(Entry("a", at(-7), status=RUNNING, first_frames=0))
    session.watch(answer(RUNNING), answer(DONE))
    assert session.seconds == [450], "across sessions there is only the other clock"
    session = Session(Entry("a", at(7), status=RUNNING, first_frames=0))
    session.watch(answer(RUNNING), answer(DONE))
    assert session.seconds == [], "it was set back"


def test_the_newest_samples_are_kept_and_an_older_one_is_not_learned() -> None:
    known = tuple(Sample(f"t{n:03}", at(n), 600) for n in range(MAX_SAMPLES))
    session = Session(Entry("a", at(-30), status=RUNNING, first_frames=0), history=known)
    session.watch(answer(RUNNING), answer(DONE))
    assert session.list.history == (*known[:1], Sample("a", at(0.5), 1_830), *known[1:])[-200:]
    early = Session(Entry("a", at(-90), status=RUNNING, first_frames=0), history=known)
    early.poll(-60, answer(RUNNING))
    early.poll(-59.5, answer(DONE))
    assert early.list.history == known
    assert not any(isinstance(change, Learn) for change in early.list.pending)


# Failures while others are answered, and new frames.


def other(status: TaskStatus = RUNNING, task_id: str = "b") -> Task:
    return answer(status)._replace(id=task_id)


def test_failures_count_while_another_task_is_answered() -> None:
    session = Session()
    session.add("a", "b", "c")
    session.poll(1, answer(RUNNING))
    counts = []
    for minute in range(2, 6):
        session.poll(minute, other())
        counts.append(session.fail(minute + 0.5).failures)
    assert counts == [1, 2, 3, 4]
    assert session.fail(7).failures == 4, "nobody was answered since"
    assert session.poll(8, answer(RUNNING)).failures == 0


def test_trouble_of_the_host_counts_for_no_task() -> None:
    session = Session()
    session.add("a", "b")
    for minute in range(1, 9):
        assert session.fail(minute, "a").failures == 0
        assert session.fail(minute + 0.1, "b").failures == 0
    session.poll(10, other())
    counts = [session.fail(11 + minute).failures for minute in range(5)]
    assert counts == [1, 1, 1, 1, 1], "the answer from before the trouble counts once"


def test_an_answer_of_the_task_itself_is_none_of_another() -> None:
    session = Session(Entry("a", NOON, status=RUNNING))
    for minute in range(0, 8, 2):
        session.poll(minute, answer(RUNNING))
        assert session.fail(minute + 1).failures == 0


def test_a_task_that_was_never_answered_counts_from_when_it_was_added() -> None:
    session = Session()
    session.add("b")
    session.poll(1, other())
    session.add("a", minutes=2)
    assert session.fail(3).failures == 0
    session.poll(4, other())
    assert session.fail(5).failures == 1


def test_an_answer_that_a_cache_kept_is_none_of_the_service() -> None:
    session = Session()
    session.add("a", "b")
    session.poll(1, answer(RUNNING))
    session.poll(4, other(), age=300)
    assert session.fail(5).failures == 0


def test_when_the_newest_frame_came() -> None:
    session = Session()
    session.add("a")
    polled = [(1, 0), (2, 1), (3, 1), (4, 3), (5, 0), (6, 3), (7, 4)]
    times = [session.poll(m, answer(RUNNING, frames)).newest_frame_at for m, frames in polled]
    first, second, third = (1_000 + 60 * minutes for minutes in (2, 4, 7))
    assert times == [None, first, first, second, second, second, third]
    later = Session(Entry("a", NOON, status=RUNNING))
    assert later.poll(1, answer(RUNNING, 5)).newest_frame_at is None, "it was there already"
    assert later.poll(2, answer(RUNNING, 6), age=10).newest_frame_at == 1_110
