"""What the demo watches, and what its watchlist remembers of earlier tasks. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from tui.demo.storyboard import STORIES
from tui.watchlist.entries import Add, Change, Entry, Learn
from tui.watchlist.history import Sample

MISTYPED_ID: Final = "48370"
"""A task of the watchlist that the service does not know."""

_SAMPLES: Final = 30
_SHORTEST: Final = 40.0
_STEP: Final = 13.0


def changes(now: datetime, *, speed: float = 1.0) -> list[Change]:
    """Return what makes an empty watchlist that of the demo, at the speed of its service."""
    return [*map(Add, entries(now)), *map(Learn, history(now, speed=speed))]


def entries(now: datetime) -> tuple[Entry, ...]:
    """Return the tasks as if they had been added `now`, in the order to show them in."""
    known = (Entry(story.task_id, now, story.label) for story in STORIES)
    return (*known, Entry(MISTYPED_ID, now, "Chemical equilibrium"))


def history(now: datetime, *, speed: float = 1.0) -> tuple[Sample, ...]:
    """Return how long earlier tasks took, at the speed of the service.

    At least nine took longer than any task of the demo, so that each has an estimate to its end.
    """
    return tuple(
        Sample(
            f"47{number:03}",
            now - timedelta(hours=_SAMPLES - number),
            (_SHORTEST + _STEP * number) / speed,
        )
        for number in range(_SAMPLES)
    )
