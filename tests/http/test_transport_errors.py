"""The words for a failed connection: each trouble by its own name, over real TLS."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.service import DEFAULT_KEY
from tests.support.tls_hosts import server_context, tls_host, write_certificate
from tui.config import Config
from tui.credentials import Secret
from tui.errors import ApiError, ErrorKind
from tui.http.transport_errors import explain
from tui.scenext.client import HttpClientFactory

CLOCK = "(is this machine's clock right?)"
BODY = b'{"status": "success", "data": {"task_id": "1", "status": "IN_PROGRESS"}}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


async def api_error(folder: Path, context: ssl.SSLContext) -> ApiError:
    """Query a service with this TLS context; return the error."""
    ca_file = write_certificate(folder, "authority")
    with tls_host(context, ANSWER) as address:
        config = Config(base_url=f"https://{address}/api", ca_file=ca_file, trust_env=False)
        client = HttpClientFactory(config).status_client(Secret(DEFAULT_KEY))
        try:
            with pytest.raises(ApiError) as caught:
                await client.query("1")
        finally:
            await client.aclose()
    return caught.value


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("other name", "the certificate is for another name"),
        ("expired", f"the certificate has expired {CLOCK}"),
        ("not yet valid", f"the certificate is not valid yet {CLOCK}"),
        ("self-signed", "the certificate is self-signed (ca_file?)"),
        # OpenSSL 3.2 has another word for the same.
        ("client purpose", "the certificate cannot be verified (uns"),
    ],
)
async def test_a_certificate_is_refused_for_its_own_reason(
    tmp_path: Path, name: str, words: str
) -> None:
    error = await api_error(tmp_path, server_context(tmp_path, name))
    assert error.kind is ErrorKind.CERTIFICATE
    assert error.message.startswith(words)


async def test_an_unknown_issuer_is_a_matter_of_ca_file(tmp_path: Path) -> None:
    with tls_host(server_context(tmp_path, "good"), ANSWER) as address:
        factory = HttpClientFactory(Config(base_url=f"https://{address}/api", trust_env=False))
        client = factory.status_client(Secret(DEFAULT_KEY))
        with pytest.raises(ApiError) as caught:
            await client.query("1")
        await client.aclose()
    assert caught.value.kind is ErrorKind.CERTIFICATE
    assert caught.value.message == "the certificate comes from an unknown issuer (ca_file?)"


def _old(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")


def _wants_a_certificate(context: ssl.SSLContext) -> None:
    context.verify_mode = ssl.CERT_REQUIRED


def _other_ciphers(context: ssl.SSLContext) -> None:
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    # For an RSA certificate, and this server has none.
    context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_old, "no TLS version suits both sides (TLS 1.2 is the least)"),
        (_wants_a_certificate, "a client certificate is asked for, which is not supported"),
        (_other_ciphers, "the two sides agree on no TLS encryption"),
    ],
)
async def test_a_handshake_fails_for_its_own_reason(
    tmp_path: Path, change: Callable[[ssl.SSLContext], None], words: str
) -> None:
    context = server_context(tmp_path, "good")
    change(context)
    error = await api_error(tmp_path, context)
    assert (error.kind, error.message) == (ErrorKind.OFFLINE, words)


def _certificate_error(code: int, message: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED]")
    error.verify_code, error.verify_message = code, message
    return error


def _tls_error(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}] …")
    error.reason = reason
    return error


def _wrapped(error: Exception) -> Exception:
    """Return the error as libraries wrap it: in a group, behind a cause and behind a context."""
    try:
        try:
            try:
                raise ExceptionGroup("all attempts", [ValueError("odd"), error])
            except ExceptionGroup as group:
                raise OSError("All connection attempts failed") from group
        except OSError:
            raise RuntimeError("while connecting")  # noqa: B904 (that is a context)
    except RuntimeError as outer:
        return outer


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (_certificate_error(64, "IP address mismatch"), "the certificate is for another name"),
        (_certificate_error(21, "…"), "the certificate comes from an unknown issuer (ca_file?)"),
        (_certificate_error(23, "certificate revoked"), "the certificate was revoked"),
        (ssl.SSLCertVerificationError(), "the certificate cannot be verified"),
        (_certificate_error(66, "EE key too small"), "the certificate is too weak to be trusted"),
        (
            _certificate_error(85, "Missing Authority Key Identifier"),
            "the certificate cannot be verified (missing authority key identifier)",
        ),
        (
            _tls_error("WRONG_VERSION_NUMBER"),
            "the port does not speak TLS (is it for plain http?)",
        ),
        (_tls_error("DECRYPTION_FAILED"), "TLS failed (decryption failed)"),
        (socket.gaierror(socket.EAI_NONAME, "…"), "the host's name is not known"),
        (socket.gaierror(socket.EAI_AGAIN, "…"), "the host's name cannot be looked up now (DNS)"),
        (OSError(errno.ENETUNREACH, "…"), "no route to the host"),
        (OSError(errno.EMFILE, "…"), "too many open files"),
        (PermissionError(errno.EACCES, "…"), "this machine forbids the connection (a firewall?)"),
    ],
)
def test_the_innermost_error_tells(error: OSError, words: str) -> None:
    for told in (explain(error), explain(_wrapped(error))):
        assert told is not None
        assert told.words == words
        is_certificate = isinstance(error, ssl.SSLCertVerificationError)
        assert told.kind is (ErrorKind.CERTIFICATE if is_certificate else ErrorKind.OFFLINE)


@pytest.mark.parametrize(
    "error",
    [
        *(ValueError("CERTIFICATE_VERIFY_FAILED"), ConnectionRefusedError(), RuntimeError()),
        *(ssl.SSLWantReadError(), ssl.SSLEOFError(8, "…"), OSError("no number")),
    ],
)
def test_nothing_is_said_where_the_errors_do_not_tell(error: Exception) -> None:
    assert explain(error) is None
    assert explain(_wrapped(error)) is None


def test_an_error_that_was_dealt_with_before_does_not_count() -> None:
    refused = ConnectionRefusedError(errno.ECONNREFUSED, "…")
    refused.__context__ = _certificate_error(10, "expired")
    assert explain(_wrapped(refused)) is None


def test_a_proxy_is_not_taken_for_the_host() -> None:
    unknown = explain(socket.gaierror(socket.EAI_NONAME, "…"), proxy="http")
    assert unknown is not None
    assert unknown.words == "the proxy's name is not known"
    expired = _certificate_error(10, "…")
    for scheme, whose in (("http", "certificate has"), ("https", "certificate of the proxy, or")):
        told = explain(expired, proxy=scheme)
        assert told is not None
        assert whose in told.words


def test_errors_in_a_circle_end() -> None:
    one, other = ValueError(), ValueError()
    one.__cause__, other.__cause__ = other, one
    assert explain(one) is None
    assert os.strerror(errno.EPERM) not in str(explain(OSError(errno.EPERM, "…")))
