"""The start and the end: first paint, first statuses, CPU, memory, quitting."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.benchmarks.floor import SHOWN
from tests.benchmarks.report import Budget, Figures
from tests.benchmarks.service import task_id
from tests.benchmarks.stage import Stage, entries
from tests.benchmarks.wire import Wire

SIZES: Final = (10, 20, 100, 1_000, 5_000)
"""Tasks in the watchlist."""
_PAINT: Final = {20: Budget(1.4, 1.25, "ratio"), 1_000: Budget(1.6, 1.35, "ratio")}
_STATUS: Final = {number: Budget(300, 150) for number in SIZES}
_MEMORY: Final = {100: Budget(1.6, 1.4, "ratio"), 1_000: Budget(2.2, 1.9, "ratio")}
_QUIT: Final = Budget(100, 20, "over")
_FIRST_STATUS: Final = "» In progress".encode()


@dataclass(frozen=True)
class Start:
    """One start, and the end after it: milliseconds and bytes."""

    paint: float
    """Until the first row had come (the floor: until its text had)."""
    status: float
    """From then until the first row with an answer's state had come."""
    paint_cpu: float
    settled: float
    """Until its main thread was busy no more."""
    settled_cpu: float
    memory: float
    quit: float


def start(wire: Wire, first: bytes, status: bytes) -> Start:
    """Measure a program that was just started."""
    painted = wire.wait_for(first)
    paint_cpu = wire.cpu()
    told = wire.wait_for(status) if status else painted
    settled = wire.settle()
    usage = wire.usage()
    return Start(
        paint=(painted - wire.started) * 1_000,
        status=(told - painted) * 1_000,
        paint_cpu=paint_cpu * 1_000,
        settled=(settled - wire.started) * 1_000,
        settled_cpu=usage.cpu * 1_000,
        memory=usage.memory / 1e6,
        quit=wire.quit() * 1_000,
    )


def measure(stage: Stage, figures: Figures, rounds: int, sizes: Sequence[int] = SIZES) -> None:
    """Start the floor and the dashboard of each size by turns, again and again."""
    if rounds > 1:
        _warm(stage)
    for _ in range(rounds):
        for size in sizes:
            # Each beside its own: a machine's speed changes within a second.
            with stage.floor() as wire:
                floor = start(wire, SHOWN.encode(), b"")
            with stage.program(stage.home(entries("run", size))) as wire:
                ours = start(wire, task_id("run", 0).encode(), _FIRST_STATUS)
            _note(figures, size, ours, floor)


def _warm(stage: Stage) -> None:
    """Have everything compiled and in the system's cache."""
    with stage.floor() as wire:
        start(wire, SHOWN.encode(), b"")
    with stage.program(stage.home(entries("run", 10))) as wire:
        start(wire, task_id("run", 0).encode(), _FIRST_STATUS)
    os.sync()


def _note(figures: Figures, size: int, ours: Start, floor: Start) -> None:
    tasks = f"{size:,} tasks"
    figures.add(
        f"first paint, {tasks}", "ms", ours.paint, floor=[floor.paint], budget=_PAINT.get(size)
    )
    figures.add(f"first statuses after it, {tasks}", "ms", ours.status, budget=_STATUS.get(size))
    figures.add(f"CPU to first paint, {tasks}", "ms", ours.paint_cpu, floor=[floor.paint_cpu])
    figures.add(f"calm after the start, {tasks}", "ms", ours.settled, floor=[floor.settled])
    figures.add(f"CPU until calm, {tasks}", "ms", ours.settled_cpu, floor=[floor.settled_cpu])
    figures.add(
        f"memory, {tasks}", "MB", ours.memory, floor=[floor.memory], budget=_MEMORY.get(size)
    )
    figures.add(f"quit, {tasks}", "ms", ours.quit, floor=[floor.quit], budget=_QUIT)
