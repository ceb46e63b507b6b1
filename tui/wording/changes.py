"""What was done to tasks of the watchlist, in words. Pure."""

from __future__ import annotations


def removed(count: int) -> str:
    """Return the result of removing tasks."""
    return f"Removed {_tasks(count)}."


def labelled(count: int, label: str) -> str:
    """Return the result of labelling tasks; an empty label was taken away."""
    return f"Labelled {_tasks(count)} “{label}”." if label else f"Unlabelled {_tasks(count)}."


def _tasks(count: int) -> str:
    return f"{count:,} {'task' if count == 1 else 'tasks'}"
