"""The status client: one query becomes a `Task` or an `ApiError`. With `media` the user of httpx.

A `StatusClient` owns one connection and is used by one worker. After any abnormal end its owner
closes it and asks the factory for another: httpx 0.28.1 loses slots of its pool for good when
requests are cancelled (httpcore #1093). One SSL context is shared, as each is expensive to create.

Answers are read raw, at most `MAX_RESPONSE_BYTES`, and at most one layer of gzip is undone by a
bounded zlib: httpx would decode a small double gzip to gigabytes before a caller sees a byte.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import quote, urlsplit

import httpx

from tui import __version__
from tui.addresses import is_loopback
from tui.config import Config
from tui.credentials import Secret
from tui.errors import ApiError, ErrorKind, UserError
from tui.log import Redactor
from tui.sanitize import clean
from tui.scenext import parser
from tui.scenext.media import MediaClient, media_client
from tui.scenext.models import StatusResponse, Task
from tui.scenext.tls import set_variables, ssl_context

QUERY_TIMEOUT: Final = 25.0
"""Seconds that one query may take in all; httpx's own read timeout starts anew at each byte."""
MAX_RESPONSE_BYTES: Final = 1 << 20
"""Bytes of an answer, compressed and not."""
MAX_PAUSE: Final = 900.0
"""Seconds of a `Retry-After` that are honoured."""
KEEPALIVE_EXPIRY: Final = 15.0
"""Seconds: under the 60-75 after which servers usually drop an idle connection."""

_EXTENSIONS: Final = {"timeout": {"connect": 8.0, "read": 15.0, "write": 8.0, "pool": 5.0}}
_PROXY_VARIABLES: Final = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
_LIMITS: Final = httpx.Limits(
    max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEEPALIVE_EXPIRY
)


class HttpClientFactory:
    """Makes the clients of one configuration; they share one SSL context."""

    def __init__(
        self,
        config: Config,
        tls: ssl.SSLContext | None = None,
        *,
        timeout: float = QUERY_TIMEOUT,
    ) -> None:
        """Prepare to make clients.

        Args:
            config: The settings; base URL, certificates and `trust_env` are used.
            tls: What `ssl_context` returned for them; made now where it is not given.
            timeout: Seconds that one query may take in all.

        Raises:
            UserError: a setting or a variable of the environment makes connections impossible;
                the message names it.
        """
        self._config = config
        self._timeout = timeout
        try:
            host = httpx.URL(config.base_url).host
        except httpx.InvalidURL:
            raise UserError("base_url is not a URL that can be asked; mend it.") from None
        # A proxy is never asked for this machine: it would read the key of a plain request.
        self._use_proxies = config.trust_env and not is_loopback(host)
        self._tls = tls or ssl_context(config)
        self.status_client(Secret("probe-of-the-settings"))

    def status_client(self, key: Secret) -> StatusClient:
        """Return a client of its own, that sends `key`. Raises `UserError`."""
        with _proxies_named():
            if self._use_proxies:
                _check_proxies()
            http = httpx.AsyncClient(verify=self._tls, limits=_LIMITS, trust_env=self._use_proxies)
        return StatusClient(http, self._config.base_url, key, timeout=self._timeout)

    def media_client(self) -> MediaClient:
        """Return a client for pictures and videos, which has no key. Raises `UserError`."""
        with _proxies_named():
            return media_client(self._tls, trust_env=self._config.trust_env)


class StatusClient:
    """One connection to the service; one query at a time."""

    def __init__(
        self, http: httpx.AsyncClient, base_url: str, key: Secret, *, timeout: float = QUERY_TIMEOUT
    ) -> None:
        self._http = http
        # The client's own way there, through the proxy if there is one, but past what no query
        # has a use for: cookies, redirects, logins, merged settings, a sixth of its CPU time
        # (measured with httpx 0.28.1).
        self._transport = http._transport_for_url(httpx.URL(base_url))
        self._base_url = base_url
        self._timeout = timeout
        self._headers = httpx.Headers(
            {
                "Authorization": f"Bearer {key.reveal()}",
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "Connection": "keep-alive",
                "User-Agent": f"scenext-tui/{__version__}",
            }
        )
        self._redact = Redactor()
        self._redact.learn(key)

    async def query(self, task_id: str) -> StatusResponse:
        """Ask for one task within the deadline.

        Raises:
            ApiError: it brought no task. The client should be thrown away then, except after an
                answer that was read to its end.
        """
        url = f"{self._base_url}/get_status/{quote(task_id, safe='')}"
        try:
            async with asyncio.timeout(self._timeout):
                response, body = await self._get(url)
        except (TimeoutError, httpx.TimeoutException):
            raise ApiError(ErrorKind.TIMEOUT, "no answer in time") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, RuntimeError) as error:
            # RuntimeError: the client was closed while it waited, which happens at the end.
            raise _fault(error) from None
        try:
            _refuse_failure(response, body)
            task = self._without_secrets(parser.parse(body, task_id))
            return StatusResponse(task, server_time(response.headers))
        except ApiError as error:
            # The service may quote what it was sent.
            error.message = clean(self._redact(error.message))
            error.args = (error.message,)
            raise

    def _without_secrets(self, task: Task) -> Task:
        """Return the task with texts that quote no key and no signature; links stay as they are."""
        redact = self._redact
        frames = (frame._replace(id=redact(frame.id)) for frame in task.frames)
        results = (
            result._replace(
                kind=redact(result.kind),
                content=result.content if result.is_link else redact(result.content),
                score=redact(result.score),
                score_detail=redact(result.score_detail),
            )
            for result in task.results
        )
        return task._replace(
            status_sent=redact(task.status_sent),
            frames=tuple(frames),
            results=tuple(results),
            points=redact(task.points),
            message=redact(task.message),
        )

    async def aclose(self) -> None:
        """Close the connection; waits for nothing."""
        await self._http.aclose()

    async def _get(self, url: str) -> tuple[httpx.Response, bytes]:
        if self._http.is_closed:
            # The transport would open a connection that nobody closes.
            raise ApiError(ErrorKind.OFFLINE, "the connection is closed")
        request = httpx.Request("GET", url, headers=self._headers, extensions=_EXTENSIONS)
        response = await self._transport.handle_async_request(request)
        try:
            return response, await _read(response)
        except ApiError:
            if response.is_success:
                raise
            # The status says enough; the page about it may be in any form.
            return response, b""
        finally:
            await response.aclose()


async def _read(response: httpx.Response) -> bytes:
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise ApiError(ErrorKind.NOT_THE_API, "the answer is encoded in a way nobody asked for")
    length = response.headers.get("content-length", "")
    if (
        length.isascii()
        and length.isdigit()
        and (len(length) > 12 or int(length) > MAX_RESPONSE_BYTES)
    ):
        raise _too_large()
    gunzip = zlib.decompressobj(zlib.MAX_WBITS | 16) if "gzip" in encoding else None
    body = bytearray()
    received = 0
    async for chunk in response.aiter_raw():
        received += len(chunk)
        try:
            body += (
                gunzip.decompress(chunk, MAX_RESPONSE_BYTES + 1 - len(body)) if gunzip else chunk
            )
        except zlib.error:
            raise ApiError(ErrorKind.NOT_THE_API, "the answer's compression is broken") from None
        if max(received, len(body)) > MAX_RESPONSE_BYTES:
            raise _too_large()
    if gunzip and not gunzip.eof:
        raise ApiError(ErrorKind.OFFLINE, "the answer was cut short")
    return bytes(body)


def _too_large() -> ApiError:
    return ApiError(
        ErrorKind.NOT_THE_API, f"the answer is larger than {MAX_RESPONSE_BYTES >> 20} MiB"
    )


def _refuse_failure(response: httpx.Response, body: bytes) -> None:
    code = response.status_code
    if response.is_success:
        return
    said = parser.error_message(body)
    if code < 200 or code == 407:
        kind, said = ErrorKind.NOT_THE_API, "a proxy wants a login"
    elif 300 <= code < 400:
        kind, said = ErrorKind.NOT_THE_API, "the answer is a redirect"
    elif code in (401, 403):
        ours = parser.is_service_error(body)
        kind = ErrorKind.KEY_REFUSED if ours else ErrorKind.NOT_THE_API
        said = said or "not from the service: a proxy or a portal?"
    elif code == 404:
        kind, said = ErrorKind.NOT_FOUND, said or "the service does not know this task"
    elif code == 429 or (code == 503 and "retry-after" in response.headers):
        kind, said = ErrorKind.RATE_LIMITED, said or "the service asks for a pause"
    elif code >= 500:
        kind, said = ErrorKind.SERVER, said or "the service has a fault"
    else:
        kind, said = ErrorKind.REJECTED, said or "the service refuses the request"
    pause = retry_after(response.headers) if kind is ErrorKind.RATE_LIMITED else None
    raise ApiError(kind, f"{code}: {said}", http_status=code, retry_after=pause)


def _fault(error: Exception) -> ApiError:
    text = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return ApiError(ErrorKind.CERTIFICATE, "the server's certificate is not trusted (ca_file?)")
    if isinstance(error, httpx.ConnectError):
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, socket.gaierror):
                return ApiError(ErrorKind.OFFLINE, "the host's name is not known")
            if isinstance(cause, ssl.SSLError):
                return ApiError(ErrorKind.OFFLINE, "no encrypted connection (is it TLS there?)")
            cause = cause.__cause__ or cause.__context__
        return ApiError(ErrorKind.OFFLINE, "no connection")
    if isinstance(error, httpx.ProxyError):
        return ApiError(ErrorKind.OFFLINE, "the proxy refuses the connection")
    stale = isinstance(error, httpx.RemoteProtocolError | httpx.ReadError | httpx.WriteError)
    return ApiError(ErrorKind.OFFLINE, "the connection broke", stale_connection=stale)


def retry_after(headers: httpx.Headers) -> float | None:
    """Return the seconds of `Retry-After`, 0 to `MAX_PAUSE`; None where there are none.

    A date is counted from the answer's own `Date`, so that a wrong local clock does no harm.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        seconds = float(value.lstrip("0")[:12] or 0)
    else:
        moment, now = _http_date(value), _http_date(headers.get("date", ""))
        if moment is None or now is None:
            return None
        seconds = moment - now
    return min(max(seconds, 0.0), MAX_PAUSE)


def server_time(headers: httpx.Headers) -> float | None:
    """Return the answer's `Date` in Unix seconds; None where a cache may have kept it."""
    return None if "age" in headers else _http_date(headers.get("date", ""))


def _http_date(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError):
        return None
    # "-0000" gives a naive value that means UTC.
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


@contextmanager
def _proxies_named() -> Iterator[None]:
    try:
        yield
    except (ValueError, ImportError, httpx.InvalidURL):
        raise UserError(
            f"A proxy variable of the environment ({set_variables(*_PROXY_VARIABLES)}) "
            "cannot be used; mend it or set trust_env = false."
        ) from None


def _check_proxies() -> None:
    # httpx takes some that no connection can be made to, and then fails at each query.
    for name in set_variables("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY").split(", "):
        value = os.environ.get(name, "")
        parts = urlsplit(value if "://" in value else f"http://{value}")
        if value and (not parts.hostname or parts.port == 0):
            raise ValueError(name)
