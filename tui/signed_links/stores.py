"""The signatures of the stores: a table, and which of them a link has.

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

from typing import Final, NamedTuple

from tui.signed_links.expiry import (
    End,
    Fields,
    azure_end,
    bos_end,
    cloudfront_end,
    cos_end,
    decoded,
    first_number,
    old_cos_end,
    oss_end,
    tilde_end,
    unix,
    version_4,
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
        return Store("another", signature, frozenset({expiry, signature}), unix(expiry))
    return None


def is_unsigned(fields: Fields) -> bool:
    """Return whether a query has only fields that certainly are of no signature."""
    return all(
        name in _PLAIN_NAMES or name.startswith(("response-", *_PICTURE_OPERATIONS))
        for name in fields
    )


def _store(name: str, mark: str, others: str, end: End, *needed: str, begins: str = "") -> Store:
    return Store(name, mark, frozenset({mark, *others.split()}), end, needed, begins)


def _version_4_store(name: str, vendor: str) -> Store:
    fields = (
        "algorithm credential date expires signedheaders security-token content-sha256 policy "
        "s3session-token"
    )
    own = " ".join(f"x-{vendor}-{field}" for field in fields.split())
    return _store(name, f"x-{vendor}-signature", own, version_4(vendor))


_EXPIRES: Final = unix("expires")
_TABLE: Final = (
    _store("OSS 1", "ossaccesskeyid", "expires signature security-token", _EXPIRES, "signature"),
    _store(
        "OSS 2 and 4",
        "x-oss-signature",
        "x-oss-signature-version x-oss-access-key-id x-oss-expires x-oss-date x-oss-credential "
        "x-oss-additional-headers x-oss-security-token",
        oss_end,
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
        azure_end,
        "sv|si",
        "se|si|sp|sr",
    ),
    _store(
        "COS",
        "q-signature",
        "q-sign-algorithm q-ak q-sign-time q-key-time q-header-list q-url-param-list "
        "x-cos-security-token",
        cos_end,
    ),
    _store("CloudFront", "key-pair-id", "expires policy signature hash-algorithm", cloudfront_end),
    _store("Google CDN", "keyname", "expires signature urlprefix", _EXPIRES, "signature"),
    _version_4_store("TOS 4", "tos"),
    _store("Volcengine", "x-signature", "x-expires x-orig-authkey", unix("x-expires"), "x-expires"),
    _store("OBS", "accesskeyid", "expires signature x-obs-security-token", _EXPIRES, "signature"),
    _version_4_store("OBS 4", "obs"),
    _store("KS3", "kssaccesskeyid", "expires signature", _EXPIRES, "signature"),
    _store("UCloud", "ucloudpublickey", "expires signature", _EXPIRES, "signature"),
    _store("BOS", "authorization", "x-bce-security-token", bos_end, begins="bce-auth-"),
    _store("Qiniu", "token", "e", unix("e"), "e"),
    # Of these the time is the end or, by the domain's setup, the moment of signing: the link does
    # not end before it, and may live on.
    _store("Alibaba CDN", "auth_key", "", first_number("auth_key")),
    _store("Upyun", "_upt", "", first_number("_upt", skip=8)),
    _store("Wangsu", "wssecret", "wstime", first_number("wstime"), "wstime"),
    _store("Tencent live", "txsecret", "txtime", first_number("txtime"), "txtime"),
    # `us` is a random number (Tencent VOD).
    _store("Tencent CDN", "sign", "t us", first_number("t"), "t"),
    *(
        _store("Akamai", name, "", tilde_end(name))
        for name in ("hdnts", "hdnea", "hdntl", "__token__")
    ),
    *(
        _store("Akamai, renamed", "token", "", tilde_end("token"), begins=start)
        for start in ("st=", "exp=", "ip=")
    ),
    _store("Google CDN, in one field", "edge-cache-token", "", tilde_end("edge-cache-token")),
    _store("ImageKit", "ik-s", "ik-t", unix("ik-t"), "ik-t"),
    # Written by COS's older SDKs: all of the above in one field.
    _store("COS, in one field", "sign", "x-cos-security-token", old_cos_end, begins="q-sign-"),
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
