"""Asking for a part of a file, and judging whether it came. Pure; header names are in lower case.

As RFC 9110 has it (sections 8.8, 13.1.5 and 14): a part is only of use if it belongs to the same
version of the file as the parts before it, which only a *strong* validator can tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from tui.http.headers import http_date

_MAX_DIGITS: Final = 15
"""Digits of a position, more than any file system can hold."""


class ByteRange(NamedTuple):
    """A part of a file."""

    first: int
    last: int | None = None
    """The last byte of it, counted from 0; None for all the rest."""
    validator: str = ""
    """Of the version that it must belong to, as `strong_validator` returned it; empty for any."""
    total: int | None = None
    """Bytes of that version's file, if known."""

    def headers(self) -> dict[str, str]:
        """Return the headers that ask for it."""
        last = "" if self.last is None else self.last
        headers = {"Range": f"bytes={self.first}-{last}"}
        # The whole file comes instead if it is another version by now.
        return headers | ({"If-Range": self.validator} if self.validator else {})

    def is_in(self, headers: Mapping[str, str]) -> bool:
        """Return whether a response with status 206 holds exactly this part of this version."""
        sent = content_range(headers)
        # A position in a file that is packed for the way says nothing about the file.
        if sent is None or headers.get("content-encoding", "").strip():
            return False
        if self.total is not None and sent.total not in (None, self.total):
            return False
        total = self.total if sent.total is None else sent.total
        last = self.last
        if last is None or (total is not None and last >= total):
            # Without a total, what was sent may not be all the rest.
            last = None if total is None else total - 1
        return (sent.first, sent.last) == (self.first, last) and self._has_version(headers)

    def _has_version(self, headers: Mapping[str, str]) -> bool:
        name = "etag" if self.validator.startswith('"') else "last-modified"
        return not self.validator or headers.get(name, self.validator) == self.validator


class ContentRange(NamedTuple):
    """What a response with status 206 says that it holds."""

    first: int
    last: int
    total: int | None
    """Bytes of the whole file; None where the host does not know."""


def content_range(headers: Mapping[str, str]) -> ContentRange | None:
    """Return what `Content-Range` says; None if it is missing or makes no sense."""
    unit, _, text = headers.get("content-range", "").strip().partition(" ")
    positions, slash, total_text = text.strip().partition("/")
    first, last = (_position(part) for part in (*positions.split("-", 1), "")[:2])
    total = _position(total_text)
    if unit.lower() != "bytes" or not slash or first is None or last is None or last < first:
        return None
    if total is None:
        return ContentRange(first, last, None) if total_text.strip() == "*" else None
    return ContentRange(first, last, total) if last < total else None


def is_whole(headers: Mapping[str, str]) -> bool:
    """Return whether a response with status 206 holds the whole file all the same."""
    sent = content_range(headers)
    return sent is not None and sent.first == 0 and sent.total == sent.last + 1


def strong_validator(headers: Mapping[str, str]) -> str:
    """Return what tells this version of a file from all others; empty if nothing is certain.

    An ETag, unless it is a weak one; else the date of the last change, if that was at least a
    second before the response: a second change within the same second would have the same date.
    """
    etag = headers.get("etag", "").strip()
    if etag:
        is_strong = len(etag) > 2 and etag[0] == etag[-1] == '"' and etag.isascii()
        return etag if is_strong and '"' not in etag[1:-1] and etag.isprintable() else ""
    changed = headers.get("last-modified", "").strip()
    changed_at, sent_at = http_date(changed), http_date(headers.get("date", ""))
    is_older = changed_at is not None and sent_at is not None and changed_at + 1 <= sent_at
    return changed if is_older and changed.isascii() and changed.isprintable() else ""


def _position(text: str) -> int | None:
    text = text.strip()
    is_number = text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS
    return int(text) if is_number else None
