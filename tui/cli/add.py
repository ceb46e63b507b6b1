"""`scenext-tui add`: add tasks to the watchlist, without asking the service."""

from __future__ import annotations

import os
import re
import select
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tui.cli.exit_codes import DONE
from tui.cli.output import print_done, print_error
from tui.errors import UserError
from tui.os_errors import os_error_reason
from tui.sanitize import clean
from tui.scenext.task_ids import parse_task_ids
from tui.watchlist.entries import MAX_LABEL_LENGTH, Add, Entry
from tui.watchlist.storage import StorageError, WatchlistFile
from tui.wording.tasks import added

MAX_INPUT_BYTES: Final = 16 << 20
"""Bytes of standard input; a million IDs are less."""

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
        print_error(saved.warning)
    new = len(saved.added)
    print_done(added(new, len(ids) - new, label))
    return DONE


def read_ids() -> list[str]:
    """Return the IDs on standard input. Raises `UserError` with the number of the line."""
    try:
        lines = _read_input(sys.stdin.fileno()).decode("utf-8-sig").splitlines()
    except OSError as error:
        reason = os_error_reason(error)
        raise UserError(f"standard input cannot be read: {reason}; nothing was added") from None
    except UnicodeDecodeError:
        raise UserError("standard input is not UTF-8 text") from None
    ids: list[str] = []
    for number, line in enumerate(lines, 1):
        try:
            ids += parse_task_ids([_COMMENT.split(line)[0]])
        except UserError as error:
            raise UserError(f"line {number}: {error}; nothing was added") from None
    return list(dict.fromkeys(ids))


def _read_input(descriptor: int) -> bytes:
    """Read all there is. Raises `UserError` for input that is too long, or has no end."""
    data = bytearray()
    while len(data) <= MAX_INPUT_BYTES:
        try:
            chunk = os.read(descriptor, 1 << 16)
        except BlockingIOError:  # Whoever shares the stream made it non-blocking, as ssh does.
            select.select([descriptor], [], [])
            continue
        if not chunk:
            return bytes(data)
        data += chunk
    limit = f"{MAX_INPUT_BYTES >> 20} MiB"
    raise UserError(f"standard input is longer than {limit}; nothing was added")
