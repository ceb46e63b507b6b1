"""The states of tasks in one lower-case word each, as the commands print and take them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tui.scenext.models import TaskStatus

STATES: Final[Mapping[TaskStatus, str]] = {
    TaskStatus.QUEUED: "waiting",
    TaskStatus.IN_PROGRESS: "running",
    TaskStatus.COMPLETED: "completed",
    TaskStatus.FAILED: "failed",
    TaskStatus.UNKNOWN: "unknown",
}
"""A closed list: scripts branch on these words."""
