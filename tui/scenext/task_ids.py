"""What counts as a task ID, wherever one is typed, pasted, read from a file or given as argument.

The service hands out digits and UUIDs, and documents a string. Refused is what cannot be meant or
would change the request's path: httpx normalises `.` and `..`, so that `get_status/..` would ask
for something else (measured with httpx 0.28.1).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote

from tui.errors import UserError
from tui.sanitize import clean, is_invisible

MAX_ID_LENGTH: Final = 128
"""Characters."""

_BETWEEN: Final = re.compile(r"[\s,;，；、]+")
_QUOTES: Final = "\"'`“”‘’[]()"
_PATH: Final = "/get_status/"


def parse_task_id(text: str) -> str:
    """Return the task ID in `text`: an ID, or a status URL, as `…/get_status/12345`.

    Raises:
        UserError: `text` holds no ID; the message says why.
    """
    found = text.strip()
    if "://" in found or _PATH in found:
        found = _from_url(found)
    if not found:
        raise UserError(f"no task ID in {_quoted(text)}")
    if found in (".", ".."):
        raise UserError(f"{_quoted(found)} is no task ID")
    if len(found) > MAX_ID_LENGTH:
        raise UserError(f"a task ID has at most {MAX_ID_LENGTH} characters: {_quoted(found)}")
    if found.isascii() and found.isprintable() and " " not in found:
        return found
    if any(is_invisible(c) or unicodedata.category(c) == "Zs" for c in found) or (
        # An ID is shown as it is, so that nothing may be in it that cannot be shown.
        clean(found, MAX_ID_LENGTH) != found
    ):
        raise UserError(f"a task ID has no spaces or invisible characters: {_quoted(found)}")
    return found


def is_task_id(text: str) -> bool:
    """Return whether `text` is a task ID as it stands."""
    try:
        return parse_task_id(text) == text
    except UserError:
        return False


def parse_task_ids(texts: Iterable[str]) -> list[str]:
    """Return the IDs of `texts`, each once, in order. Raises `UserError` as `parse_task_id` does.

    A text may hold many, as they are pasted from a list: with spaces, commas or semicolons
    between them, in quotes or not.
    """
    parts = (part.strip(_QUOTES) for text in texts for part in _BETWEEN.split(text))
    return list(dict.fromkeys(parse_task_id(part) for part in parts if part))


def _from_url(url: str) -> str:
    # The path as it stands: urlsplit would drop what it takes for line breaks.
    path = url.partition("#")[0].partition("?")[0]
    _, status_path, rest = path.rpartition(_PATH)
    if not status_path:
        # The link of a picture ends in a name too, which is no ID.
        raise UserError(f"a link that holds a task ID goes on …{_PATH}ID: {_quoted(path)}")
    segment = rest.rstrip("/")
    try:
        return "" if "/" in segment else unquote(segment, errors="strict").strip()
    except UnicodeDecodeError:
        return ""


def _quoted(text: str) -> str:
    return f"“{clean(text, 60)}”"
