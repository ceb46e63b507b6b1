"""Read single JSON values leniently: text, points and times, each bounded in size and in work."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from tui.clock import is_plausible
from tui.sanitize import MAX_LINE_LENGTH, clean
from tui.scenext.models import MAX_TEXT_BYTES, Points

_MAX_ITEMS: Final = 200
"""Members of a list or an object that are looked at."""
_MAX_NESTED_LENGTH: Final = 2_000
_MAX_POINTS: Final = 1e12
_AMOUNT_KEYS: Final = ("value", "points", "score", "amount", "credits", "consumption", "total")
_PURPOSE_KEYS: Final = ("detail", "details", "description", "reason", "name", "model", "messages")
_POINT_TYPES: Final = ("", "score", "point", "points", "credit", "credits", "积分")
_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?) ?(Z|[+-]\d\d(?::?\d\d)?)?"
)
_MILLISECONDS_FROM: Final = 1e11


class TextBudget:
    """Reads texts until `MAX_TEXT_BYTES` are spent, the first come first."""

    def __init__(self) -> None:
        self._left = MAX_TEXT_BYTES
        self.is_cut = False
        """Whether a text was cut or left out."""

    def text(self, value: object, limit: int = MAX_TEXT_BYTES, *, lines: bool = False) -> str:
        """Return any JSON value as sanitized text, cut where the budget ends."""
        if isinstance(value, str) and limit == MAX_TEXT_BYTES:
            self.is_cut |= len(value) > self._left
            value = value[: self._left]
        read = text(value, limit, lines=lines)
        encoded = read.encode()
        if len(encoded) > self._left:
            self.is_cut = True
            read = encoded[: self._left].decode(errors="ignore").strip()
            encoded = read.encode()
        self._left -= len(encoded)
        return read


def text(value: object, limit: int = MAX_LINE_LENGTH, *, lines: bool = False) -> str:
    """Return any JSON value as sanitized text."""
    match value:
        case None | bool():
            return ""
        case str():
            # Cut first: cleaning looks at eight times the limit.
            value = value[: max(limit, 8 * MAX_LINE_LENGTH)]
            return clean(value, limit, keep_lines=lines).strip()
        case int():
            return _number(value)
        case float():
            return f"{value:.12g}" if math.isfinite(value) else ""
        case dict():
            pairs = islice(value.items(), _MAX_ITEMS)
            parts = (f"{clean(str(key)[:40], 40)}: {_scalar(part)}" for key, part in pairs)
            return clean(", ".join(parts), min(limit, _MAX_NESTED_LENGTH)).strip()
        case _:
            return _nested(value) if value else ""


def points(value: object) -> Points:
    """Return the points in `consumption`: the sum of what its items charge, and what for.

    An item is `{"type": "score", "value": 20, "detail": "…"}` by the reference; whatever can be
    read of other shapes is: bare numbers and texts, other names, several amounts in one object.
    Amounts of another type, such as tokens, are told and not counted.
    """
    amounts: list[float] = []
    purposes: list[str] = []
    for item in _items(value):
        _read_item(item, amounts, purposes)
    purpose = ", ".join(dict.fromkeys(filter(None, purposes)))
    total = math.fsum(amounts)
    return Points(
        round(total, 6) if amounts and abs(total) < _MAX_POINTS else None,
        clean(purpose, MAX_LINE_LENGTH).strip(),
    )


def _items(value: object) -> Iterator[object]:
    """Yield the items of a list and of the lists in it, or the only item."""
    for item in islice(value, _MAX_ITEMS) if isinstance(value, list) else (value,):
        yield from islice(item, _MAX_ITEMS) if isinstance(item, list) else (item,)


def _read_item(item: object, amounts: list[float], purposes: list[str]) -> None:
    if (amount := _amount(item)) is not None:
        amounts.append(amount)
        return
    if isinstance(item, str):
        purposes.append(text(item))
    if not isinstance(item, dict):
        return
    kind = text(item.get("type"), 40)
    named = [_amount(item[key]) for key in _AMOUNT_KEYS if key in item]
    amount = next((number for number in named if number is not None), None)
    purpose = next((said for key in _PURPOSE_KEYS if (said := _word(item.get(key)))), "")
    if amount is None and not purpose:
        # An amount for each thing: {"video": 5, "audio": 1.5}.
        for key, value in islice(item.items(), _MAX_ITEMS):
            if (amount := _amount(value)) is not None:
                amounts.append(amount)
                purposes.append(f"{clean(key[:40], 40)} {amount:,.12g}")
        return
    if amount is not None and kind.lower() in _POINT_TYPES:
        amounts.append(amount)
    elif amount is not None:
        purpose = f"{kind} {amount:,.12g}" + (f" ({purpose})" if purpose else "")
    purposes.append(purpose)


def _amount(value: object) -> float | None:
    """Return a number, also one written as text; None for anything else and for absurd ones."""
    if isinstance(value, str) and len(value) <= 20:
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if -_MAX_POINTS < value < _MAX_POINTS else None


def _word(value: object) -> str:
    return text(value) if isinstance(value, str) else ""


def time(value: object) -> datetime | None:
    """Return a time, naive where it has no zone; None where it is none or implausible.

    Reads ISO 8601's extended form, with a space instead of the T too, and Unix seconds (or
    milliseconds), as a number or as text.
    """
    try:
        moment = _iso_time(value) if isinstance(value, str) else None
        if moment is None and (seconds := _unix_time(value)) is not None:
            moment = datetime.fromtimestamp(seconds, UTC)
        return moment if moment is not None and is_plausible(moment) else None
    except (ValueError, OverflowError, OSError):
        return None


def _iso_time(value: str) -> datetime | None:
    match = _TIME.fullmatch(value[:50].strip().upper())
    if match is None:
        return None
    date, clock, zone = match.groups(default="")
    if "." in (clock := clock.replace(",", ".")):
        whole, _, fraction = clock.partition(".")
        clock = f"{whole}.{fraction[:6]:0<6}"
    return datetime.fromisoformat(f"{date}T{clock}{zone}")


def _unix_time(value: object) -> float | None:
    try:
        seconds = float(value) if isinstance(value, str) and len(value) <= 20 else value
    except ValueError:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    if not 0 <= seconds < _MILLISECONDS_FROM * 1000:
        return None
    return seconds / 1000 if seconds >= _MILLISECONDS_FROM else seconds


def _nested(value: object) -> str:
    parts: list[str] = []
    length = 0
    try:
        # Lazily: a list of an answer may have a hundred thousand members.
        for part in json.JSONEncoder(ensure_ascii=False, check_circular=False).iterencode(value):
            parts.append(part)
            length += len(part)
            if length > _MAX_NESTED_LENGTH:
                break
    except RecursionError:
        return ""
    return clean("".join(parts), _MAX_NESTED_LENGTH)


def _number(value: int) -> str:
    # str() raises for integers with too many digits, which nobody reads.
    return str(value) if value.bit_length() < 200 else ""


def _scalar(value: object) -> str:
    return "…" if isinstance(value, dict | list) else text(value)
