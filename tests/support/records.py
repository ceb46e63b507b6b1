"""Records as a watchlist holds them, for tests of what is made of them. Times are in minutes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from tui.errors import ApiError, ErrorKind
from tui.scenext.models import Frame, Result, Task, TaskStatus
from tui.watchlist.entries import Entry
from tui.watchlist.history import Sample
from tui.watchlist.records import Record, Watchlist
from tui.watchlist.sections import SectionTasks, Standing, arrange, longest_sample, standing_of

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
"""When the monotonic clock of these tests shows 0."""
VIDEO = Result("video", "https://cdn.invalid/v.mp4?sig=1", is_link=True)


def at(minutes: float) -> datetime:
    """Return the moment so many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def frames(count: int) -> tuple[Frame, ...]:
    """Return so many frames."""
    return tuple(Frame(str(n), f"https://cdn.invalid/{n}.png?sig=1") for n in range(count))


def a_record(
    status: TaskStatus = TaskStatus.IN_PROGRESS,
    task_id: str = "a",
    *,
    added: float = 0.0,
    answered: float | None = None,
    ended: float | None = None,
    noticed: float | None = None,
    label: str = "",
    frame_count: int = 0,
    first_frames: int | None = 0,
    newest_frame: float | None = None,
    results: tuple[Result, ...] = (),
    error: ApiError | None = None,
    failures: int = 0,
    is_stored: bool = False,
) -> Record:
    """Return a record of a task that was added in this session, or in an earlier `is_stored`.

    It was never answered where `answered` is None.
    """
    entry = Entry(task_id, at(added), label, status, first_frames=first_frames)
    entry = entry._replace(
        ended=None if ended is None else at(ended),
        noticed=None if noticed is None else at(noticed),
    )
    return Record(
        entry,
        task=None
        if answered is None
        else Task(task_id, status, status.value, frames(frame_count), results),
        answered_at=None if answered is None else at(answered),
        polled_at=None if answered is None else answered * 60,
        told_at=-math.inf if answered is None else answered * 60,
        added_at=None if is_stored else added * 60,
        newest_frame_at=None if newest_frame is None else newest_frame * 60,
        error=error,
        failures=failures,
    )


def fault(
    kind: ErrorKind = ErrorKind.OFFLINE, message: str = "gone", *, is_strange: bool = False
) -> ApiError:
    """Return the error of a failed request."""
    return ApiError(kind, message, is_strange=is_strange)


def samples(minutes: Iterable[float]) -> tuple[Sample, ...]:
    """Return a history of tasks that took so many minutes each."""
    return tuple(Sample(f"h{n}", at(-1000 + n), m * 60) for n, m in enumerate(minutes))


def a_watchlist(records: Iterable[Record] = (), history: tuple[Sample, ...] = ()) -> Watchlist:
    """Return a watchlist of these tasks, as the file holds them, with this history."""
    watchlist = Watchlist()
    watchlist.load([record.entry for record in records])
    watchlist.history = history
    return watchlist


def count_standings(records: Iterable[Record], history: Sequence[Sample]) -> Counter[Standing]:
    """Return how many tasks are doing how."""
    longest = longest_sample(history)
    return Counter(standing_of(record, longest) for record in records)


def arranged(records: Iterable[Record], history: Sequence[Sample]) -> tuple[SectionTasks, ...]:
    """Return the sections of tasks by how they are doing."""
    longest = longest_sample(history)
    return arrange((record, standing_of(record, longest)) for record in records)
