"""One task in full, in words. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from tui.links.link import Link, task_links
from tui.polling.health import CALM, PollingHealth
from tui.scenext.models import MAX_TEXT_BYTES, Points, Result, TaskStatus
from tui.watchlist.estimates import Estimate
from tui.watchlist.facts import frame_count
from tui.watchlist.records import Record
from tui.wording.estimates import likely_done, quiet_since
from tui.wording.points import points, task_points
from tui.wording.task_times import newest_frame, since, times
from tui.wording.tasks import NOT_KNOWN, badge, own_error, task_name
from tui.wording.times import clock_time


class Field(NamedTuple):
    """One thing that is known of a task."""

    name: str
    text: str
    style: str = ""
    """`heading` (has a line of its own), `badge`, `fact` or `stale`, where it is shown as such."""


class TaskDetails(NamedTuple):
    """All that the detail pane shows of a task."""

    task_id: str
    status: TaskStatus
    fields: tuple[Field, ...]
    heading: str
    """Stands above the frames."""
    links: tuple[Link, ...]


def task_details(
    record: Record,
    now: datetime,
    boot: float | None = None,
    *,
    estimate: Estimate | None = None,
    quiet: datetime | None = None,
    health: PollingHealth = CALM,
    open_key: str = "",
) -> TaskDetails:
    """Return what the detail pane shows of a record; `boot` is the monotonic clock at `now`.

    `quiet` is when its newest frame came, if that is unusually long ago; `health` is that of
    polling as a whole; `open_key` is the key that opens a task's video.
    """
    state = badge(record.status, record.status_sent) + since(record, now, boot)
    links = task_links(record.results, record.frames)
    has_video = record.status is TaskStatus.COMPLETED and any(link.is_video for link in links)
    fields = (
        *_identity(record, opens=f"{open_key} opens the video" if open_key and has_video else ""),
        Field("State", state, "badge"),
        *_reasons(record),
        *_trouble(record, now, health),
        *_prospects(record, now, estimate, quiet),
        *_facts(record, now),
    )
    return TaskDetails(record.id, record.status, fields, _heading(record, health), links)


def _heading(record: Record, health: PollingHealth) -> str:
    """Return what can be opened, or why there is nothing and what to do."""
    if record.task is None:
        stored = frame_count(record)
        known = f"{_count(stored, 'frame')} when it ended" if stored else ""
        if own_error(record, health) is not None:
            return f"{known or 'Nothing to open yet'}; r asks again"
        if health.kind.is_host_trouble:
            once = "there is an API key" if health.kind.needs_key else "the service answers"
            return f"{known}; shown once {once}" if known else f"Frames are shown once {once}"
        return f"{known}; asking the service" if known else "Asking the service"
    number, dropped = len(record.frames), record.task.dropped_frames
    frames = _count(number, "frame")
    if dropped:
        frames = f"the newest {number:,} of {number + dropped:,} frames"
    elif not number:
        frames = "no frames" if record.status.terminal else "no frames yet"
    kinds = Counter(result.kind for result in record.results if result.is_link)
    parts = [kind if count == 1 else f"{count} {kind}s" for kind, count in kinds.items()]
    heading = ", ".join([*parts, frames])
    if not number and record.status is TaskStatus.FAILED:
        heading += "; the service keeps none of a failed task"
    return heading[:1].upper() + heading[1:]


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _identity(record: Record, *, opens: str) -> Iterator[Field]:
    """Yield what the task is called; the first line also says how to open what came of it."""
    label, title = record.entry.label, record.title
    name = task_name(record)
    yield Field("", f"{name}   ({opens})" if opens else name, "heading")
    if label or title:
        yield Field("ID", record.id)
    if label and title and title != label:
        yield Field("Title", title)


def _reasons(record: Record) -> Iterator[Field]:
    """Yield why the task failed: before all else, so that no picture takes its place."""
    if record.status is TaskStatus.FAILED:
        for result in record.results:
            if result.content and not result.is_link:
                yield Field("Reason", result.content)


def _trouble(record: Record, now: datetime, health: PollingHealth) -> Iterator[Field]:
    if (error := own_error(record, health)) is not None:
        words = NOT_KNOWN if error.is_unknown_id else error.message
        if record.answered_at is not None:
            words += f"; data from {clock_time(record.answered_at, now)}"
        yield Field("Request", f"! {words}", "stale")
    if record.resting:
        yield Field("Polling", "! no change for a day: polling stopped; r tries again", "stale")


def _prospects(
    record: Record, now: datetime, estimate: Estimate | None, quiet: datetime | None
) -> Iterator[Field]:
    if estimate is not None:
        yield Field("Expected", f"likely done {likely_done(estimate, now)}")
    if unusual := quiet_since(quiet, now):
        yield Field("Frames", unusual, "fact")
    elif usual := newest_frame(record, now):
        yield Field("Frames", usual)


def _facts(record: Record, now: datetime) -> Iterator[Field]:
    task = record.task
    if text := times(record, now):
        yield Field("Times", text)
    if text := _points(record):
        yield Field("Points", text)
    if task is None:
        return
    if task.message:
        yield Field("Message", task.message)
    for result in task.results:
        yield from _result_fields(record, result)
    if task.is_cut:
        yield Field("", f"… cut after {MAX_TEXT_BYTES // 1000} kB", "stale")


def _points(record: Record) -> str:
    told = record.task.points if record.task is not None else Points()
    words = task_points(record)
    if not record.status.terminal and told.total is not None:
        # A state that is not in the contract: what was sent is known, whatever it means.
        words = points(told.total)
    return ": ".join(filter(None, (words, told.purpose)))


def _result_fields(record: Record, result: Result) -> Iterator[Field]:
    if result.content and not result.is_link and record.status is not TaskStatus.FAILED:
        yield Field(result.kind.capitalize(), result.content)
    if result.score:
        yield Field("Score", result.score)
    if result.score_detail:
        yield Field("Scoring", result.score_detail)
