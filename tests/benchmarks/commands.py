"""Benchmarks of the commands that a status bar or a prompt runs again and again."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Final

from tests.benchmarks.harness import REPOSITORY, Harness, all_states
from tests.benchmarks.report import Budget, Figures
from tui.watchlist.asked import touch
from tui.watchlist.history import MAX_SAMPLES

SIZES: Final = (10, 1_000)
"""Tasks in the watchlist."""
_FLOOR: Final = ("-c", "pass")
_LINE: Final = ("-m", "tui", "list", "--line")
_TAKES: Final = Budget(15, 10, "ratio")
"""Of the time that Python takes for nothing: a status bar runs it every few seconds."""


def measure(harness: Harness, figures: Figures, rounds: int) -> None:
    """Print the line for a status bar, and start Python for nothing, by turns."""
    for size in SIZES:
        home = harness.home(all_states(size), samples=MAX_SAMPLES)
        touch(home.watchlist)
        _seconds(_LINE, home.environment())  # Fills the bytecode and file caches.
        for _ in range(max(3, rounds)):
            floor = _seconds(_FLOOR, home.environment())
            took = _seconds(_LINE, home.environment())
            figures.add(
                f"list --line, {size:,} tasks",
                *("ms", took * 1_000),
                floor=[floor * 1_000],
                budget=_TAKES,
            )


def _seconds(arguments: Sequence[str], env: Mapping[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], env=env, cwd=REPOSITORY, check=True, capture_output=True
    )
    return time.perf_counter() - began
