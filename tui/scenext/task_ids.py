"""Parse task IDs that are typed, pasted, read from a file or given as arguments.

The service issues digits and UUIDs, and documents a string. What would change the request's path is
rejected: httpx normalizes `.` and `..`, so `get_status/..` would request something else (measured
with httpx 0.28.1).

The rule for pasted text, the same for `add`, its standard input and the dialog: what an input
method, a sentence, a list or a table puts around an ID is taken off, what an ID has inside stays.

- Full-width forms become plain ones (NFKC), digits of any script ASCII, typographic dashes hyphens;
  zero-width characters go, and entities of HTML are undone.
- Quotes, brackets, marks of emphasis, numbers of a list, `ID:`, `=` and `#` in front and
  punctuation on both sides are off; a word without letters and digits is none.
- Numbers as a spreadsheet shows them have lost what the ID was, and are refused by name. So is what
  a table or JSON has in an ID's place, or what remains of markup.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import unquote

from tui.errors import UserError
from tui.pasted import QUOTES, unwrap
from tui.sanitize import clean, is_invisible
from tui.scenext.models import TaskStatus

MAX_ID_LENGTH: Final = 128
"""Characters of a task ID."""

_SEPARATORS: Final = re.compile(r"[\s,;|]+")
_WIDE_SEPARATORS: Final = re.compile(r"[，；、]")
_FIELD_NAME: Final = re.compile(
    r"(?i)(?<![^\s,;(\[])[\"'`]?(?:(?:task[ _-]?)?ids?|(?:任务)?(?:id|编号|号)|任务)[\"'`]?"
    r"[ \t]{0,4}[:=：][ \t]{0,4}"
)
_JUNK: Final = frozenset('{}"<>\\')
"""Characters of JSON and markup that was not understood; no ID of the service has them."""
_PATH: Final = "/get_status/"
_ENTITY: Final = re.compile(r"&#?\w{1,8};")
_LIST_NUMBER: Final = re.compile(r"(?m)^[ \t]{0,20}\(?[0-9]{1,3}[.)](?=[ \t]{1,20}\S{4})")
_REPLACED: Final = str.maketrans(
    {
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0e\ufe0f\u20e3", ""),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u00b4\u02dd", "'"),
    }
)
"""Characters nobody sees, dashes of word processors, and accents typed as quotes."""
_SMALL_DIGIT: Final = re.compile("[\u00b2\u00b3\u00b9\u2070-\u209f\u00bc-\u00be\u2150-\u215f]")
"""A footnote's or a fraction's, which NFKC makes a digit of the number before it."""
_EMPHASIS: Final = "*~"
_OPENING: Final = ":!?¡¿。、·…"
_CLOSING: Final = ".,;:!?。、，；：！？｡·"
_MAX_LAYERS: Final = 12
"""What is taken off one ID, layer by layer."""
_OTHER_WORDS: Final = frozenset(
    {
        "task_id",
        *(status.value for status in TaskStatus),
        *("null", "None", "nan", "NaN", "undefined"),
    }
)
"""What tables and JSON have in an ID's place."""
_SHEET_ERROR: Final = re.compile(r"#(?:N/A|(?:REF|VALUE|NUM|NULL|DIV/0)!|NAME\?|#{2,})")

_NUMBERS: Final = (
    # 1.2345E+17, 1,2345E+17, 1E+17; but not 12e5, which a hexadecimal ID may hold.
    re.compile(r"(?i)\A[+-]?[0-9]+(?:[.,][0-9]+e[+-]?|e\+)[0-9]+\Z"),
    re.compile(r"\A[0-9]+[.]0+\Z"),  # 12345.0
    re.compile(r"\A[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}(?:[.]0+)?\Z"),  # 12,345
    re.compile(r"\A[0-9]{1,3}(?:['’][0-9]{3})+(?:[.,][0-9]{1,2})?\Z"),
    re.compile(r"\A[0-9]+,0{1,2}\Z"),  # 12345,00
    re.compile(r"\A[0-9]{1,3}(?:[.][0-9]{3})+(?:,[0-9]{1,2}|[.][0-9]{3})\Z"),  # 1.234,00
)
_SPACED_NUMBER: Final = re.compile(
    r"(?<![\w.,-])(?:[0-9]{1,2}(?: [0-9]{3})+|[0-9]{1,3}(?:[\xa0\u2007\u2009\u202f][0-9]{3})+)"
    r"(?![\w-])"
)


def parse_task_id(text: str) -> str:
    """Return the task ID in `text`: an ID or a URL `…/get_status/12345`. Raises `UserError`."""
    task_id = text.strip()
    if _is_url(task_id):
        task_id = _from_url(task_id)
    if not task_id:
        raise UserError(f"no task ID in {_quoted(text)}")
    if reason := _invalid_reason(task_id):
        raise UserError(reason)
    return task_id


def _invalid_reason(task_id: str) -> str:
    """Return why a text is no task ID; empty if it is one."""
    if task_id in ("", ".", ".."):
        return f"{_quoted(task_id)} is no task ID"
    if len(task_id) > MAX_ID_LENGTH:
        return f"a task ID has at most {MAX_ID_LENGTH} characters: {_quoted(task_id)}"
    if task_id.isascii() and task_id.isprintable() and " " not in task_id:
        return ""
    if any(is_invisible(c) or unicodedata.category(c) == "Zs" for c in task_id) or (
        # IDs are shown unchanged, so they must not contain what `clean` removes.
        clean(task_id, MAX_ID_LENGTH) != task_id
    ):
        return f"a task ID has no spaces or invisible characters: {_quoted(task_id)}"
    return ""


def is_task_id(text: str) -> bool:
    """Return whether `text` is a task ID as it stands."""
    return not _is_url(text) and not _invalid_reason(text)


def _is_url(text: str) -> bool:
    return "://" in text or _PATH in f"/{text}"


def parse_task_ids(texts: Iterable[str]) -> list[str]:
    """Return the IDs in `texts`, each once, in order. Raises `UserError` as `parse_task_id` does.

    A text may hold several, separated by spaces, commas or semicolons, wrapped as the rule above
    says, and the service's own JSON, whose `task_id` counts.
    """
    ids: dict[str, None] = {}
    for text in texts:
        _refuse_number(_SPACED_NUMBER.search(text))
        for chunk in _FIELD_NAME.sub(" ", _without_json(_plain(text))).split():
            _check_number(chunk)
            for part in _SEPARATORS.split(chunk):
                if word := _unwrapped(part):
                    ids[_parse_word(word, part)] = None
    return list(ids)


def _plain(text: str) -> str:
    """Return a text in the characters in which an ID is written."""
    for word in text.split():
        if _SMALL_DIGIT.search(word):
            raise UserError(f"{_quoted(word)} is no task ID")
    # These separate in any case, while a plain comma may stand in a number.
    text = _WIDE_SEPARATORS.sub(" ", text.translate(_REPLACED))
    text = unicodedata.normalize("NFKC", text).translate(_REPLACED)
    if not text.isascii():
        text = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
    text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    return _LIST_NUMBER.sub("", text)


def _parse_word(word: str, part: str) -> str:
    """Return the ID that a word is, of which `part` is what was pasted."""
    _check_number(part)
    if not _JUNK.isdisjoint(word) or word in _OTHER_WORDS or _SHEET_ERROR.match(part):
        raise UserError(f"{_quoted(part)} is no task ID")
    return parse_task_id(word)


def _unwrapped(part: str) -> str:
    """Return a part of a text without what stands around an ID; empty if it is a mere mark."""
    if _is_mark(part) and not _SHEET_ERROR.match(part):
        return ""
    word = part
    for _ in range(_MAX_LAYERS):
        before, word = word, unwrap(word, QUOTES)
        word = word.rstrip(_CLOSING) or word
        word = word.lstrip(_OPENING) or word
        if len(word) > 1 and word[0] in "=#":
            word = word[1:]
        word = _without_brackets(word)
        if name := _FIELD_NAME.match(word):
            word = word[name.end() :]
        if word == before:
            break
    return word


def _is_mark(word: str) -> bool:
    """Return whether a word has no letter and no digit, and is not what remains of JSON."""
    return not any(map(str.isalnum, word)) and set(word).isdisjoint('{}"\\') and set(word) != {"."}


def _without_brackets(word: str) -> str:
    """Return a word without brackets or emphasis around it, or one bracket that has no other."""
    if len(word) < 3:
        return word
    first, last = word[0], word[-1]
    opens = unicodedata.category(first) == "Ps"
    closes = unicodedata.category(last) == "Pe"
    if (opens and closes) or first + last == "<>" or (first == last and first in _EMPHASIS):
        return word[1:-1]
    # A lone brace is JSON that was cut.
    if opens and first != "{" and not _has(word[1:], "Pe"):
        return word[1:]
    return word[:-1] if closes and last != "}" and not _has(word[:-1], "Ps") else word


def _has(word: str, category: str) -> bool:
    return any(unicodedata.category(character) == category for character in word)


def _check_number(text: str) -> None:
    """Raise `UserError` if a text is a number that a spreadsheet made of an ID."""
    text = unwrap(text, QUOTES + "()[]=$€£¥").rstrip(_CLOSING)
    for pattern in _NUMBERS:
        _refuse_number(pattern.match(text))


def _refuse_number(match: re.Match[str] | None) -> None:
    if match is not None:
        raise UserError(
            f"{_quoted(match[0])} is a number as a spreadsheet shows it, not a task ID: format its "
            "cells as text and copy the ID anew"
        )


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
    _, status_path, rest = f"/{path}".rpartition(_PATH)
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
