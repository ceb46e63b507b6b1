"""Benchmarks of start and exit: first paint, first status, CPU, memory, quit."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.benchmarks.floor import FLOOR_TEXT
from tests.benchmarks.harness import Harness, entries
from tests.benchmarks.pty_process import PtyProcess
from tests.benchmarks.report import Budget, Figures
from tests.benchmarks.service import task_id

SIZES: Final = (10, 20, 100, 1_000, 5_000)
"""Tasks in the watchlist."""
_PAINT: Final = {20: Budget(1.4, 1.25, "ratio"), 1_000: Budget(1.6, 1.35, "ratio")}
_STATUS: Final = {number: Budget(300, 150) for number in SIZES}
_MEMORY: Final = {100: Budget(1.6, 1.4, "ratio"), 1_000: Budget(2.2, 1.9, "ratio")}
_QUIT: Final = Budget(100, 20, "over")
_FIRST_STATUS: Final = "» In progress".encode()


@dataclass(frozen=True)
class StartTiming:
    """One start and exit: times in milliseconds, memory in megabytes."""

    paint: float
    """From the start to the first row, or to the text of the floor."""
    status: float
    """From the first paint to the first row with a status from a response."""
    paint_cpu: float
    idle: float
    """From the start until the main thread is idle."""
    idle_cpu: float
    memory: float
    quit: float


def time_start(process: PtyProcess, first: bytes, status: bytes) -> StartTiming:
    """Measure a program that was just started, and quit it."""
    painted = process.wait_for(first)
    paint_cpu = process.cpu()
    first_status = process.wait_for(status) if status else painted
    idle = process.wait_idle()
    usage = process.usage()
    return StartTiming(
        paint=(painted - process.started) * 1_000,
        status=(first_status - painted) * 1_000,
        paint_cpu=paint_cpu * 1_000,
        idle=(idle - process.started) * 1_000,
        idle_cpu=usage.cpu * 1_000,
        memory=usage.memory / 1e6,
        quit=process.quit() * 1_000,
    )


def measure(harness: Harness, figures: Figures, rounds: int, sizes: Sequence[int] = SIZES) -> None:
    """Start the floor and the dashboard of each size by turns."""
    if rounds > 1:
        _warm_up(harness)
    for _ in range(rounds):
        for size in sizes:
            # Each size with a floor of its own, since the machine's speed drifts within seconds.
            with harness.floor() as process:
                floor = time_start(process, FLOOR_TEXT.encode(), b"")
            with harness.program(harness.home(entries("run", size))) as process:
                ours = time_start(process, task_id("run", 0)[:8].encode(), _FIRST_STATUS)
            _record(figures, size, ours, floor)


def _warm_up(harness: Harness) -> None:
    """Start both programs once, to fill the bytecode and file caches."""
    with harness.floor() as process:
        time_start(process, FLOOR_TEXT.encode(), b"")
    with harness.program(harness.home(entries("run", 10))) as process:
        time_start(process, task_id("run", 0).encode(), _FIRST_STATUS)
    os.sync()


def _record(figures: Figures, size: int, ours: StartTiming, floor: StartTiming) -> None:
    tasks = f"{size:,} tasks"
    figures.add(
        f"first paint, {tasks}", "ms", ours.paint, floor=[floor.paint], budget=_PAINT.get(size)
    )
    figures.add(
        f"time to first status (after paint), {tasks}", "ms", ours.status, budget=_STATUS.get(size)
    )
    figures.add(f"CPU to first paint, {tasks}", "ms", ours.paint_cpu, floor=[floor.paint_cpu])
    figures.add(f"time to idle, {tasks}", "ms", ours.idle, floor=[floor.idle])
    figures.add(f"CPU to idle, {tasks}", "ms", ours.idle_cpu, floor=[floor.idle_cpu])
    figures.add(
        f"memory, {tasks}", "MB", ours.memory, floor=[floor.memory], budget=_MEMORY.get(size)
    )
    figures.add(f"quit, {tasks}", "ms", ours.quit, floor=[floor.quit], budget=_QUIT)
