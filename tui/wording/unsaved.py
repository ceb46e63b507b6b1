"""What is not saved of the watchlist, in words. Pure."""

from __future__ import annotations

import shlex
from pathlib import Path

from tui.sanitize import clean
from tui.watchlist.unsaved import Unsaved

_MAX_PATH_LENGTH = 4096


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


def kept_elsewhere(path: Path, watchlist: Path) -> str:
    """Return where the watchlist is that could not be saved, and how to put it back."""
    source, target = (clean(shlex.quote(str(each)), _MAX_PATH_LENGTH) for each in (path, watchlist))
    return f"The watchlist is in {source}. To put it back: cp {source} {target}"
