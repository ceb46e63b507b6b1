"""Links in words: their rows, and how long they stay valid. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from tui.addresses import unsafe_reason
from tui.clock import from_unix
from tui.links.link import Link
from tui.sanitize import clean
from tui.scenext.signed_url import NEVER, file_name
from tui.wording.tasks import clock_time, time_left


class LinkRowData(NamedTuple):
    """All that a row shows of a frame or a video; the link itself is not part of it."""

    key: str
    name: str
    file: str
    time_left: str


def link_row(link: Link, server_now: float) -> LinkRowData:
    """Return what a row shows of a link."""
    file, is_safe = _file(link.url)
    left = time_left(link.expires_at, server_now) if is_safe else "unsafe"
    return LinkRowData(link.key, link.name, file, left)


@lru_cache(maxsize=2_048)
def _file(url: str) -> tuple[str, bool]:
    """Return what is shown of a link, and whether it is safe: at every redraw, for all rows."""
    # An unsafe one is shown for what it is; nothing opens it.
    return (clean(url, 120), False) if unsafe_reason(url) else (file_name(url), True)


def link_lifetime(link: Link, server_now: float) -> str:
    """Return how long a link stays valid, as a sentence."""
    if link.expires_at is None:
        return "When the link ends is not known."
    if link.expires_at == NEVER:
        return "The link never expires."
    if link.seconds_left(server_now) > 0:
        return f"The link lives for {time_left(link.expires_at, server_now)}."
    return link_expired(link, server_now)


def link_expired(link: Link, server_now: float) -> str:
    """Return, as a sentence, that a link has expired, whatever it says of itself."""
    if link.expires_at is None or link.seconds_left(server_now) > 0:
        return "The link has ended and the service did not renew it."
    end = clock_time(from_unix(link.expires_at), from_unix(server_now))
    return f"The link ended at {end} and the service did not renew it."
