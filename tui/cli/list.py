"""`scenext-tui list`: print what the watchlist knows, without asking the service."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tui import time_zone
from tui.cli.arguments.selection import not_watched, select
from tui.cli.arguments.watchlist_path import load_watchlist
from tui.cli.errors import CommandError, ErrorCode
from tui.cli.exit_codes import DONE, FAILED
from tui.cli.printing.output import print_errors, print_result, write_error
from tui.clock import Clock
from tui.config import APP, Paths
from tui.watchlist.entries import Entry
from tui.watchlist.records import Record, Watchlist
from tui.watchlist.storage import Snapshot
from tui.wording.states import STATES

EMPTY: Final = f"The watchlist is empty: add tasks with “{APP} add ID”."


def list_tasks(options: argparse.Namespace, paths: Paths) -> int:
    """Print the selected tasks; return the exit code. Raises `CommandError`."""
    snapshot = load_watchlist(options, paths)
    if snapshot.warning:
        warning = CommandError(snapshot.warning, ErrorCode.WATCHLIST)
        print_errors([warning], as_json=options.json)
    entries = {entry.id: entry for entry in snapshot.entries}
    ids = select(options, snapshot.entries)
    missing = [not_watched(task_id) for task_id in ids if task_id not in entries]
    chosen = [entries[task_id] for task_id in ids if task_id in entries]
    if options.state is not None:
        chosen = [entry for entry in chosen if STATES[entry.status] == options.state]
    with suppress(BrokenPipeError):  # Whoever reads has read enough.
        if options.line:
            print_result(_line(snapshot._replace(entries=tuple(chosen)), paths.watchlist))
        else:
            _print(options, chosen, _why_none(options, chosen, snapshot))
    print_errors(missing, as_json=options.json)
    return FAILED if missing or snapshot.damaged or snapshot.unreadable else DONE


def print_schema() -> int:
    """Print the schema of the JSON; return the exit code. Raises `CommandError`."""
    from importlib.resources import files

    with suppress(BrokenPipeError):
        print_result(
            files("tui.cli.printing").joinpath("schema.json").read_text("utf-8").rstrip("\n")
        )
    return DONE


def _line(snapshot: Snapshot, watchlist: Path) -> str:
    from tui.watchlist import asked
    from tui.wording.status_line import status_line

    time_zone.settle(os.environ)
    clock, tasks = Clock(), Watchlist()
    now = clock.now()
    tasks.load(snapshot.entries, snapshot.history)
    # What a backup holds is not what is asked about.
    is_asked = not snapshot.unreadable and asked.is_recent(watchlist, now.timestamp())
    line = status_line(tasks, now, clock.boot(), is_asked=is_asked)
    is_whole = not (snapshot.unreadable or snapshot.damaged)
    return line if is_whole or line.endswith("?") else f"{line} ?".strip()


def _why_none(options: argparse.Namespace, chosen: list[Entry], snapshot: Snapshot) -> str:
    """Return why a person sees no task, where no warning and no error tells it."""
    if not snapshot.entries and not snapshot.warning:
        return EMPTY
    if snapshot.entries and not chosen and options.state is not None:
        return f"None of these tasks is in the state “{options.state}”."
    return ""


def _print(options: argparse.Namespace, entries: list[Entry], why_none: str) -> None:
    now, records = datetime.now(UTC), map(Record, entries)
    if options.json:
        from tui.cli.printing.json_lines import task_object, to_line

        if entries:
            print_result("\n".join(to_line(task_object(record, now)) for record in records))
        return
    from tui.cli.printing.table import TaskTable

    TaskTable(sys.stdout).print(records, now)
    if why_none and sys.stderr.isatty():
        write_error(f"{why_none}\n")
