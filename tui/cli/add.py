"""`scenext-tui add`: add tasks to the watchlist, without asking the service."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tui.cli.exit_codes import DONE
from tui.config import APP
from tui.errors import UserError
from tui.sanitize import clean
from tui.scenext.task_ids import parse_task_ids
from tui.watchlist.entries import MAX_LABEL_LENGTH, Add, Entry
from tui.watchlist.storage import StorageError, WatchlistFile
from tui.wording.tasks import added

_COMMENT: Final = re.compile(r"(?:^|\s)#")
"""Begins a comment: a `#` inside an ID or a URL is a part of it."""


def add(watchlist: Path, ids: Sequence[str], label: str) -> int:
    """Save the tasks, tell how many are new, and return the exit code. Raises `UserError`."""
    file = WatchlistFile(watchlist)
    now = datetime.now(UTC)
    label = clean(label, MAX_LABEL_LENGTH).strip()
    try:
        saved = file.save([Add(Entry(task_id, now, label)) for task_id in ids])
    except StorageError as error:
        raise UserError(str(error)) from None
    if saved.warning:
        print(f"{APP}: {clean(saved.warning)}", file=sys.stderr)
    new = len(saved.added)
    print(added(new, len(ids) - new, label))
    return DONE


def read_ids() -> list[str]:
    """Return the IDs on standard input. Raises `UserError` with the number of the line."""
    try:
        lines = sys.stdin.buffer.read().decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise UserError("standard input is not UTF-8 text") from None
    ids: list[str] = []
    for number, line in enumerate(lines, 1):
        try:
            ids += parse_task_ids([_COMMENT.split(line)[0]])
        except UserError as error:
            raise UserError(f"line {number}: {error}; nothing was added") from None
    return list(dict.fromkeys(ids))
