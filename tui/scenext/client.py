"""The status client: one query returns a `Task` or raises an `ApiError`.

A `StatusClient` owns one connection and is used by one worker. After any abnormal end its owner
replaces it: httpx 0.28.1 permanently loses slots of its pool when requests are cancelled (httpcore
#1093). All clients share one SSL context, which is expensive to create.

Responses are read raw, and unpacked in `http/body.py` with bounded output: httpx would expand a
small double gzip to gigabytes before the caller sees a byte.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Final
from urllib.parse import quote, urlsplit

import httpx

from tui import __version__
from tui.addresses import AddressRule
from tui.config import Config
from tui.credentials import Secret
from tui.errors import ApiError, ErrorKind, UserError
from tui.http.body import BodyReader
from tui.http.headers import age, retry_after, server_time
from tui.http.proxies import Proxy, proxy_environment, proxy_for
from tui.http.tls import ssl_context
from tui.http.transport_errors import explain
from tui.redactor import Redactor
from tui.sanitize import clean
from tui.scenext import error_words, parser
from tui.scenext.media import Media, http_proxy, proxy_fault, raw_pieces
from tui.scenext.models import StatusResponse, Task

QUERY_TIMEOUT: Final = 25.0
"""Total seconds for one query; httpx's own read timeout restarts with every byte."""
KEEPALIVE_EXPIRY: Final = 15.0
"""Seconds until an idle connection is closed; servers usually do so after 60 to 75."""

_TRANSPORT_ERRORS: Final = (
    *(httpx.HTTPError, httpx.InvalidURL, httpx.StreamError),
    # httpx lets through: errors of the system and of TLS in the middle of a connection, names and
    # ports that are none, and groups of all these.
    *(OSError, ValueError, OverflowError, EOFError, ExceptionGroup),
    # The client was closed while it waited, as at shutdown.
    RuntimeError,
)
_KEY_REFUSED: Final = "the service refused the key for this task"
_PASSING: Final = frozenset({408, 421, 425, 499})
"""Errors of the 4xx range that pass: timeouts, and requests that are too early or went astray."""
_PAUSING: Final = frozenset({ErrorKind.RATE_LIMITED, ErrorKind.SERVER})
"""Errors that may say when to ask again."""
_WITHHELD_LINK: Final = "withheld: the link quotes the key"
"""Stands in the place of a link, and is none."""
_EXTENSIONS: Final = {"timeout": {"connect": 8.0, "read": 15.0, "write": 8.0, "pool": 5.0}}
_LIMITS: Final = httpx.Limits(
    max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEEPALIVE_EXPIRY
)


class HttpClientFactory:
    """Creates the clients for one configuration; they share one SSL context."""

    def __init__(
        self, config: Config, tls: ssl.SSLContext | None = None, *, timeout: float = QUERY_TIMEOUT
    ) -> None:
        """Check the settings, and create the SSL context unless it is given.

        Raises `UserError` if a setting or an environment variable makes connections impossible; the
        message names it.
        """
        self._config, self._timeout = config, timeout
        try:
            # Its host is decoded when it is asked for.
            httpx.URL(config.base_url).host  # noqa: B018
        except (httpx.InvalidURL, UnicodeError):
            raise UserError("base_url is not a URL that can be asked; mend it.") from None
        environ = proxy_environment() if config.trust_env else {}
        self._proxy = proxy_for(environ, config.base_url)
        self._tls = tls or ssl_context(config)

    def status_client(self, key: Secret) -> StatusClient:
        """Return a new client that sends `key`."""
        proxy = None if self._proxy is None else http_proxy(self._proxy, self._tls)
        # Of the environment, httpx would read what we have read, and refuse what we understand.
        http = httpx.AsyncClient(verify=self._tls, limits=_LIMITS, trust_env=False, proxy=proxy)
        return StatusClient(http, self._config.base_url, key, self._timeout, self._proxy)

    def media_client(self) -> Media:
        """Return a new client for pictures and videos, without a key."""
        addresses = AddressRule(self._config.base_url)
        return Media(self._tls, addresses, trust_env=self._config.trust_env)


class StatusClient:
    """One connection to the service; one query at a time."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        base_url: str,
        key: Secret,
        timeout: float,
        proxy: Proxy | None = None,
    ) -> None:
        """Send `key` over the connections of `http`, which lead through `proxy` if there is one."""
        self._http = http
        self._proxy = proxy
        # The client's own transport, with its proxy, but without the cookies, redirects,
        # authentication and merged settings that no query needs: it saves CPU time on every poll.
        self._transport = http._transport_for_url(httpx.URL(base_url))
        self._base_url = base_url
        self._timeout = timeout
        self._headers = httpx.Headers(
            {
                "Authorization": f"Bearer {key.reveal()}",
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "Cache-Control": "no-cache",
                "Connection": "keep-alive",
                "User-Agent": f"scenext-tui/{__version__}",
            }
        )
        self._redact = Redactor()
        self._redact.learn(key)

    async def query(self, task_id: str) -> StatusResponse:
        """Query one task.

        Raises `ApiError` if that failed. The caller must then discard the client, unless the
        response was read to its end.
        """
        url = f"{self._base_url}/get_status/{quote(task_id, safe='')}"
        try:
            async with asyncio.timeout(self._timeout):
                response, body = await self._get(url)
        except (TimeoutError, httpx.TimeoutException):
            raise ApiError(ErrorKind.TIMEOUT, "no answer in time") from None
        except _TRANSPORT_ERRORS as error:
            raise _transport_error(error, self._proxy) from None
        try:
            _raise_for_status(response, body)
            task = self._redacted(parser.parse(body, task_id))
            return StatusResponse(task, server_time(response.headers), age(response.headers))
        except ApiError as error:
            if error.http_status is None:
                _complete(error, response, body)
            # The service may quote the request, and the key with it.
            error.message = clean(self._redact(error.message))
            error.args = (error.message,)
            raise

    def _redacted(self, task: Task) -> Task:
        """Return the task with keys and signatures redacted from its texts.

        Links are kept, except one that quotes the key: its file name is shown, and the request for
        it goes to another host.
        """
        redact = self._redact
        frames = (
            frame._replace(id=redact(frame.id), url=self._without_key(frame.url))
            for frame in task.frames
        )
        results = (
            result._replace(
                kind=redact(result.kind),
                content=(
                    self._without_key(result.content) if result.is_link else redact(result.content)
                ),
                score=redact(result.score),
                score_detail=redact(result.score_detail),
            )
            for result in task.results
        )
        return task._replace(
            status_sent=redact(task.status_sent),
            frames=tuple(frames),
            results=tuple(results),
            points=task.points._replace(purpose=redact(task.points.purpose)),
            message=redact(task.message),
            title=redact(task.title),
        )

    def _without_key(self, url: str) -> str:
        return _WITHHELD_LINK if self._redact.holds_secret(url) else url

    async def aclose(self) -> None:
        """Close the connection without waiting for requests."""
        await self._http.aclose()

    async def _get(self, url: str) -> tuple[httpx.Response, bytes]:
        if self._http.is_closed:
            # The transport would open a new connection that is never closed.
            raise ApiError(ErrorKind.OFFLINE, "the connection is closed")
        request = httpx.Request("GET", url, headers=self._headers, extensions=_EXTENSIONS)
        response = await self._transport.handle_async_request(request)
        try:
            return response, await _read(response)
        except ApiError:
            if response.is_success:
                raise
            # The status code is enough; an error page may have any format or size.
            return response, b""
        finally:
            await response.aclose()


async def _read(response: httpx.Response) -> bytes:
    headers = response.headers
    reader = BodyReader(headers.get("content-length", ""), headers.get("content-encoding", ""))
    try:
        await reader.read(raw_pieces(response))
    except (httpx.RemoteProtocolError, httpx.ReadError) as error:
        # An object that is closed is whole, whatever the length that the headers announced.
        try:
            body = reader.finish()
        except ApiError:
            raise error from None
        if response.is_success and parser.is_whole(body):
            return body
        raise
    return reader.finish()


def _raise_for_status(response: httpx.Response, body: bytes) -> None:
    code = response.status_code
    if response.is_success:
        return
    words = parser.error_message(body)
    message, passing = _discreet(words), error_words.passing_kind(words)
    if code < 200:
        kind, message = ErrorKind.NOT_THE_API, "the answer is not one to a request"
    elif code == 407:
        kind, message = ErrorKind.NOT_THE_API, "a proxy wants a login"
    elif code == 304:
        kind, message = ErrorKind.SERVER, "a cache says “not modified” instead of answering"
    elif 300 <= code < 400:
        kind, message = ErrorKind.NOT_THE_API, _redirect_words(response)
    elif code in (401, 403) and not _is_data(response, body):
        kind, message = ErrorKind.NOT_THE_API, "not from the service: a proxy or a portal?"
    elif code == 401 or (code == 400 and parser.refuses_key(body)):
        # Never the service's words: they may quote the key in a form that no redactor knows.
        kind, message = ErrorKind.KEY_REFUSED, _KEY_REFUSED
    elif code == 403 and passing is None:
        kind, message = ErrorKind.REJECTED, "the service does not show this task to this key"
    elif code in (404, 410) or (code != 429 and parser.is_unknown_task(body)):
        kind, message = ErrorKind.NOT_FOUND, message or "no such address, or no such task"
    elif (
        code == 429
        or passing is ErrorKind.RATE_LIMITED
        or (code == 503 and "retry-after" in response.headers)
    ):
        kind, message = ErrorKind.RATE_LIMITED, message or "the service asks for a pause"
    elif code >= 500 or code in _PASSING or passing is ErrorKind.SERVER:
        kind, message = ErrorKind.SERVER, message or "the service has a fault"
    else:
        kind, message = ErrorKind.REJECTED, message or "the service refuses the request"
    pause = retry_after(response.headers) if kind in _PAUSING else None
    raise ApiError(
        *(kind, f"{code}: {message}"),
        http_status=code,
        retry_after=pause,
        is_strange=(
            kind in (ErrorKind.NOT_FOUND, ErrorKind.REJECTED)
            and not (parser.is_service_error(body) and error_words.names_the_task(words))
        ),
    )


def _complete(error: ApiError, response: httpx.Response, body: bytes) -> None:
    """Complete an error that the body of a successful response told."""
    if parser.refuses_key(body):
        error.kind, error.message = ErrorKind.KEY_REFUSED, _KEY_REFUSED
    elif error.kind is not ErrorKind.OTHER_TASK and not _discreet(error.message):
        error.message = "the service reports an error about a key"
    if error.kind in _PAUSING:
        error.http_status, error.retry_after = response.status_code, retry_after(response.headers)


def _is_data(response: httpx.Response, body: bytes) -> bool:
    """Return whether an error comes from a program, and not as a page for people to read."""
    is_page = "html" in response.headers.get("content-type", "").lower()
    return not is_page and (not body.strip() or body.lstrip()[:1] in b"{[")


def _redirect_words(response: httpx.Response) -> str:
    """Return where a redirect leads that is not followed: it may be the answer to a wrong URL."""
    try:
        host = clean(urlsplit(response.headers.get("location", "")).hostname or "", 100)
    except ValueError:
        host = ""
    leads_to = f" to {host}" if host else ""
    return f"the answer is a redirect{leads_to} (is base_url right?)"


def _discreet(message: str) -> str:
    """Return a service's words; nothing where they may be about a key.

    Such words like to quote it: masked, spaced or encoded, it would pass the redactor.
    """
    return "" if error_words.is_about_a_key(message) else message


def _transport_error(error: Exception, proxy: Proxy | None) -> ApiError:
    """Return the error for the user; `proxy` is the one that was asked, if any."""
    stale = isinstance(error, httpx.RemoteProtocolError | httpx.ReadError | httpx.WriteError)
    if fault := explain(error, proxy="" if proxy is None else proxy.scheme):
        return ApiError(fault.kind, fault.words, stale_connection=stale)
    words = proxy_fault(error, proxy) if proxy is not None else ""
    if not words:
        is_refused = isinstance(error, httpx.ConnectError)
        words = "no connection" if is_refused else "the connection broke"
    return ApiError(ErrorKind.OFFLINE, words, stale_connection=stale)
