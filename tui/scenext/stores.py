"""What the query of a signed link says, store by store: a table, and how a link is looked up in it.

The rule: a store is recognized by the fields that only its signatures have. Those fields, and no
others, are the signature's own; every other field of the query names the file or what is to be made
of it. Field names are compared without regard to case.

The formats are those of the stores' own documentation of signed or presigned URLs: Aliyun OSS
(versions 1, 2 and 4) and CDN (type A), Amazon S3 (signature versions 2 and 4) and CloudFront,
Google Cloud Storage (2 and 4) and CDN, Azure Storage (service, account and user-delegation SAS),
Tencent COS and CDN, Volcengine TOS, Huawei OBS, Baidu BOS, Kingsoft KS3, UCloud, Qiniu, Upyun,
Akamai.

None of the stores signs the scheme, so that a link may be asked for by https. CloudFront's canned
policies and Qiniu's tokens sign the whole address as it was written; there the host's answer says
whether it takes the other scheme.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple
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


class Store(NamedTuple):
    """How one kind of signature is written into the query of a link."""

    name: str
    mark: str
    """The field that marks it."""
    own: frozenset[str]
    """The fields that belong to the signature, `mark` among them."""
    end: End
    needed: tuple[str, ...] = ()
    """Other fields that must be there; a bar stands between alternatives."""
    begins: str = ""
    """How the value of `mark` begins."""

    def ends_at(self, fields: Fields) -> float | None:
        """Return when a link with these fields ends, in Unix seconds; None if they do not tell."""
        return self.end({name: decoded(fields[name]) for name in self.own if name in fields})

    def has_signed(self, fields: Fields) -> bool:
        """Return whether a query that has `mark` is one of this store."""
        return fields[self.mark].startswith(self.begins) and all(
            any(name in fields for name in names.split("|")) for names in self.needed
        )


def store_of(fields: Fields) -> Store | None:
    """Return the store whose signature is in a query; None for an unknown one, or none at all."""
    for name in fields:
        for store in _BY_MARK.get(name, ()):
            if store.has_signed(fields):
                return store
    expiry = next((name for name in _EXPIRY_NAMES if name in fields), "")
    signature = next((name for name in _SIGNATURE_NAMES if name in fields), "")
    if expiry and signature:
        return Store("another", signature, frozenset({expiry, signature}), _unix(expiry))
    return None


def is_unsigned(fields: Fields) -> bool:
    """Return whether a query has only fields that certainly are of no signature."""
    return all(
        name in _PLAIN_NAMES or name.startswith(("response-", *_PICTURE_OPERATIONS))
        for name in fields
    )


def decoded(value: str) -> str:
    """Return a value of a query; unlike in a form's, a plus is one: base64 and zones have it."""
    return unquote(value, errors="replace") if "%" in value else value


# When a link ends


def _digits(text: str, maximum: float = _MAX_TIMESTAMP) -> float | None:
    if not text.isascii() or not text.isdigit() or len(text) > 12 or int(text) > maximum:
        return None
    return float(text)


def _unix(name: str) -> End:
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


def _version_4(vendor: str) -> End:
    """Return an `End` for a date and a lifetime in seconds."""

    def end(fields: Fields) -> float | None:
        start = _compact_utc(fields.get(f"x-{vendor}-date", ""))
        lifetime = _digits(fields.get(f"x-{vendor}-expires", ""), _MAX_LIFETIME_SECONDS)
        if start is None or lifetime is None or start + lifetime > _MAX_TIMESTAMP:
            return None
        return start + lifetime

    return end


def _oss_end(fields: Fields) -> float | None:
    if "x-oss-date" in fields:
        return _version_4("oss")(fields)
    if fields.get("x-oss-signature-version", "").upper() == "OSS2":
        return _digits(fields.get("x-oss-expires", ""))
    return None


def _azure_end(fields: Fields) -> float | None:
    """Return the end of a SAS, or of the delegation key that signed it if that is earlier."""
    ends = [_iso(fields[name]) for name in ("se", "ske") if name in fields]
    known = [end for end in ends if end is not None]
    # Without `se` a stored access policy holds the end, which the link does not tell.
    return min(known) if "se" in fields and len(known) == len(ends) else None


def _cos_end(fields: Fields) -> float | None:
    """Return the earlier end of `start;end` of the signature and of its key."""
    ends = [
        _digits(fields[name].partition(";")[2])
        for name in ("q-sign-time", "q-key-time")
        if name in fields
    ]
    known = [end for end in ends if end is not None]
    return min(known) if known and len(known) == len(ends) else None


def _old_cos_end(fields: Fields) -> float | None:
    """Return the end in a whole authorization that stands in one field."""
    parts = split(fields["sign"])
    return _cos_end({name: decoded(value) for name, value in parts.items()})


def _cloudfront_end(fields: Fields) -> float | None:
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


def _first_number(name: str, *, skip: int = 0) -> End:
    """Return an `End` for a time that begins a value, or follows some characters of it."""
    return lambda fields: _time(fields[name][skip:].partition("-")[0])


def _time(text: str) -> float | None:
    """Return a time in decimal or, where that has eight digits, in hexadecimal Unix seconds."""
    return float(int(text, 16)) if _HEX.fullmatch(text) else _digits(text)


def _bos_end(fields: Fields) -> float | None:
    """Return the end in `bce-auth-v1/<key>/<start>/<lifetime>/<headers>/<signature>`."""
    parts = fields["authorization"].split("/")
    if len(parts) < 4:
        return None
    start, lifetime = _iso(parts[2]), _digits(parts[3])
    if start is None or lifetime is None or start + lifetime > _MAX_TIMESTAMP:
        return None
    return start + lifetime


def _akamai_end(name: str) -> End:
    """Return an `End` for `st=<start>~exp=<end>~acl=<path>~hmac=<signature>`."""

    def end(fields: Fields) -> float | None:
        parts = (part.partition("=") for part in fields[name].split("~"))
        return next((_digits(value) for key, _, value in parts if key == "exp"), None)

    return end


# The table


def split(query: str) -> dict[str, str]:
    """Return the fields of a query; of a name that is repeated with another value, nothing."""
    fields: dict[str, str] = {}
    for field in query.split("&", MAX_FIELDS):
        name, _, value = field.partition("=")
        if fields.setdefault(name := name.lower(), value) != value:
            fields[name] = ""
    return fields


def _store(name: str, mark: str, others: str, end: End, *needed: str, begins: str = "") -> Store:
    return Store(name, mark, frozenset({mark, *others.split()}), end, needed, begins)


def _version_4_store(name: str, vendor: str) -> Store:
    fields = "algorithm credential date expires signedheaders security-token content-sha256 policy"
    own = " ".join(f"x-{vendor}-{field}" for field in fields.split())
    return _store(name, f"x-{vendor}-signature", own, _version_4(vendor))


_EXPIRES: Final = _unix("expires")
_TABLE: Final = (
    _store("OSS 1", "ossaccesskeyid", "expires signature security-token", _EXPIRES, "signature"),
    _store(
        "OSS 2 and 4",
        "x-oss-signature",
        "x-oss-signature-version x-oss-access-key-id x-oss-expires x-oss-date x-oss-credential "
        "x-oss-additional-headers x-oss-security-token",
        _oss_end,
    ),
    _store(
        "S3 2", "awsaccesskeyid", "expires signature x-amz-security-token", _EXPIRES, "signature"
    ),
    _version_4_store("S3 4", "amz"),
    _store("GCS 2", "googleaccessid", "expires signature", _EXPIRES, "signature"),
    _version_4_store("GCS 4", "goog"),
    _store(
        "Azure",
        "sig",
        "sv ss srt st se sr sp sip spr si sdd skoid sktid skt ske sks skv saoid suoid scid ses "
        "skdutid sduoid",
        _azure_end,
        "sv|si",
        "se|si|sp|sr",
    ),
    _store(
        "COS",
        "q-signature",
        "q-sign-algorithm q-ak q-sign-time q-key-time q-header-list q-url-param-list "
        "x-cos-security-token",
        _cos_end,
    ),
    _store("CloudFront", "key-pair-id", "expires policy signature hash-algorithm", _cloudfront_end),
    _store("Google CDN", "keyname", "expires signature urlprefix", _EXPIRES, "signature"),
    _version_4_store("TOS 4", "tos"),
    _store(
        "Volcengine", "x-signature", "x-expires x-orig-authkey", _unix("x-expires"), "x-expires"
    ),
    _store("OBS", "accesskeyid", "expires signature x-obs-security-token", _EXPIRES, "signature"),
    _version_4_store("OBS 4", "obs"),
    _store("KS3", "kssaccesskeyid", "expires signature", _EXPIRES, "signature"),
    _store("UCloud", "ucloudpublickey", "expires signature", _EXPIRES, "signature"),
    _store("BOS", "authorization", "x-bce-security-token", _bos_end, begins="bce-auth-"),
    _store("Qiniu", "token", "e", _unix("e"), "e"),
    # Of these the time is the end or, by the domain's setup, the moment of signing: the link does
    # not end before it, and may live on.
    _store("Alibaba CDN", "auth_key", "", _first_number("auth_key")),
    _store("Upyun", "_upt", "", _first_number("_upt", skip=8)),
    _store("Wangsu", "wssecret", "wstime", _first_number("wstime"), "wstime"),
    _store("Tencent live", "txsecret", "txtime", _first_number("txtime"), "txtime"),
    _store("Tencent CDN", "sign", "t", _first_number("t"), "t"),
    *(_store("Akamai", name, "", _akamai_end(name)) for name in ("hdnts", "hdnea", "hdntl")),
    # Written by COS's older SDKs: all of the above in one field.
    _store("COS, in one field", "sign", "x-cos-security-token", _old_cos_end, begins="q-sign-"),
)
_BY_MARK: Final = {
    mark: tuple(store for store in _TABLE if store.mark == mark)
    for mark in {store.mark for store in _TABLE}
}

_EXPIRY_NAMES: Final = (
    "expires",
    "expire",
    "expiry",
    "expires_at",
    "expiration",
    "exp",
    "deadline",
)
_SIGNATURE_NAMES: Final = ("signature", "sig", "sign", "token", "hash", "hmac", "md5", "s")
"""How signatures of which nothing else is known call the time and themselves (nginx's secure_link,
Bunny, imgix and many a service's own): together they are one."""
_PLAIN_NAMES: Final = frozenset(
    {
        *("", "x-oss-process", "x-image-process", "x-tos-process", "ci-process", "versionid"),
        *("x-oss-traffic-limit", "x-id", "filename", "file_name", "attname", "download"),
    }
)
_PICTURE_OPERATIONS: Final = ("imageview2/", "imagemogr2/", "imageinfo", "watermark/")
