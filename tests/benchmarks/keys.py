"""Keys: how long it takes until what they bring about is on the wire, beside Textual's own list.

The floor is an `OptionList` of as many IDs: the list alone, while ours shows the selected task with
its frames' links as well.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from tests.benchmarks.report import Budget, Figures, percentile
from tests.benchmarks.service import task_id
from tests.benchmarks.stage import Stage, entries
from tests.benchmarks.wire import Wire
from tests.support.service import frame_url

BUDGET: Final = Budget(16, 8)
"""Milliseconds to the last byte, of 95 in 100 keys."""
DOWN: Final = b"\x1b[B"
"""What Textual's own list is told to go on by."""
_QUIET: Final = 0.1
"""Seconds after the last frame about a task that end the wait for another one."""
_MOST: Final = 2.0
_SCREENFUL: Final = 40
_FOR: Final = 3.0
"""Seconds for each length of a list."""


class Step(NamedTuple):
    """What one key brought about."""

    first: float
    """Milliseconds until the first byte."""
    last: float
    """Milliseconds until the last byte of what is about the row that was moved to."""
    size: int
    """Bytes up to there."""


@dataclass(frozen=True)
class Walker:
    """A program with a list of tasks of the kind `run`, its cursor on the first one."""

    wire: Wire
    down: bytes = b"j"
    up: bytes = b"k"
    top: bytes = b"g"

    def walk(self, rows: int) -> list[Step]:
        """Go some rows down and up again, in view."""
        down = [press(self.wire, self.down, task_id("run", n)) for n in range(1, rows)]
        return down + [
            press(self.wire, self.up, task_id("run", n)) for n in range(rows - 2, -1, -1)
        ]

    def scroll(self, steps: int) -> list[Step]:
        """Go on from the end of the first screenful, then back to the top."""
        for _ in range(1, _SCREENFUL):
            self.wire.press(self.down)
            self.wire.listen(0.03)
        self.wire.wait_to_show(re.compile(task_id("run", _SCREENFUL - 1)), timeout=5)
        self.wire.settle()
        last = _SCREENFUL + steps
        scrolled = [press(self.wire, self.down, task_id("run", n)) for n in range(_SCREENFUL, last)]
        self.wire.press(self.top)
        self.wire.settle()
        return scrolled


@contextmanager
def floor(stage: Stage, tasks: int) -> Iterator[Walker]:
    """Start Textual's own list of so many tasks."""
    with stage.list_floor(tasks) as wire:
        wire.wait_for(task_id("run", 0).encode())
        wire.settle()
        walker = Walker(wire, down=DOWN, up=b"\x1b[A", top=b"\x1b[H")
        # Nothing is under its cursor at first.
        wire.press(walker.down)
        wire.settle()
        yield walker


def walk(
    ours: Walker,
    other: Walker,
    figures: Figures,
    when: str,
    seconds: float,
    *,
    rows: int = 11,
    budget: Budget | None = None,
) -> None:
    """Walk down and up in both by turns, for some time."""
    deadline = time.monotonic() + seconds
    walked: list[Step] = []
    beside: list[Step] = []
    while time.monotonic() < deadline:
        walked += ours.walk(rows)
        beside += other.walk(rows)
    _note(figures, f"key j/k, {when}", walked, beside, budget)


def scroll(ours: Walker, other: Walker, figures: Figures, when: str) -> None:
    """Scroll on by single rows in both."""
    _note(figures, f"key j that scrolls, {when}", ours.scroll(16), other.scroll(16))


def at_sizes(stage: Stage, figures: Figures, sizes: Sequence[int]) -> None:
    """Walk in lists of several lengths, while nothing else goes on."""
    for size in sizes:
        home = stage.home(entries("run", size), max_requests_per_second=1_000)
        with floor(stage, size) as other, stage.program(home) as wire:
            rows = min(size, 11)
            for n in range(rows):
                wire.wait_to_show(re.compile(f"In progress .*{task_id('run', n)}"), timeout=10)
            stage.service.tell("hold")
            wire.settle()
            walk(Walker(wire), other, figures, f"idle, {size:,} tasks", _FOR, rows=rows)
        stage.service.tell("release")


def press(wire: Wire, key: bytes, row: str) -> Step:
    """Press a key that brings the cursor to a row; return what came of it, `_MOST` if nothing."""
    # Of its ID that alone is sent which differs from what was there; its links come whole, and
    # are recognised by their folder.
    folder = urlsplit(frame_url(row, 1)).path.split("/")[2]
    about = re.compile(f"{row}|{folder}".encode())
    before = end = len(wire.data)
    pressed = wire.press(key)
    quiet = pressed + _MOST
    while time.monotonic() < quiet:
        wire.listen(0.01)
        while (found := _end_about(wire, about, end)) > 0:
            end, quiet = found, wire.moment(found) + _QUIET
    if end == before:
        return Step(_MOST * 1_000, _MOST * 1_000, len(wire.data) - before)
    first, last = wire.moment(before + 1), wire.moment(end)
    return Step((first - pressed) * 1_000, (last - pressed) * 1_000, end - before)


def _end_about(wire: Wire, about: re.Pattern[bytes], since: int) -> int:
    """Return the end of the first frame from `since` on that is about it; -1 if there is none."""
    found = about.search(wire.data, since)
    return wire.frame_end(found.end()) if found else -1


def _note(
    figures: Figures,
    name: str,
    ours: Sequence[Step],
    other: Sequence[Step],
    budget: Budget | None = None,
) -> None:
    first, last, size = zip(*ours, strict=True)
    beside = [step.last for step in other]
    figures.add(f"{name}: first byte", "ms", *first)
    figures.add(f"{name}: last byte", "ms", *last, floor=[percentile(beside, 50)])
    figures.add(
        f"{name}: last byte, p95",
        "ms",
        percentile(last, 95),
        floor=[percentile(beside, 95)],
        budget=budget,
    )
    figures.add(f"{name}: bytes", "B", *size, floor=[percentile([s.size for s in other], 50)])
