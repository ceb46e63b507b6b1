"""What was meant by a word of the command line that is not known. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_OTHER_NAMES: Final = {
    **dict.fromkeys(("remove", "delete", "del"), "rm"),
    **dict.fromkeys(("show", "get", "query"), "status"),
    **dict.fromkeys(("rename", "name"), "label"),
    **dict.fromkeys(("done", "finished", "ended", "success"), "completed"),
    **dict.fromkeys(("in_progress", "active"), "running"),
    **dict.fromkeys(("queued", "pending"), "waiting"),
    **dict.fromkeys(("error", "failure"), "failed"),
    "help": "--help",
}
"""What other programs and the service call our commands and states."""


def suggestion(word: str, choices: Iterable[str]) -> str:
    """Return what to put behind an error about a word: `; did you mean list?`, or nothing."""
    from difflib import get_close_matches  # Here: a command line that is right needs none of it.

    choices, name = list(choices), word.lower()
    other = _OTHER_NAMES.get(name)
    meant = other if other in choices else next(iter(get_close_matches(name, choices, n=1)), None)
    return f"; did you mean {meant}?" if meant else ""
