"""Which tasks stand where in the list: sections in the order of need. Pure.

Membership follows from the records alone, so nothing moves because it was looked at or because time
passes, and trouble of the whole host moves no task: it lets no answer through from which one could
learn that a task needs somebody.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Final, NamedTuple

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


class Standing(Enum):
    """How a task is doing, in the order of need; the first four need attention."""

    FAILED = "failed"
    TROUBLE = "trouble"
    """The service answers for other tasks, but not for this one; or it is not asked any more."""
    UNKNOWN = "unknown"
    """Its state is not in the contract."""
    OVERDUE = "overdue"
    """It has run for longer than every earlier task."""
    RUNNING = "running"
    WAITING = "waiting"
    FINISHED = "finished"

    @property
    def section(self) -> Section:
        """The section of tasks that are doing so."""
        return _SECTIONS[self]


_SECTIONS: Final[Mapping[Standing, Section]] = {
    Standing.FAILED: Section.ATTENTION,
    Standing.TROUBLE: Section.ATTENTION,
    Standing.UNKNOWN: Section.ATTENTION,
    Standing.OVERDUE: Section.ATTENTION,
    Standing.RUNNING: Section.RUNNING,
    Standing.WAITING: Section.WAITING,
    Standing.FINISHED: Section.FINISHED,
}


class SectionTasks(NamedTuple):
    """The tasks of one section, from the top; never empty."""

    section: Section
    ids: tuple[str, ...]


def longest_sample(history: Sequence[Sample]) -> float:
    """Return the seconds that a task must have run to be overdue; infinite for too few samples."""
    if len(history) < MIN_SAMPLES_OVERDUE:
        return math.inf
    return max(sample.seconds for sample in history)


def standing_of(record: Record, longest: float) -> Standing:
    """Return how a task is doing; `longest` is the `longest_sample` of the watchlist's history.

    A completed task stays finished whatever happens when it is asked for again, also while its
    video is still missing: it comes by itself, and needs nobody.
    """
    status = record.status
    if status is TaskStatus.COMPLETED:
        return Standing.FINISHED
    if status is TaskStatus.FAILED:
        return Standing.FAILED
    if has_trouble(record):
        return Standing.TROUBLE
    if status is TaskStatus.UNKNOWN:
        return Standing.UNKNOWN
    if status is TaskStatus.QUEUED:
        return Standing.WAITING
    return Standing.OVERDUE if known_age(record) > longest else Standing.RUNNING


def has_trouble(record: Record) -> bool:
    """Return whether the service answers for other tasks, but not for this one.

    So it does for one that rests: it was refused for a day, and is not asked any more.
    """
    error = record.error
    if record.status.terminal or error is None:
        return False
    never_answered = record.status is TaskStatus.QUEUED
    return (
        record.failures >= MIN_FAILURES
        or record.resting
        or (never_answered and error.is_unknown_id)
    )


def may_still_end(record: Record) -> bool:
    """Return whether a task may run: it has not ended, the service knows it, and it is asked."""
    error = record.error
    is_unknown_id = error is not None and error.is_unknown_id
    return not (record.status.terminal or record.resting or is_unknown_id)


def is_unasked_since(record: Record, boot: float) -> bool:
    """Return whether a task may still end, and the service has told nothing about it since a time.

    `boot` is that time by the monotonic clock.
    """
    if not may_still_end(record) or (record.polled_at is not None and record.polled_at > boot):
        return False
    is_refused = record.error is not None and record.error.kind.about_task
    return not (is_refused and record.failed_at is not None and record.failed_at > boot)


def known_age(record: Record) -> float:
    """Return for how many seconds a task is known to have run: at its last answer, since it was
    added. 0 before the first answer of this session, and once it has ended and runs again.

    Not until now: while nothing is answered, as when the host is offline or after the machine
    slept, nobody knows whether it still runs. Where the wall clock was set since the first answer,
    the lower of two ages: which of them is right is not known.
    """
    if record.reopened or record.answered_at is None:
        return 0.0
    age = record.age(record.answered_at, record.told_at)
    reckoned = record.reckoned_added_at
    return age if reckoned is None else min(age, record.told_at - reckoned)


def arrange(tasks: Iterable[tuple[Record, Standing]]) -> tuple[SectionTasks, ...]:
    """Return the sections that are not empty, in the order of need, and the order within each.

    What needs attention: failed tasks, the newest end first, then those in trouble, those in an
    unknown state and overdue ones. Running and overdue: the oldest first. Finished: the latest end
    first; those whose end nobody saw come last. Whatever is equal is in the order of adding.
    """
    by_standing: Mapping[Standing, list[Record]] = {standing: [] for standing in Standing}
    for record, standing in tasks:
        by_standing[standing].append(record)
    for standing in (Standing.RUNNING, Standing.OVERDUE):
        by_standing[standing].sort(key=lambda record: record.entry.added)
    by_standing[Standing.FAILED].sort(key=_newest_failure_first)
    by_standing[Standing.FINISHED].sort(key=_latest_end_first)
    ids: Mapping[Section, list[str]] = {section: [] for section in Section}
    for standing, records in by_standing.items():
        ids[standing.section].extend(record.id for record in records)
    return tuple(SectionTasks(section, tuple(found)) for section, found in ids.items() if found)


def _latest_end_first(record: Record) -> float:
    return _descending(record.entry.ended)


def _newest_failure_first(record: Record) -> float:
    # What failed overnight, when nobody watched, is news all the same.
    return _descending(record.entry.ended or record.entry.noticed)


def _descending(moment: datetime | None) -> float:
    return math.inf if moment is None else -moment.timestamp()
