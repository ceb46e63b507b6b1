"""What is known of one task, from the answers of this session and from what is stored. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from tui.scenext.models import TaskStatus
from tui.watchlist.answer_facts import frame_count as task_frame_count
from tui.watchlist.records import Record

POINTS_PER_SCENE: Final = 2
"""What a scene costs, whatever its quality (docs.scenext.cn, page *pricing*). Each entry of a
task's progress is one, also where it repeats the picture before it."""
MAX_REASON_LENGTH: Final = 200
"""Characters of a failure's reason in one line."""
_CUT_SIGN: Final = ".."


def duration(record: Record) -> timedelta | None:
    """Return how long an ended task took: by the service, or else as seen from here.

    None where nobody knows, as after an end that the wall clock puts before the beginning.
    """
    if record.task is not None and record.task.duration is not None:
        return record.task.duration
    entry = record.entry
    if entry.took is not None:
        return timedelta(seconds=entry.took)
    if record.took is not None:
        return record.took
    if entry.ended is None or entry.ended < entry.added:
        return None
    return entry.ended - entry.added


def frame_count(record: Record) -> int | None:
    """Return the number of a task's frames, older ones that were dropped included."""
    if record.task is None:
        return record.entry.frames
    count = task_frame_count(record.task)
    # A failed task's answer lists none: what was counted at its end stays.
    return count or record.entry.frames or 0


def points(record: Record) -> float | None:
    """Return what an ended task took of the account's points; None where it is not told."""
    if not record.status.terminal:
        return None
    told = record.task.points.total if record.task is not None else None
    return record.entry.points if told is None else told


def points_so_far(record: Record) -> int | None:
    """Return about what a running task will take for the scenes drawn by now, if it completes."""
    if record.status is not TaskStatus.IN_PROGRESS or record.task is None:
        return None
    return POINTS_PER_SCENE * (frame_count(record) or 0)


def failure_reason(record: Record) -> str:
    """Return in one line why a task failed; empty where the service does not say."""
    texts = (result.content for result in record.results if not result.is_link)
    lines = (text.strip().partition("\n")[0].strip() for text in texts)
    reason = "; ".join(dict.fromkeys(filter(None, lines)))
    if len(reason) <= MAX_REASON_LENGTH:
        return reason
    return reason[: MAX_REASON_LENGTH - len(_CUT_SIGN)].rstrip() + _CUT_SIGN
