"""`python -m tests.benchmarks [--quick] [--json FILE]`: measure all, and print a table.

Five minutes, or one with `--quick`. Compare ratios to the floor, within one table: between runs
the same program drifts by 15 %. Times are taken where the bytes come out of a pseudo-terminal of
120x40 cells.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from tests.benchmarks import keys, running, starts
from tests.benchmarks.report import Figures, as_json, table
from tests.benchmarks.stage import Stage

PARTS: Final = ("starts", "keys", "changes", "polls", "lag", "idle")


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    rounds: int
    """Starts of each kind."""
    changes: int
    """Tasks that are changed, in each of three ways."""
    polling: float
    """Seconds, several times."""
    lag: float
    """Seconds."""
    idle: float
    """Seconds: 30 hold one query of each task."""
    steady: bool = True
    """Whether to wait until 1,000 tasks are known and their answers bring nothing new."""
    sizes: tuple[int, ...] = starts.SIZES
    """Tasks that are started with."""
    lists: tuple[int, ...] = (10, 100, 5_000)
    """Tasks among which keys are pressed, besides the 1,000."""


WHOLE: Final = Size(rounds=7, changes=5, polling=8, lag=10, idle=60)
QUICK: Final = Size(
    rounds=1, changes=1, polling=2, lag=3, idle=30, steady=False, sizes=(20, 1_000), lists=()
)


def measure(size: Size, parts: Sequence[str] = PARTS) -> tuple[Figures, list[str]]:
    """Measure; return the figures, and in words where the event loop was blocked."""
    figures, blocks = Figures(), list[str]()
    with Stage() as stage:
        for part in parts:
            match part:
                case "starts":
                    starts.measure(stage, figures, size.rounds, size.sizes)
                case "keys":
                    keys.at_sizes(stage, figures, size.lists)
                case "changes":
                    running.changes(stage, figures, size.changes)
                case "polls":
                    running.polls(stage, figures, size.polling, steady=size.steady)
                case "lag":
                    blocks = running.lag(stage, figures, size.lag)
                case "idle":
                    running.idle(stage, figures, size.idle)
    return figures, blocks


def about() -> dict[str, object]:
    """Return what the figures depend on."""
    return {
        "python": platform.python_version(),
        "textual": version("textual"),
        "httpx": version("httpx"),
        "processors": os.cpu_count(),
        "load": os.getloadavg()[0],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"only: {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="a minute instead of five")
    parser.add_argument("--json", metavar="FILE", type=Path, help="keep all figures in a file")
    options = parser.parse_args(arguments)
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    began, facts = time.monotonic(), about()
    figures, blocks = measure(QUICK if options.quick else WHOLE, options.parts or PARTS)
    facts["seconds"] = round(time.monotonic() - began)
    if options.json is not None:
        options.json.write_text(as_json(figures, facts), "utf-8")
    lines = ", ".join(f"{name} {value}" for name, value in facts.items())
    sys.stdout.write("\n".join([lines, "", table(figures), *blocks, ""]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
