"""Finding the links of a task."""

from __future__ import annotations

from tests.wording.test_details import VIDEO, frames, record, running
from tui.links.link import Link
from tui.links.resolver import LinkResolver
from tui.scenext.models import PollResult, Result, Task, TaskStatus
from tui.watchlist.records import Record


async def reject_query(task_id: str) -> PollResult:
    raise AssertionError(f"unexpected query of {task_id}")


def newest_frame(watched: Record) -> Link | None:
    resolver = LinkResolver(
        get_record={watched.id: watched}.get,
        ask=reject_query,
        now=lambda: 0.0,
        on_refresh=lambda: None,
    )
    return resolver.find(watched.id, "")


def test_the_newest_frame_is_the_last_and_no_video() -> None:
    video = (Result("video", VIDEO, True),)
    assert newest_frame(record(None)) is None
    assert newest_frame(record(Task("t", TaskStatus.COMPLETED, results=video))) is None
    newest = newest_frame(record(running(*frames(3))._replace(results=video)))
    assert newest is not None
    assert newest.name == "frame3"
