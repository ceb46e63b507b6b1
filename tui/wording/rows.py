"""The rows of the list of tasks: what they show, their columns, and which match a query. Pure.

Rows use only glyphs that are one cell wide in every terminal: those of ambiguous width (box lines,
ellipses, bullets) would shift what follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final, NamedTuple

from rich.cells import cell_len

from tui.polling.health import CALM, PollingHealth
from tui.scenext.models import TaskStatus
from tui.watchlist.records import Record
from tui.wording.cells import cut_middle, fit
from tui.wording.tasks import badge, duration, is_stale, stale_reason
from tui.wording.times import format_duration

ID_WIDTH: Final = 36
"""Cells: a UUID, the longest ID that the service is known to hand out."""
_BADGE_WIDTH: Final = 13
_AGE_WIDTH: Final = 6
_FRAMES_WIDTH: Final = 4
_UNKNOWN_WIDTH: Final = 26
_FIXED_WIDTH: Final = 1 + _AGE_WIDTH + 1 + _BADGE_WIDTH + 1 + _FRAMES_WIDTH + 1
"""Cells in front of a row's ID, where its badge has the usual width."""


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
    is_stale: bool = False
    """Whether all of the row is dimmed."""


def task_row(
    record: Record, now: datetime, boot: float | None = None, health: PollingHealth = CALM
) -> TaskRowData:
    """Return what a row shows of a record; `boot` is the monotonic clock at the time `now`.

    `health` is that of polling as a whole.
    """
    return TaskRowData(
        key=record.id,
        status=record.status,
        badge=badge(record.status, record.status_sent),
        age=_age(record, now, boot),
        frames=str(len(record.frames)) if record.task else "",
        stale=stale_reason(record, health),
        label=record.entry.label,
        is_stale=is_stale(record, health),
    )


def _age(record: Record, now: datetime, boot: float | None) -> str:
    if not record.status.terminal:
        if boot is not None and record.added_at is not None:
            return format_duration(boot - record.added_at)
        return format_duration((now - record.entry.added).total_seconds())
    took = duration(record)
    # It had already ended when it was added, and the service does not say how long it took.
    return "-" if took is None else format_duration(took.total_seconds(), running=False)


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
