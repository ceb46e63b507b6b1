"""What a failed connection means, in words that name what is wrong. Imports no HTTP library.

HTTP libraries wrap the errors of the system and of OpenSSL several times; what tells the user what
to do is the innermost. One function reads it, for the service and for the hosts of links alike.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from tui.errors import ErrorKind
from tui.os_errors import os_error_reason
from tui.sanitize import clean

_MAX_CHAIN: Final = 50
"""Errors of a chain that are looked at."""

# The codes of OpenSSL (x509_vfy.h), which never change; Python 3.11's ssl names none of them.
_CLOCK: Final = "is this machine's clock right?"
_OTHER_NAME: Final = "is for another name"
_UNKNOWN_ISSUER: Final = "comes from an unknown issuer (ca_file?)"
_TOO_WEAK: Final = "is too weak to be trusted"
_CERTIFICATE: Final[Mapping[int, str]] = {
    **dict.fromkeys((62, 63, 64), _OTHER_NAME),
    9: f"is not valid yet ({_CLOCK})",
    10: f"has expired ({_CLOCK})",
    18: "is self-signed (ca_file?)",
    **dict.fromkeys((2, 19, 20, 21, 27, 28, 33), _UNKNOWN_ISSUER),
    23: "was revoked",
    **dict.fromkeys((66, 67, 68), _TOO_WEAK),
}

_NOT_TLS: Final = "the port does not speak TLS (is it for plain http?)"
_VERSION: Final = "no TLS version suits both sides (TLS 1.2 is the least)"
_NO_AGREEMENT: Final = "the two sides agree on no TLS encryption"
_CLIENT_CERTIFICATE: Final = "a client certificate is asked for, which is not supported"
_NAME_UNKNOWN: Final = "the server knows no host of this name (TLS)"
_TLS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            *("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "UNKNOWN_PROTOCOL"),
            *("PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE", "WRONG_SSL_VERSION"),
        ),
        _NOT_TLS,
    ),
    **dict.fromkeys(
        (
            *("UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE"),
            *("VERSION_TOO_LOW", "VERSION_TOO_HIGH"),
        ),
        _VERSION,
    ),
    **dict.fromkeys(
        (
            *("SSLV3_ALERT_HANDSHAKE_FAILURE", "SSL/TLS_ALERT_HANDSHAKE_FAILURE"),
            *("TLSV1_ALERT_INSUFFICIENT_SECURITY", "DH_KEY_TOO_SMALL", "WRONG_SIGNATURE_TYPE"),
            *("NO_SHARED_CIPHER", "NO_CIPHERS_AVAILABLE", "UNSAFE_LEGACY_RENEGOTIATION_DISABLED"),
        ),
        _NO_AGREEMENT,
    ),
    **dict.fromkeys(
        (
            *("TLSV13_ALERT_CERTIFICATE_REQUIRED", "SSLV3_ALERT_NO_CERTIFICATE"),
            *("SSLV3_ALERT_BAD_CERTIFICATE", "SSL/TLS_ALERT_BAD_CERTIFICATE"),
            *("TLSV1_ALERT_ACCESS_DENIED",),
        ),
        _CLIENT_CERTIFICATE,
    ),
    "TLSV1_UNRECOGNIZED_NAME": _NAME_UNKNOWN,
    "TLSV1_ALERT_UNRECOGNIZED_NAME": _NAME_UNKNOWN,
}
"""By the reasons of OpenSSL 1.1.1 to 3.6, some of which changed their names."""

_SYSTEM: Final[Mapping[int, str]] = {
    errno.ENETUNREACH: "no route to the host",
    errno.EHOSTUNREACH: "no route to the host",
    errno.ENETDOWN: "the network is down",
    errno.EACCES: "this machine forbids the connection (a firewall?)",
    errno.EPERM: "this machine forbids the connection (a firewall?)",
}


class TransportFault(NamedTuple):
    """What made a connection fail."""

    kind: ErrorKind
    words: str
    """A clause without a full stop, of fixed words: no link, no key, nothing from the host."""


def explain(error: BaseException, *, proxy: str = "") -> TransportFault | None:
    """Return what is certain about a failed connection; None where its errors do not tell.

    `proxy` is the scheme of the proxy that was asked, if one was: then the name that is not known
    is the proxy's, and a certificate may be the one of an `https` proxy.
    """
    for link in _chain(error):
        if fault := _explain_one(link, proxy):
            return fault
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what caused it, the nearest first.

    httpcore raises its errors anew `from None`, which takes their cause away but not their context.
    What the system's own error came up during, though, is the story of an earlier failure.
    """
    pending: list[BaseException] = [error]
    for position in range(_MAX_CHAIN):
        if position >= len(pending):
            return
        link = pending[position]
        yield link
        if isinstance(link, BaseExceptionGroup):
            pending += link.exceptions
        cause = link.__cause__ or (None if isinstance(link, OSError) else link.__context__)
        if cause is not None:
            pending.append(cause)


def _explain_one(error: BaseException, proxy: str) -> TransportFault | None:
    match error:
        case ssl.SSLCertVerificationError():
            return TransportFault(ErrorKind.CERTIFICATE, _certificate_words(error, proxy))
        case ssl.SSLWantReadError() | ssl.SSLWantWriteError():
            return None
        case ssl.SSLError():
            words = _tls_words(error)
        case socket.gaierror():
            owner = "the proxy" if proxy else "the host"
            unknown = error.errno not in (socket.EAI_AGAIN, socket.EAI_SYSTEM)
            words = f"{owner}'s name " + (
                "is not known" if unknown else "cannot be looked up now (DNS)"
            )
        case OSError(errno=errno.EMFILE | errno.ENFILE):
            words = os_error_reason(error)
        case OSError():
            words = _SYSTEM.get(error.errno or 0, "")
            words = words.replace("the host", "the proxy") if proxy else words
        case _:
            return None
    return TransportFault(ErrorKind.OFFLINE, words) if words else None


def _certificate_words(error: ssl.SSLCertVerificationError, proxy: str) -> str:
    whose = "the certificate of the proxy, or behind it," if proxy == "https" else "the certificate"
    if words := _CERTIFICATE.get(getattr(error, "verify_code", 0)):
        return f"{whose} {words}"
    # OpenSSL's own table of words, which quotes nothing from outside.
    reason = clean(getattr(error, "verify_message", ""), 80).lower()
    return f"{whose} cannot be verified" + (f" ({reason})" if reason else "")


def _tls_words(error: ssl.SSLError) -> str:
    # Those that Python makes itself, and not OpenSSL, have none.
    reason: str = getattr(error, "reason", None) or ""
    if reason in _TLS or not reason or reason == "UNEXPECTED_EOF_WHILE_READING":
        return _TLS.get(reason, "")
    return f"TLS failed ({clean(reason, 60).replace('_', ' ').lower()})"
