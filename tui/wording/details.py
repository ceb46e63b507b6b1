"""One record -> what the detail pane shows of it: lines, and the links that can be opened. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from tui.addresses import unsafe_reason
from tui.sanitize import clean
from tui.scenext.models import Result, TaskStatus
from tui.scenext.signed_url import ends_at, file_name, identity
from tui.watchlist.records import Record
from tui.wording.tasks import badge, clock_time, life


class LinkWords(NamedTuple):
    """All that a row shows of a frame or a video; the link itself is not among it."""

    key: str
    name: str
    file: str
    life: str


class Link(NamedTuple):
    """Something of a task that can be opened."""

    key: str
    """What stays the same from answer to answer, so that a selection can follow it."""
    name: str
    url: str
    """Signed: never to be shown, logged or kept."""

    @property
    def end(self) -> float | None:
        """When the link ends, as `signed_url.ends_at` says."""
        return ends_at(self.url)

    def words(self, server_now: float) -> LinkWords:
        """Return what a row shows of it."""
        if unsafe_reason(self.url):
            # Shown for what it is; nothing opens it.
            return LinkWords(self.key, self.name, clean(self.url, 120), "unsafe")
        return LinkWords(self.key, self.name, file_name(self.url), life(self.end, server_now))


def links(record: Record) -> tuple[Link, ...]:
    """Return what can be opened of a task: its result's links, then its frames in order."""
    found: list[Link] = []
    results = record.task.results if record.task else ()
    linked = [result for result in results if result.is_link]
    for number, result in enumerate(linked, 1):
        name = result.kind if len(linked) == 1 else f"{result.kind} {number}"
        found.append(Link(f"result {number} {result.kind}", name, result.content))
    keys: set[str] = set()
    for frame in record.frames:
        key = f"frame {frame.id} {identity(frame.url)}"
        if key not in keys:
            keys.add(key)
            found.append(Link(key, frame.id, frame.url))
    return tuple(found)


def newest_frame(record: Record) -> Link | None:
    """Return the last frame of a task."""
    frames = [link for link in links(record) if link.key.startswith("frame ")]
    return frames[-1] if frames else None


class Fact(NamedTuple):
    """One thing that is known of a task."""

    name: str
    words: str
    style: str = ""
    """`badge` or `stale`, where it is to be shown as such."""


class Detail(NamedTuple):
    """All that the detail pane shows of a task."""

    task_id: str
    status: TaskStatus
    facts: tuple[Fact, ...]
    """What stands above the frames."""
    heading: str
    """What the list of frames is headed by."""
    links: tuple[Link, ...]


def detail(record: Record, now: datetime) -> Detail:
    """Return what the detail pane shows of a record."""
    return Detail(
        record.id, record.status, tuple(_facts(record, now)), _heading(record), links(record)
    )


def _heading(record: Record) -> str:
    if record.task is None:
        return "" if record.error else "Asking the service …"
    number = len(record.frames)
    frames = f"{number} {'frame' if number == 1 else 'frames'}"
    if not number:
        frames = "no frames" if record.status.terminal else "no frames yet"
    kinds = Counter(result.kind for result in record.task.results if result.is_link)
    parts = [kind if count == 1 else f"{count} {kind}s" for kind, count in kinds.items()]
    words = ", ".join([*parts, frames])
    return words[:1].upper() + words[1:]


def _facts(record: Record, now: datetime) -> Iterator[Fact]:
    task, entry = record.task, record.entry
    yield Fact("State", badge(record.status, record.status_sent), "badge")
    if record.error is not None:
        since = "nothing is known of it yet"
        if record.answered is not None:
            since = f"what you see is from {clock_time(record.answered, now)}"
        yield Fact("Request", f"! {record.error.message}; {since}", "stale")
    yield Fact("Times", _times(record, now))
    if entry.label:
        yield Fact("Label", entry.label)
    if task is None:
        return
    if task.points:
        yield Fact("Points", task.points)
    if task.message:
        yield Fact("Message", task.message)
    for result in task.results:
        yield from _result_facts(record, result)


def _result_facts(record: Record, result: Result) -> Iterator[Fact]:
    if not result.is_link and result.content:
        failed = record.status is TaskStatus.FAILED
        yield Fact("Reason" if failed else result.kind.capitalize(), result.content)
    if result.score:
        yield Fact("Score", result.score)
    if result.score_detail:
        yield Fact("Scoring", result.score_detail)


def _times(record: Record, now: datetime) -> str:
    entry = record.entry
    added = f"added {clock_time(entry.added, now)}"
    if not record.status.terminal:
        return added
    if entry.ended is None:
        return f"{added}, had ended before it was watched"
    minutes = int((entry.ended - entry.added).total_seconds() // 60)
    took = f"{minutes:,} min" if minutes else "less than a minute"
    return f"{added}, ended {clock_time(entry.ended, now)}, took {took}"
