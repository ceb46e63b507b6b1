"""How the current watchlist differs from the saved one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from tui.watchlist.entries import Entry


class Unsaved(NamedTuple):
    """How many tasks differ from what is saved."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    """Tasks with a new label, or an end whose time polling could not recover."""

    @classmethod
    def between(cls, saved: Sequence[Entry], current: Sequence[Entry]) -> Unsaved:
        """Compare the two; a task that was added and removed again does not count."""
        before = {entry.id: entry for entry in saved}
        after = {entry.id: entry for entry in current}
        changed = sum(
            _lasting(before[task_id]) != _lasting(after[task_id])
            for task_id in before.keys() & after.keys()
        )
        return cls(len(after.keys() - before.keys()), len(before.keys() - after.keys()), changed)


def _lasting(entry: Entry) -> tuple[str, datetime | None, datetime | None]:
    # Not what was looked at, which is worth no question; nor what each answer tells again.
    return entry.label, entry.ended, entry.noticed
