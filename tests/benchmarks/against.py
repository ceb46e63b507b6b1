"""Compares two checkouts: `python -m tests.benchmarks.against FOLDER [ROUNDS]`.

`FOLDER` is another checkout with a `.venv` of its own. Both are started by turns, since a machine's
speed drifts within seconds; printed are the medians, and the quartiles of the difference of each
pair.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from tests.benchmarks.harness import REPOSITORY, Harness, entries
from tests.benchmarks.pty_process import PtyProcess
from tests.benchmarks.service import KEY, head, task_id
from tests.benchmarks.starts import StartTiming, time_start

SIZES: Final = (20, 1_000)
"""Tasks in the watchlist."""
ROUNDS: Final = 20
_MEASURES: Final = ("paint", "paint_cpu", "idle_cpu", "memory")


def main() -> None:
    """Measure and print."""
    folder = Path(sys.argv[1]).resolve()
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS
    with Harness() as harness:
        for size in SIZES:
            _start(harness, folder, size)
            _start(harness, REPOSITORY, size)
            pairs = [
                (_start(harness, folder, size), _start(harness, REPOSITORY, size))
                for _ in range(rounds)
            ]
            for name in _MEASURES:
                sys.stdout.write(_line(f"{name}, {size} tasks", name, pairs))


def _start(harness: Harness, folder: Path, size: int) -> StartTiming:
    home = harness.home(entries("run", size))
    python = sys.executable if folder == REPOSITORY else str(folder / ".venv/bin/python")
    env = {**home.environment(), "SCENEXT_API_KEY": KEY}
    with PtyProcess([python, "-m", "tui", "watch"], env, folder) as process:
        return time_start(process, head(task_id("run", 0)).encode(), "»".encode())


def _line(title: str, name: str, pairs: list[tuple[StartTiming, StartTiming]]) -> str:
    theirs, ours = (
        [float(getattr(each, name)) for each in side] for side in zip(*pairs, strict=True)
    )
    low, _, high = quantiles([b - a for a, b in zip(theirs, ours, strict=True)], n=4)
    return f"{title}: {median(theirs):.1f} -> {median(ours):.1f} ({low:+.1f} to {high:+.1f})\n"


if __name__ == "__main__":
    main()
