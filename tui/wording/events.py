"""Events in words, one line each. Pure.

Glyphs are one cell wide in every terminal, as in rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from rich.cells import cell_len

from tui.polling.health import HealthKind
from tui.watchlist.events import Event, EventKind
from tui.wording.cells import cut_middle, fit
from tui.wording.times import clock_time, format_duration

MAX_NAME_WIDTH: Final = 40
"""Cells of a task's name, where no width is given."""
MIN_NAME_WIDTH: Final = 12
"""Cells of a task's name that are left however long the rest is."""

_GLYPHS: Final[Mapping[EventKind, str]] = {
    EventKind.ADDED: "+",
    EventKind.REMOVED: "-",
    EventKind.RESTORED: "+",
    EventKind.FIRST_FRAME: "»",
    EventKind.COMPLETED: "✓",
    EventKind.FAILED: "✗",
    EventKind.VIDEO: "✓",
    EventKind.STARTED_AGAIN: "»",
    EventKind.UNKNOWN_STATE: "?",
    EventKind.TROUBLE: "!",
    EventKind.RECOVERED: "»",
    EventKind.OVERDUE: "!",
    EventKind.HOST_TROUBLE: "!",
    EventKind.HOST_RECOVERED: "»",
    EventKind.AWAY: "»",
}

_PLAIN: Final[Mapping[EventKind, str]] = {
    EventKind.ADDED: "added",
    EventKind.REMOVED: "removed",
    EventKind.RESTORED: "brought back",
    EventKind.FIRST_FRAME: "first frame",
    EventKind.VIDEO: "the video is there",
    EventKind.STARTED_AGAIN: "is running again",
    EventKind.RECOVERED: "answered again",
    EventKind.OVERDUE: "has run longer than every earlier task",
}

_HOST: Final[Mapping[str, str]] = {
    HealthKind.OFFLINE: "offline",
    HealthKind.NOT_THE_API: "answers are not from the API",
    HealthKind.PAUSED: "paused by the service",
    HealthKind.KEY_REFUSED: "the service refused the key",
    HealthKind.NO_KEY: "no API key",
    HealthKind.WRONG_ADDRESS: "wrong address",
    HealthKind.SERVER_ERRORS: "server errors for all tasks",
}


def event_line(event: Event, now: datetime, width: int | None = None) -> str:
    """Return an event as one line: `14:31 ✓ Sorting: completed in 12 min, 13 frames and the video`.

    With a `width` it has at most so many cells: the name gives way first, cut in its middle.
    """
    head = f"{clock_time(event.at, now)} {_GLYPHS[event.kind]} "
    name, words = event_name(event), event_words(event)
    if name:
        words = f": {words}"
    room = MAX_NAME_WIDTH
    if width is not None:
        room = max(MIN_NAME_WIDTH, width - cell_len(head) - cell_len(words))
    line = f"{head}{cut_middle(name, room)}{words}"
    return line if width is None or cell_len(line) <= width else fit(line, width).rstrip()


def event_words(event: Event) -> str:
    """Return what has happened, without time and name."""
    match event.kind:
        case EventKind.COMPLETED:
            return _completed(event)
        case EventKind.FAILED:
            return _failed(event)
        case EventKind.UNKNOWN_STATE:
            return f"unknown state {event.text}".rstrip()
        case EventKind.TROUBLE:
            return event.text
        case EventKind.AWAY:
            return away(event.tasks, event.failed)
        case EventKind.HOST_TROUBLE:
            words = _HOST.get(event.host, event.host)
            # The reason of a refusal says so again.
            has_more = event.text and event.host != HealthKind.KEY_REFUSED
            return f"{words}: {event.text}" if has_more else words
        case EventKind.HOST_RECOVERED:
            lasted = "" if event.seconds is None else f" after {_duration(event.seconds)}"
            return f"live again{lasted}"
        case EventKind.ADDED | EventKind.REMOVED if event.tasks > 1:
            label = f", labelled {event.label}" if event.label else ""
            return f"{event.tasks:,} tasks {_PLAIN[event.kind]}{label}"
    return _PLAIN[event.kind]


def away(completed: int, failed: int) -> str:
    """Return what ended while nobody watched."""
    return f"While you were away: {end_counts(completed, failed)}"


def end_counts(completed: int, failed: int) -> str:
    """Return how many ended which way: `12 completed, 1 failed`."""
    parts = [f"{completed:,} completed"] if completed or not failed else []
    parts += [f"{failed:,} failed"] if failed else []
    return ", ".join(parts)


def _completed(event: Event) -> str:
    took = "" if event.seconds is None else _duration(event.seconds)
    if event.is_late:
        words = f"had already completed{f', took {took}' if took else ''}"
    else:
        words = f"completed in {took}" if took else "completed"
    parts = []
    if event.frames:
        parts.append(f"{event.frames:,} {'frame' if event.frames == 1 else 'frames'}")
    if event.has_video:
        parts.append("the video")
    return f"{words}, {' and '.join(parts)}" if parts else words


def _failed(event: Event) -> str:
    words = "failed"
    if event.is_late:
        words = "had already failed"
    elif event.seconds is not None:
        words = f"failed after {_duration(event.seconds)}"
    return f"{words}: {event.text}" if event.text else words


def _duration(seconds: float) -> str:
    return "less than a minute" if seconds < 60 else format_duration(seconds, running=False)


def event_name(event: Event) -> str:
    """Return what an event's task is called; empty where it is about none, or many."""
    if not event.task_id:
        return ""
    if event.label and event.title and event.title != event.label:
        return f"{event.label}, {event.title}"
    return event.label or event.title or event.task_id
