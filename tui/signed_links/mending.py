"""Mend a link where its signature allows, before anything is done with it. Pure functions.

A signature covers the decoded path, and the query as it stands. So what may be written in two ways
is written in the one that every program takes, and nothing else is touched:

- White space, invisible characters, brackets and quotes around the link go away.
- One that was escaped once too often, for JSON, for HTML or as a field of another link, is taken as
  it was before, where that is certain: it begins so, or is signed only then.
- One that begins with `//`, or with its host and is signed, gets `https`; of two schemes, the last
  counts.
- `http` becomes `https` for every host but this machine (no store signs the scheme, except two:
  `stores`), scheme and host become lower case, a host in its own script is written in ASCII, and a
  default port goes away.
- In the path, what no address may hold raw is percent-encoded; what is encoded already stays.
- The query stays byte for byte, but for those characters that no address may hold raw.

What has a control or invisible character inside, a user name, or a host that cannot be read is left
as it is, and refused where it would be used (`addresses`).
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote

from tui.addresses import CUT, MAX_URL_LENGTH, is_loopback
from tui.host_names import ascii_host
from tui.signed_links.expiry import split
from tui.signed_links.stores import store_of

_MAX_SHOWN: Final = 500
"""Characters that are held of a link that is refused: those that are shown of it."""
_CLEAN: Final = re.compile(
    r"https://[a-z0-9.-]++(?:/(?:[A-Za-z0-9._~!$&()*+,;=:@/-]|%[0-9A-Fa-f]{2})*+)?"
    r"(?:\?[!#-&(-;=?-\[\]^_a-~]*+)?"
)
"""What needs no mending: nearly every link."""
_PARTS: Final = re.compile(
    r"(https?)://([^/?#\\]*)((?:/[^?#]*)?)((?:[?#].*)?)", re.IGNORECASE | re.DOTALL
)
_IN_JSON: Final = re.compile(r"(?i)(?:https?:)?\\/\\/")
_IN_A_FIELD: Final = re.compile(r"(?i)https?%3a%2f%2f")
_AMPERSAND: Final = re.compile(r"&(?:amp|#38|#x26);|\\u0026")
_DOUBLED: Final = re.compile(r"\A(?:https?:/{0,2})+(?=https?://)", re.IGNORECASE)
_HOST_FIRST: Final = re.compile(r"\A[\w-]++\.[\w.-]++(?::[0-9]{1,5})?/", re.ASCII)
_AUTHORITY: Final = re.compile(r"(\[[0-9A-Fa-f:.]*\]|[^:@\[\]%\s]+)(?::([0-9]{0,5}))?")
_BARE_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_MAX_BARE_PERCENTS: Final = 64
_QUERY_UNSAFE: Final = " \"'\\<>`"
_PATH_UNSAFE: Final = _QUERY_UNSAFE + "#[]^{|}"
_ASCII: Final = "".join(map(chr, range(0x80)))
_QUOTES: Final = (
    *("<>", '""', "''", "``", "“”", "‘’", "«»", "「」", "『』", "《》", "〈〉"),
    *("()", "[]", "（）", "［］", "【】"),
)
_MAX_QUOTES: Final = 3
_BLANK: Final = "".join(
    map(
        chr,
        (
            *(
                *range(0x21),
                *range(0x7F, 0xA1),
                0xAD,
                0x61C,
                0x1680,
                0x180E,
                *range(0x2000, 0x2010),
            ),
            *(*range(0x2028, 0x2030), *range(0x205F, 0x2070), 0x3000, 0x3164, 0xFEFF),
        ),
    )
)
"""White space, controls, and what is as invisible: nothing of a link begins or ends with it."""
_SPACES: Final = re.compile("[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_JOINERS: Final = re.compile("[\u200c\u200d]")
"""Invisible, but a part of Persian and Indic words and of emoji."""


def is_link(text: str, *, with_spaces: bool = False) -> bool:
    """Return whether `text` is exactly one web link, safe to open or not, perhaps after mending.

    With `with_spaces`, one that has spaces inside or no scheme counts too: for what cannot be a
    sentence.
    """
    link = _unwrapped(text)
    if with_spaces:
        link = _with_scheme(link)
    elif _SPACES.search(link):
        return False
    return bool(re.match(r"(?i)https?://[^\s/?#]", link)) and _is_visible(link)


def mended(text: str) -> str:
    """Return the link that `text` is meant to be, as it is held, shown and requested.

    One that is too long is cut, and refused for its length; one that cannot be mended is held as
    far as it is shown. So a link takes about `MAX_URL_LENGTH` bytes in memory at most.
    """
    if len(text) <= MAX_URL_LENGTH and _CLEAN.fullmatch(text) and "&amp;" not in text:
        return text
    link = _unwrapped(text)
    if len(link) <= MAX_URL_LENGTH:
        link = _mended(link)
    if len(link) > MAX_URL_LENGTH:
        return link[:_MAX_SHOWN] + CUT
    if link.isascii() or len(link) <= _MAX_SHOWN:
        return link
    return f"{link[:_MAX_SHOWN]}\ufffd"


def _mended(link: str) -> str:
    link = _with_scheme(link)
    parts = _PARTS.fullmatch(link)
    if parts is None or not _is_visible(link):
        return link
    scheme, authority, path, rest = parts.groups("")
    origin = _origin(scheme.lower(), authority)
    if not origin:
        return link
    if rest.startswith("#") and "?" in rest and _is_signed(rest.partition("?")[2]):
        # A number sign in a file's name: what follows would not be sent.
        name, _, query = rest.partition("?")
        path, rest = path + name, f"?{query}"
    path = _BARE_PERCENT.sub("%25", path, count=_MAX_BARE_PERCENTS)
    return f"{origin}{_encoded(path, _PATH_UNSAFE)}{_encoded(rest, _QUERY_UNSAFE)}"


def _is_visible(link: str) -> bool:
    """Return whether a link has nothing inside that could be meant for a terminal or to deceive."""
    if not link.isascii():
        link = _JOINERS.sub("", _SPACES.sub("", link))
    return link.isprintable()


def _encoded(text: str, unsafe: str) -> str:
    # Not in one pass: many links of an answer may need it, and a function for each match is slow.
    for character in unsafe:
        text = text.replace(character, f"%{ord(character):02X}")
    return text if text.isascii() else quote(text, safe=_ASCII, errors="replace")


def _is_signed(query: str) -> bool:
    return store_of(split(query)) is not None


def _origin(scheme: str, authority: str) -> str:
    """Return scheme, host and port as they are to be requested; empty if there is no such host."""
    parts = _AUTHORITY.fullmatch(authority)
    host = ascii_host(parts[1]) if parts else ""
    if parts is None or not host:
        return ""
    defaults = ["", "80" if scheme == "http" else "443"]
    if scheme != "http" or not is_loopback(host):
        scheme = "https"
        defaults.append("443")
    port = parts[2] or ""
    return f"{scheme}://{host}" if port in defaults else f"{scheme}://{host}:{port}"


def _with_scheme(link: str) -> str:
    """Return a link with one scheme where it has two, or lacks only that; other text as it is."""
    link = _DOUBLED.sub("", link)
    if link.startswith("//"):
        return f"https:{link}"
    is_whole = _HOST_FIRST.match(link) and _is_signed(link.partition("?")[2])
    return f"https://{link}" if is_whole else link


def _unwrapped(text: str) -> str:
    """Return `text` without what stands around a link, and without one escape too many."""
    text = text.strip(_BLANK)
    for _ in range(_MAX_QUOTES):
        if len(text) < 2 or text[0] + text[-1] not in _QUOTES:
            break
        text = text[1:-1].strip(_BLANK)
    return _unescaped(text)


def _unescaped(link: str) -> str:
    if _IN_JSON.match(link):
        return _AMPERSAND.sub("&", link.replace("\\/", "/"))
    if _IN_A_FIELD.match(link):
        return unquote(link, errors="replace")
    path, mark, query = link.partition("?")
    unescaped = _AMPERSAND.sub("&", query)
    if unescaped == query or _is_signed(query) or not _is_signed(unescaped):
        return link
    return f"{path}{mark}{unescaped}"
