"""Headers of HTTP that tell a time. Imports no HTTP library; names are looked up in lower case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

from tui.clock import is_plausible

MAX_RETRY_AFTER: Final = 900.0
"""Maximum seconds of a `Retry-After` that are honoured."""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of `Retry-After`, from 0 to `MAX_RETRY_AFTER`; None without a valid one.

    A date is compared with the `Date` of the same response, so that a wrong local clock does not
    matter.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        seconds = float(value.lstrip("0")[:12] or 0)
    else:
        moment, now = http_date(value), http_date(headers.get("date", ""))
        if moment is None or now is None:
            return None
        seconds = moment - now
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)


def server_time(headers: Mapping[str, str]) -> float | None:
    """Return the `Date` header in Unix seconds; None if the response may come from a cache."""
    return None if "age" in headers else http_date(headers.get("date", ""))


def http_date(text: str) -> float | None:
    """Return the moment of a date in Unix seconds; None if it is none, or not plausible."""
    try:
        moment = parsedate_to_datetime(text[:100])
        # "-0000" is parsed to a naive value, which means UTC.
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.timestamp() if is_plausible(moment) else None
    except (ValueError, OverflowError, TypeError, LookupError):
        return None
