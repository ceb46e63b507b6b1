"""What is not saved of the watchlist, in words. Pure."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Final

from tui.sanitize import clean
from tui.watchlist.unsaved import Unsaved

_MAX_PATH_LENGTH: Final = 4096


def unsaved_changes(unsaved: Unsaved) -> str:
    """Return how many tasks are not saved, as in `120 tasks added, 2 removed`."""
    parts = zip(unsaved, ("added", "removed", "changed"), strict=True)
    words = [f"{number:,} {what}" for number, what in parts if number]
    if not words:
        return "nothing"
    first, *others = words
    number, what = first.split(" ")
    return ", ".join([f"{number} {'task' if number == '1' else 'tasks'} {what}", *others])


def lost_changes(unsaved: Unsaved, problem: str) -> str:
    """Return what is lost now that the program ends, and why; `problem` is a sentence."""
    return f"Lost: {unsaved_changes(unsaved)}. {problem}".rstrip()


def kept_elsewhere(
    path: Path, watchlist: Path, *, has_folder: bool = True, is_folder: bool = False
) -> str:
    """Return where the watchlist was written to, and a command that puts it back.

    The command asks before it replaces a watchlist that another program has saved since.
    `has_folder` says whether the folder of the watchlist exists, and `is_folder` whether a folder
    has the watchlist's name: `cp` would copy into it.
    """
    source, target, folder = map(_quoted, (path, watchlist, watchlist.parent))
    first = "" if has_folder else f"mkdir -p {folder} && "
    obstacle = f" First move the folder {target} away." if is_folder else ""
    return f"The watchlist is in {source}.{obstacle} To put it back: {first}cp -i {source} {target}"


def _quoted(path: Path) -> str:
    return clean(shlex.quote(str(path)), _MAX_PATH_LENGTH)
