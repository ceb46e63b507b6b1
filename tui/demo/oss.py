"""Links signed as Aliyun OSS signs them, and its answers to links that do not hold. Pure.

Signature version 1 in the query, as in Aliyun's documentation of OSS, page *Add signatures to
URLs*. Error codes (`EC`) as in its pages *0002-00000069* and following.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from urllib.parse import parse_qsl, quote, unquote


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why OSS does not hand out an object: what its XML and the header `x-oss-ec` say."""

    status: int
    code: str
    message: str
    ec: str = ""
    """Empty where Aliyun's documentation names no code for it."""
    details: tuple[tuple[str, str], ...] = ()

    def xml(self, *, host: str, request_id: str) -> bytes:
        """Return the body of the answer, in UTF-8."""
        fields = (
            ("Code", self.code),
            ("Message", self.message),
            ("RequestId", request_id),
            ("HostId", host),
            *self.details,
            *((("EC", self.ec),) if self.ec else ()),
        )
        lines = [f"  <{name}>{escape(value, quote=False)}</{name}>" for name, value in fields]
        head = '<?xml version="1.0" encoding="UTF-8"?>'
        return "\n".join([head, "<Error>", *lines, "</Error>", ""]).encode()


@dataclass(frozen=True, slots=True)
class Signer:
    """One access key of one bucket: signs links, and checks what comes back."""

    access_key_id: str
    secret: bytes
    bucket: str

    def sign(self, path: str, expires: int, *, method: str = "GET") -> str:
        """Return `path` with its signature, valid for `method` until `expires` (Unix seconds)."""
        signature = self._signature(method, path, str(expires))
        query = (
            ("OSSAccessKeyId", self.access_key_id),
            ("Expires", str(expires)),
            ("Signature", signature),
        )
        return path + "?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in query)

    def verify(
        self, method: str, path: str, query: str, headers: Mapping[str, str], *, now: float
    ) -> Refusal | None:
        """Say why a request is refused at `now` (Unix seconds), or None if its signature holds.

        `path` and `query` are as they came over the wire; header names are in lower case.
        """
        if "authorization" in headers:
            return Refusal(
                400, "InvalidArgument", "Only one auth mechanism allowed.", "0002-00000039"
            )
        given = dict(parse_qsl(query, keep_blank_values=True))
        missing = _missing(given)
        if missing is not None:
            return missing
        expires, signature = given["Expires"], given["Signature"]
        if not (expires.isascii() and expires.isdigit()) or len(expires) > 12:
            return Refusal(
                403, "AccessDenied", "Invalid date (should be seconds).", "0002-00000070"
            )
        if now > int(expires):
            return _expired(int(expires), now)
        if given["OSSAccessKeyId"] != self.access_key_id:
            message = "The OSS Access Key Id you provided does not exist in our records."
            return Refusal(403, "InvalidAccessKeyId", message, "0002-00000902")
        md5, kind = headers.get("content-md5", ""), headers.get("content-type", "")
        wanted = self._signature(method, path, expires, md5, kind)
        if not hmac.compare_digest(wanted.encode(), signature.encode()):
            return _mismatch(signature, self._text(method, path, expires, md5, kind))
        return None

    def _text(self, method: str, path: str, expires: str, md5: str, kind: str) -> str:
        """Return the text that is signed. There are no `x-oss-` headers or sub-resources here."""
        return f"{method}\n{md5}\n{kind}\n{expires}\n/{self.bucket}{unquote(path)}"

    def _signature(
        self, method: str, path: str, expires: str, md5: str = "", kind: str = ""
    ) -> str:
        text = self._text(method, path, expires, md5, kind)
        digest = hmac.new(self.secret, text.encode(), hashlib.sha1).digest()
        return base64.b64encode(digest).decode()


def no_such_key(key: str) -> Refusal:
    """Refuse an object that the bucket does not hold. `key` has no slash in front."""
    return Refusal(
        404, "NoSuchKey", "The specified key does not exist.", "0026-00000001", (("Key", key),)
    )


def method_not_allowed(method: str) -> Refusal:
    """Refuse a method that would change the bucket."""
    message = "The specified method is not allowed against this resource."
    return Refusal(405, "MethodNotAllowed", message, details=(("Method", method),))


def _missing(given: Mapping[str, str]) -> Refusal | None:
    names = {"OSSAccessKeyId": "0002-00000071", "Expires": "", "Signature": "0002-00000074"}
    absent = [name for name in names if not given.get(name)]
    if not absent:
        return None
    if len(absent) == len(names):
        message = "You have no right to access this object because of bucket acl."
        return Refusal(403, "AccessDenied", message, "0003-00000001")
    message = "OSSAccessKeyId, Expires and Signature are all needed in a signed URL."
    return Refusal(403, "AccessDenied", message, names[absent[0]] or "0002-00000070")


def _expired(expires: int, now: float) -> Refusal:
    times = (("Expires", _stamp(expires)), ("ServerTime", _stamp(now)))
    return Refusal(403, "AccessDenied", "Request has expired.", "0002-00000069", times)


def _mismatch(signature: str, text: str) -> Refusal:
    message = (
        "The request signature we calculated does not match the signature you provided."
        " Check your key and signing method."
    )
    details = (("SignatureProvided", signature), ("StringToSign", text))
    return Refusal(403, "SignatureDoesNotMatch", message, "0002-00000040", details)


def _stamp(seconds: float) -> str:
    # Twelve digits, which a query may hold, are past the year 9999 of `datetime`.
    moment = datetime.fromtimestamp(min(seconds, 253_402_300_799), UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
