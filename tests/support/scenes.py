"""Scenes of the dashboard for tests and pictures: what is watched, and what the service says.

A scene is data, and `scenarios` has them all. `stage` plays one: it writes the watchlist, runs the
service and the clock, and polls until `NOW`. Times without a unit are minutes before `NOW`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache
from statistics import NormalDist
from typing import Any, Final
from uuid import NAMESPACE_OID, uuid5

import tomli_w

from tests.support.service import Reply
from tui.demo.storyboard import Item, Scene, Story, video_path

NOW: Final = datetime(2026, 3, 14, 14, 32, tzinfo=UTC)
"""When the pictures are taken."""
STEP: Final = 3.8
"""Minutes between two polls: little enough for an end to count as seen."""
USUAL: Final = 13.0
"""Minutes that half of the tasks take at most."""
DAY: Final = 24 * 60.0

_PLANNING: Final = 2.0
"""Minutes before the first frame."""
_RENDERING: Final = 3.0
"""Minutes between the last frame and the end."""
_SPREAD: Final = 0.35


class Trouble(Enum):
    """What happens to the whole host once every task was answered."""

    NONE = "none"
    KEY_REFUSED = "key refused"
    SERVER_ERRORS = "server errors"
    OFFLINE = "offline"


class Known(Enum):
    """What the watchlist's file says about a task that was added before the program started."""

    LOOKED_AT = "looked at"
    """Its end, if it had ended, and that somebody has looked at it."""
    ENDED = "ended"
    """Its end, at which nobody has looked yet."""
    RUNNING = "running"
    """That it runs, even if it has ended meanwhile."""
    NOTHING = "nothing"
    """That it was added."""


@dataclass(frozen=True)
class Watched:
    """A task of the watchlist."""

    story: Story
    known: Known = Known.LOOKED_AT


@dataclass(frozen=True)
class Scenario:
    """One scene: what to play."""

    name: str
    watched: tuple[Watched, ...] = ()
    """In the order of adding."""
    begun: float = 0.0
    """When the program started: tasks that were created later are added while it runs."""
    unseen: float = math.inf
    """Somebody has looked at what ended earlier than this since the program started, and went back
    to the top."""
    samples: int = 0
    """How many earlier tasks the watchlist remembers."""
    answers: Mapping[str, Reply | None] = field(default_factory=dict)
    """Replies by ID that no story gives; None never answers."""
    trouble: Trouble = Trouble.NONE
    has_key: bool = True

    @property
    def stories(self) -> tuple[Story, ...]:
        """What the service knows, with its times in seconds after `NOW`."""
        return tuple(watched.story for watched in self.watched)

    def early(self) -> list[Watched]:
        """Return the tasks that were added before the program started."""
        return [one for one in self.watched if -one.story.created_at >= self.begun * 60]

    def late(self) -> list[Watched]:
        """Return the tasks that are added while it runs."""
        return [one for one in self.watched if -one.story.created_at < self.begun * 60]

    def watchlist(self) -> bytes:
        """Return the file as it was when the program started."""
        tables = [self._table(watched) for watched in self.early()]
        history = [
            {"id": f"4{number:04}", "end": ago(DAY - number), "seconds": seconds}
            for number, seconds in enumerate(durations(self.samples))
        ]
        head: dict[str, Any] = {"version": 1, "count": len(tables)}
        if history:
            head["history"] = history
        return tomli_w.dumps(head | {"task": tables}).encode()

    def _table(self, watched: Watched) -> dict[str, Any]:
        story, known = watched.story, watched.known
        has_ended = story.ends_at <= -self.begun * 60
        table: dict[str, Any] = {"id": story.task_id, "added": ago(-story.created_at / 60)}
        if story.label:
            table["label"] = story.label
        if known is Known.NOTHING:
            return table
        table |= {"status": "IN_PROGRESS", "first_frames": 0}
        if not has_ended or known is Known.RUNNING:
            return table
        end = ago(-story.ends_at / 60)
        table |= {"status": story.end, "ended": end, "noticed": end}
        if known is Known.LOOKED_AT:
            table["seen"] = end
        if story.end == "COMPLETED":
            frames = len(story.scenes)
            table |= {"title": story.name} if story.name else {}
            table |= {"points": 2 * frames, "frames": frames}
            table["took"] = story.ends_at - story.created_at
        else:
            table["points"] = 0
        return table


def ago(minutes: float) -> datetime:
    """Return the moment so many minutes before `NOW`."""
    return NOW - timedelta(minutes=minutes)


@cache
def durations(count: int) -> tuple[float, ...]:
    """Return seconds that tasks take, skewed to the long side, in an order that looks random."""
    normal = NormalDist(math.log(USUAL * 60), _SPREAD)
    # A step without a common divisor visits every quantile.
    order = [(number * 7 + 3) % count for number in range(count)] if count % 7 else range(count)
    return tuple(round(math.exp(normal.inv_cdf((n + 0.5) / count)), 1) for n in order)


def uuid(name: str) -> str:
    """Return the task ID of a name, in the form of the service's UUIDs."""
    return str(uuid5(NAMESPACE_OID, f"scene:{name}"))


def running(
    task_id: str, label: str = "", *, age: float, frames: int = 0, quiet: float = 0.4
) -> Story:
    """Return a task that runs, with its newest frame drawn `quiet` minutes ago."""
    step = (age - _PLANNING - quiet) / max(1, frames - 1)
    scenes = tuple(Scene(-60 * (quiet + step * n), frames - n) for n in range(frames))[::-1]
    return Story(task_id, label, len(task_id), scenes, math.inf, "COMPLETED", (), -60 * age)


def completed(
    task_id: str, label: str = "", *, ended: float, took: float, frames: int, title: str = ""
) -> Story:
    """Return a task that completed `ended` minutes ago."""
    created = -60 * (ended + took)
    first = created + 60 * _PLANNING
    last = max(first, -60 * (ended + _RENDERING))
    step = (last - first) / max(1, frames - 1)
    scenes = tuple(Scene(first + step * n, n + 1) for n in range(frames))
    name = title or label
    result = (Item("video", video_path(name), 80 + frames % 15, "画面清晰，推导完整"),)
    end = -60 * ended
    return Story(task_id, label, frames, scenes, end, "COMPLETED", result, created, title=title)


def failed(task_id: str, label: str = "", *, ended: float, took: float, reason: str) -> Story:
    """Return a task that failed `ended` minutes ago."""
    created = -60 * (ended + took)
    scenes = tuple(Scene(created + 60 * (_PLANNING + n), n + 1) for n in range(3))
    result = (Item("text", reason),)
    return Story(task_id, label, 1, scenes, -60 * ended, "FAILED", result, created)


def all_of(*groups: Iterable[Watched]) -> tuple[Watched, ...]:
    """Return the tasks of all groups in the order of adding."""
    tasks = [watched for group in groups for watched in group]
    return tuple(sorted(tasks, key=lambda watched: watched.story.created_at))
