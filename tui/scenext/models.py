"""Tasks as the service describes them, as immutable values; `parser` creates them from JSON.

The contract is the provider's API reference, docs.scenext.cn, page *api-reference/get-status*.
"""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from tui.errors import ApiError


class TaskStatus(StrEnum):
    """The state of a task. `IN_PROGRESS`, `COMPLETED` and `FAILED` are the service's own words."""

    QUEUED = "QUEUED"
    """Ours: in the watchlist and never answered. Shown as *waiting*; the file keeps this word."""
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    """Ours: the service sent a state that its documentation does not list."""

    @property
    def terminal(self) -> bool:
        """Whether this state is final, so that polling stops."""
        return self in _TERMINAL


MAX_FRAMES: Final = 1_000
"""Frames that are kept of a task: the newest."""
MAX_LINK_BYTES: Final = 3 << 18
"""Bytes that are kept of the links of a task's frames together, and of those of its results: a
thousand of the usual length. One that is mended may become three times as long as it was sent."""
MAX_TEXT_BYTES: Final = 64_000
"""Bytes (UTF-8) that are kept of all texts of a task together."""

_TERMINAL: Final = frozenset({TaskStatus.COMPLETED, TaskStatus.FAILED})


class Frame(NamedTuple):
    """One picture of a task's progress."""

    id: str
    """As sent (sanitized). Not unique, and unrelated to the file's name."""
    url: str
    """The signed link as `mending` left it: decoding or re-encoding its query breaks it."""


class Result(NamedTuple):
    """One item of a finished task's result: a video's link or a text."""

    kind: str
    """`video`, `text`, or whatever else was sent (sanitized)."""
    content: str
    """A link as `mending` left it if `is_link`, else sanitized text."""
    is_link: bool
    score: str = ""
    score_detail: str = ""


class Points(NamedTuple):
    """What a task has used of the account's points."""

    total: float | None = None
    """None where no number could be read."""
    purpose: str = ""
    """What they were used for, in the service's words (sanitized)."""


class Task(NamedTuple):
    """One response of the service about one task. All text is sanitized; links are mended.

    Bounded whatever was sent: `MAX_FRAMES` frames, `MAX_LINK_BYTES` of links of either kind, and
    `MAX_TEXT_BYTES` of texts.
    """

    id: str
    status: TaskStatus
    status_sent: str = ""
    """The state as the service wrote it (sanitized)."""
    frames: tuple[Frame, ...] = ()
    """The newest ones, in the service's order."""
    results: tuple[Result, ...] = ()
    points: Points = Points()
    message: str = ""
    """`data.messages`, which some responses have."""
    title: str = ""
    """The video's title; sent only once the task has completed."""
    created_at: datetime | None = None
    """When the task was created, by the service. Naive where it was sent without a zone: not to be
    taken as a moment then."""
    finished_at: datetime | None = None
    """When it finished, likewise (`finish_at`)."""
    dropped_frames: int = 0
    """Older frames that were sent and not kept."""
    is_cut: bool = False
    """Whether texts were cut or left out after `MAX_TEXT_BYTES`."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing more is to come: it has failed, or its video is there."""
        has_video = any(item.is_link and item.kind.casefold() == "video" for item in self.results)
        return self.status is TaskStatus.FAILED or has_video

    @property
    def unknown_end(self) -> Hashable | None:
        """What tells whether anything changes of a task that may have ended in words that are not
        documented; None for any other.

        By the reference, only an ended task has a `finish_at` or a `consumption`. It is a hint, and
        the state stays unknown: an end is not guessed.
        """
        hint = self.finished_at is not None or self.points != Points()
        if self.status is not TaskStatus.UNKNOWN or not hint:
            return None
        frames = len(self.frames) + self.dropped_frames
        return self.status_sent, self.finished_at, self.points, frames, len(self.results)

    @property
    def duration(self) -> timedelta | None:
        """How long the task took by the service's own times; None where they do not tell.

        Right whatever their zone is, as long as both have the same.
        """
        begin, end = self.created_at, self.finished_at
        if begin is None or end is None or (begin.tzinfo is None) is not (end.tzinfo is None):
            return None
        return end - begin if end >= begin else None


class StatusResponse(NamedTuple):
    """A task, and the service's clock in Unix seconds, None where unknown."""

    task: Task
    server_time: float | None
    age: float = 0.0
    """Seconds for which a cache on the way has kept it."""


class PollResult(NamedTuple):
    """The result of one poll: either a task or an error."""

    task_id: str
    task: Task | None = None
    error: ApiError | None = None
    server_time: float | None = None
    """Unix seconds by the service's clock; None where unknown."""
    age: float = 0.0
    """Seconds for which a cache on the way has kept the answer."""
    seconds: float = 0.0
    """Duration of the request."""
    requested: bool = False
    """Whether the user asked for it, and not the rhythm of polling."""
    resting: bool = False
    """Whether the task is not queried any more, although it has not ended."""
