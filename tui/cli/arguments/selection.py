"""Which tasks a command is about: IDs, labels, standard input, or the whole watchlist."""

from __future__ import annotations

import argparse
import unicodedata
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Final

from tui.cli.arguments.task_id_input import STANDARD_INPUT, parse_ids
from tui.cli.errors import CommandError, ErrorCode, UsageError
from tui.errors import UserError
from tui.watchlist.entries import Entry

MAX_GLOB_LENGTH: Final = 1_000
"""Characters of a pattern: five times as many as a label has. Long ones take quadratic time."""


def names_tasks(options: argparse.Namespace) -> bool:
    """Return whether the command line selects tasks, so that not all of the watchlist is meant."""
    return bool(options.ids) or options.glob is not None


def select(options: argparse.Namespace, entries: Sequence[Entry]) -> tuple[str, ...]:
    """Return the IDs of the selected tasks, each once.

    IDs come in the order of the user, who may name tasks that the watchlist does not hold; those
    with a label, and all of the watchlist, in the order of `entries`. Standard input is read here.
    Raises `CommandError` where nothing is selected, and for what is no ID.
    """
    if options.ids and options.glob is not None:
        raise UsageError("either name tasks or select them with --label")
    if options.glob is not None:
        return _labelled(entries, options.glob)
    if not options.ids:
        return tuple(entry.id for entry in entries)
    try:
        ids = parse_ids(options.ids)
    except UserError as error:
        raise UsageError(str(error)) from None
    if not ids:
        where = "standard input holds" if options.ids == [STANDARD_INPUT] else "the arguments hold"
        raise _nothing_selected(f"{where} no task ID")
    return tuple(ids)


def not_watched(task_id: str, hint: str = "") -> CommandError:
    """Return the error for a task that was named and is not in the watchlist.

    Without a `hint` it tells where to look.
    """
    return CommandError(
        f"{task_id} is not in the watchlist",
        ErrorCode.NOT_WATCHED,
        task_id=task_id,
        hint=hint or "“scenext-tui list” prints what is.",
    )


def _labelled(entries: Iterable[Entry], glob: str) -> tuple[str, ...]:
    if len(glob) > MAX_GLOB_LENGTH:
        raise UsageError(f"--label takes a pattern of at most {MAX_GLOB_LENGTH:,} characters")
    # An accent may be a character of its own or a part of its letter, depending on who typed it.
    glob_nfc = unicodedata.normalize("NFC", glob)
    labels = {entry.id: unicodedata.normalize("NFC", entry.label) for entry in entries}
    chosen = [task_id for task_id, label in labels.items() if fnmatchcase(label, glob_nfc)]
    if not chosen:
        # As in a shell: a label may hold brackets, and be copied from the table.
        chosen = [task_id for task_id, label in labels.items() if label == glob_nfc]
    if not chosen:
        raise _nothing_selected(f"no task of the watchlist has a label like “{glob}”")
    return tuple(chosen)


def _nothing_selected(message: str) -> UsageError:
    return UsageError(message, ErrorCode.NOTHING_SELECTED)
