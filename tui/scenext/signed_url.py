"""Signed links: when one expires, and what may be shown of it. Pure functions.

A signed link is a secret until it expires: anyone who has it can fetch the file. Links are never
changed here, since decoding and re-encoding the query would break the signature.

The formats are those of Aliyun OSS's documentation (*Include signatures in URLs*, versions 1, 2
and 4) and of the requests that its Python SDKs sign.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from tui.addresses import MAX_URL_LENGTH
from tui.clock import LATEST
from tui.sanitize import clean

NEVER: Final = math.inf
"""The expiry time of a link without a signature."""

_WEB_LINK: Final = re.compile(r"https?://\S", re.IGNORECASE)
_COMPACT_UTC: Final = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_SIGNATURE_NAMES: Final = frozenset({"signature", "x-oss-signature", "x-amz-signature"})
_EXPIRY_NAMES: Final = frozenset({"expires", "x-oss-expires", "x-amz-expires"})
_MAX_LIFETIME_SECONDS: Final = 604_800
"""Maximum lifetime of a version 4 signature: seven days."""
_MAX_TIMESTAMP: Final = int(LATEST.timestamp())
"""The last Unix second that is taken for an expiry time."""
_MAX_NAME: Final = 120
"""Characters of a file's name that are shown."""
MAX_LINK_LENGTH: Final = MAX_URL_LENGTH + 1
"""Characters that are kept of a link: each is held as long as its task. One that is cut is refused
wherever it would be used, for its length."""
_MAX_NON_ASCII_KEPT: Final = 500
"""Characters that are kept of one that is refused for its characters, and takes up to four bytes
for each."""


def kept(url: str) -> str:
    """Return what is held of a link: all of it, if it can be used at all."""
    if url.isascii():
        return url[:MAX_LINK_LENGTH]
    return url if len(url) <= _MAX_NON_ASCII_KEPT else f"{url[:_MAX_NON_ASCII_KEPT]}…"


@lru_cache(maxsize=4096)
def expires_at(url: str) -> float | None:
    """Return when `url` expires, in Unix seconds: `NEVER` without a signature, None if unknown."""
    query = _query(url)
    if query is None:
        return None
    if not _SIGNATURE_NAMES & query.keys():
        return None if _EXPIRY_NAMES & query.keys() else NEVER
    for vendor in ("x-oss", "x-amz"):
        if f"{vendor}-date" in query:
            start = _compact_utc(query[f"{vendor}-date"])
            lifetime = _parse_digits(query.get(f"{vendor}-expires", ""), _MAX_LIFETIME_SECONDS)
            if start is None or lifetime is None:
                return None
            end = start + lifetime
            return end if 0 <= end <= _MAX_TIMESTAMP else None
    if query.get("x-oss-signature-version", "").upper() == "OSS2":
        return _parse_digits(query.get("x-oss-expires", ""), _MAX_TIMESTAMP)
    return _parse_digits(query.get("expires", ""), _MAX_TIMESTAMP)


def _query(url: str) -> dict[str, str] | None:
    """Return the query's fields by lower-case name; None if malformed or ambiguous."""
    if not is_link(url):
        return None
    try:
        pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return None
    query: dict[str, str] = {}
    for name, value in pairs:
        if query.setdefault(name.lower(), value) != value:
            return None
    return query


def _parse_digits(text: str, maximum: float) -> float | None:
    if not text.isascii() or not text.isdigit() or len(text) > 12 or int(text) > maximum:
        return None
    return float(text)


def _compact_utc(text: str) -> float | None:
    if not _COMPACT_UTC.fullmatch(text):
        return None
    try:
        moment = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    seconds = moment.timestamp()
    return seconds if 0 <= seconds <= _MAX_TIMESTAMP else None


def is_link(text: str) -> bool:
    """Return whether `text` is exactly one web link, safe to open or not."""
    return bool(_WEB_LINK.match(text)) and text.isprintable() and " " not in text


def identity(url: str) -> str:
    """Return what stays the same when a link is signed again: scheme, host and path."""
    return url.partition("#")[0].partition("?")[0]


def file_name(url: str) -> str:
    """Return the last part of the link's path, sanitized; may be empty."""
    path = identity(url).partition("://")[2].partition("/")[2]
    # Cut before the expensive work: a percent-encoded character takes nine, at most twelve.
    name = unquote(path.rpartition("/")[2][: 12 * _MAX_NAME], errors="replace")
    return clean(name[: 2 * _MAX_NAME], _MAX_NAME)
