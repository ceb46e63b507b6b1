"""The exit codes of all commands, and which of several counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

DONE: Final = 0
"""Done; all tasks that the command was about have completed."""
FAILED: Final = 1
"""The command could not do what it was asked to: the configuration, or no answer at all."""
USAGE: Final = 2
"""The command line is wrong, or this is no terminal."""
TASK_FAILED: Final = 3
"""At least one task has FAILED."""
NOT_ENDED: Final = 4
"""At least one task has not ended in time."""
UNKNOWN_TASK: Final = 5
"""The service does not know an ID."""
KEY_REFUSED: Final = 6
"""The service refused the API key."""

PRECEDENCE: Final = (USAGE, KEY_REFUSED, FAILED, UNKNOWN_TASK, TASK_FAILED, NOT_ENDED, DONE)
"""Of several codes that hold, the first in this order counts."""


def first_of(codes: Iterable[int]) -> int:
    """Return the one of several codes that counts; `DONE` for none."""
    return min(codes, key=PRECEDENCE.index, default=DONE)
