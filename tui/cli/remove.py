"""`scenext-tui rm`: remove tasks from the watchlist."""

from __future__ import annotations

import argparse

from tui.cli.arguments.selection import names_tasks
from tui.cli.changing import change_selected
from tui.cli.errors import UsageError
from tui.config import Paths
from tui.watchlist.entries import Remove
from tui.wording.changes import removed


def remove(options: argparse.Namespace, paths: Paths) -> int:
    """Remove the selected tasks, tell how many; return the exit code. Raises `CommandError`."""
    if options.finished and names_tasks(options):
        raise UsageError("either name tasks, select them with --label, or use --finished")
    if options.glob is not None and not options.glob.strip():
        # As of a script whose variable is empty: all tasks without a label would go.
        raise UsageError("--label is empty; tasks without a label are removed by their IDs")
    return change_selected(options, paths, Remove, removed)
