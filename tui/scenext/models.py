"""What the service knows of a task, as frozen values.

Owns the words for a task's state and the values that travel from the client to the screen.
Imports nothing of ours; `answers` makes these values out of JSON.

The contract is the provider's API reference, docs.scenext.cn, page *api-reference/get-status*.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from tui.errors import ApiError


class TaskStatus(StrEnum):
    """The state of a task. `IN_PROGRESS`, `COMPLETED` and `FAILED` are the service's own words."""

    QUEUED = "QUEUED"
    """Ours: in the watchlist, and the service has not said anything about it yet."""
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    """Ours: the service sent a state that its documentation does not know."""

    @property
    def terminal(self) -> bool:
        """Whether the service will not change this state any more, so that polling ends."""
        return self in _TERMINAL


_TERMINAL: Final = frozenset({TaskStatus.COMPLETED, TaskStatus.FAILED})


class Frame(NamedTuple):
    """One picture of a task's progress."""

    id: str
    """As sent (scrubbed). Not unique, and it says nothing about the file's name."""
    url: str
    """The signed link, byte for byte as sent: decoding or re-encoding breaks its signature."""


class Result(NamedTuple):
    """One item of a finished task's result: a video's link or a text."""

    kind: str
    """`video`, `text`, or whatever else was sent (scrubbed)."""
    content: str
    """A link byte for byte as sent where `is_link`, else scrubbed text."""
    is_link: bool
    score: str = ""
    score_detail: str = ""


class Task(NamedTuple):
    """One answer of the service about one task. All text in it is scrubbed; links are raw."""

    id: str
    status: TaskStatus
    status_sent: str = ""
    """The state as the service wrote it (scrubbed)."""
    frames: tuple[Frame, ...] = ()
    results: tuple[Result, ...] = ()
    points: str = ""
    """Points used, in the plain shape in which they came; empty where none were sent."""
    message: str = ""
    """`data.messages`, which some answers carry."""


class StatusResponse(NamedTuple):
    """A task, and the service's clock at the time of its answer."""

    task: Task
    server_time: float | None
    """Unix seconds; None where the answer does not tell."""


class PollResult(NamedTuple):
    """The result of one poll: a task or an error, never both."""

    task_id: str
    task: Task | None = None
    error: ApiError | None = None
    server_time: float | None = None
    """Unix seconds by the service's clock; None where unknown."""
    seconds: float = 0.0
    """Duration of the request."""
