"""The command with which a script goes on waiting."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from typing import Final

from tui.cli.arguments.durations import format_duration
from tui.config import APP

MAX_LENGTH: Final = 3_000
"""Characters of a command that is worth printing, and that a message has room for."""


def command_to_go_on(options: argparse.Namespace, task_ids: Sequence[str]) -> str:
    """Return a sentence with the command that waits for the tasks that have not ended.

    A label, or the whole watchlist, is named as before: what has ended by then counts as such.
    """
    words = [APP, "wait"]
    for name in ("config", "watchlist"):
        if (path := getattr(options, name)) is not None:
            words += [f"--{name}", str(path)]
    words += [
        f"--{name.replace('_', '-')}"
        for name in ("any", "fail_fast", "json", "links")
        if getattr(options, name)
    ]
    if options.timeout is not None:
        words += ["--timeout", format_duration(options.timeout)]
    if options.glob is not None:
        words += [f"--label={options.glob}"]
    elif options.ids:
        words += ["--"] if any(task_id.startswith("-") for task_id in task_ids) else []
        words += task_ids
    command = shlex.join(words)
    if len(command) > MAX_LENGTH:
        return "To go on, run the same command again."
    return f"To go on: {command}"
