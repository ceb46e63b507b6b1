"""`scenext-tui paths`: print where the program's files are."""

from __future__ import annotations

from tui.cli.exit_codes import DONE
from tui.config import Paths


def print_paths(paths: Paths) -> int:
    """Print one path a line; return the exit code."""
    for name, path in paths._asdict().items():
        print(f"{name:<10} {path}")
    return DONE
