"""Finding the links of a task."""

from __future__ import annotations

import pytest

from tests.wording.test_details import VIDEO, frames, record, running
from tui.links.link import Link
from tui.links.resolver import LinkResolver
from tui.scenext.models import PollResult, Result, Task, TaskStatus
from tui.watchlist.records import Record


async def reject_query(task_id: str) -> PollResult:
    raise AssertionError(f"unexpected query of {task_id}")


def resolver(watched: Record) -> LinkResolver:
    return LinkResolver(
        get_record={watched.id: watched}.get,
        ask=reject_query,
        now=lambda: 0.0,
        on_refresh=lambda: None,
    )


def name(link: Link | None) -> str:
    return "" if link is None else link.name


VIDEO_RESULT = Result("video", VIDEO, True)
TASKS = {
    "nothing yet": None,
    "running": running(*frames(3)),
    "completed": Task("t", TaskStatus.COMPLETED, "", frames(3), (VIDEO_RESULT,)),
    "no frames": Task("t", TaskStatus.COMPLETED, results=(VIDEO_RESULT,)),
    "another result": Task(
        "t", TaskStatus.COMPLETED, "", frames(2), (Result("poster", VIDEO, True),)
    ),
    "two": Task("t", TaskStatus.COMPLETED, "", frames(2), (Result("Video", VIDEO, True),) * 2),
}


@pytest.mark.parametrize(
    ("task", "opened", "shown"),
    [
        ("nothing yet", "", ""),
        ("running", "frame3", "frame3"),
        ("completed", "video", "frame3"),
        ("no frames", "video", ""),
        ("another result", "frame2", "frame2"),
        ("two", "Video 1", "frame2"),
    ],
)
def test_of_a_task_its_video_is_opened_once_there_is_one_and_its_newest_frame_is_shown(
    task: str, opened: str, shown: str
) -> None:
    links = resolver(record(TASKS[task]))
    assert name(links.find("t", "")) == opened
    assert name(links.find_picture("t", "")) == shown


def test_the_picture_of_a_video_is_the_newest_frame() -> None:
    links = resolver(record(TASKS["completed"]))
    video = links.find("t", "")
    assert video is not None
    assert name(links.find_picture("t", video.key)) == "frame3"
    assert name(links.find_picture("t", links.get_all("t")[1].key)) == "frame1"


def test_a_video_without_frames_has_no_picture() -> None:
    links = resolver(record(TASKS["no frames"]))
    video = links.find("t", "")
    assert video is not None
    assert links.find_picture("t", video.key) is None
