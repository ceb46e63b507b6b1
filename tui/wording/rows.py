"""The rows of the list of tasks: what they show, and which match a query. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final, NamedTuple

from tui.polling.health import CALM, PollingHealth
from tui.scenext.models import TaskStatus
from tui.time_zone import local_time
from tui.watchlist import facts
from tui.watchlist.records import Record
from tui.watchlist.sections import Section, Standing
from tui.wording.points import points
from tui.wording.tasks import NOT_KNOWN, badge, is_stale, stale_reason
from tui.wording.times import clock_time, format_duration

_TROUBLE: Final = "!"


class Forecast(NamedTuple):
    """What is known of a task besides its record."""

    expected_end: datetime | None = None
    quiet_since: datetime | None = None
    """Since when there is no new frame, where that is unusual."""
    asked_at: datetime | None = None
    """When the request that is in flight about it was sent."""


NO_FORECAST: Final = Forecast()


class TaskRowData(NamedTuple):
    """All that a row shows of a task: words only, so that equal values repaint nothing."""

    key: str
    section: Section
    look: str
    """Which colour the glyph has: the state as in `in-progress`, or `trouble`."""
    glyph: str
    state: str
    """The state in a word, for the filter."""
    label: str = ""
    title: str = ""
    is_new: bool = False
    time: str = ""
    """How long it runs, or took."""
    end: str = ""
    """When it will end, or ended."""
    frames: str = ""
    points: str = ""
    notes: tuple[str, ...] = ()
    """A sentence, and shorter forms of it: why it needs attention, or what is unusual about it."""
    is_stale: bool = False
    """Whether all of the row is dimmed, since it may no longer be so."""

    @property
    def name(self) -> str:
        """The label, else the title, else the ID."""
        return self.label or self.title or self.key

    @property
    def needs_look(self) -> bool:
        """Whether `n` stops here."""
        return self.is_new or self.section is Section.ATTENTION


def task_row(
    record: Record,
    standing: Standing,
    now: datetime,
    boot: float | None = None,
    forecast: Forecast = NO_FORECAST,
    health: PollingHealth = CALM,
) -> TaskRowData:
    """Return what a row shows of a record; `boot` is the monotonic clock at the time `now`.

    `health` is that of polling as a whole.
    """
    status = record.status
    glyph, _, state = badge(status, record.status_sent).partition(" ")
    in_trouble = standing in (Standing.TROUBLE, Standing.OVERDUE)
    reason = "" if standing.section is Section.ATTENTION else stale_reason(record, health)
    age = _age(record, now, boot)
    return TaskRowData(
        key=record.id,
        section=standing.section,
        look="trouble" if in_trouble else status.value.lower().replace("_", "-"),
        glyph=_TROUBLE if in_trouble else glyph,
        state=state,
        label=record.entry.label,
        title=record.title,
        is_new=record.entry.is_new,
        time="" if status is TaskStatus.QUEUED else age,
        end=_end(record, now, forecast),
        frames=_frames(record),
        points=_points(record),
        notes=(f"! {reason}",) if reason else _notes(record, standing, age, now, forecast),
        is_stale=standing.section is not Section.ATTENTION and is_stale(record, health),
    )


def brief_row(record: Record, standing: Standing) -> TaskRowData:
    """Return what is known of a row that is not looked at yet: its place and its name."""
    entry = record.entry
    return TaskRowData(
        key=entry.id,
        section=standing.section,
        look="",
        glyph=" ",
        state="",
        label=entry.label,
        title=record.title,
        is_new=entry.is_new,
    )


def _age(record: Record, now: datetime, boot: float | None) -> str:
    if not record.status.terminal:
        return format_duration(record.age(now, boot))
    took = facts.duration(record)
    # It had already ended when it was added, and the service does not say how long it took.
    return "" if took is None else format_duration(took.total_seconds(), running=False)


def _end(record: Record, now: datetime, forecast: Forecast) -> str:
    if not record.status.terminal:
        end = forecast.expected_end
        return "" if end is None else f"~{local_time(end):%H:%M}"
    if record.entry.ended is None:
        return ""
    ended, today = local_time(record.entry.ended), local_time(now)
    if ended.date() == today.date():
        return f"{ended:%H:%M}"
    return f"{ended.day} {ended:%b}" if ended.year == today.year else f"{ended.year}"


def _frames(record: Record) -> str:
    number = facts.frame_count(record)
    if record.status is TaskStatus.FAILED or number is None:
        return ""
    return f"{number:2} {'frame' if number == 1 else 'frames'}"


def _points(record: Record) -> str:
    total = facts.points(record)
    # As in `points`, and one below the other.
    return "" if total is None else points(total).rjust(len("20 points"))


def _notes(
    record: Record, standing: Standing, age: str, now: datetime, forecast: Forecast
) -> tuple[str, ...]:
    if standing.section is Section.ATTENTION:
        return _reason(record, standing, age, now)
    if record.status is TaskStatus.QUEUED:
        asked = forecast.asked_at
        return ("no answer yet" if asked is None else f"asked {clock_time(asked, now)}",)
    if forecast.quiet_since is not None and not record.status.terminal:
        since = f"since {clock_time(forecast.quiet_since, now)}"
        return f"no new frame {since}", f"quiet {since}"
    return ()


def _reason(record: Record, standing: Standing, age: str, now: datetime) -> tuple[str, ...]:
    """Return why a task needs attention, and shorter forms of it."""
    error = record.error
    if standing is Standing.FAILED:
        return (facts.failure_reason(record) or _failed_at(record, now),)
    if standing is Standing.UNKNOWN:
        return (f"unknown state: {record.status_sent}",)
    if standing is Standing.OVERDUE or error is None:
        return f"{age}, longer than any task before", f"{age}, longer than ever"
    if error.is_unknown_id:
        return NOT_KNOWN, "unknown ID"
    word = stale_reason(record)
    return (error.message if error.message.startswith(word) else f"{word}: {error.message}",)


def _failed_at(record: Record, now: datetime) -> str:
    end = record.entry.ended
    return "failed" if end is None else f"failed at {clock_time(end, now)}"


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
    # What is unusual about a running task is known only of those in view.
    is_forecast = row.section is Section.RUNNING and not row.is_stale
    notes = () if is_forecast else row.notes[:1]
    # One text, since every key searches all rows; no query contains a line break.
    return "\n".join((row.state, row.key, row.label, row.title, *notes)).casefold()


def nothing_to_look_at(row: object, *, filtered: bool) -> str:
    """Return that no other task than that of `row`, which is under the cursor, needs a look."""
    other = "else " if isinstance(row, TaskRowData) and row.needs_look else ""
    return f"Nothing {other}{'that is shown ' if filtered else ''}needs a look."
