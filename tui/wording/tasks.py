"""Tasks in words: badges, reasons, how long they took. Pure.

Text from outside was cleaned where it entered, and is passed on as plain strings, never as markup.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from tui.errors import ApiError, ErrorKind
from tui.polling.health import CALM, PollingHealth
from tui.scenext.models import TaskStatus
from tui.watchlist.records import Record

NOT_KNOWN: Final = "the service does not know this ID"
"""Why there is no answer about a task, where the service says that there is no such task."""

_NUMBERED: Final = frozenset(
    {ErrorKind.SERVER, ErrorKind.REJECTED, ErrorKind.RATE_LIMITED, ErrorKind.KEY_REFUSED}
)
"""Errors whose HTTP status says more than their name, unless it is one of success."""

_BADGES: Final[Mapping[TaskStatus, tuple[str, str]]] = {
    TaskStatus.QUEUED: ("-", "Waiting"),
    TaskStatus.IN_PROGRESS: ("»", "In progress"),
    TaskStatus.COMPLETED: ("✓", "Completed"),
    TaskStatus.FAILED: ("✗", "Failed"),
}


def task_name(record: Record) -> str:
    """Return what a task is called: its label, else its title, else its ID."""
    return record.entry.label or record.title or record.id


def badge(status: TaskStatus, sent: str) -> str:
    """Return a state as a glyph and a word, an unknown one as the service sent it."""
    glyph, word = _BADGES.get(status, ("?", f"Unknown: {sent}"))
    return f"{glyph} {word}"


def is_stale(record: Record, health: PollingHealth = CALM) -> bool:
    """Return whether what is shown of a task may no longer be so.

    What has ended stays as it is, whatever becomes of the host.
    """
    if record.status.terminal:
        return own_error(record, health) is not None or record.resting
    return record.error is not None or record.resting or health.is_stale


def own_error(record: Record, health: PollingHealth = CALM) -> ApiError | None:
    """Return why the last request about a task failed; None where that was the host's trouble.

    So it was, too, if the service has answered again since then.
    """
    error = record.error
    failed_at = math.inf if record.failed_at is None else record.failed_at
    is_host = health.kind.is_host_trouble or failed_at <= health.recovered_at
    is_own = error is not None and (error.kind.about_task or not is_host)
    return error if is_own else None


def stale_reason(record: Record, health: PollingHealth = CALM) -> str:
    """Return in a few words why a record is stale; empty when it is up to date.

    Empty too where that is the trouble of the whole host, which the header tells.
    """
    error = own_error(record, health)
    if error is None:
        return "resting" if record.resting else ""
    code = error.http_status or 0
    reason = str(code) if error.kind in _NUMBERED and code >= 300 else error.kind.value
    return f"{reason}, resting" if record.resting else reason


def added(new: int, there: int, label: str = "") -> str:
    """Return the result of adding tasks, some of which were `there` already and took the label."""
    noun = "task" if new == 1 else "tasks"
    already = f"; {there:,} already there" if there else ""
    labelled = f", labelled “{label}” now" if there and label else ""
    return f"Added {new:,} {noun}{already}{labelled}."
