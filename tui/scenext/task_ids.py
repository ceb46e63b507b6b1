"""Parse task IDs that are typed, pasted, read from a file or given as arguments.

The service issues digits and UUIDs, and documents a string. What would change the request's path is
rejected: httpx normalizes `.` and `..`, so `get_status/..` would request something else (measured
with httpx 0.28.1).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import unquote

from tui.errors import UserError
from tui.sanitize import clean, is_invisible

MAX_ID_LENGTH: Final = 128
"""Characters of a task ID."""

_SEPARATORS: Final = re.compile(r"[\s,;，；、]+")
_QUOTES: Final = "\"'`“”‘’[]()"
_FIELD_NAME: Final = r"(?i)[\"'`]?\btask_?id[\"'`]?[:=：]"
_JUNK: Final = frozenset('{}"<>\\')
"""Characters of JSON and markup that was not understood; no ID of the service has them."""
_PATH: Final = "/get_status/"


def parse_task_id(text: str) -> str:
    """Return the task ID in `text`: an ID or a URL `…/get_status/12345`. Raises `UserError`."""
    task_id = text.strip()
    if "://" in task_id or _PATH in task_id:
        task_id = _from_url(task_id)
    if not task_id:
        raise UserError(f"no task ID in {_quoted(text)}")
    if task_id in (".", ".."):
        raise UserError(f"{_quoted(task_id)} is no task ID")
    if len(task_id) > MAX_ID_LENGTH:
        raise UserError(f"a task ID has at most {MAX_ID_LENGTH} characters: {_quoted(task_id)}")
    if task_id.isascii() and task_id.isprintable() and " " not in task_id:
        return task_id
    if any(is_invisible(c) or unicodedata.category(c) == "Zs" for c in task_id) or (
        # IDs are shown unchanged, so they must not contain what `clean` removes.
        clean(task_id, MAX_ID_LENGTH) != task_id
    ):
        raise UserError(f"a task ID has no spaces or invisible characters: {_quoted(task_id)}")
    return task_id


def is_task_id(text: str) -> bool:
    """Return whether `text` is a task ID as it stands."""
    try:
        return parse_task_id(text) == text
    except UserError:
        return False


def parse_task_ids(texts: Iterable[str]) -> list[str]:
    """Return the IDs in `texts`, each once, in order. Raises `UserError` as `parse_task_id` does.

    A text may hold several, separated by spaces, commas or semicolons, with or without quotes, and
    the service's own JSON, whose `task_id` counts. What remains of other JSON or markup is refused.
    """
    ids: dict[str, None] = {}
    for text in texts:
        for part in _SEPARATORS.split(_without_json(text)):
            name = re.match(_FIELD_NAME, part)
            word = part[name.end() if name else 0 :].strip(_QUOTES)
            if not _JUNK.isdisjoint(word):
                raise UserError(f"{_quoted(word)} is no task ID")
            if word:
                ids[parse_task_id(word)] = None
    return list(ids)


def _without_json(text: str) -> str:
    """Return `text` with each JSON object replaced by the task IDs in it."""
    if "{" not in text:
        return text
    import json

    parts: list[str] = []
    position, decoder = 0, json.JSONDecoder()
    while (start := text.find("{", position)) >= 0:
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            break
        if not (ids := list(_ids_in(value))):
            raise UserError(f"no task ID in {_quoted(text[start:end])}")
        parts += [text[position:start], *ids]
        position = end
    return " ".join([*parts, text[position:]])


def _ids_in(value: object) -> Iterator[str]:
    # Without recursion: JSON may be nested more deeply than Python calls.
    pending = [value]
    while pending:
        match pending.pop():
            case list() as items:
                pending += reversed(items)
            case {"task_id": str() | int() as task_id} if not isinstance(task_id, bool):
                yield str(task_id)
            case dict() as fields:
                pending += reversed(fields.values())


def _from_url(url: str) -> str:
    # Split by hand: urlsplit would remove line breaks.
    path = url.partition("#")[0].partition("?")[0]
    _, status_path, rest = path.rpartition(_PATH)
    if not status_path:
        # The link of a picture ends in a name too, which is not an ID.
        raise UserError(f"a link that holds a task ID goes on …{_PATH}ID: {_quoted(path)}")
    segment = rest.rstrip("/")
    try:
        return "" if "/" in segment else unquote(segment, errors="strict").strip()
    except UnicodeDecodeError:
        return ""


def _quoted(text: str) -> str:
    return f"“{clean(text, 60)}”"
