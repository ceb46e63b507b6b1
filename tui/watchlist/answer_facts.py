"""What an answer tells of a task that is worth keeping. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from tui.scenext.models import Task, TaskStatus
from tui.watchlist.entries import Entry, Update
from tui.watchlist.history import Sample


def frame_count(task: Task) -> int:
    """Return the number of a task's frames, those included that are not kept."""
    return len(task.frames) + task.dropped_frames


def with_facts(update: Update, entry: Entry, task: Task, now: datetime) -> Update:
    """Return an update of an entry with what an answer tells besides the state.

    A new end is noticed at the time `now`: also that of a task that had ended before it was added,
    whose result nobody has looked at either. An end that the entry has already is not noticed anew.
    """
    facts = update._replace(title=task.title)
    if not task.status.terminal:
        return facts
    if update.status is not entry.status:
        # Later than what was looked at, whatever became of the clock.
        after = entry.seen + timedelta(microseconds=1) if entry.seen is not None else now
        facts = facts._replace(noticed=max(now, after))
    duration = task.duration
    return facts._replace(
        took=None if duration is None else duration.total_seconds(),
        points=task.points.total,
        # None where an answer lists none, as one of a failed task does: it says nothing of them.
        frames=(frame_count(task) or None) if task.is_complete else None,
    )


def sample_of(entry: Entry, task: Task, took: timedelta | None) -> Sample | None:
    """Return how long a completed task took that had no frame when it was first answered.

    By the service's own times where it tells them; else as long as it was watched, by the monotonic
    clock where it was added in this session (`took`). None for any other task, for one that has no
    video yet, and where nobody saw its end.
    """
    end = entry.ended or entry.noticed
    watched = entry.first_frames == 0 and entry.noticed is not None
    if entry.status is not TaskStatus.COMPLETED or not task.is_complete or not watched:
        return None
    seconds = entry.took
    if seconds is None and entry.ended is not None:
        seconds = (took or entry.ended - entry.added).total_seconds()
    if end is None or seconds is None or seconds <= 0:
        return None
    return Sample(entry.id, end, seconds)
