"""The client for pictures and videos, which never has the API key.

The host of a link is not the service: it gets no `Authorization` header (OSS rejects a signed link
that comes with one), redirects to other hosts are not followed, and its error texts are not shown.
What its answers mean: `media_response`.
"""

from __future__ import annotations

import asyncio
import io
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar
from typing import Final

import httpx

from tui import __version__
from tui.addresses import AddressRule
from tui.errors import ErrorKind, MediaError, UnreachableError, UnsafeLinkError, UserError
from tui.http.byte_ranges import ByteRange
from tui.http.proxies import Proxy, proxy_environment, proxy_for
from tui.http.redirects import redirect_target
from tui.http.transport_errors import explain
from tui.scenext.file_type import FileKind, FileType
from tui.scenext.media_response import MediaBody, check_status, wants_error_text

PICTURE_TIMEOUT: Final = 30.0
"""Seconds until the first bytes of a picture."""
MIN_PICTURE_BYTES: Final = 20_000
"""Bytes of a picture that must follow within `MIN_PICTURE_SECONDS`, again and again: 1 kB/s."""
MIN_PICTURE_SECONDS: Final = 20.0
MAX_REDIRECTS: Final = 3
MAX_CONCURRENT: Final = 4
"""Maximum requests in flight; further ones wait."""
_PIECES_AT_ONCE: Final = 100
"""Pieces of a body that are read before others get their turn."""
_ERROR_BYTES: Final = 4096
"""Bytes of an error's body that are looked at."""

_TIMEOUT: Final = httpx.Timeout(connect=8.0, read=20.0, write=8.0, pool=5.0)
_LIMITS: Final = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=15.0)
_CUT_SHORT: Final = "The connection broke half-way."
_ELSEWHERE: Final = (
    "The link leads to another host, which is not followed here; o opens it, and a browser may "
    "follow."
)
_UNREACHABLE: Final = "The host of the link cannot be reached."

_log = logging.getLogger(__name__)


async def raw_pieces(response: httpx.Response) -> AsyncIterator[bytes]:
    """Yield a body as it is sent, and let the event loop run in between.

    What has arrived is read without a pause, and a host may send each byte as a piece of its own.
    """
    count = 0
    async for piece in response.aiter_raw():
        yield piece
        count += 1
        if count % _PIECES_AT_ONCE == 0:
            await asyncio.sleep(0)


class _NoCookies(CookieJar):
    """Keeps no cookie: a host could fill the memory, and have it sent back with each request."""

    def extract_cookies(self, *_: object) -> None:
        """Ignore the cookies of a response."""


class Media:
    """Fetches the files behind links; never sends the API key.

    Whatever a host does ends in a `MediaError`: httpx lets some exceptions of ssl, idna and anyio
    through. The rule about addresses is asked here, as here is the very URL that is requested, each
    time: a refreshed link and each step of a redirect, too.

    Each request in flight has an httpx client of its own, which is replaced after a failure: httpx
    0.28.1 may lose a connection of its pool when a request is cancelled (httpcore #1093).
    """

    def __init__(
        self,
        tls: ssl.SSLContext,
        addresses: AddressRule,
        *,
        trust_env: bool,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Create the first client, which shares only the SSL context with those of the service.

        `transport` stands in for the network.
        """
        self._tls = tls
        self._addresses = addresses
        self._trust_env = trust_env
        self._transport = transport
        self._idle: dict[Proxy | None, list[httpx.AsyncClient]] = {None: [self._connect(None)]}
        """By the proxy that is asked."""
        self._slots = asyncio.Semaphore(MAX_CONCURRENT)

    def _connect(self, proxy: Proxy | None) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            headers={"User-Agent": f"scenext-tui/{__version__}", "Accept-Encoding": "identity"},
            cookies=_NoCookies(),
            verify=self._tls,
            timeout=_TIMEOUT,
            limits=_LIMITS,
            trust_env=False,
            proxy=None if proxy is None else http_proxy(proxy, self._tls),
            transport=self._transport,
        )

    async def fetch(
        self,
        url: str,
        limit: int,
        progress: Callable[[int, int | None], object] = lambda received, length: None,
    ) -> bytes:
        """Return the picture behind a link, however long it takes as long as it comes.

        `progress` is called with the bytes received, and the total where known.

        Raises `MediaError`, also if it is over `limit` or of a format that is not shown.
        """
        data = io.BytesIO()
        try:
            async with (
                asyncio.timeout(PICTURE_TIMEOUT) as deadline,
                self.stream(url, limit=limit) as body,
            ):
                _check_is_shown(body.file_type)
                async for chunk in _in_time(body, deadline):
                    data.write(chunk)
                    if data.tell() > limit:
                        raise _too_large(limit)
                    progress(data.tell(), body.length)
        except TimeoutError:
            how = "comes too slowly" if data.tell() else "did not come in time"
            raise MediaError(f"The picture {how}.") from None
        # Returns its buffer; bytes() of anything else would be a second copy in memory.
        return data.getvalue()

    @asynccontextmanager
    async def stream(
        self, url: str, wanted: ByteRange | None = None, *, limit: int | None = None
    ) -> AsyncIterator[MediaBody]:
        """Request the file behind a link, or a part of it.

        The body is that part, or the whole file where the host sends no such part: its `offset`
        tells. A whole file is a picture or a video by its first bytes.

        Raises:
            MediaError: there is no such file, or it is announced as larger than `limit` bytes;
                `UnsafeLinkError` among them.
        """
        self._check(url)
        proxy = self._proxy_for(url)
        async with self._slots, self._client(proxy) as http:
            if wanted is not None:
                async with self._respond(http, proxy, url, wanted) as response:
                    is_part = response.status_code == 206 and wanted.is_in(response.headers)
                    if is_part or response.status_code not in (206, 416):
                        yield await _body(response, limit, is_part=is_part)
                        return
            async with self._respond(http, proxy, url, None) as response:
                yield await _body(response, limit)

    @asynccontextmanager
    async def _respond(
        self, http: httpx.AsyncClient, proxy: Proxy | None, url: str, wanted: ByteRange | None
    ) -> AsyncIterator[httpx.Response]:
        """Request `url`, and what it redirects to."""
        for _ in range(MAX_REDIRECTS + 1):
            self._check(url)
            async with _open_response(http, proxy, url, wanted) as response:
                if not response.has_redirect_location:
                    yield response
                    return
                target = redirect_target(url, response.headers.get("location", ""))
                if target is None:
                    raise MediaError(_ELSEWHERE)
                url = target
        raise MediaError("The link leads in circles.")

    def _check(self, url: str) -> None:
        if reason := self._addresses.unsafe_reason(url):
            raise UnsafeLinkError(reason)

    def _proxy_for(self, url: str) -> Proxy | None:
        try:
            return proxy_for(proxy_environment(), url) if self._trust_env else None
        except UserError as error:
            raise MediaError(str(error)) from None

    @asynccontextmanager
    async def _client(self, proxy: Proxy | None) -> AsyncIterator[httpx.AsyncClient]:
        idle = self._idle.setdefault(proxy, [])
        http = idle.pop() if idle else self._connect(proxy)
        try:
            yield http
        except BaseException:
            await _close(http)
            raise
        idle.append(http)

    async def aclose(self) -> None:
        """Close the idle connections."""
        for idle in self._idle.values():
            while idle:
                await _close(idle.pop())


def http_proxy(proxy: Proxy, tls: ssl.SSLContext) -> httpx.Proxy:
    """Return a proxy in httpx's form."""
    login = proxy.login and (proxy.login[0].reveal(), proxy.login[1].reveal())
    return httpx.Proxy(proxy.url, ssl_context=tls if proxy.scheme == "https" else None, auth=login)


@asynccontextmanager
async def _open_response(
    http: httpx.AsyncClient, proxy: Proxy | None, url: str, wanted: ByteRange | None
) -> AsyncIterator[httpx.Response]:
    headers = None if wanted is None else wanted.headers()
    try:
        response = await http.send(http.build_request("GET", url, headers=headers), stream=True)
    except Exception as error:
        raise _unusable(error, _UNREACHABLE, proxy) from None
    try:
        yield response
    finally:
        await _close(response)


async def _close(connection: httpx.AsyncClient | httpx.Response) -> None:
    try:
        await connection.aclose()
    except Exception as error:
        _log.debug("a connection could not be closed (%s)", type(error).__name__)


def proxy_fault(error: Exception, proxy: Proxy) -> str:
    """Return what a proxy did that it was asked through, as a clause; empty if it did nothing."""
    if isinstance(error, httpx.ConnectError):
        return f"no connection to the proxy of {proxy.variable}"
    if isinstance(error, httpx.ProxyError):
        # httpcore begins with the status of the proxy.
        does = "wants a login" if str(error).startswith("407") else "refuses the connection"
        return f"the proxy of {proxy.variable} {does}"
    return ""


def _unusable(error: Exception, message: str, proxy: Proxy | None = None) -> MediaError:
    """Return the error for the user, in the words that the service's connection has, too."""
    fault = explain(error, proxy="" if proxy is None else proxy.scheme)
    words = fault.words if fault else proxy_fault(error, proxy) if proxy else ""
    if words and message == _UNREACHABLE:
        message = f"{message[:-1]}: {words}."
    # Only the type: the text may quote the link.
    _log.info("a file could not be fetched (%s): %s", type(error).__name__, message)
    if fault is not None and fault.kind is ErrorKind.CERTIFICATE:
        return MediaError(message)
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
        return UnreachableError(message)
    transient = httpx.NetworkError | httpx.TimeoutException | httpx.RemoteProtocolError | OSError
    return MediaError(message, retry_after=0.0 if isinstance(error, transient) else None)


async def _raise_for_status(response: httpx.Response) -> None:
    start = bytearray()
    if wants_error_text(response.status_code):
        try:
            async for chunk in raw_pieces(response):
                start += chunk
                if len(start) >= _ERROR_BYTES:
                    break
        except Exception as error:
            _log.debug("an error was cut short (%s)", type(error).__name__)
    check_status(response.status_code, response.headers, bytes(start[:_ERROR_BYTES]))


async def _body(response: httpx.Response, limit: int | None, *, is_part: bool = False) -> MediaBody:
    if not is_part:
        await _raise_for_status(response)

    async def pieces() -> AsyncIterator[bytes]:
        try:
            async for chunk in raw_pieces(response):
                yield chunk
        except Exception as error:
            raise _unusable(error, _CUT_SHORT) from None

    body = MediaBody(response.status_code, response.headers, pieces())
    if limit is not None and body.length is not None and body.length > limit:
        raise _too_large(limit)
    await body.read_start()
    return body


def _check_is_shown(found: FileType) -> None:
    if not found.is_shown:
        what = "A video" if found.kind is FileKind.VIDEO else _capitalized(found.name)
        raise MediaError(f"{what} cannot be shown here; o opens it, d saves it.")


async def _in_time(body: MediaBody, deadline: asyncio.Timeout) -> AsyncIterator[bytes]:
    """Yield the body, and put off the deadline for as long as enough of it comes."""
    loop_time = asyncio.get_running_loop().time
    missing = 0
    async for chunk in body:
        missing -= len(chunk)
        if missing <= 0:
            missing = MIN_PICTURE_BYTES
            deadline.reschedule(loop_time() + MIN_PICTURE_SECONDS)
        yield chunk


def _too_large(limit: int) -> MediaError:
    return MediaError(f"It is larger than {limit >> 20} MiB.")


def _capitalized(name: str) -> str:
    return name[:1].upper() + name[1:]
