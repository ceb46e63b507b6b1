"""Where a redirect leads, as long as it stays with the origin that was asked. Pure."""

from __future__ import annotations

from typing import Final
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

_PRINTABLE: Final = "".join(map(chr, range(ord("!"), 0x7F)))
_PORTS: Final = {"http": 80, "https": 443}


def redirect_target(url: str, location: str) -> str | None:
    """Return the URL that a response for `url` redirects to; None if another origin has it.

    An origin may be written in several ways: with its usual port or without, in capitals, with a
    dot behind the host. A host that is asked by https and names itself with http, as one behind a
    proxy that does its TLS may, means itself, too. In each case what comes back has scheme, host
    and port of `url` as they are, so nothing else is ever asked, and never without TLS.
    """
    try:
        old = urlsplit(url)
        # As a browser does, since a link has no such characters.
        new = urlsplit(quote(urljoin(url, location), safe=_PRINTABLE))
        if "@" in new.netloc or _origin(new, old.scheme) != _origin(old, old.scheme):
            return None
    except ValueError:
        return None
    return urlunsplit((old.scheme, old.netloc, new.path, new.query, ""))


def _origin(url: SplitResult, asked: str) -> tuple[str, str, int]:
    scheme, port = url.scheme, url.port
    if (scheme, asked) == ("http", "https"):
        scheme, port = asked, None if port == _PORTS["http"] else port
    host = (url.hostname or "").removesuffix(".")
    return scheme, host, _PORTS.get(scheme, 0) if port is None else port
