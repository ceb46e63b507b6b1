"""Change the tasks of the watchlist that the command line selects."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Sequence

from tui.cli.arguments.selection import names_tasks, not_watched, select
from tui.cli.arguments.watchlist_path import load_watchlist
from tui.cli.errors import CommandError, ErrorCode, UsageError
from tui.cli.exit_codes import DONE, FAILED
from tui.cli.printing.output import print_done, print_error, print_errors
from tui.config import Paths
from tui.watchlist.entries import Change, Entry
from tui.watchlist.storage import StorageError, WatchlistFile


def change_selected(
    options: argparse.Namespace,
    paths: Paths,
    change: Callable[[str], Change],
    done: Callable[[int], str],
) -> int:
    """Save a change of each selected task and tell what was `done` to how many.

    Tasks that were named and are not in the watchlist are told afterwards, and are why the exit
    code is not that of success. Raises `CommandError`: for a command line that selects nothing,
    and where the watchlist cannot be read or written; nothing has changed then.
    """
    is_finished = getattr(options, "finished", False)
    if not is_finished and not names_tasks(options):
        raise UsageError(_which(options))
    snapshot = load_watchlist(options, paths)
    if snapshot.unreadable:
        raise CommandError(snapshot.warning, ErrorCode.WATCHLIST)
    try:
        ids = _finished(snapshot.entries) if is_finished else select(options, snapshot.entries)
    except CommandError:
        _warn(snapshot.warning)  # It may be why nothing is selected.
        raise
    held, warning = {entry.id for entry in snapshot.entries}, snapshot.warning
    if not held.isdisjoint(ids):
        try:
            saved = WatchlistFile(paths.watchlist).save([change(task_id) for task_id in ids])
        except StorageError as error:
            raise CommandError(str(error), ErrorCode.WATCHLIST) from None
        # Another program may have removed some in the meantime.
        held, warning = {entry.id for entry in saved.entries}.union(saved.removed), saved.warning
    _warn(warning)
    print_done(done(sum(task_id in held for task_id in ids)))
    # Nobody misses one that was selected by what it was, and that somebody else removed since.
    lost = [task_id for task_id in ids if task_id not in held] if options.ids else []
    hint = _order_hint(options, held) if len(lost) == len(ids) else ""
    missing = [not_watched(task_id, hint) for task_id in lost]
    print_errors(missing, as_json=False)
    return FAILED if missing else DONE


def _warn(text: str) -> None:
    if text:
        print_error(text)


def _which(options: argparse.Namespace) -> str:
    flags = "--label GLOB, --finished" if "finished" in options else "--label GLOB"
    return f"which tasks? Name their IDs, or use {flags}, or - for standard input"


def _order_hint(options: argparse.Namespace, held: Collection[str]) -> str:
    """Return what may be wrong where no task that was named is watched; may be empty."""
    text = getattr(options, "text", "").strip()
    return f"“{text}” is a task: the label comes first, then the IDs." if text in held else ""


def _finished(entries: Sequence[Entry]) -> tuple[str, ...]:
    return tuple(entry.id for entry in entries if entry.status.terminal)
