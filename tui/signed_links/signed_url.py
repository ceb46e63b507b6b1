"""Signed links: which file one leads to, when it ends, and its file's name. Pure functions.

A signed link is a secret until it ends: anyone who has it can fetch the file. What the stores write
into a query: `stores`. What is mended of a link before it is held: `mending`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from tui.sanitize import clean
from tui.signed_links.expiry import MAX_FIELDS, decoded, path_end, split
from tui.signed_links.stores import is_unsigned, store_of

NEVER: Final = math.inf
"""The expiry time of a link without a signature."""

_MAX_NAME: Final = 120
"""Characters of a file's name that are shown."""
_MAX_READ: Final = 2_000
"""Characters that are read of a name: a percent-encoded one takes up to twelve of them."""
_MAX_READ_TO_SHOW: Final = 600
_MAX_ENDING: Final = 12
_MAX_CACHED_LENGTH: Final = 2_000
"""Characters of a link that is kept in the caches below; hardly any is longer."""
_WEB_LINK: Final = re.compile(r"https?://(?:[^\s\[]|\[[^\]/?#]*\])", re.IGNORECASE)
_SLASH: Final = re.compile("/|%2[fF]")
_PROGRAMS: Final = frozenset(
    {"php", "asp", "aspx", "ashx", "jsp", "jspx", "do", "action", "cgi", "py"}
)
"""Extensions of programs, whose names say nothing of the file that they send."""
_DISPOSITION: Final = re.compile(
    r"filename(?:\*\s{0,9}=\s{0,9}[\w-]{0,20}'[\w-]{0,20}'([^;]*)"
    r'|\s{0,9}=\s{0,9}"([^"]*)"|\s{0,9}=\s{0,9}([^;]*))',
    re.IGNORECASE,
)
_DISPOSITION_FIELDS: Final = ("response-content-disposition", "rscd", "content-disposition")
_NAME_FIELDS: Final = (
    "filename",
    "file_name",
    "attname",
    "download",
    "name",
    "file",
    "key",
    "path",
)


def expires_at(url: str) -> float | None:
    """Return when `url` ends, in Unix seconds: `NEVER` without a signature, None if unknown.

    A link whose query has only fields that are known to be of no signature, and whose path has no
    token, never ends. One with any other query that no store is known to write may end at any time,
    and so may one whose end is missing, ambiguous or not between 1970 and 2100.
    """
    return _expires_at(url) if len(url) <= _MAX_CACHED_LENGTH else _expires_at.__wrapped__(url)


@lru_cache(maxsize=4096)
def _expires_at(url: str) -> float | None:
    if not _WEB_LINK.match(url):
        return None
    path, _, query = url.partition("#")[0].partition("?")
    fields = split(query)
    store = store_of(fields)
    if store is not None:
        return store.ends_at(fields)
    return path_end(path, NEVER) if is_unsigned(fields) else None


def identity(url: str) -> str:
    """Return what stays the same when a link is signed again: it, less its signature's own fields.

    Links that differ in anything else, such as `?filename=a.png`, `versionId` or `x-oss-process`,
    lead to different files. All of an unknown query is part of it.
    """
    return _identity(url) if len(url) <= _MAX_CACHED_LENGTH else _identity.__wrapped__(url)


@lru_cache(maxsize=4096)
def _identity(url: str) -> str:
    path, _, query = url.partition("#")[0].partition("?")
    if not query or query.count("&") >= MAX_FIELDS:
        return f"{path}?{query}" if query else path
    store = store_of(split(query))
    if store is not None:
        fields = query.split("&")
        query = "&".join(f for f in fields if f.partition("=")[0].lower() not in store.own)
    return f"{path}?{query}" if query else path


def file_name(url: str) -> str:
    """Return the name of the file behind a link, sanitized; may be empty."""
    return clean(raw_file_name(url, _MAX_READ_TO_SHOW)[: 2 * _MAX_NAME], _MAX_NAME)


def raw_file_name(url: str, limit: int = _MAX_READ) -> str:
    """Return the name of the file behind a link, decoded and as it is; may be empty.

    It is the last part of the path, in which some programs write a slash as %2F. Where that is
    empty, has no extension or names a program (`/view`, `/download.php`), it is the name that a
    field of the query gives, if there is one. Of a name that takes more than `limit` characters in
    the link, the middle is left out.
    """
    path, _, query = url.partition("#")[0].partition("?")
    last = _SLASH.split(path.partition("://")[2].partition("/")[2])[-1]
    if len(last) > limit:
        last = last[: limit - _MAX_ENDING] + last[-_MAX_ENDING:]
    name = unquote(last, errors="replace")
    if not query or _extension(name) not in ("", *_PROGRAMS):
        return name
    return _named_by_query(split(query)) or name


def _named_by_query(fields: Mapping[str, str]) -> str:
    for field in _DISPOSITION_FIELDS:
        if found := _DISPOSITION.search(decoded(fields.get(field, "")[:_MAX_READ])):
            extended, quoted, token = found.groups()
            name = unquote(extended, errors="replace") if extended else quoted or token or ""
            if name := name.strip().replace("\\", "/").rpartition("/")[2]:
                return name
    for field in _NAME_FIELDS:
        name = decoded(fields.get(field, "")[:_MAX_READ])
        name = name.replace("\\", "/").rpartition("/")[2]
        if _extension(name):
            return name
    return ""


def _extension(name: str) -> str:
    stem, _, extension = name.rpartition(".")
    is_one = stem and len(extension) <= 5 and extension.isascii() and extension.isalnum()
    return extension.lower() if is_one else ""
