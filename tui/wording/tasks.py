"""Records -> words: badges, ages, reasons, lines. Pure; everything shown is worded here.

Every text from outside was cleaned at the model's edge and is passed on as plain strings or
`Content`, never as markup. Glyphs are one cell wide in every terminal; those of ambiguous width
(box lines, ellipses, bullets) are left out of rows, where they would shift what follows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from rich.cells import cell_len, set_cell_size

from tui.credentials import ApiKey
from tui.errors import ApiError, ErrorKind
from tui.polling.limiter import Pulse, PulseKind
from tui.scenext.models import TaskStatus
from tui.scenext.signed_url import NEVER
from tui.watchlist.records import Record

ID_WIDTH: Final = 36
"""Cells: a UUID, the longest ID that the service is known to hand out."""
_BADGE_WIDTH: Final = 13
_AGE_WIDTH: Final = 6
_FRAMES_WIDTH: Final = 4
_UNKNOWN_WIDTH: Final = 26
_FIXED_WIDTH: Final = 1 + _AGE_WIDTH + 1 + _BADGE_WIDTH + 1 + _FRAMES_WIDTH + 1
"""The cells in front of a row's ID, where its badge is of the usual width."""

_BADGES: Final[Mapping[TaskStatus, tuple[str, str]]] = {
    TaskStatus.QUEUED: ("-", "Queued"),
    TaskStatus.IN_PROGRESS: ("»", "In progress"),
    TaskStatus.COMPLETED: ("✓", "Completed"),
    TaskStatus.FAILED: ("✗", "Failed"),
}


def badge(status: TaskStatus, sent: str) -> str:
    """Return a state as a glyph and a word, an unknown one as the service sent it."""
    glyph, word = _BADGES.get(status, ("?", f"Unknown: {sent}"))
    return f"{glyph} {word}"


def span(seconds: float, *, goes_on: bool = True) -> str:
    """Return a length of time as `<1 min`, minutes, then hours, days.

    What `goes_on` is told in steps of 5 from 10 minutes on: each other text is sent over the line.
    """
    minutes = int(max(0.0, seconds) // 60)
    if minutes < 1:
        return "<1 min"
    if minutes < 100:
        return f"{minutes - minutes % 5 if goes_on and minutes >= 10 else minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"


def clock_time(moment: datetime, now: datetime) -> str:
    """Return a moment in the user's time zone, with the date where it was not today."""
    local, today = moment.astimezone(), now.astimezone()
    return f"{local:%H:%M}" if local.date() == today.date() else f"{local:%Y-%m-%d %H:%M}"


def life(end: float | None, server_now: float) -> str:
    """Return how long a link still lives, given its end and the service's time (Unix seconds)."""
    if end is None:
        return "?"
    if end == NEVER:
        return "no end"
    left = end - server_now
    if left <= 0:
        return "ended"
    return "<1 min" if left < 60 else span(left)


class TaskWords(NamedTuple):
    """All that a row shows of a task: words only, so that equal values repaint nothing."""

    key: str
    status: TaskStatus
    badge: str
    age: str
    frames: str
    stale: str
    """Why the data are old; empty when they are not."""
    label: str


def task_words(record: Record, now: datetime) -> TaskWords:
    """Return the words of a record's row."""
    return TaskWords(
        key=record.id,
        status=record.status,
        badge=badge(record.status, record.status_sent),
        age=_age(record, now),
        frames=str(len(record.frames)) if record.task else "",
        stale=reason(record),
        label=record.entry.label,
    )


def _age(record: Record, now: datetime) -> str:
    if not record.status.terminal:
        return span((now - record.entry.added).total_seconds())
    if record.entry.ended is None:
        # It had ended before anybody looked: how long it took is not known.
        return "-"
    return span((record.entry.ended - record.entry.added).total_seconds(), goes_on=False)


def reason(record: Record) -> str:
    """Return in a word or two why a record is not up to date; empty when it is."""
    error = record.error
    if error is None:
        return ""
    if error.http_status is not None and error.kind in (
        ErrorKind.SERVER,
        ErrorKind.REJECTED,
        ErrorKind.RATE_LIMITED,
    ):
        return str(error.http_status)
    return error.kind.value


def meant(query: str, rows: Iterable[TaskWords]) -> Callable[[TaskWords], bool]:
    """Return what tells which rows a query means, in whatever case.

    They are those with the query as it stands in one of their parts, if there are any: among IDs
    of random digits, "batch 3" would else mean nearly every batch. If not, those with each of its
    words anywhere.
    """
    whole = query.casefold().strip()

    def as_it_stands(row: TaskWords) -> bool:
        return whole in _searched(row)

    def word_by_word(row: TaskWords) -> bool:
        searched = _searched(row)
        return all(word in searched for word in whole.split())

    return as_it_stands if any(map(as_it_stands, rows)) else word_by_word


def _searched(row: TaskWords) -> str:
    # One text, as a thousand rows are searched at each key; no query has a line's end in it.
    return "\n".join((row.badge, row.key, row.label, row.stale)).casefold()


class Columns(NamedTuple):
    """How the cells of a row are shared out; the same for all rows of a list."""

    width: int
    id_width: int

    @classmethod
    def fit(cls, width: int, longest_id: int, *, whole: bool) -> Columns:
        """Return the columns for rows of `width` cells.

        Args:
            width: Cells of a row.
            longest_id: Cells of the longest ID there is.
            whole: Whether an ID is shown whole up to `ID_WIDTH` even if no label fits then.
        """
        room = width - _FIXED_WIDTH
        wanted = min(longest_id, ID_WIDTH)
        return cls(width, max(8, min(wanted, room if whole else max(13, room - 12))))


def task_line(words: TaskWords, columns: Columns) -> tuple[tuple[str, str], ...]:
    """Return a row as parts `(name, text)`, whose texts follow each other on the line.

    What changes most often comes first: a partial repaint is written from the left edge.
    """
    # A state that we do not know may be long; it takes what the ID leaves free.
    spare = columns.width - _FIXED_WIDTH - columns.id_width
    most = _BADGE_WIDTH + max(0, min(spare, _UNKNOWN_WIDTH - _BADGE_WIDTH))
    badge_text = fit(words.badge, max(_BADGE_WIDTH, min(most, cell_len(words.badge))))
    parts = [
        ("age", f" {words.age.rjust(_AGE_WIDTH)} "),
        ("badge", badge_text + " "),
        ("frames", words.frames.rjust(_FRAMES_WIDTH) + " "),
        ("id", fit(cut_middle(words.key, columns.id_width), columns.id_width)),
    ]
    if words.stale:
        parts.append(("stale", f" ! {words.stale}"))
    if words.label:
        parts.append(("label", f" {words.label}"))
    return tuple(parts)


def column_names(columns: Columns) -> str:
    """Return the line above the rows that says what their parts are."""
    state = "  State".ljust(_BADGE_WIDTH + 1 + _FRAMES_WIDTH - len("Frames"))
    return f" {'Time'.rjust(_AGE_WIDTH)} {state}Frames {fit('Task', columns.id_width)} Label"


def fit(text: str, width: int) -> str:
    """Return `text` cut (with `..`) or filled to exactly `width` cells."""
    if cell_len(text) > width:
        return set_cell_size(set_cell_size(text, max(0, width - 2)) + "..", width)
    return set_cell_size(text, width)


def cut_middle(text: str, width: int) -> str:
    """Return `text` in at most `width` cells, with `..` in the place of its middle."""
    if cell_len(text) <= width:
        return text
    if width < 2:
        return "." * max(0, width)
    tail_width = (width - 2) // 2
    head = set_cell_size(text, width - 2 - tail_width)
    tail = ""
    for character in reversed(text):
        if cell_len(character + tail) > tail_width:
            break
        tail = character + tail
    return f"{head}..{tail}"


def counts(by_status: Mapping[TaskStatus, int], shown: int | None = None) -> str:
    """Return how many tasks are in which state, in words, and how many of them are `shown`."""
    total = sum(by_status.values())
    if not total:
        return "No tasks"
    words = {
        TaskStatus.QUEUED: "queued",
        TaskStatus.IN_PROGRESS: "in progress",
        TaskStatus.COMPLETED: "completed",
        TaskStatus.FAILED: "failed",
        TaskStatus.UNKNOWN: "unknown",
    }
    parts = [f"{by_status[status]:,} {words[status]}" for status in words if by_status.get(status)]
    noun = "task" if total == 1 else "tasks"
    of_them = "" if shown is None else f"{shown:,} of "
    return f"{of_them}{total:,} {noun}: {', '.join(parts)}"


def added(new: int, there: int, label: str = "") -> str:
    """Return what came of adding tasks, some of which were `there` already and took the label."""
    noun = "task" if new == 1 else "tasks"
    already = f"; {there:,} already there" if there else ""
    labelled = f", labelled “{label}” now" if there and label else ""
    return f"Added {new:,} {noun}{already}{labelled}."


def key_refused(key: ApiKey, error: ApiError) -> str:
    """Return what to say once when the service refuses a key, which is not part of it."""
    return (
        f"The service refused the key from {key.source} ({error.message}). Polling has stopped; "
        f"it goes on when the key changes, or press r. {key.hint}".rstrip()
    )


def pulse(state: Pulse, until: datetime | None) -> str:
    """Return in words how polling stands; `until` is the wall clock's time of a pause's end."""
    match state.kind:
        case PulseKind.RESTING:
            return "nothing left to poll"
        case PulseKind.STARTING:
            return "asking"
        case PulseKind.LIVE:
            return "live"
        case PulseKind.LATE if state.every:
            return f"late: each task every {math.ceil(state.every)} s"
        case PulseKind.LATE:
            return "late: answers are slow"
        case PulseKind.OFFLINE:
            return f"offline: {state.reason}, trying again"
        case PulseKind.NOT_THE_API:
            return "answers are not from the API (captive portal or proxy?)"
        case PulseKind.KEY_REFUSED:
            return "stopped: the service refused the key"
    shown = f"{until.astimezone():%H:%M:%S}" if until else "later"
    return f"paused by the service until {shown}"
