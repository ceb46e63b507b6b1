"""Read the fields of a signed link, and from them when it ends. Pure functions.

An `End` gets the decoded fields of a signature. It returns None where they tell no end, or one that
is not between 1970 and 2100.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import unquote

from tui.clock import LATEST

MAX_FIELDS: Final = 64
"""Fields of a query that are looked at; a link with more is one of an unknown store."""

Fields = Mapping[str, str]
"""The values of a query by lower-case name: as they stand, or decoded for an `End`."""
End = Callable[[Fields], float | None]
"""Returns when a link ends, in Unix seconds; None if its fields do not tell."""

_MAX_LIFETIME_SECONDS: Final = 604_800
"""Maximum lifetime of a version 4 signature: seven days."""
_MAX_TIMESTAMP: Final = int(LATEST.timestamp())
"""The last Unix second that is taken for an expiry time."""
_COMPACT_UTC: Final = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_ISO_DATE: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9:.]{4,20}([Zz]|[+-][0-9:]{4,6})?)?"
)
_HEX: Final = re.compile(r"[0-9A-Fa-f]{8}")
_POLICY_END: Final = re.compile(
    r'"DateLessThan"\s{0,20}:\s{0,20}\{\s{0,20}"AWS:EpochTime"\s{0,20}:\s{0,20}([0-9]{1,12})'
)
_END_IN_PATH: Final = re.compile(r"(?i)[/~&;=]exp(?:ires)?=([0-9]{1,12})(?=[~&;/])")
_HEX_TIME: Final = "(?=[0-9]*[a-f])[0-9a-f]{8}"
_TIME: Final = f"(?:[0-9]{{10}}|[0-9]{{12}}|{_HEX_TIME})"
_TOKEN_IN_PATH: Final = re.compile(
    rf"/[0-9a-f]{{32,64}}/{_TIME}/|/{_TIME}/[0-9a-f]{{32,64}}/"
    r"|/(?=[\w.~=-]{40,}+/)(?=[^/]*[0-9])(?=[^/]*[A-Z])[^/]*[a-z]",
    re.ASCII,
)


def split(query: str) -> dict[str, str]:
    """Return the fields of a query; of a name that is repeated with another value, nothing."""
    fields: dict[str, str] = {}
    for field in query.split("&", MAX_FIELDS):
        name, _, value = field.partition("=")
        if fields.setdefault(name := name.lower(), value) != value:
            fields[name] = ""
    return fields


def decoded(value: str) -> str:
    """Return a value of a query; unlike in a form's, a plus is one: base64 and zones have it."""
    return unquote(value, errors="replace") if "%" in value else value


def _digits(text: str, maximum: float = _MAX_TIMESTAMP) -> float | None:
    if not text.isascii() or not text.isdigit() or len(text) > 12 or int(text) > maximum:
        return None
    return float(text)


def unix(name: str) -> End:
    """Return an `End` for a field with Unix seconds."""
    return lambda fields: _digits(fields.get(name, ""))


def _plausible(moment: datetime) -> float | None:
    seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return seconds if 0 <= seconds <= _MAX_TIMESTAMP else None


def _compact_utc(text: str) -> float | None:
    if not _COMPACT_UTC.fullmatch(text):
        return None
    try:
        return _plausible(datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC))
    except ValueError:
        return None


def _iso(text: str) -> float | None:
    """Return a time in ISO 8601, from the date alone to ten-millionths of a second; UTC."""
    if not _ISO_DATE.fullmatch(text):
        return None
    try:
        return _plausible(datetime.fromisoformat(text.upper()))
    except (ValueError, OverflowError):
        return None


def version_4(vendor: str) -> End:
    """Return an `End` for a date and a lifetime in seconds."""

    def end(fields: Fields) -> float | None:
        start = _compact_utc(fields.get(f"x-{vendor}-date", ""))
        lifetime = _digits(fields.get(f"x-{vendor}-expires", ""), _MAX_LIFETIME_SECONDS)
        if start is None or lifetime is None or start + lifetime > _MAX_TIMESTAMP:
            return None
        return start + lifetime

    return end


def oss_end(fields: Fields) -> float | None:
    """Return the end of a version 4 signature of OSS, or of version 2."""
    if "x-oss-date" in fields:
        return version_4("oss")(fields)
    if fields.get("x-oss-signature-version", "").upper() == "OSS2":
        return _digits(fields.get("x-oss-expires", ""))
    return None


def azure_end(fields: Fields) -> float | None:
    """Return the end of a SAS, or of the delegation key that signed it if that is earlier."""
    ends = [_iso(fields[name]) for name in ("se", "ske") if name in fields]
    known = [end for end in ends if end is not None]
    # Without `se` a stored access policy holds the end, which the link does not tell.
    return min(known) if "se" in fields and len(known) == len(ends) else None


def cos_end(fields: Fields) -> float | None:
    """Return the earlier end of `start;end` of the signature and of its key."""
    ends = [
        _digits(fields[name].partition(";")[2])
        for name in ("q-sign-time", "q-key-time")
        if name in fields
    ]
    known = [end for end in ends if end is not None]
    return min(known) if known and len(known) == len(ends) else None


def old_cos_end(fields: Fields) -> float | None:
    """Return the end in a whole authorization that stands in one field."""
    parts = split(fields["sign"])
    return cos_end({name: decoded(value) for name, value in parts.items()})


def cloudfront_end(fields: Fields) -> float | None:
    """Return the end of a canned policy (`Expires`), or of the custom one that stands in a link."""
    if "policy" not in fields:
        return _digits(fields.get("expires", ""))
    encoded = fields["policy"].translate(str.maketrans("-_~", "+=/"))
    try:
        policy = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    found = _POLICY_END.search(policy)
    return _digits(found[1]) if found else None


def first_number(name: str, *, skip: int = 0) -> End:
    """Return an `End` for a time that begins a value, or follows some characters of it."""
    return lambda fields: _time(fields[name][skip:].partition("-")[0])


def _time(text: str) -> float | None:
    """Return a time in decimal or, where that has eight digits, in hexadecimal Unix seconds."""
    return _digits(str(int(text, 16)) if _HEX.fullmatch(text) else text)


def bos_end(fields: Fields) -> float | None:
    """Return the end in `bce-auth-v1/<key>/<start>/<lifetime>/<headers>/<signature>`."""
    parts = fields["authorization"].split("/")
    if len(parts) < 4:
        return None
    start, lifetime = _iso(parts[2]), _digits(parts[3])
    if start is None or lifetime is None or start + lifetime > _MAX_TIMESTAMP:
        return None
    return start + lifetime


def tilde_end(name: str) -> End:
    """Return an `End` for fields in one, such as `st=<start>~exp=<end>~acl=<path>~hmac=<hash>`."""

    def end(fields: Fields) -> float | None:
        parts = (part.partition("=") for part in fields[name].split("~"))
        ends = (value for key, _, value in parts if key.lower() in ("exp", "expires"))
        return next(map(_digits, ends), None)

    return end


def path_end(path: str, default: float) -> float | None:
    """Return when a link ends by a token in its path; `default` if there is none.

    CDNs write it there as fields of a folder's name (`/exp=<end>~hmac=<hash>/`), as a hash beside a
    time (which may be the end or the moment of signing), or so that nobody can read it.
    """
    if found := _END_IN_PATH.search(path):
        return _digits(found[1])
    return None if _TOKEN_IN_PATH.search(path) else default
