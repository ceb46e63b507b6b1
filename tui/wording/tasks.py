"""Tasks in words: badges, ages, reasons, rows, counts, and the state of polling. Pure.

Text from outside was cleaned where it entered, and is passed on as plain strings, never as markup.
Rows use only glyphs that are one cell wide in every terminal: those of ambiguous width (box lines,
ellipses, bullets) would shift what follows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from rich.cells import cell_len, set_cell_size

from tui.credentials import VARIABLE, ApiKey
from tui.errors import ErrorKind
from tui.polling.health import HealthKind, PollingHealth
from tui.polling.schedule import Held
from tui.scenext.models import TaskStatus
from tui.signed_links.signed_url import NEVER
from tui.time_zone import local_time
from tui.watchlist.records import Record

ID_WIDTH: Final = 36
"""Cells: a UUID, the longest ID that the service is known to hand out."""
_BADGE_WIDTH: Final = 13
_AGE_WIDTH: Final = 6
_FRAMES_WIDTH: Final = 4
_UNKNOWN_WIDTH: Final = 26
_FIXED_WIDTH: Final = 1 + _AGE_WIDTH + 1 + _BADGE_WIDTH + 1 + _FRAMES_WIDTH + 1
"""Cells in front of a row's ID, where its badge has the usual width."""

_NUMBERED: Final = frozenset(
    {ErrorKind.SERVER, ErrorKind.REJECTED, ErrorKind.RATE_LIMITED, ErrorKind.KEY_REFUSED}
)
"""Errors whose HTTP status says more than their name, unless it is one of success."""

_MAX_DURATION: Final = 1e11
"""Seconds; more, or an infinite number, is not a duration of anything."""

_BADGES: Final[Mapping[TaskStatus, tuple[str, str]]] = {
    TaskStatus.QUEUED: ("-", "Waiting"),
    TaskStatus.IN_PROGRESS: ("»", "In progress"),
    TaskStatus.COMPLETED: ("✓", "Completed"),
    TaskStatus.FAILED: ("✗", "Failed"),
}


def badge(status: TaskStatus, sent: str) -> str:
    """Return a state as a glyph and a word, an unknown one as the service sent it."""
    glyph, word = _BADGES.get(status, ("?", f"Unknown: {sent}"))
    return f"{glyph} {word}"


def format_duration(seconds: float, *, running: bool = True) -> str:
    """Return a duration as `<1 min`, minutes, then hours, days.

    While the time is `running`, minutes go in steps of 5 from 10 on: each new text is a repaint.
    """
    minutes = int(min(max(0.0, seconds), _MAX_DURATION) // 60)
    if minutes < 1:
        return "<1 min"
    if minutes < 100:
        return f"{minutes - minutes % 5 if running and minutes >= 10 else minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"


def clock_time(moment: datetime, now: datetime) -> str:
    """Return a moment in the user's time zone, with the date where it was not today."""
    local, today = local_time(moment), local_time(now)
    return f"{local:%H:%M}" if local.date() == today.date() else f"{local:%Y-%m-%d %H:%M}"


def time_left(expires_at: float | None, server_now: float) -> str:
    """Return how long a link stays valid, by the service's time; both are Unix seconds.

    That it has ended is a guess: the service's clock may be wrong, and only the link's host knows.
    """
    if expires_at is None:
        return "?"
    if expires_at == NEVER:
        return "no end"
    left = expires_at - server_now
    if left <= 0:
        return "ended?"
    return "<1 min" if left < 60 else format_duration(left)


class TaskRowData(NamedTuple):
    """All that a row shows of a task: words only, so that equal values repaint nothing."""

    key: str
    status: TaskStatus
    badge: str
    age: str
    frames: str
    stale: str
    """Why the data are stale; empty when they are not."""
    label: str


def task_row(record: Record, now: datetime, boot: float | None = None) -> TaskRowData:
    """Return what a row shows of a record; `boot` is the monotonic clock at the time `now`."""
    return TaskRowData(
        key=record.id,
        status=record.status,
        badge=badge(record.status, record.status_sent),
        age=_age(record, now, boot),
        frames=str(len(record.frames)) if record.task else "",
        stale=stale_reason(record),
        label=record.entry.label,
    )


def _age(record: Record, now: datetime, boot: float | None) -> str:
    if not record.status.terminal:
        if boot is not None and record.added_at is not None:
            return format_duration(boot - record.added_at)
        return format_duration((now - record.entry.added).total_seconds())
    took = duration(record)
    # It had already ended when it was added, and the service does not say how long it took.
    return "-" if took is None else format_duration(took.total_seconds(), running=False)


def duration(record: Record) -> timedelta | None:
    """Return how long an ended task took: by the service, or else as seen from here.

    None where nobody knows, as after an end that the wall clock puts before the beginning.
    """
    if record.task is not None and record.task.duration is not None:
        return record.task.duration
    if record.took is not None:
        return record.took
    entry = record.entry
    if entry.ended is None or entry.ended < entry.added:
        return None
    return entry.ended - entry.added


def stale_reason(record: Record) -> str:
    """Return in a few words why a record is stale; empty when it is up to date."""
    error = record.error
    if error is None:
        return "resting" if record.resting else ""
    code = error.http_status or 0
    reason = str(code) if error.kind in _NUMBERED and code >= 300 else error.kind.value
    return f"{reason}, resting" if record.resting else reason


def matcher(query: str, rows: Iterable[TaskRowData]) -> Callable[[TaskRowData], bool]:
    """Return a predicate that tells which rows match a query, ignoring case.

    Rows that contain the whole query match, if there are any: among IDs of random digits, the
    words of "batch 3" alone would match nearly every batch. Otherwise rows with each of its words.
    """
    whole = query.casefold().strip()

    def contains_whole(row: TaskRowData) -> bool:
        return whole in _haystack(row)

    def contains_words(row: TaskRowData) -> bool:
        haystack = _haystack(row)
        return all(word in haystack for word in whole.split())

    return contains_whole if any(map(contains_whole, rows)) else contains_words


def _haystack(row: TaskRowData) -> str:
    # One text, since every key searches all rows; no query contains a line break.
    return "\n".join((row.badge, row.key, row.label, row.stale)).casefold()


class Columns(NamedTuple):
    """The widths of a row's columns; the same for all rows of a list."""

    width: int
    id_width: int

    @classmethod
    def fit(cls, width: int, longest_id: int, *, whole: bool) -> Columns:
        """Return the columns for rows of `width` cells and IDs of up to `longest_id` cells.

        With `whole`, IDs are shown whole up to `ID_WIDTH` even if no label fits then.
        """
        room = width - _FIXED_WIDTH
        wanted = min(longest_id, ID_WIDTH)
        return cls(width, max(8, min(wanted, room if whole else max(13, room - 12))))


def task_line(row: TaskRowData, columns: Columns) -> tuple[tuple[str, str], ...]:
    """Return a row as `(name, text)` parts, in the order of the line.

    What changes most often comes first: a partial repaint is sent from the left edge.
    """
    # An unknown state may be long; it takes what the ID leaves free.
    spare = columns.width - _FIXED_WIDTH - columns.id_width
    most = _BADGE_WIDTH + max(0, min(spare, _UNKNOWN_WIDTH - _BADGE_WIDTH))
    badge_text = fit(row.badge, max(_BADGE_WIDTH, min(most, cell_len(row.badge))))
    parts = [
        ("age", f" {row.age.rjust(_AGE_WIDTH)} "),
        ("badge", badge_text + " "),
        ("frames", row.frames.rjust(_FRAMES_WIDTH) + " "),
        ("id", fit(cut_middle(row.key, columns.id_width), columns.id_width)),
    ]
    if row.stale:
        parts.append(("stale", f" ! {row.stale}"))
    if row.label:
        parts.append(("label", f" {row.label}"))
    return tuple(parts)


def column_names(columns: Columns) -> str:
    """Return the heads of the columns, as the line above the rows."""
    state = "  State".ljust(_BADGE_WIDTH + 1 + _FRAMES_WIDTH - len("Frames"))
    return f" {'Time'.rjust(_AGE_WIDTH)} {state}Frames {fit('Task', columns.id_width)} Label"


def fit(text: str, width: int) -> str:
    """Return `text` cut (with `..`) or filled to exactly `width` cells."""
    if cell_len(text) > width:
        return set_cell_size(set_cell_size(text, max(0, width - 2)) + "..", width)
    return set_cell_size(text, width)


def cut_middle(text: str, width: int) -> str:
    """Return `text` in at most `width` cells, its middle replaced by `..`."""
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
    words = {status: word.lower() for status, (_, word) in _BADGES.items()}
    words[TaskStatus.UNKNOWN] = "unknown"
    parts = [f"{by_status[status]:,} {words[status]}" for status in words if by_status.get(status)]
    noun = "task" if total == 1 else "tasks"
    of_them = "" if shown is None else f"{shown:,} of "
    return f"{of_them}{total:,} {noun}: {', '.join(parts)}"


def added(new: int, there: int, label: str = "") -> str:
    """Return the result of adding tasks, some of which were `there` already and took the label."""
    noun = "task" if new == 1 else "tasks"
    already = f"; {there:,} already there" if there else ""
    labelled = f", labelled “{label}” now" if there and label else ""
    return f"Added {new:,} {noun}{already}{labelled}."


def key_refused(key: ApiKey, reason: str) -> str:
    """Return what to say when the service refuses a key; the key is not part of it."""
    # The environment of a running program does not change.
    advice = "it goes on when the key changes, or press r."
    if key.source == VARIABLE:
        advice = "restart with the new key."
    code = reason.partition(":")[0]
    shown = f" ({code})" if code.isdigit() else ""
    return (
        f"The service refused the key from {key.source}{shown}. Polling has stopped; "
        f"{advice} {key.hint}".rstrip()
    )


def held(held: Held, until: datetime, asked: int) -> str:
    """Return why tasks are not queried now that the user `asked` for; `until` is wall-clock time.

    `asked` is the number of all the tasks that were to be queried.
    """
    clock = f"{local_time(until):%H:%M:%S}"
    if held.is_pause:
        return f"Not refreshed: the service asked for a pause until {clock}; polling resumes then."
    if asked == 1:
        return f"Not refreshed: the service asked to wait with this task until {clock}."
    noun = "task" if held.tasks == 1 else "tasks"
    others = "; the others are being polled now" if held.tasks < asked else ""
    return f"The service asked to wait: {held.tasks:,} {noun} will be polled by {clock}{others}."


def polling_health(health: PollingHealth, until: datetime | None) -> str:
    """Return how polling is doing; `until` is the wall-clock time at which a pause ends."""
    match health.kind:
        case HealthKind.RESTING:
            return "nothing left to poll"
        case HealthKind.STARTING:
            return "asking"
        case HealthKind.LIVE:
            return "live"
        case HealthKind.LATE if health.every:
            return f"late: each task every {math.ceil(health.every)} s"
        case HealthKind.LATE:
            return "late: answers are slow"
        case HealthKind.OFFLINE:
            return f"offline: {health.reason}, trying again"
        case HealthKind.NOT_THE_API:
            return "answers are not from the API (captive portal, proxy, base_url?)"
        case HealthKind.KEY_REFUSED:
            return "stopped: the service refused the key"
        case HealthKind.SERVER_ERRORS:
            return "server errors for all, trying again"
        case HealthKind.WRONG_ADDRESS:
            return f"{health.reason.partition(':')[0]} for all: is base_url right?"
    shown = f"{local_time(until):%H:%M:%S}" if until else "later"
    return f"paused by the service until {shown}"
