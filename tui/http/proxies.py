"""Which proxy a URL is asked through, as the environment says. Imports no HTTP library.

The variables are read as curl, Python and GNOME read them, whoever wrote them:

- `https_proxy` or `http_proxy`, by the scheme of the URL, and `all_proxy` where that one is unset
  or empty. A lower-case name counts before an upper-case one, also where it is empty, which
  switches the other off. `HTTP_PROXY` does not count where `REQUEST_METHOD` is set:
  there it may be a header of a request (httpoxy.org).
- The scheme is `http` where there is none; `socks` is GNOME's word for `socks5`.
- `no_proxy` lists names (with all that is below them, with or without `.` or `*.` in front),
  addresses and networks (`10.0.0.0/8`, `10/8`), each with or without a port; `*` is everything.
- No proxy is ever asked for this machine.

Only `proxy_environment` looks at the machine. A variable that cannot be used fails only those URLs
that need it, and `proxy_warnings` tells of it. No message holds a value: it may have a password in
it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from tui.addresses import is_local
from tui.credentials import Secret
from tui.errors import UserError
from tui.host_names import ascii_host
from tui.pasted import QUOTES, unwrap

_SCHEMES: Final[Mapping[str, str]] = {
    "http": "http",
    "https": "https",
    "socks": "socks5",
    "socks5": "socks5",
    "socks5h": "socks5h",
}
_PORTS: Final[Mapping[str, int]] = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_NAME: Final = re.compile(r"[0-9a-z_*-]+(?:\.[0-9a-z_*-]+)*")
_SEPARATORS: Final = re.compile(r"[\s,;|，；、]+")
_ASSIGNMENT: Final = re.compile(r"(?i)\A(?:export\s+|set\s+)?(?:https?|all)_proxy\s*=\s*[\"']?")
_FEW_SLASHES: Final = re.compile(r"(?i)\A(https?|socks5?h?)(?::/{1,3}|//)(?!/)")
"""A scheme with a sign too few or too many behind it; no host is called so."""
_SHORT_NETWORK: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){0,2}")
_MAX_ENTRIES: Final = 5000
"""Entries of `no_proxy` that count; what is behind them was not written by hand."""


class Proxy(NamedTuple):
    """A proxy that can be asked."""

    variable: str
    """The name of the variable that names it."""
    scheme: str
    """`http`, `https`, `socks5` or `socks5h`."""
    address: Secret
    """Host and port: behind them, users are told the variable."""
    login: tuple[Secret, Secret] | None = None
    """User name and password."""

    @property
    def url(self) -> str:
        """The URL without the login, always with a port."""
        return f"{self.scheme}://{self.address.reveal()}"


class _UnusableError(ValueError):
    """A variable cannot be used; the message says why and fits behind its name."""


def proxy_for(environ: Mapping[str, str], url: str) -> Proxy | None:
    """Return the proxy through which `url` is asked; None if it is asked directly.

    Raises `UserError`, which names the one variable that is needed and cannot be used.
    """
    variable = _needed_variable(environ, url)
    if not variable:
        return None
    try:
        return _parse(variable, environ[variable])
    except _UnusableError as error:
        raise UserError(
            f"{variable} cannot be used: {error}. Mend it, or set trust_env = false."
        ) from None


def proxy_warnings(environ: Mapping[str, str], base_url: str) -> tuple[str, ...]:
    """Return a line for each variable that cannot be used, or of which a part is skipped.

    The one that `base_url` needs is left to `proxy_for`.
    """
    needed = _needed_variable(environ, base_url)
    names = {_variable(environ, f"{scheme}_proxy") for scheme in ("https", "http", "all")} - {""}
    warnings = []
    for name in sorted(names - {needed}):
        try:
            _parse(name, environ[name])
        except _UnusableError as error:
            warnings.append(f"{name} cannot be used: {error}. Links that need it will fail.")
    if names and (name := _variable(environ, "no_proxy")):
        entries = enumerate(_entries(environ[name]), 1)
        odd = [str(number) for number, entry in entries if _parse_entry(entry) is None]
        if odd:
            which = f"entry {odd[0]}" if len(odd) == 1 else f"entries {', '.join(odd[:5])}"
            warnings.append(f"{name}: {which} cannot be read and is skipped.")
    return tuple(warnings)


def proxy_environment() -> Mapping[str, str]:
    """Return the environment; on macOS with the system's proxies, where no variable names one."""
    environ = os.environ
    if sys.platform == "darwin" and not any(
        _variable(environ, f"{scheme}_proxy") for scheme in ("https", "http", "all")
    ):
        from urllib.request import getproxies

        system = {f"{scheme}_proxy": url for scheme, url in getproxies().items()}
        return {**environ, **system}
    return environ


def _needed_variable(environ: Mapping[str, str], url: str) -> str:
    """Return the name of the variable that says through which proxy to ask; empty if none does."""
    scheme = url.partition(":")[0].lower()
    name = _variable(environ, f"{scheme}_proxy") or _variable(environ, "all_proxy")
    return "" if not name or is_local(url) or _is_bypassed(environ, url) else name


def _variable(environ: Mapping[str, str], name: str) -> str:
    """Return how a variable is written that is set and not empty, else an empty text."""
    for form in (name, name.upper()):
        if form in environ and not (form == "HTTP_PROXY" and "REQUEST_METHOD" in environ):
            return form if unwrap(environ[form]) else ""
    return ""


def _parse(variable: str, value: str) -> Proxy:
    # By hand: in passwords, people leave characters as they are that would end a URL's authority.
    value = unwrap(value, QUOTES + ",;")
    value = _ASSIGNMENT.sub("", value, count=1)
    before, mark, rest = _FEW_SLASHES.sub(r"\1://", value, count=1).partition("://")
    written, rest = (before.lower(), rest) if mark else ("http", value.removeprefix("//"))
    if written.startswith("socks4"):
        raise _UnusableError("SOCKS 4 is not supported, only SOCKS 5 (socks5://)")
    if written not in _SCHEMES:
        raise _UnusableError("its scheme is none of http, https, socks5 and socks5h")
    login, _, server = rest.rpartition("@")
    scheme = _SCHEMES[written]
    address = Secret(_address(re.split(r"[/?#\\]", server)[0], _PORTS[scheme]))
    if not login:
        return Proxy(variable, scheme, address)
    user, _, password = map(unquote, login.partition(":"))
    if any("\ud800" <= character <= "\udfff" for character in user + password):
        raise _UnusableError("its user name or password is not UTF-8 text")
    return Proxy(variable, scheme, address, (Secret(user), Secret(password)))


def _address(server: str, default_port: int) -> str:
    """Return a host and port as a URL has them."""
    match = re.fullmatch(r"(\[[^\[\]]*\]|[^\[\]:]*)(?::([0-9]{0,5}))?", server.strip())
    if match is None:
        raise _UnusableError("it is not host:port (an IPv6 address needs brackets)")
    host, port = match[1], int(match[2] or default_port)
    if not 0 < port < 65_536:
        raise _UnusableError("its port is not a number from 1 to 65535")
    if host.startswith("["):
        if "%" in host or ":" not in host or _ip(host[1:-1]) is None:
            raise _UnusableError("its IPv6 address is none")
    elif not _is_name(host := _ascii_name(host)):
        raise _UnusableError("it names no possible host")
    return f"{host}:{port}"


def _is_name(host: str) -> bool:
    return len(host) < 254 and bool(_NAME.fullmatch(host.removesuffix("."))) and "*" not in host


class _Entry(NamedTuple):
    """An entry of `no_proxy`: what it stands for, and the port and scheme that it is limited to."""

    host: str
    port: int | None = None
    scheme: str = ""

    def matches(self, host: str, port: int, scheme: str) -> bool:
        """Return whether a host, in lower case and without brackets, is asked directly."""
        if self.port not in (None, port) or self.scheme not in ("", "all", scheme):
            return False
        if self.host == "<local>":
            return "." not in host and ":" not in host
        address = _ip(host)
        if "/" in self.host:
            return address is not None and address in ip_network(self.host, strict=False)
        if (listed := _ip(self.host)) is not None:
            return address == listed
        if "*" in self.host:
            return fnmatchcase(host, self.host)
        return address is None and (host == self.host or host.endswith(f".{self.host}"))


def _is_bypassed(environ: Mapping[str, str], url: str) -> bool:
    name = _variable(environ, "no_proxy")
    if not name:
        return False
    parts = urlsplit(url)
    host = _ascii_name((parts.hostname or "").removesuffix("."))
    port = parts.port or _PORTS.get(parts.scheme, 0)
    entries = (_parse_entry(entry) for entry in _entries(environ[name]))
    return any(entry.matches(host, port, parts.scheme) for entry in entries if entry is not None)


def _entries(value: str) -> Iterator[str]:
    # Some write it as a list: ["a", "b"]. A lone bracket belongs to no address.
    words = _SEPARATORS.split(value)[:_MAX_ENTRIES]
    return filter(None, map(_unwrap_entry, words))


def _unwrap_entry(word: str) -> str:
    entry = unwrap(word, QUOTES + "(){}")
    for bracket, other in ("[]", "]["):
        if entry.count(bracket) > entry.count(other):
            entry = unwrap(entry.strip(bracket))
    return entry


def _parse_entry(text: str) -> _Entry | None:
    """Return what an entry of `no_proxy` stands for; None if it cannot be read."""
    scheme, _, rest = text.lower().rpartition("://")
    if rest in ("*", "<local>"):
        return _Entry(rest, scheme=scheme)
    address, _, mask = rest.partition("/")
    if mask and not scheme:
        if _SHORT_NETWORK.fullmatch(address):  # 169.254/16, as macOS writes it.
            address += ".0" * (3 - address.count("."))
        try:
            network = f"{address.strip('[]')}/{mask.strip('[]/')}"
            return _Entry(str(ip_network(network, strict=False)))
        except ValueError:
            return None
    if _ip(address) is not None:
        return _Entry(address, scheme=scheme)
    match = re.fullmatch(r"(\[[^\[\]]*\]|[^\[\]:]*)(?::([0-9]{1,5}|\*))?", address)
    if match is None:
        return None
    port = int(match[2]) if match[2] and match[2] != "*" else None
    host = unwrap(match[1].strip("[]"))
    if _ip(host) is not None:
        return _Entry(host, port, scheme)
    if re.fullmatch(r"(?:[0-9]{1,3}\.){1,3}", host):  # 10. is 10.*
        return _Entry(f"{host}*", port, scheme)
    host = host.removeprefix("*") if host.startswith("*.") else host
    host = _ascii_name(host.strip("."))
    return _Entry(host, port, scheme) if _NAME.fullmatch(host) else None


def _ip(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _ascii_name(name: str) -> str:
    """Return a name in lower case, and in ASCII where it can be."""
    return ascii_host(name) or name.lower()
