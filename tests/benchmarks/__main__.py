"""`python -m tests.benchmarks [--quick] [--json FILE]`: run all benchmarks and print a table.

Compare ratios to the floor within one table, not absolute values between runs: the speed of a
machine drifts. Times are taken when bytes arrive from a pseudo-terminal of 120x40 cells.
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

from tests.benchmarks import commands, keys, running, starts
from tests.benchmarks.harness import Harness
from tests.benchmarks.report import Figures, format_table, to_json

PARTS: Final = ("starts", "keys", "changes", "moves", "polls", "lag", "idle", "commands")


@dataclass(frozen=True)
class Profile:
    """How much to measure."""

    rounds: int
    """Starts of each kind."""
    changes: int
    """Tasks to change in each of three ways."""
    poll_seconds: float
    """Duration of each measurement while polling."""
    lag_seconds: float
    idle_seconds: float
    """At least 30, so that each task is polled once."""
    steady_state: bool = True
    """Whether to also measure once 1,000 tasks are known and responses bring nothing new."""
    start_sizes: tuple[int, ...] = starts.SIZES
    """Watchlist sizes to start with."""
    list_sizes: tuple[int, ...] = (10, 100, 5_000)
    """Watchlist sizes for key latency, besides 1,000."""


FULL: Final = Profile(rounds=7, changes=5, poll_seconds=8, lag_seconds=10, idle_seconds=60)
QUICK: Final = Profile(
    rounds=1,
    changes=1,
    poll_seconds=2,
    lag_seconds=3,
    idle_seconds=30,
    steady_state=False,
    start_sizes=(20, 1_000),
    list_sizes=(),
)


def measure(profile: Profile, parts: Sequence[str] = PARTS) -> tuple[Figures, list[str]]:
    """Return the figures, and a line for each long block of the event loop."""
    figures, blocks = Figures(), list[str]()
    with Harness() as harness:
        for part in parts:
            match part:
                case "starts":
                    starts.measure(harness, figures, profile.rounds, profile.start_sizes)
                    largest = min(running.MANY_TASKS, max(profile.start_sizes))
                    starts.measure_all_states(harness, figures, profile.rounds, largest)
                case "keys":
                    keys.measure_sizes(harness, figures, profile.list_sizes)
                case "changes":
                    running.changes(harness, figures, profile.changes)
                case "moves":
                    running.moves(harness, figures, profile.changes)
                case "polls":
                    running.polls(
                        harness, figures, profile.poll_seconds, steady_state=profile.steady_state
                    )
                case "lag":
                    blocks = running.lag(harness, figures, profile.lag_seconds)
                case "idle":
                    running.idle(harness, figures, profile.idle_seconds)
                case "commands":
                    commands.measure(harness, figures, profile.rounds)
    return figures, blocks


def environment() -> dict[str, object]:
    """Return what the figures depend on: versions, processors and load."""
    return {
        "python": platform.python_version(),
        "textual": version("textual"),
        "httpx": version("httpx"),
        "processors": os.cpu_count(),
        "load": os.getloadavg()[0],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks, print the table, and return the exit code."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"only: {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="a minute instead of five")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write all figures to a file")
    options = parser.parse_args(arguments)
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    began, facts = time.monotonic(), environment()
    figures, blocks = measure(QUICK if options.quick else FULL, options.parts or PARTS)
    facts["seconds"] = round(time.monotonic() - began)
    if options.json is not None:
        options.json.write_text(to_json(figures, facts), "utf-8")
    summary = ", ".join(f"{name} {value}" for name, value in facts.items())
    sys.stdout.write("\n".join([summary, "", format_table(figures), *blocks, ""]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
