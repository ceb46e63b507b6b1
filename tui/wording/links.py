"""Links in words: their rows, and how long they stay valid. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from tui.addresses import AddressRule
from tui.clock import from_unix
from tui.links.link import Link
from tui.sanitize import clean
from tui.signed_links.signed_url import NEVER, file_name
from tui.wording.times import clock_time, time_left


class LinkRowData(NamedTuple):
    """All that a row shows of a frame or a video; the link itself is not part of it."""

    key: str
    name: str
    file: str
    time_left: str
    is_safe: bool = True
    """Whether the row may carry the link."""


def link_row(link: Link, server_now: float, addresses: AddressRule) -> LinkRowData:
    """Return what a row shows of a link."""
    file, is_safe = _file(link.url, addresses)
    left = time_left(link.expires_at, server_now) if is_safe else "unsafe"
    if left.endswith((" min", " h", " d")):
        # Alone it would read as the frame's age.
        left = f"{left} left"
    return LinkRowData(link.key, link.name, file, left, is_safe)


@lru_cache(maxsize=2_048)
def _file(url: str, addresses: AddressRule) -> tuple[str, bool]:
    """Return what is shown of a link, and whether it is safe: at every redraw, for all rows."""
    # An unsafe one is shown for what it is; nothing opens it.
    if addresses.unsafe_reason(url):
        return _without_secrets(url), False
    return file_name(url), True


def _without_secrets(url: str) -> str:
    """Return an unsafe link as it may be shown: without its query and what stands before `@`."""
    visible = re.split(r"[?#]|%3f", url, maxsplit=1, flags=re.IGNORECASE)[0]
    return clean(re.sub(r"//[^/]*@", "//***@", visible), 120)


def link_lifetime(link: Link, server_now: float) -> str:
    """Return how long a link stays valid, as a sentence; that it has ended is a guess."""
    if link.expires_at is None:
        return "When the link ends is not known."
    if link.expires_at == NEVER:
        return "The link never expires."
    if link.seconds_left(server_now) > 0:
        return f"The link lives for {time_left(link.expires_at, server_now)}."
    end = _clock_time(link.expires_at, server_now)
    return f"The link probably ended at {end} and was not renewed."


def link_expired(link: Link, server_now: float, *, asked: bool = True) -> str:
    """Return, as a sentence, that a link has expired by its host, whatever it says of itself.

    `asked` tells whether the service could be asked for another one.
    """
    service = "did not renew it" if asked else "could not be asked for another one"
    return f"{link_ended(link, server_now)[:-1]} and the service {service}."


def link_ended(link: Link, server_now: float) -> str:
    """Return, as a sentence, that a link has expired by its host, whatever it says of itself."""
    if link.expires_at is None or link.seconds_left(server_now) > 0:
        return "The link has ended."
    return f"The link ended at {_clock_time(link.expires_at, server_now)}."


def _clock_time(seconds: float, now: float) -> str:
    return clock_time(from_unix(seconds), from_unix(now))
