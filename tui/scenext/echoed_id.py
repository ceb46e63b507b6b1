"""Tell whether the ID in a response is the one that was asked for.

The request names the task; the ID that comes back only confirms it. So it counts against the answer
only where it is certainly another ID: not where it is missing or none, nor where it is the same one
written differently. Services echo it as a number (`"0017"` as 17, 17.0 or "1.7e1"), in other case,
padded with spaces or zeros, percent-encoded, in full-width characters, or as a UUID in other forms.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Final
from urllib.parse import unquote

_MAX_LENGTH: Final = 1_000
"""Characters of an ID that is compared; ours have at most 128."""
_AROUND: Final = " \t\r\n\"'`<>{}[]()“”‘’「」"
_INVISIBLE: Final = frozenset({"Cc", "Cf"})
_DECIMAL: Final = r"[+-]?[0-9]{1,200}(?:\.[0-9]{0,200})?(?:e[+-]?[0-9]{1,3})?"
_UUID: Final = r"(?:urn:uuid:)?([0-9a-f]{8})-?" + r"([0-9a-f]{4})-?" * 3 + "([0-9a-f]{12})"
_NO_IDS: Final = frozenset({"", "null", "none", "nil", "undefined", "nan"})


def contradicts(sent: object, task_id: str) -> bool:
    """Return whether `sent`, any JSON value, names another task than `task_id`.

    What is neither text nor a number names none.
    """
    if isinstance(sent, bool) or not isinstance(sent, str | int | float):
        return False
    if not isinstance(sent, str):
        return not _is_number_of(sent, task_id)
    if len(sent) > _MAX_LENGTH:
        return True
    if _canonical(sent) in _NO_IDS:
        return False
    return _forms(sent).isdisjoint(_forms(task_id))


def _is_number_of(sent: float, task_id: str) -> bool:
    """Return whether a number is `task_id`, or what is left of it in double precision.

    JavaScript has no other numbers: it makes 123456789012345680 of an ID that ends in 678.
    """
    asked = _canonical(task_id)
    if not re.fullmatch(r"[0-9]{1,300}", asked):
        return False
    if sent == int(asked):
        return True
    rounded = float(asked)
    return sent in (rounded, int(rounded), int(Decimal(repr(rounded))))


def _forms(text: str) -> set[str]:
    """Return an ID as it stands and without percent-encoding."""
    return {_canonical(text), _canonical(unquote(unicodedata.normalize("NFKC", text)))}


def _canonical(text: str) -> str:
    """Return the one form of all ways to write an ID."""
    text = unicodedata.normalize("NFKC", text[:_MAX_LENGTH])
    text = "".join(c for c in text if unicodedata.category(c) not in _INVISIBLE)
    text = text.strip(_AROUND).casefold()
    if match := re.fullmatch(_UUID, text):
        return "".join(match.groups())
    if text.isdecimal():
        return text.lstrip("0") or "0"
    if re.fullmatch(_DECIMAL, text) and (value := Decimal(text)) == value.to_integral_value():
        return f"{value:f}".partition(".")[0].lstrip("+0") or "0"
    return text
