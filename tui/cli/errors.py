"""The errors of the commands, and their codes in JSON: a closed list, for scripts to branch on."""

from __future__ import annotations

from enum import StrEnum

from tui.cli.exit_codes import FAILED, USAGE
from tui.errors import UserError


class ErrorCode(StrEnum):
    """What went wrong; a code never changes its meaning, and the list only grows."""

    USAGE = "usage"
    """The command line is wrong."""
    NOTHING_SELECTED = "nothing_selected"
    """A glob or standard input selects no task."""
    NOT_WATCHED = "not_watched"
    """The watchlist does not hold a task that was named."""
    CONFIGURATION = "configuration"
    """A setting is missing or wrong, the API key among them."""
    WATCHLIST = "watchlist"
    """The watchlist cannot be read or written."""
    KEY_REFUSED = "key_refused"
    """The service refused the API key."""
    UNKNOWN_TASK = "unknown_task"
    """The service does not know the ID."""
    NO_ANSWER = "no_answer"
    """The service gave no answer that tells the state of the task."""
    TIMED_OUT = "timed_out"
    """A task had not ended when the time was up."""
    OUTPUT = "output"
    """The output cannot be written."""
    INTERNAL = "internal"
    """A fault of this program."""


class CommandError(UserError):
    """A command ends with an error; the message is one line that says what to do."""

    def __init__(
        self,
        message: str,
        code: ErrorCode,
        *,
        exit_code: int = FAILED,
        task_id: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.exit_code = exit_code
        self.task_id = task_id
        """The task that it is about; empty where it is about none, or several."""
        self.hint = hint
        """What to do next, where the message leaves room for it; for people it is appended."""


class UsageError(CommandError):
    """The command line is wrong."""

    def __init__(self, message: str, code: ErrorCode = ErrorCode.USAGE, *, hint: str = "") -> None:
        super().__init__(message, code, exit_code=USAGE, hint=hint)
