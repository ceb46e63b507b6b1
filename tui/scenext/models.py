"""Tasks as the service describes them, as immutable values; `parser` creates them from JSON.

The contract is the provider's API reference, docs.scenext.cn, page *api-reference/get-status*.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from tui.errors import ApiError


class TaskStatus(StrEnum):
    """The state of a task. `IN_PROGRESS`, `COMPLETED` and `FAILED` are the service's own words."""

    QUEUED = "QUEUED"
    """Ours: in the watchlist, and not polled successfully yet."""
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    """Ours: the service sent a state that its documentation does not list."""

    @property
    def terminal(self) -> bool:
        """Whether this state is final, so that polling stops."""
        return self in _TERMINAL


_TERMINAL: Final = frozenset({TaskStatus.COMPLETED, TaskStatus.FAILED})


class Frame(NamedTuple):
    """One picture of a task's progress."""

    id: str
    """As sent (sanitized). Not unique, and unrelated to the file's name."""
    url: str
    """The signed link, exactly as sent: decoding or re-encoding it breaks the signature."""


class Result(NamedTuple):
    """One item of a finished task's result: a video's link or a text."""

    kind: str
    """`video`, `text`, or whatever else was sent (sanitized)."""
    content: str
    """A link exactly as sent if `is_link`, else sanitized text."""
    is_link: bool
    score: str = ""
    score_detail: str = ""


class Task(NamedTuple):
    """One response of the service about one task. All text is sanitized; links are as sent."""

    id: str
    status: TaskStatus
    status_sent: str = ""
    """The state as the service wrote it (sanitized)."""
    frames: tuple[Frame, ...] = ()
    results: tuple[Result, ...] = ()
    points: str = ""
    """Points used, as text; empty if none were sent."""
    message: str = ""
    """`data.messages`, which some responses have."""


class StatusResponse(NamedTuple):
    """A task, and the service's clock in Unix seconds, None where unknown."""

    task: Task
    server_time: float | None


class PollResult(NamedTuple):
    """The result of one poll: either a task or an error."""

    task_id: str
    task: Task | None = None
    error: ApiError | None = None
    server_time: float | None = None
    """Unix seconds by the service's clock; None where unknown."""
    seconds: float = 0.0
    """Duration of the request."""
