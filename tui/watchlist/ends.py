"""Which of some tasks have ended, by what the service said of them alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from tui.errors import ErrorKind
from tui.scenext.models import PollResult, TaskStatus
from tui.watchlist.records import Record


class End(StrEnum):
    """How the wait for a task ends."""

    COMPLETED = "completed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """The service does not know the ID."""
    REFUSED = "refused"
    """The service refuses the key for this task, and accepts it for another."""


CONFIRMATIONS: Final = 2
"""Times running that the service must say that it does not know a task: one replica may lag."""

_STATES: Final = {TaskStatus.COMPLETED: End.COMPLETED, TaskStatus.FAILED: End.FAILED}
_REFUSALS: Final = {ErrorKind.NOT_FOUND: End.UNKNOWN, ErrorKind.KEY_REFUSED: End.REFUSED}


class EndWatch:
    """Collects the ends of some tasks; each has one end at most, which stays.

    A request that fails is no end, and neither is an answer that lacks the task.
    """

    def __init__(self, task_ids: Iterable[str]) -> None:
        """Watch these tasks, none of which has ended yet."""
        self._open = dict.fromkeys(task_ids)
        self.ends: dict[str, End] = {}
        """How tasks have ended, by ID, in the order in which that was noticed."""
        self._refusals: dict[str, tuple[ErrorKind, int]] = {}

    @property
    def open(self) -> tuple[str, ...]:
        """The tasks that have not ended, in order."""
        return tuple(self._open)

    @property
    def has_open(self) -> bool:
        """Whether there is any."""
        return bool(self._open)

    def note_record(self, record: Record) -> End | None:
        """Note what is known of a task; return its end if that is news."""
        return self._note(record.id, _STATES.get(record.status))

    def note_result(self, result: PollResult) -> End | None:
        """Note a request that ended; return the task's end if that shows it for the first time."""
        error = result.error
        # A refusal that is not in the service's own form comes from somebody else.
        if error is None or error.kind not in _REFUSALS or error.is_strange:
            self._refusals.pop(result.task_id, None)
            return None
        kind, times = self._refusals.get(result.task_id, (error.kind, 0))
        times = times + 1 if kind is error.kind else 1
        self._refusals[result.task_id] = error.kind, times
        return self._note(result.task_id, _REFUSALS[error.kind] if times >= CONFIRMATIONS else None)

    def _note(self, task_id: str, end: End | None) -> End | None:
        if end is None or task_id not in self._open:
            return None
        del self._open[task_id]
        self.ends[task_id] = end
        return end
