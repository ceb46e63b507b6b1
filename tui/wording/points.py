"""Points in words: what tasks took of the account. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from tui.watchlist import facts
from tui.watchlist.records import Record


def points(number: float) -> str:
    """Return a number of points: `20 points`."""
    return f"{number:,.12g} {'point' if number == 1 else 'points'}"


def task_points(record: Record) -> str:
    """Return what a task took, or has taken so far; empty where nobody knows.

    A running task is charged only if it completes, for each scene: so it is about that many.
    """
    if (total := facts.points(record)) is not None:
        return points(total)
    so_far = facts.points_so_far(record)
    return f"about {points(so_far)} so far" if so_far else ""


def points_sum(records: Iterable[Record]) -> str:
    """Return what tasks took together; empty where nothing is known of any.

    What is running counts too, and makes the sum an approximate one.
    """
    ended, running, is_known = 0.0, 0, False
    for record in records:
        total, so_far = facts.points(record), facts.points_so_far(record)
        is_known |= total is not None or bool(so_far)
        ended += total or 0.0
        running += so_far or 0
    if not is_known:
        return ""
    return f"about {points(ended + running)} so far" if running else points(ended)
