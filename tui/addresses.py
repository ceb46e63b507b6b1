"""The rule for URLs that may be opened, fetched or shown. Names of hosts are not resolved."""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

MAX_URL_LENGTH: Final = 2083
"""Characters of a URL that every browser accepts (Internet Explorer's limit)."""

_ALLOWED_CHARACTERS: Final = re.compile(r"[!-~]+")
_HOST: Final = re.compile(r"[0-9a-z._-]+|[0-9a-f:.]+")


def is_loopback(host: str) -> bool:
    """Return whether `host` is certainly this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def unsafe_reason(url: str) -> str:
    """Return why `url` must not be opened, fetched or shown; empty if it is safe."""
    if len(url) > MAX_URL_LENGTH:
        return f"the link is longer than {MAX_URL_LENGTH:,} characters"
    if not _ALLOWED_CHARACTERS.fullmatch(url) or set(url) & set("\"'\\<>`"):
        return "the link has characters that no link has"
    try:
        parts = urlsplit(url)
    except ValueError:
        return "the link names no host"
    host = parts.hostname or ""
    if not _HOST.fullmatch(host):
        return "the link names no host"
    if parts.username is not None:
        return "the link has a user name in it"
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)):
        return ""
    return "the link is not https"
