"""Headers of HTTP that tell a time. Imports no HTTP library; names are looked up in lower case."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from tui.clock import is_plausible

MAX_RETRY_AFTER: Final = 900.0
"""Maximum seconds of a `Retry-After` that are honoured."""
MAX_AGE: Final = 31_536_000.0
"""Maximum seconds of an `Age`: a year."""
_MAX_LENGTH: Final = 300
"""Characters of a header that are read: more is no time of anything."""
_NUMBER: Final = re.compile(
    r"([0-9]++(?:\.[0-9]*+)?)\s*+(?:seconds?|secs?|s)?+\s*+(?:[,;].*+)?", re.I
)
_UNIX_TIME: Final = 1e9
"""From here on a number is no duration but a moment, in Unix seconds."""
_UNIX_TIME_MS: Final = 1e11
"""From here on it is in milliseconds."""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of `Retry-After`, from 0 to `MAX_RETRY_AFTER`; None without a valid one.

    Read as RFC 9110, section 10.2.3 has it, and as it is seen besides: fractions, which are rounded
    up; a unit of seconds; a list, whose first item counts; `Retry-After-Ms`; and moments, as an
    HTTP date, in ISO 8601, or in Unix seconds or milliseconds. A moment is compared with the `Date`
    of the same response, so that a wrong local clock does not matter.
    """
    value = headers.get("retry-after", "").strip()[:_MAX_LENGTH]
    if not value and (milliseconds := _number(headers.get("retry-after-ms", ""))) is not None:
        return min(math.ceil(milliseconds / 1000), MAX_RETRY_AFTER)
    seconds = _number(value)
    if seconds is None or seconds >= _UNIX_TIME:
        moment = http_date(value) or _iso_date(value)
        if seconds is not None:
            moment = seconds / 1000 if seconds >= _UNIX_TIME_MS else seconds
        now = http_date(headers.get("date", ""))
        if moment is None or now is None:
            return None
        seconds = moment - now
    return min(max(math.ceil(seconds), 0.0), MAX_RETRY_AFTER)


def _number(text: str) -> float | None:
    """Return the number that a header begins with; None if it is none."""
    found = _NUMBER.fullmatch(text.strip()[:_MAX_LENGTH])
    return float(found[1]) if found else None


def _iso_date(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.timestamp() if moment.tzinfo and is_plausible(moment) else None
    except (ValueError, OverflowError):
        return None


def server_time(headers: Mapping[str, str]) -> float | None:
    """Return the `Date` header in Unix seconds; None if the response may come from a cache."""
    return None if "age" in headers else http_date(headers.get("date", ""))


def age(headers: Mapping[str, str]) -> float:
    """Return for how many seconds a cache has kept the response, by its `Age`; 0 if none has."""
    value = headers.get("age", "").partition(",")[0].strip()[:_MAX_LENGTH]
    return min(float(value), MAX_AGE) if value.isascii() and value.isdigit() else 0.0


def http_date(text: str) -> float | None:
    """Return the moment of a date in Unix seconds; None if it is none, or not plausible."""
    try:
        moment = parsedate_to_datetime(text[:100])
        # "-0000" is parsed to a naive value, which means UTC.
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.timestamp() if is_plausible(moment) else None
    except (ValueError, OverflowError, TypeError, LookupError):
        return None
