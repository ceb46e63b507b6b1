"""The rule for URLs that may be fetched, opened, copied or shown.

A host is judged as it is written: every spelling of an address that a resolver or a browser
understands counts as that address, while names are not resolved.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterator
from enum import Enum
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

MAX_URL_LENGTH: Final = 16_384
"""Characters of a URL that is fetched, opened, copied or shown; some programs take fewer."""
CUT: Final = "…"
"""What a URL ends with that was longer and is not held whole; no URL ends so otherwise."""

_ALLOWED_CHARACTERS: Final = re.compile(r"[!-~]+")
_URL: Final = re.compile(r"\A(?:([A-Za-z][A-Za-z0-9+.-]*+):)?//([^/?#]*)")
_AUTHORITY: Final = re.compile(
    r"(?:\[([0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)\]|([0-9A-Za-z._-]+))(?::([0-9]{0,6}))?"
)
_NUMBER: Final = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_DOTS: Final = frozenset("。．｡")
"""What browsers take for a dot."""


class Zone(Enum):
    """Whose network a host is in, as far as its name tells."""

    PUBLIC = ""
    LOOPBACK = "the link leads to this machine"
    PRIVATE = "the link leads into a private network"
    RESERVED = "the link leads to an address that no host on the internet has"
    METADATA = "the link leads to the metadata of a cloud machine"


_METADATA: Final = frozenset(
    map(
        ipaddress.ip_address,
        (
            # 169.254.170.x: credentials of a container (Amazon); 100.100.100.200: Aliyun;
            # 168.63.129.16: Azure; 192.0.0.192: Oracle.
            *("169.254.169.254", "169.254.170.2", "169.254.170.23", "169.254.0.23"),
            *("100.100.100.200", "168.63.129.16", "192.0.0.192"),
            *("fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fe80::a9fe:a9fe"),
        ),
    )
)
_METADATA_NAMES: Final = (
    *("metadata.google.internal", "metadata.goog", "metadata.azure.internal", "metadata"),
    *("instance-data.ec2.internal", "instance-data", "metadata.tencentyun.com"),
    *("metadata.packet.net", "metadata.platformequinix.com"),
)
_LOOPBACK_NAMES: Final = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")
_PRIVATE_NAMES: Final = (
    # Special names (RFC 6762 with its appendix G, RFC 8375), and the one that ICANN reserves.
    *("local", "internal", "localdomain", "home.arpa", "lan", "home", "corp", "intranet"),
    *("private", "localnet"),
)
_V4_ZONES: Final = (
    (IPv4Network("127.0.0.0/8"), Zone.LOOPBACK),
    *(
        (IPv4Network(network), Zone.PRIVATE)
        for network in (
            *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
            *("100.64.0.0/10", "169.254.0.0/16"),
        )
    ),
    *(
        (IPv4Network(network), Zone.RESERVED)
        for network in ("0.0.0.0/8", "192.0.0.0/24", "198.18.0.0/15", "224.0.0.0/3")
    ),
)
_V6_ZONES: Final = (
    (IPv6Network("::1/128"), Zone.LOOPBACK),
    (IPv6Network("fc00::/7"), Zone.PRIVATE),
    (IPv6Network("fe80::/9"), Zone.PRIVATE),
    (IPv6Network("::/128"), Zone.RESERVED),
    (IPv6Network("100::/64"), Zone.RESERVED),
    (IPv6Network("64:ff9b:1::/48"), Zone.RESERVED),
    (IPv6Network("ff00::/8"), Zone.RESERVED),
)


class AddressRule:
    """Decides which URLs may be used with the service at one `base_url`.

    Links to this machine are allowed only where the service is on this machine, and links into a
    private network only where the service is in one: nothing else could have signed them. The
    metadata of a cloud machine, which hold its credentials, are never allowed.
    """

    def __init__(self, base_url: str = "") -> None:
        """Allow public hosts only, unless `base_url` is elsewhere itself."""
        self._allowed = (_zones(_host_of(base_url)) | {Zone.PUBLIC}) - {Zone.METADATA}

    def unsafe_reason(self, url: str) -> str:
        """Return why `url` must not be fetched, opened, copied or shown; empty if it is safe."""
        if len(url) > MAX_URL_LENGTH or url.endswith(CUT):
            return f"the link is longer than {MAX_URL_LENGTH:,} characters"
        if not _ALLOWED_CHARACTERS.fullmatch(url) or set(url) & set("\"'\\<>`"):
            return "the link has characters that no link has"
        match = _URL.match(url)
        if match is None:
            return "the link names no host"
        if "@" in match[2]:
            return "the link has a user name in it"
        host = _host_of(url)
        if not (zones := _zones(host)):
            return "the link names no host"
        scheme = (match[1] or "").lower()
        if not (scheme == "https" or (scheme == "http" and is_loopback(host))):
            return "the link is not https"
        return max((zone.value for zone in zones - self._allowed), default="")


def is_loopback(host: str) -> bool:
    """Return whether `host` is certainly this machine: `localhost`, or a loopback address."""
    name = host.strip("[]").lower()
    return name.removesuffix(".") == "localhost" or (
        _zones(name) == {Zone.LOOPBACK} and bool(_addresses(name))
    )


def is_local(url: str) -> bool:
    """Return whether a safe `url` leads to this machine, so that no proxy may be asked for it."""
    return Zone.LOOPBACK in _zones(_host_of(url))


def _host_of(url: str) -> str:
    """Return the host of a URL in lower case and without brackets; empty if it has none."""
    match = _URL.match(url)
    parts = _AUTHORITY.fullmatch(match[2]) if match else None
    if parts is None or (parts[3] and not 0 < int(parts[3]) < 65_536):
        return ""
    return (parts[1] or parts[2]).lower()


@lru_cache(maxsize=256)
def _zones(host: str) -> frozenset[Zone]:
    """Return the zones of every reading of a host in lower case; none if there cannot be one.

    An address may have several readings: of `010.0.0.1`, some programs take the first part for
    octal and others for decimal.
    """
    name = host.removesuffix(".")
    if ":" in name or _NUMBER.fullmatch(name.rpartition(".")[2]):
        return frozenset(map(_address_zone, _addresses(host)))
    if not _is_possible_name(name):
        return frozenset()
    if _is_below(name, _METADATA_NAMES):
        return frozenset({Zone.METADATA})
    if _is_below(name, _LOOPBACK_NAMES):
        return frozenset({Zone.LOOPBACK})
    return frozenset({Zone.PRIVATE if _is_below(name, _PRIVATE_NAMES) else Zone.PUBLIC})


def _is_below(name: str, parents: tuple[str, ...]) -> bool:
    return any(name == parent or name.endswith(f".{parent}") for parent in parents)


def _is_possible_name(name: str) -> bool:
    return len(name) <= 253 and all(map(_is_possible_label, name.split(".")))


def _is_possible_label(label: str) -> bool:
    """Return whether a label of a name is one, also when it is shown in its own script."""
    if not 0 < len(label) < 64:
        return False
    if not label.startswith("xn--"):
        return True
    try:
        shown = label[4:].encode().decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return False
    # Full-width digits and dots, which browsers map to ASCII, have no place in such a label.
    is_mapped = unicodedata.normalize("NFKC", shown) != shown or bool(_DOTS & set(shown))
    return not shown.isascii() and not is_mapped


def _addresses(host: str) -> frozenset[IPv4Address | IPv6Address]:
    """Return every address that a host in lower case may be read as; none if it is a name."""
    if ":" not in host:
        return frozenset(_v4_readings(host.removesuffix(".")))
    try:
        address = IPv6Address(host)
    except ValueError:
        return frozenset()
    high, low = int(address) >> 32, int(address) & 0xFFFFFFFF
    # Mapped (::ffff:a.b.c.d), translated (::ffff:0:a.b.c.d), and compatible (::a.b.c.d).
    if high in (0xFFFF, 0xFFFF0000) or (high == 0 and low > 0xFFFF):
        return frozenset({IPv4Address(low)})
    return frozenset({address})


def _v4_readings(host: str) -> Iterator[IPv4Address]:
    """Yield what `inet_aton` makes of a host, with leading zeros read as octal and as decimal."""
    parts = host.split(".")
    if len(parts) > 4 or not all(map(_NUMBER.fullmatch, parts)):
        return
    for octal in (True, False):
        try:
            *leading, last = (_number(part, octal=octal) for part in parts)
        except ValueError:
            continue
        if any(number > 255 for number in leading) or last >= 256 ** (4 - len(leading)):
            continue
        value = sum(number << (24 - 8 * place) for place, number in enumerate(leading))
        yield IPv4Address(value + last)


def _number(text: str, *, octal: bool) -> int:
    if len(text) > 40:
        raise ValueError(text)
    if text.startswith("0x"):
        return int(text[2:] or "0", 16)
    return int(text, 8 if octal and text.startswith("0") else 10)


def _address_zone(address: IPv4Address | IPv6Address) -> Zone:
    if address in _METADATA:
        return Zone.METADATA
    if isinstance(address, IPv4Address):
        return next((zone for network, zone in _V4_ZONES if address in network), Zone.PUBLIC)
    zone = next((zone for network, zone in _V6_ZONES if address in network), Zone.PUBLIC)
    if zone is not Zone.PUBLIC or all(
        _address_zone(inner) is Zone.PUBLIC for inner in _tunnelled(address)
    ):
        return zone
    # A gateway's way to such an address, whatever that is to the gateway.
    return Zone.RESERVED


def _tunnelled(address: IPv6Address) -> Iterator[IPv4Address]:
    """Yield the IPv4 addresses that gateways take out of an IPv6 address."""
    value = int(address)
    if value >> 32 == 0x0064FF9B << 64:
        yield IPv4Address(value & 0xFFFFFFFF)
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield address.teredo[1]
    if value >> 32 & 0xFCFFFFFF == 0x00005EFE:
        yield IPv4Address(value & 0xFFFFFFFF)
