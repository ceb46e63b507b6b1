"""One task in full, in words: its fields, and rows for the links that can be opened. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from tui.addresses import unsafe_reason
from tui.links.link import Link, task_links
from tui.sanitize import clean
from tui.scenext.models import Result, TaskStatus
from tui.scenext.signed_url import NEVER, file_name
from tui.watchlist.records import Record
from tui.wording.tasks import badge, clock_time, time_left


class LinkRowData(NamedTuple):
    """All that a row shows of a frame or a video; the link itself is not part of it."""

    key: str
    name: str
    file: str
    time_left: str


class Field(NamedTuple):
    """One thing that is known of a task."""

    name: str
    text: str
    style: str = ""
    """`badge` or `stale`, where it is to be shown as such."""


class TaskDetails(NamedTuple):
    """All that the detail pane shows of a task."""

    task_id: str
    status: TaskStatus
    fields: tuple[Field, ...]
    """What stands above the frames."""
    heading: str
    """The heading of the list of frames."""
    links: tuple[Link, ...]


def link_row(link: Link, server_now: float) -> LinkRowData:
    """Return what a row shows of a link."""
    if unsafe_reason(link.url):
        # Shown for what it is; nothing opens it.
        return LinkRowData(link.key, link.name, _without_secrets(link.url), "unsafe")
    left = time_left(link.expires_at, server_now)
    return LinkRowData(link.key, link.name, file_name(link.url), left)


def _without_secrets(url: str) -> str:
    """Return an unsafe link as it may be shown: without its query and what stands before `@`."""
    shown = re.split(r"[?#]|%3f", url, maxsplit=1, flags=re.IGNORECASE)[0]
    return clean(re.sub(r"//[^/]*@", "//***@", shown), 120)


def link_lifetime(link: Link, server_now: float) -> str:
    """Return how long a link stays valid, as a sentence."""
    if link.expires_at is None:
        return "When the link ends is not known."
    if link.expires_at == NEVER:
        return "The link never expires."
    if link.seconds_left(server_now) > 0:
        return f"The link lives for {time_left(link.expires_at, server_now)}."
    return link_expired(link, server_now)


def link_expired(link: Link, server_now: float) -> str:
    """Return, as a sentence, that a link has expired, whatever it says of itself."""
    if link.expires_at is None or link.seconds_left(server_now) > 0:
        return "The link has ended and the service did not renew it."
    now = datetime.fromtimestamp(server_now, UTC)
    end = clock_time(datetime.fromtimestamp(link.expires_at, UTC), now)
    return f"The link ended at {end} and the service did not renew it."


def task_details(record: Record, now: datetime) -> TaskDetails:
    """Return what the detail pane shows of a record."""
    links = task_links(record.results, record.frames)
    fields = tuple(_fields(record, now))
    return TaskDetails(record.id, record.status, fields, _heading(record), links)


def _heading(record: Record) -> str:
    if record.task is None:
        return "" if record.error else "Asking the service …"
    number = len(record.frames)
    frames = f"{number} {'frame' if number == 1 else 'frames'}"
    if not number:
        frames = "no frames" if record.status.terminal else "no frames yet"
    kinds = Counter(result.kind for result in record.results if result.is_link)
    parts = [kind if count == 1 else f"{count} {kind}s" for kind, count in kinds.items()]
    heading = ", ".join([*parts, frames])
    return heading[:1].upper() + heading[1:]


def _fields(record: Record, now: datetime) -> Iterator[Field]:
    task, entry = record.task, record.entry
    yield Field("State", badge(record.status, record.status_sent), "badge")
    if record.error is not None:
        since = "nothing is known of it yet"
        if record.answered_at is not None:
            since = f"what you see is from {clock_time(record.answered_at, now)}"
        yield Field("Request", f"! {record.error.message}; {since}", "stale")
    yield Field("Times", _times(record, now))
    if entry.label:
        yield Field("Label", entry.label)
    if task is None:
        return
    if task.points:
        yield Field("Points", task.points)
    if task.message:
        yield Field("Message", task.message)
    for result in task.results:
        yield from _result_fields(record, result)


def _result_fields(record: Record, result: Result) -> Iterator[Field]:
    if not result.is_link and result.content:
        failed = record.status is TaskStatus.FAILED
        yield Field("Reason" if failed else result.kind.capitalize(), result.content)
    if result.score:
        yield Field("Score", result.score)
    if result.score_detail:
        yield Field("Scoring", result.score_detail)


def _times(record: Record, now: datetime) -> str:
    entry = record.entry
    added = f"added {clock_time(entry.added, now)}"
    if not record.status.terminal:
        return added
    if entry.ended is None:
        return f"{added}, already finished when added"
    minutes = int((entry.ended - entry.added).total_seconds() // 60)
    took = f"{minutes:,} min" if minutes else "less than a minute"
    return f"{added}, ended {clock_time(entry.ended, now)}, took {took}"
