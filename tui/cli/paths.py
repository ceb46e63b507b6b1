"""`scenext-tui paths`: print where the program's files are."""

from __future__ import annotations

from typing import Final

from tui.cli.exit_codes import DONE
from tui.cli.output import print_result
from tui.config import Paths
from tui.sanitize import clean

MAX_PATH_LENGTH: Final = 4096


def print_paths(paths: Paths) -> int:
    """Print one path a line; return the exit code. Raises as `print_result` does."""
    lines = (
        f"{name:<10} {clean(str(path), MAX_PATH_LENGTH)}" for name, path in paths._asdict().items()
    )
    print_result("\n".join(lines))
    return DONE
