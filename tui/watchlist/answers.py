"""What the result of a poll makes of a task's record. Pure.

A failed poll never blanks a record, and neither does an answer from a replica that lags behind.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from tui.errors import ApiError, ErrorKind
from tui.scenext.models import PollResult, Task, TaskStatus
from tui.watchlist.answer_facts import frame_count, with_facts
from tui.watchlist.entries import Update, replay
from tui.watchlist.frames import merge_frames

if TYPE_CHECKING:
    from tui.watchlist.records import Record

MAX_POLL_GAP: Final = 300.0
"""Maximum age in seconds of the previous answer for the time of a task's end to count as known."""

MAX_CACHE_AGE: Final = 30.0
"""Seconds for which a cache may have kept an answer that counts as new: a period."""


def apply_failure(
    record: Record,
    error: ApiError | None,
    boot: float,
    others_answered: float,
    *,
    host_trouble: bool = False,
) -> Record:
    """Return the record after a failed request that ended at `boot`, by the monotonic clock.

    It counts if another task was answered since the last result of this one; `others_answered` is
    when that was last. Trouble of the whole host, in which no task is answered, counts for none,
    and hides no error that is the task's own: that the service does not know it stays known. With
    `host_trouble` it is known to be that: an answer may have slipped through a bad connection.
    """
    if error is not None:
        # They hold the answer that was read, up to 1 MiB, and with a record for hours.
        error.__traceback__ = error.__context__ = None
    known = (record.added_at, record.polled_at, record.failed_at)
    last_result = max((moment for moment in known if moment is not None), default=-math.inf)
    counts = error is not None and others_answered > last_result and not host_trouble
    is_own = record.error is not None and record.error.kind is ErrorKind.NOT_FOUND
    shown = record.error if is_own and error is not None and not counts else error
    return record._replace(error=shown, failures=record.failures + counts, failed_at=boot)


def is_older(record: Record, result: PollResult, boot: float) -> bool:
    """Return whether a cache gives an answer from before the last one.

    The caches of one network need not agree, so that a state would go back and forth. An end is
    taken from any: there is none before it.
    """
    is_end = result.task is not None and result.task.status.terminal
    return not is_end and result.age > MAX_CACHE_AGE and boot - result.age < record.told_at


def apply_answer(
    record: Record, result: PollResult, task: Task, now: datetime, boot: float
) -> tuple[Record, Update | None]:
    """Return the record after an answer, and what of it is to be stored; None for nothing new."""
    is_cached, told_at = result.age > MAX_CACHE_AGE, boot - result.age
    if result.requested and not task.status.terminal:
        record = record._replace(reopened=record.status.terminal or record.reopened)
    stale = record.status.terminal and not task.status.terminal and not record.reopened
    task = _merge(record, task, stale=stale)
    has_grown = record.task is not None and frame_count(task) > frame_count(record.task)
    watched = record.polled_at is not None and boot - record.polled_at <= MAX_POLL_GAP
    update = _update(record, task, now, stale=stale, watched=watched, is_cached=is_cached)
    entry, took = record.entry, record.took
    if update is not None:
        if watched and record.added_at is not None and _is_end(record, update.status):
            took = timedelta(seconds=boot - record.added_at)
        (entry,) = replay([entry], [update])
    is_news = entry != record.entry
    reckoned = record.reckoned_added_at
    record = record._replace(
        entry=entry,
        reckoned_added_at=boot - record.age(now, boot) if reckoned is None else reckoned,
        task=task,
        answered_at=now - timedelta(seconds=result.age) if is_cached else now,
        told_at=told_at,
        polled_at=boot,
        error=None,
        failures=0,
        took=took,
        reopened=_runs_again(record, task),
        newest_frame_at=told_at if has_grown else record.newest_frame_at,
    )
    return record, update if is_news else None


def _update(
    record: Record, task: Task, now: datetime, *, stale: bool, watched: bool, is_cached: bool
) -> Update | None:
    """Return what an answer tells that is stored; None where that is known."""
    entry = record.entry
    # Only an unknown state is stored in the service's words.
    sent = task.status_sent if task.status is TaskStatus.UNKNOWN else ""
    has_changed = (task.status, sent) != (entry.status, entry.status_sent)
    if has_changed and not _runs_again(record, task):
        ended = now if watched and _is_end(record, task.status) else entry.ended
        is_first = entry.status is TaskStatus.QUEUED and not is_cached
        first_frames = frame_count(task) if is_first else None
        update = Update(entry.id, task.status, sent, ended, first_frames=first_frames)
    elif stale or not (task.status.terminal or (task.title and not entry.title)):
        return None
    else:
        update = Update(entry.id, entry.status, entry.status_sent)
    return with_facts(update, entry, task, now)


def _is_end(record: Record, status: TaskStatus) -> bool:
    """Return whether a new state is an end that the task did not have already."""
    open_until_now = record.reopened or not record.entry.status.terminal
    return status.terminal and status is not record.entry.status and open_until_now


def _runs_again(record: Record, task: Task) -> bool:
    """Return whether it runs again after its end, which is never stored."""
    return record.reopened and not task.status.terminal


def _merge(record: Record, task: Task, *, stale: bool) -> Task:
    """Return an answer with what is known from earlier ones and it does not tell.

    What has ended stays ended: a `stale` answer is from a replica of the service that lags behind.
    """
    known = record.task
    task = merge_frames(known, task, stale=stale)
    if known is not None and task.status is known.status and _lacks_video(task, known):
        task = task._replace(results=known.results)  # Lagging behind as well.
    if not stale:
        return task
    return (known or task)._replace(
        status=record.status,
        status_sent=record.status_sent,
        frames=task.frames,
        dropped_frames=task.dropped_frames,
    )


def _lacks_video(task: Task, known: Task) -> bool:
    return known.is_complete and not task.is_complete
