"""Key latency: the time from a key press to the output it causes, beside Textual's own list.

The floor is an `OptionList` of as many IDs. It shows the list alone, whereas the dashboard also
shows the selected task with the links of its frames.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from tests.benchmarks.harness import Harness, entries
from tests.benchmarks.pty_process import COLUMNS, PtyProcess
from tests.benchmarks.report import Budget, Figures, percentile
from tests.benchmarks.service import head, task_id
from tests.support.service import frame_url

BUDGET: Final = Budget(16, 8)
"""Milliseconds to the last byte, 95th percentile."""
DOWN: Final = b"\x1b[B"
"""The key that moves down in Textual's list."""
_QUIET_SECONDS: Final = 0.1
"""How long to wait for another frame about the same task."""
_KEY_TIMEOUT: Final = 2.0
"""Seconds."""
_VISIBLE_ROWS: Final = 40
_WALK_SECONDS: Final = 3.0
"""Duration for each list size."""


class KeyTiming(NamedTuple):
    """The output caused by one key press."""

    first: float
    """Milliseconds until the first byte."""
    last: float
    """Milliseconds until the last byte about the newly selected row."""
    size: int
    """Bytes up to that last byte."""


@dataclass(frozen=True)
class Navigator:
    """A program with a list of tasks of kind `run`, its cursor on the first one."""

    process: PtyProcess
    down: bytes = b"j"
    up: bytes = b"k"
    top: bytes = b"g"

    def walk(self, rows: int) -> list[KeyTiming]:
        """Move down and up again within the visible rows."""
        down = [press(self.process, self.down, task_id("run", n)) for n in range(1, rows)]
        return down + [
            press(self.process, self.up, task_id("run", n)) for n in range(rows - 2, -1, -1)
        ]

    def go_to_first(self) -> None:
        """Move down from the top to the first task of kind `run`."""
        for _ in range(_VISIBLE_ROWS):
            first = head(task_id("run", 0))
            if any(line.find(first) >= COLUMNS // 2 for line in self.process.lines()):
                return  # The details show it.
            self.process.press(self.down)
            self.process.read_for(0.3)
        raise AssertionError("the first running task is not reached")

    def scroll(self, steps: int) -> list[KeyTiming]:
        """Move down past the last visible row, then return to the top."""
        for _ in range(1, _VISIBLE_ROWS):
            self.process.press(self.down)
            self.process.read_for(0.03)
        self.process.wait_for_line(re.compile(head(task_id("run", _VISIBLE_ROWS - 1))), timeout=5)
        self.process.wait_idle()
        end = _VISIBLE_ROWS + steps
        timings = [
            press(self.process, self.down, task_id("run", n)) for n in range(_VISIBLE_ROWS, end)
        ]
        self.process.press(self.top)
        self.process.wait_idle()
        return timings


@contextmanager
def floor(harness: Harness, tasks: int) -> Iterator[Navigator]:
    """Start Textual's own list with this many tasks."""
    with harness.list_floor(tasks) as process:
        process.wait_for(task_id("run", 0).encode())
        process.wait_idle()
        navigator = Navigator(process, down=DOWN, up=b"\x1b[A", top=b"\x1b[H")
        # An OptionList starts without a highlighted option.
        process.press(navigator.down)
        process.wait_idle()
        yield navigator


def walk(
    ours: Navigator,
    other: Navigator,
    figures: Figures,
    condition: str,
    seconds: float,
    *,
    rows: int = 11,
    budget: Budget | None = None,
) -> None:
    """Measure moving down and up, in both programs by turns."""
    deadline = time.monotonic() + seconds
    our_timings: list[KeyTiming] = []
    floor_timings: list[KeyTiming] = []
    while time.monotonic() < deadline:
        our_timings += ours.walk(rows)
        floor_timings += other.walk(rows)
    _record(figures, f"j/k, {condition}", our_timings, floor_timings, budget)


def scroll(ours: Navigator, other: Navigator, figures: Figures, condition: str) -> None:
    """Measure scrolling by single rows in both programs."""
    _record(figures, f"j scrolling, {condition}", ours.scroll(16), other.scroll(16))


def measure_sizes(harness: Harness, figures: Figures, sizes: Sequence[int]) -> None:
    """Measure keys in lists of several sizes while no responses come in."""
    for size in sizes:
        home = harness.home(entries("run", size), max_requests_per_second=1_000)
        with floor(harness, size) as other, harness.program(home) as process:
            rows = min(size, 11)
            for n in range(rows):
                process.wait_for_line(re.compile(f"» .*{head(task_id('run', n))}"), timeout=10)
            harness.service.command("hold")
            process.wait_idle()
            condition = f"idle, {size:,} tasks"
            walk(Navigator(process), other, figures, condition, _WALK_SECONDS, rows=rows)
        harness.service.command("release")


def press(process: PtyProcess, key: bytes, row: str) -> KeyTiming:
    """Press a key that selects a row, and measure its output; `_KEY_TIMEOUT` if there is none."""
    # The frame diff sends only the changed characters of the row's ID. The links of its frames
    # are sent in full, so the folder in their URLs identifies the task as well.
    folder = urlsplit(frame_url(row, 1)).path.split("/")[2]
    pattern = re.compile(f"{row}|{folder}".encode())
    before = end = len(process.data)
    pressed = process.press(key)
    deadline = pressed + _KEY_TIMEOUT
    while time.monotonic() < deadline:
        process.read_for(0.01)
        while (frame_end := _matching_frame_end(process, pattern, end)) > 0:
            end, deadline = frame_end, process.arrival_time(frame_end) + _QUIET_SECONDS
    if end == before:
        return KeyTiming(_KEY_TIMEOUT * 1_000, _KEY_TIMEOUT * 1_000, len(process.data) - before)
    first, last = process.arrival_time(before + 1), process.arrival_time(end)
    return KeyTiming((first - pressed) * 1_000, (last - pressed) * 1_000, end - before)


def _matching_frame_end(process: PtyProcess, pattern: re.Pattern[bytes], since: int) -> int:
    """Return the end of the first frame after `since` that matches; -1 if there is none."""
    match = pattern.search(process.data, since)
    return process.frame_end(match.end()) if match else -1


def _record(
    figures: Figures,
    name: str,
    ours: Sequence[KeyTiming],
    other: Sequence[KeyTiming],
    budget: Budget | None = None,
) -> None:
    first, last, size = zip(*ours, strict=True)
    floor_last = [timing.last for timing in other]
    floor_size = [timing.size for timing in other]
    figures.add(f"key latency (first byte), {name}", "ms", *first)
    figures.add(f"key latency, {name}", "ms", *last, floor=[percentile(floor_last, 50)])
    figures.add(
        f"key latency (p95), {name}",
        "ms",
        percentile(last, 95),
        floor=[percentile(floor_last, 95)],
        budget=budget,
    )
    figures.add(f"bytes per key, {name}", "B", *size, floor=[percentile(floor_size, 50)])
