"""The whole watchlist in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from tui.scenext.models import TaskStatus
from tui.wording.tasks import STATE_WORDS


def counts(by_status: Mapping[TaskStatus, int], shown: int | None = None) -> str:
    """Return how many tasks are in which state, in words, and how many of them are `shown`."""
    total = sum(by_status.values())
    if not total:
        return "No tasks"
    words = {**STATE_WORDS, TaskStatus.UNKNOWN: "unknown"}
    parts = [f"{by_status[status]:,} {words[status]}" for status in words if by_status.get(status)]
    noun = "task" if total == 1 else "tasks"
    of_them = "" if shown is None else f"{shown:,} of "
    return f"{of_them}{total:,} {noun}: {', '.join(parts)}"
