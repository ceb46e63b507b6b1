"""`scenext-tui add`: add tasks to the watchlist, without asking the service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tui.cli.exit_codes import DONE
from tui.cli.printing.output import print_done, print_error
from tui.errors import UserError
from tui.sanitize import clean
from tui.watchlist.entries import MAX_LABEL_LENGTH, Add, Entry
from tui.watchlist.storage import StorageError, WatchlistFile
from tui.wording.tasks import added


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
