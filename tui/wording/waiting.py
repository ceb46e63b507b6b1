"""What `status` and `wait` say of many tasks at once. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tui.credentials import ApiKey
from tui.scenext.models import TaskStatus
from tui.watchlist.ends import End
from tui.wording.times import clock_time

NOTHING_TO_WAIT_FOR = "The watchlist is empty: there is nothing to wait for."
REFUSED = "the service refused the key"
REFUSED_ALONE = "the service refused the key for this task alone"
NOTHING_TO_ASK = "The watchlist is empty: there is nothing to ask about."


def wait_progress(
    ends: Iterable[End],
    open_states: Iterable[TaskStatus],
    *,
    trouble: str = "",
    answered_at: datetime | None = None,
    now: datetime,
) -> str:
    """Return how a wait is doing: `2 of 12 ended, 1 failed; 9 running; last answer 14:05`."""
    ends, states = list(ends), list(open_states)
    counts = [f"{len(ends):,} of {len(ends) + len(states):,} ended"]
    if failed := ends.count(End.FAILED):
        counts.append(f"{failed:,} failed")
    if lost := ends.count(End.UNKNOWN) + ends.count(End.REFUSED):
        counts.append(f"{lost:,} not known")
    running = states.count(TaskStatus.IN_PROGRESS)
    rest = len(states) - running
    opens = [f"{running:,} running"] if running else []
    opens += [f"{rest:,} waiting"] if rest else []
    parts = [", ".join(counts), ", ".join(opens)]
    if trouble:
        parts.append(trouble)
    elif answered_at is not None:
        parts.append(f"last answer {clock_time(answered_at, now)}")
    return "; ".join(filter(None, parts))


def status_progress(answered: int, total: int) -> str:
    """Return how far asking about each task once has come."""
    return f"asked about {answered:,} of {total:,}"


def key_refused(key: ApiKey) -> str:
    """Return what to look at where the service refuses a key, which is not part of it."""
    return f"The key is from {key.source}. {key.hint}".rstrip()


def not_ended(count: int, total: int, span: str) -> str:
    """Return that the time is up; `span` is how long that was, empty where nothing is asked any
    more."""
    which = "the task" if total == 1 else f"{count:,} of {total:,} tasks"
    verb, be = ("has", "is") if count == 1 else ("have", "are")
    return f"{which} {verb} not ended {f'within {span}' if span else f'and {be} no longer polled'}"


def no_answer(span: str, why: str) -> str:
    """Return that the service gave no answer about any task; `why` may be empty."""
    when = f" within {span}" if span else ""
    return f"no answer{when}{f': {why}' if why else ''}"
