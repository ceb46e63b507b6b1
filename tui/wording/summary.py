"""The whole watchlist in words: how many tasks are doing how, and when all is done. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Final, NamedTuple

from tui.watchlist.sections import Standing
from tui.wording import estimates
from tui.wording.times import clock_time


class PartKind(Enum):
    """What a part of the header counts, in the order of need."""

    SHOWN = "shown"
    """How many of all tasks are shown, while there is a filter."""
    FAILED = "failed"
    TROUBLE = "trouble"
    UNKNOWN = "unknown"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    EMPTY = "empty"
    """There are no tasks."""


class HeaderPart(NamedTuple):
    """One number of the header."""

    kind: PartKind
    text: str
    """Written out: `✗ 2 failed`."""
    short: str
    """The same number in fewer cells: `✗2`. Never less exact."""


class HeaderData(NamedTuple):
    """What the header says: how many need somebody, run and are done, and when all is."""

    parts: tuple[HeaderPart, ...] = ()
    all_done: str = ""
    """When all is or is likely to be done; empty where nobody can tell."""
    polling: str = ""
    """How polling is doing, where nothing is wrong with it."""
    trouble: str = ""
    """The trouble of the whole host, in one line; empty where there is none."""
    trouble_reason: str = ""
    """Its reason, which gives way where there is no room."""


_PARTS: Final[Mapping[PartKind, tuple[str, str, tuple[Standing, ...]]]] = {
    PartKind.FAILED: ("✗", "failed", (Standing.FAILED,)),
    PartKind.TROUBLE: ("!", "trouble", (Standing.TROUBLE, Standing.OVERDUE)),
    PartKind.UNKNOWN: ("?", "unknown", (Standing.UNKNOWN,)),
    PartKind.RUNNING: ("»", "running", (Standing.RUNNING,)),
    PartKind.WAITING: ("-", "waiting", (Standing.WAITING,)),
    PartKind.DONE: ("✓", "done", (Standing.FINISHED,)),
}


def header_parts(
    standings: Mapping[Standing, int], of_all: int | None = None
) -> tuple[HeaderPart, ...]:
    """Return the numbers of tasks that are doing how; nothing is said of what there is none of.

    `of_all` is the number of all tasks where `standings` counts only those that a filter shows.
    """
    parts = []
    total = sum(standings.values())
    if of_all is not None:
        text = f"{total:,} of {of_all:,} shown"
        parts.append(HeaderPart(PartKind.SHOWN, text, f"{total:,}/{of_all:,}"))
    elif not total:
        return (HeaderPart(PartKind.EMPTY, "No tasks", "No tasks"),)
    for kind, (glyph, word, counted) in _PARTS.items():
        if count := sum(standings.get(standing, 0) for standing in counted):
            parts.append(HeaderPart(kind, f"{glyph} {count:,} {word}", f"{glyph}{count:,}"))
    return tuple(parts)


def all_done(
    standings: Mapping[Standing, int],
    expected: datetime | None,
    last_end: datetime | None,
    now: datetime,
) -> str:
    """Return when all is done: `all done ~14:55` while something runs, `all done 14:31` after it.

    Empty where nobody can tell, and while something that needs attention has not ended.
    `standings` counts all tasks; `expected` is what `Estimates.all_done` returns, `last_end` what
    the function `last_end` does.
    """
    if any(standings.get(standing) for standing in (Standing.RUNNING, Standing.WAITING)):
        return estimates.all_done(expected, now)
    ended = standings.get(Standing.FINISHED, 0) + standings.get(Standing.FAILED, 0)
    if not ended or ended < sum(standings.values()):
        return ""
    return f"all done {clock_time(last_end, now)}" if last_end is not None else "all done"
