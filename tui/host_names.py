"""The names of hosts in ASCII, as DNS, certificates and requests have them."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

MAX_HOST_LENGTH: Final = 253
"""Characters of a host's name (RFC 1035)."""


@lru_cache(maxsize=256)
def ascii_host(host: str) -> str:
    """Return a host in lower-case ASCII; empty if it has no such form.

    A name in its own script is read as browsers read it (UTS 46, without the transitional forms of
    IDNA 2003, by which `faß.de` would be another host than `xn--fa-hia.de`).
    """
    if host.isascii():
        return host.lower()
    if len(host) > MAX_HOST_LENGTH:
        return ""
    # The codec of the standard library knows IDNA 2003 and Unicode 3.2 only. Its tables are not
    # loaded before a host needs them.
    import idna

    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except UnicodeError:
        return ""
