"""`scenext-tui rm`: remove tasks from the watchlist."""

from __future__ import annotations

import argparse

from tui.cli.arguments.selection import names_tasks
from tui.cli.changing import change_selected
from tui.cli.errors import CommandError, ErrorCode
from tui.cli.exit_codes import USAGE
from tui.config import Paths
from tui.watchlist.entries import Remove
from tui.wording.changes import removed


def remove(options: argparse.Namespace, paths: Paths) -> int:
    """Remove the selected tasks, tell how many; return the exit code. Raises `CommandError`."""
    if options.finished and names_tasks(options):
        message = "either name tasks, select them with --label, or use --finished"
        raise CommandError(message, ErrorCode.USAGE, exit_code=USAGE)
    return change_selected(options, paths, Remove, removed)
