"""Sign and verify links as Aliyun OSS does, with its error responses. Pure.

Signature version 1 in the query, as documented by Aliyun on the page *Add signatures to URLs*.
Error codes (`EC`) as on its pages *0002-00000069* and following.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode


class ErrorResponse(NamedTuple):
    """An OSS error: the contents of its XML body and of the header `x-oss-ec`."""

    status: int
    code: str
    message: str
    ec: str = ""
    """Empty if Aliyun documents no code for it."""
    details: tuple[tuple[str, str], ...] = ()

    def xml(self, *, host: str, request_id: str) -> bytes:
        """Return the body of the response, in UTF-8."""
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


class Signer(NamedTuple):
    """An access key for a bucket: signs links and verifies requests for them."""

    access_key_id: str
    secret: bytes
    bucket: str

    def sign(self, path: str, expires: int, *, method: str = "GET") -> str:
        """Return `path` with a signature, valid for `method` until `expires` (Unix seconds)."""
        signature = self._sign(self._string_to_sign(method, path, str(expires)))
        query = {"OSSAccessKeyId": self.access_key_id, "Expires": expires, "Signature": signature}
        return f"{path}?{urlencode(query, safe='', quote_via=quote)}"

    def verify(
        self, method: str, path: str, query: str, headers: Mapping[str, str], *, now: float
    ) -> ErrorResponse | None:
        """Return the error for a request at `now` (Unix seconds); None if its signature is valid.

        `path` and `query` are still percent-encoded; header names are in lower case.
        """
        if "authorization" in headers:
            return ErrorResponse(
                400, "InvalidArgument", "Only one auth mechanism allowed.", "0002-00000039"
            )
        parameters = dict(parse_qsl(query, keep_blank_values=True))
        error = _missing_parameter(parameters)
        if error is not None:
            return error
        expires, signature = parameters["Expires"], parameters["Signature"]
        if not (expires.isascii() and expires.isdigit()) or len(expires) > 12:
            return ErrorResponse(
                403, "AccessDenied", "Invalid date (should be seconds).", "0002-00000070"
            )
        if now > int(expires):
            return _expired(int(expires), now)
        if parameters["OSSAccessKeyId"] != self.access_key_id:
            message = "The OSS Access Key Id you provided does not exist in our records."
            return ErrorResponse(403, "InvalidAccessKeyId", message, "0002-00000902")
        md5, content_type = headers.get("content-md5", ""), headers.get("content-type", "")
        text = self._string_to_sign(method, path, expires, md5, content_type)
        if not hmac.compare_digest(self._sign(text).encode(), signature.encode()):
            return _mismatch(signature, text)
        return None

    def _string_to_sign(
        self, method: str, path: str, expires: str, md5: str = "", content_type: str = ""
    ) -> str:
        """Return the text to sign; the demo has no `x-oss-` headers or sub-resources."""
        return f"{method}\n{md5}\n{content_type}\n{expires}\n/{self.bucket}{unquote(path)}"

    def _sign(self, text: str) -> str:
        digest = hmac.new(self.secret, text.encode(), hashlib.sha1).digest()
        return base64.b64encode(digest).decode()


def no_such_key(key: str) -> ErrorResponse:
    """Return the error for a missing object. `key` has no leading slash."""
    return ErrorResponse(
        404, "NoSuchKey", "The specified key does not exist.", "0026-00000001", (("Key", key),)
    )


def method_not_allowed(method: str) -> ErrorResponse:
    """Return the error for a method that would change the bucket."""
    message = "The specified method is not allowed against this resource."
    return ErrorResponse(405, "MethodNotAllowed", message, details=(("Method", method),))


def _missing_parameter(parameters: Mapping[str, str]) -> ErrorResponse | None:
    names = {"OSSAccessKeyId": "0002-00000071", "Expires": "", "Signature": "0002-00000074"}
    missing = [name for name in names if not parameters.get(name)]
    if not missing:
        return None
    if len(missing) == len(names):
        message = "You have no right to access this object because of bucket acl."
        return ErrorResponse(403, "AccessDenied", message, "0003-00000001")
    message = "OSSAccessKeyId, Expires and Signature are all needed in a signed URL."
    return ErrorResponse(403, "AccessDenied", message, names[missing[0]] or "0002-00000070")


def _expired(expires: int, now: float) -> ErrorResponse:
    times = (("Expires", _stamp(expires)), ("ServerTime", _stamp(now)))
    return ErrorResponse(403, "AccessDenied", "Request has expired.", "0002-00000069", times)


def _mismatch(signature: str, text: str) -> ErrorResponse:
    message = (
        "The request signature we calculated does not match the signature you provided."
        " Check your key and signing method."
    )
    details = (("SignatureProvided", signature), ("StringToSign", text))
    return ErrorResponse(403, "SignatureDoesNotMatch", message, "0002-00000040", details)


def _stamp(seconds: float) -> str:
    # A query may hold twelve digits, which is past the last year of `datetime`.
    moment = datetime.fromtimestamp(min(seconds, 253_402_300_799), UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
