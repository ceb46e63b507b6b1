"""What tasks took of the account's points."""

from __future__ import annotations

from tests.support.records import a_record
from tui.scenext.models import Points, TaskStatus
from tui.watchlist.records import Record
from tui.wording.points import points, points_sum, task_points

DONE, FAILED = TaskStatus.COMPLETED, TaskStatus.FAILED


def took(total: float | None, status: TaskStatus = DONE) -> Record:
    record = a_record(status, answered=1, frame_count=5)
    assert record.task is not None
    return record._replace(task=record.task._replace(points=Points(total)))


def stored(total: float) -> Record:
    record = a_record(DONE, is_stored=True)
    return record._replace(entry=record.entry._replace(points=total))


def test_an_ended_task_tells_what_it_took() -> None:
    assert task_points(took(20.0)) == "20 points"
    assert task_points(took(1.0)) == "1 point"
    assert task_points(took(2.5)) == "2.5 points"
    assert task_points(took(0.0, FAILED)) == "0 points"
    assert task_points(took(None)) == ""
    assert task_points(stored(26.0)) == "26 points"


def test_a_running_task_has_taken_about_two_points_a_scene() -> None:
    assert task_points(a_record(answered=1, frame_count=11)) == "about 22 points so far"
    dropped = a_record(answered=1, frame_count=11)
    assert dropped.task is not None
    dropped = dropped._replace(task=dropped.task._replace(dropped_frames=3))
    assert task_points(dropped) == "about 28 points so far"
    assert task_points(a_record(answered=1)) == ""
    assert task_points(a_record()) == ""


def test_the_sum_says_when_it_is_not_the_last_word() -> None:
    assert points_sum([took(20.0), stored(26.0), took(None), took(0.0, FAILED)]) == "46 points"
    running = a_record(answered=1, frame_count=11)
    assert points_sum([took(1_000.0), running]) == "about 1,022 points so far"
    assert points_sum([took(None), a_record()]) == ""
    assert points_sum([]) == ""
    assert points(1_234.0) == "1,234 points"
