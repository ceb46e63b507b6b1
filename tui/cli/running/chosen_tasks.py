"""The tasks that `status` and `wait` are about, and how these print them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from tui.cli.arguments.selection import names_tasks, select
from tui.cli.arguments.watchlist_path import load_watchlist
from tui.cli.errors import CommandError, ErrorCode, UsageError
from tui.cli.printing.output import print_errors, print_result
from tui.config import Paths
from tui.watchlist.entries import Entry
from tui.watchlist.records import Record


class Chosen(NamedTuple):
    """The tasks of a command."""

    ids: tuple[str, ...]
    """In the user's order; none where the watchlist is empty."""
    entries: Mapping[str, Entry]
    """What the watchlist knows of those that it holds."""


def choose(options: argparse.Namespace, paths: Paths) -> Chosen:
    """Return the selected tasks. Raises `CommandError`.

    What is wrong with the watchlist is told; it is an error where tasks that it may have lost would
    be meant: the end of all would not be the end of all.
    """
    if options.links and not options.json:
        raise UsageError("--links needs --json")
    snapshot = load_watchlist(options, paths)
    is_whole = not names_tasks(options) or options.glob is not None
    if is_whole and (snapshot.unreadable or snapshot.damaged):
        hint = "Name the tasks, or mend the watchlist."
        raise CommandError(snapshot.warning.rstrip("."), ErrorCode.WATCHLIST, hint=hint)
    if snapshot.warning:
        print_warnings([snapshot.warning], ErrorCode.WATCHLIST, as_json=options.json)
    ids = select(options, snapshot.entries)
    known = {entry.id: entry for entry in snapshot.entries}
    return Chosen(ids, {task_id: known[task_id] for task_id in ids if task_id in known})


def print_warnings(lines: Sequence[str], code: ErrorCode, *, as_json: bool) -> None:
    """Print lines on standard error that change no exit code."""
    print_errors([CommandError(line, code) for line in lines], as_json=as_json)


class TaskPrinter:
    """Prints tasks on standard output: as JSON, as a table, or as columns separated by tabs."""

    def __init__(
        self, options: argparse.Namespace, now: Callable[[], datetime], holds: Callable[[str], bool]
    ) -> None:
        """`holds` tells whether the watchlist holds a task."""
        self._as_json, self._links = options.json, options.links
        self._now = now
        self._holds = holds

    def print_all(self, records: Sequence[Record]) -> None:
        """Print tasks together, nothing for none. Raises as `print_result` does."""
        if self._as_json:
            self._print_lines(records)
            return
        from tui.cli.printing.table import TaskTable

        TaskTable(sys.stdout, holds=self._holds).print(records, self._now())

    def print_one(self, record: Record) -> None:
        """Print a task on a line of its own, whatever comes after it."""
        if self._as_json:
            self._print_lines([record])
            return
        from tui.cli.printing.table import TaskTable

        # On a terminal the headings stand above it.
        print_result(TaskTable(sys.stdout, holds=self._holds).lines([record], self._now())[-1])

    def _print_lines(self, records: Sequence[Record]) -> None:
        from tui.cli.printing.json_lines import task_object, to_line

        now = self._now()
        lines = [
            to_line(task_object(record, now, links=self._links, watched=self._holds(record.id)))
            for record in records
        ]
        if lines:
            print_result("\n".join(lines))
