"""For which tasks there was unusually long no new frame, by the answers of one session."""

from __future__ import annotations

from collections.abc import Iterable

from tests.support.records import a_record, a_watchlist, at, fault, frames
from tui.scenext.models import PollResult, Task, TaskStatus
from tui.watchlist.frame_gaps import FrameGaps
from tui.watchlist.records import Record, Watchlist

RUNNING, DONE, FAILED = TaskStatus.IN_PROGRESS, TaskStatus.COMPLETED, TaskStatus.FAILED


def answers(
    times: Iterable[float],
    new_frames: Iterable[float],
    task_id: str = "a",
    *,
    end: TaskStatus | None = None,
) -> list[Record]:
    """Return a task's records after answers at these times, and its last one after its `end`.

    `new_frames` are the times of the answers that had a new frame.
    """
    times, new_frames = list(times), list(new_frames)
    return [
        a_record(
            end if end is not None and time == times[-1] else RUNNING,
            task_id,
            answered=time,
            frame_count=sum(frame <= time for frame in new_frames),
            newest_frame=max((frame for frame in new_frames if frame <= time), default=None),
        )
        for time in times
    ]


def observe(gaps: FrameGaps, records: list[Record]) -> Record:
    before = a_record(TaskStatus.QUEUED, records[0].id)
    for record in records:
        gaps.observe(before, record)
        before = record
    return before


def every_half_minute(end: float) -> list[float]:
    return [n / 2 for n in range(int(end * 2) + 1)]


def gaps_after(
    count: int, *, end: TaskStatus = DONE, times: list[float] | None = None
) -> FrameGaps:
    """Return what is known after so many tasks whose longest gap was 6 minutes: from 4 to 10."""
    ids = [*(f"t{number}" for number in range(count)), "slow", "late", "slept", "a"]
    gaps = FrameGaps(a_watchlist(a_record(task_id=task_id) for task_id in ids))
    for number in range(count):
        task = answers(times or every_half_minute(10), (2, 3, 4), f"t{number}", end=end)
        observe(gaps, task)
    return gaps


def quiet_for(gaps: FrameGaps, minutes: float) -> bool:
    """Return whether it is unusual that the newest frame of a task came so long ago."""
    return gaps.quiet_since(a_record(answered=5 + minutes, newest_frame=5)) is not None


def test_what_is_longer_than_every_gap_of_twenty_tasks_is_a_fact() -> None:
    gaps = gaps_after(20)
    assert gaps.quiet_since(a_record(answered=30, newest_frame=13)) == at(13)
    assert not quiet_for(gaps, 6)
    assert quiet_for(gaps, 6.5)


def test_nineteen_tasks_are_too_few() -> None:
    assert not quiet_for(gaps_after(19), 600)


def test_the_time_from_the_last_frame_to_the_end_counts_and_so_do_gaps_between() -> None:
    gaps = gaps_after(19, end=FAILED)
    observe(gaps, answers(every_half_minute(12), (2, 10), "slow", end=DONE))
    assert not quiet_for(gaps, 8)
    assert quiet_for(gaps, 8.5)


def test_the_last_frame_may_come_with_the_end() -> None:
    gaps = gaps_after(19)
    observe(gaps, answers(every_half_minute(12), (2, 12), "late", end=DONE))
    assert not quiet_for(gaps, 10)
    assert quiet_for(gaps, 10.5)


def test_a_task_counts_only_if_it_was_seen_from_its_first_frame() -> None:
    gaps = gaps_after(19)
    observe(gaps, answers([5, *every_half_minute(10)[11:]], (2, 3, 4), "a", end=DONE))
    observe(gaps, answers([0, 20], (), "slow", end=DONE))
    assert not quiet_for(gaps, 600)


def test_while_nothing_is_heard_of_it_a_task_tells_nothing() -> None:
    """The machine slept for eight hours, or the host was away."""
    asleep = [*every_half_minute(5), *[480 + n / 2 for n in range(10)]]
    gaps = gaps_after(20, times=asleep)
    assert not quiet_for(gaps, 600), "none of them counts"
    gaps = gaps_after(20)
    observe(gaps, answers(asleep, (2, 3, 481), "slept", end=DONE))
    assert quiet_for(gaps, 6.5), "it did not have a gap of eight hours"


def test_requests_that_fail_make_no_gap_and_no_fact() -> None:
    gaps = gaps_after(20)
    task = observe(gaps, answers(every_half_minute(8), (2, 3), "a"))
    assert gaps.quiet_since(task) is None
    # It was answered five minutes after its newest frame, and not since.
    failing = task._replace(error=fault())
    gaps.observe(task, failing)
    assert gaps.quiet_since(failing) is None
    # Then it is answered, and there was no frame in all that time.
    back = a_record(answered=40, frame_count=2, newest_frame=3)
    gaps.observe(failing, back)
    assert gaps.quiet_since(back) == at(3)


def test_only_a_running_task_whose_newest_frame_was_seen_is_quiet() -> None:
    gaps = gaps_after(20)
    assert gaps.quiet_since(a_record(answered=90)) is None
    assert gaps.quiet_since(a_record(newest_frame=1)) is None
    assert gaps.quiet_since(a_record(DONE, answered=90, newest_frame=1)) is None


def test_memory_is_bounded_by_the_tasks_that_are_watched() -> None:
    gaps = FrameGaps(a_watchlist([a_record(task_id=str(n)) for n in range(10)]))
    for number in range(1_000):
        observe(gaps, answers((0, 0.5, 1), (0.5, 1), f"gone {number}"))
    assert len(gaps._open) <= 11


def test_it_learns_from_the_answers_to_a_watchlist() -> None:
    watchlist = Watchlist()
    gaps = FrameGaps(watchlist)

    def poll(task_id: str, minutes: float, count: int, status: TaskStatus = RUNNING) -> Record:
        before = watchlist.get(task_id)
        task = Task(task_id, status, status.value, frames(count))
        after = watchlist.apply(PollResult(task_id, task), at(minutes), minutes * 60)
        assert before is not None
        assert after is not None
        gaps.observe(before, after)
        return after

    ids = [f"t{number}" for number in range(20)]
    watchlist.add([*ids, "stuck"], "", at(0), 0.0)
    for minutes in every_half_minute(10):
        for task_id in ids:
            status = DONE if minutes == 10 else RUNNING
            poll(task_id, minutes, sum(minutes >= frame for frame in (2, 3, 4)), status)
        stuck = poll("stuck", minutes, int(minutes >= 2))
    assert gaps.quiet_since(stuck) == at(2)
    assert gaps.quiet_since(poll("stuck", 10.5, 2)) is None
