"""`scenext-tui list`: print what the watchlist knows, without asking the service."""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from datetime import UTC, datetime

from tui.cli.errors import CommandError, ErrorCode
from tui.cli.exit_codes import DONE, FAILED
from tui.cli.output import print_errors, print_result
from tui.cli.selection import not_watched, select
from tui.config import Paths
from tui.watchlist.records import Record
from tui.watchlist.storage import WatchlistFile
from tui.wording.states import STATES


def list_tasks(options: argparse.Namespace, paths: Paths) -> int:
    """Print the selected tasks; return the exit code. Raises `CommandError`."""
    snapshot = WatchlistFile(paths.watchlist).load()
    if snapshot.warning:
        warning = CommandError(snapshot.warning, ErrorCode.WATCHLIST)
        print_errors([warning], as_json=options.json)
    entries = {entry.id: entry for entry in snapshot.entries}
    ids = select(options, snapshot.entries)
    missing = [not_watched(task_id) for task_id in ids if task_id not in entries]
    records = [Record(entries[task_id]) for task_id in ids if task_id in entries]
    if options.state is not None:
        records = [record for record in records if STATES[record.status] == options.state]
    with suppress(BrokenPipeError):  # Whoever reads has read enough.
        _print(options, records, is_empty=not entries)
    print_errors(missing, as_json=options.json)
    return FAILED if missing or snapshot.unreadable else DONE


def _print(options: argparse.Namespace, records: list[Record], *, is_empty: bool) -> None:
    now = datetime.now(UTC)
    if options.json:
        from tui.cli.json_lines import task_object, to_line

        if records:
            print_result("\n".join(to_line(task_object(record, now)) for record in records))
        return
    from tui.cli.table import TaskTable

    TaskTable(sys.stdout).print(records, now)
    if is_empty and sys.stderr.isatty():
        from tui.cli.output import write_error

        write_error("The watchlist is empty: add tasks with “scenext-tui add ID”.\n")
