"""Which tasks stand where in the list: sections in the order of need. Pure.

Membership follows from the records alone, so nothing moves because it was looked at, and trouble of
the whole host moves no task.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Final, NamedTuple

from tui.errors import ErrorKind
from tui.scenext.models import TaskStatus
from tui.watchlist.history import Sample
from tui.watchlist.records import Record

MIN_FAILURES: Final = 2
"""Failed requests in a row from which on a task needs attention."""
MIN_SAMPLES_OVERDUE: Final = 20
"""Samples without which no running task counts as overdue."""


class Section(Enum):
    """Where a task stands in the list, in this order."""

    ATTENTION = "attention"
    RUNNING = "running"
    WAITING = "waiting"
    FINISHED = "finished"


class SectionTasks(NamedTuple):
    """The tasks of one section, from the top; never empty."""

    section: Section
    ids: tuple[str, ...]


def section_of(
    record: Record, history: Sequence[Sample], now: datetime, boot: float | None = None
) -> Section:
    """Return the section of a task; `boot` is the monotonic clock at the time `now`."""
    status = record.status
    if status in (TaskStatus.FAILED, TaskStatus.UNKNOWN) or has_trouble(record):
        return Section.ATTENTION
    if status.terminal:
        return Section.FINISHED
    if status is TaskStatus.QUEUED:
        return Section.WAITING
    return Section.ATTENTION if _is_overdue(record, history, now, boot) else Section.RUNNING


def has_trouble(record: Record) -> bool:
    """Return whether the service answers for other tasks, but not for this one."""
    if record.status.terminal or record.error is None:
        return False
    never_answered = record.status is TaskStatus.QUEUED
    is_unknown_id = record.error.kind is ErrorKind.NOT_FOUND
    return record.failures >= MIN_FAILURES or (never_answered and is_unknown_id)


def _is_overdue(
    record: Record, history: Sequence[Sample], now: datetime, boot: float | None
) -> bool:
    if len(history) < MIN_SAMPLES_OVERDUE:
        return False
    return record.age(now, boot) > max(sample.seconds for sample in history)


def arrange(
    records: Iterable[Record],
    history: Sequence[Sample],
    now: datetime,
    boot: float | None = None,
) -> tuple[SectionTasks, ...]:
    """Return the sections that are not empty, in the order of need, and the order within each.

    What needs attention: the newest end first. Running: the oldest first. Finished: the latest end
    first; those whose end nobody saw come last. Otherwise in the order of adding.
    """
    by_section: Mapping[Section, list[Record]] = {section: [] for section in Section}
    for record in records:
        by_section[section_of(record, history, now, boot)].append(record)
    by_section[Section.RUNNING].sort(key=lambda record: record.entry.added)
    for section in (Section.ATTENTION, Section.FINISHED):
        by_section[section].sort(key=_latest_end_first)
    return tuple(
        SectionTasks(section, tuple(record.id for record in tasks))
        for section, tasks in by_section.items()
        if tasks
    )


def _latest_end_first(record: Record) -> tuple[bool, float]:
    ended = record.entry.ended
    return (True, 0.0) if ended is None else (False, -ended.timestamp())
