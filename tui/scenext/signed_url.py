"""What a link says about itself: when it ends, whether it is safe to open, what may be shown of it.

A signed link is a secret for as long as it lives: whoever holds it can fetch the picture. Nothing
here changes one; decoding and encoding its query again would break the signature. Pure functions,
no imports of ours but `scrub`.

The forms are those of Aliyun OSS's documentation (*Include signatures in URLs*, versions 1, 2 and
4) and of the requests that its Python SDKs sign.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from tui.sanitize import clean

NEVER: Final = math.inf
"""The end of a link that carries no signature."""

_WEB_LINK: Final = re.compile(r"https?://\S", re.IGNORECASE)
_COMPACT_UTC: Final = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_SIGNATURE_NAMES: Final = frozenset({"signature", "x-oss-signature", "x-amz-signature"})
_EXPIRY_NAMES: Final = frozenset({"expires", "x-oss-expires", "x-amz-expires"})
_LONGEST_LIFE: Final = 604_800
"""Seconds that a version 4 signature may hold: seven days."""
_LAST_YEAR_ENDS: Final = 253_402_300_799
"""Unix seconds up to which a `datetime` can tell the time."""


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def expires_at(url: str) -> float | None:
    """Return when `url` ends, in Unix seconds: `NEVER` without a signature, None where unknown.

    Unknown is whatever is odd: a time that is missing, malformed, given twice or without a
    signature, and what is no web link at all.
    """
    query = _query(url)
    if query is None:
        return None
    if not _SIGNATURE_NAMES & query.keys():
        return None if _EXPIRY_NAMES & query.keys() else NEVER
    for vendor in ("x-oss", "x-amz"):
        if f"{vendor}-date" in query:
            start = _compact_utc(query[f"{vendor}-date"])
            lifetime = _digits(query.get(f"{vendor}-expires", ""), _LONGEST_LIFE)
            return None if start is None or lifetime is None else start + lifetime
    if query.get("x-oss-signature-version", "").upper() == "OSS2":
        return _digits(query.get("x-oss-expires", ""), _LAST_YEAR_ENDS)
    return _digits(query.get("expires", ""), _LAST_YEAR_ENDS)


def _query(url: str) -> dict[str, str] | None:
    """The fields by lower-case names; None where nobody can tell what the link means."""
    parts = _split(url)
    if parts is None or not is_link(url):
        return None
    try:
        pairs = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return None
    query: dict[str, str] = {}
    for name, value in pairs:
        if query.setdefault(name.lower(), value) != value:
            return None
    return query


def _digits(text: str, most: int) -> float | None:
    if not text.isascii() or not text.isdigit() or len(text) > 12 or int(text) > most:
        return None
    return float(text)


def _compact_utc(text: str) -> float | None:
    if not _COMPACT_UTC.fullmatch(text):
        return None
    try:
        moment = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment.timestamp()


def is_link(text: str) -> bool:
    """Return whether `text` is one web link, safe to open or not, and nothing else.

    A text that only begins with a link is none, nor is one with a space or a character that
    cannot be seen: whatever is no link is text, and is cleaned.
    """
    return bool(_WEB_LINK.match(text)) and text.isprintable() and " " not in text


def identity(url: str) -> str:
    """Return what stays the same when a link is signed afresh: scheme, host and path."""
    return url.partition("#")[0].partition("?")[0]


def file_name(url: str) -> str:
    """Return the last part of the link's path as text that can be shown; may be empty."""
    path = identity(url).partition("://")[2].partition("/")[2]
    return clean(unquote(path.rpartition("/")[2], errors="replace"), 120)
