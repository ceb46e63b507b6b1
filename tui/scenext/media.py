"""The client for pictures and videos, which never has the API key.

The host of a link is not the service: it gets no `Authorization` header (OSS rejects a signed link
that comes with one), redirects to other hosts are not followed, and its error texts are not shown.
"""

from __future__ import annotations

import asyncio
import io
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http.cookiejar import CookieJar
from typing import Final, Protocol
from urllib.parse import quote, urljoin, urlsplit

import httpx

from tui import __version__
from tui.addresses import AddressRule
from tui.errors import MediaError, UnsafeLinkError, UserError
from tui.scenext.proxies import Proxy, proxy_environment, proxy_for

PICTURE_TIMEOUT: Final = 30.0
"""Total seconds for fetching one picture."""
MAX_REDIRECTS: Final = 3
MAX_CONCURRENT: Final = 4
"""Maximum requests in flight; further ones wait."""
_PIECES_AT_ONCE: Final = 100
"""Pieces of a body that are read before others get their turn."""

_TIMEOUT: Final = httpx.Timeout(connect=8.0, read=20.0, write=8.0, pool=5.0)
_LIMITS: Final = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=15.0)
# An expired link with an OSS signature of version 1 or 2, and of version 4 (Aliyun's list of error
# codes, 0002-00000069 and 0002-00000236).
_EXPIRED_CODES: Final = ("0002-00000069", "0002-00000236")
_EXPIRED_TEXT: Final = b"Request has expired"
_PRINTABLE: Final = "".join(map(chr, range(ord("!"), 0x7F)))

_log = logging.getLogger(__name__)


class Body(Protocol):
    """The body of a response, read as it arrives."""

    @property
    def length(self) -> int | None:
        """The size in bytes, if the host announced it."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the bytes; raises if the body is cut short."""


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


class HttpBody:
    """The body of an httpx response. Raises `MediaError` if it is cut short."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        length = response.headers.get("content-length", "")
        known = length.isascii() and length.isdigit() and len(length) < 16
        self.length: int | None = int(length) if known else None
        self.is_video: bool = response.headers.get("content-type", "").startswith("video/")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the raw bytes: files are saved without decoding."""
        try:
            async for chunk in raw_pieces(self._response):
                yield chunk
        except Exception as error:
            raise _unusable(error, "The connection broke half-way.") from None


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

    async def fetch(self, url: str, limit: int) -> bytes:
        """Return the picture behind a link. Raises `MediaError`, also if it is over `limit`."""
        data = io.BytesIO()
        try:
            async with asyncio.timeout(PICTURE_TIMEOUT), self.stream(url) as body:
                if body.is_video:
                    raise MediaError("A video cannot be shown here; o opens it, d saves it.")
                if body.length is not None and body.length > limit:
                    raise _too_large(limit)
                async for chunk in body:
                    data.write(chunk)
                    if data.tell() > limit:
                        raise _too_large(limit)
        except TimeoutError:
            raise MediaError("The picture did not come in time.") from None
        # Returns its buffer; bytes() of anything else would be a second copy in memory.
        return data.getvalue()

    @asynccontextmanager
    async def stream(self, url: str) -> AsyncIterator[HttpBody]:
        """Request the file behind a link. Raises `MediaError`, `UnsafeLinkError` among them."""
        self._check(url)
        async with self._slots, self._client(self._proxy_for(url)) as http:
            for _ in range(MAX_REDIRECTS + 1):
                self._check(url)
                async with _open_response(http, url) as response:
                    if not response.is_redirect:
                        await _raise_for_status(response)
                        yield HttpBody(response)
                        return
                    url = _redirect_target(url, response.headers.get("location", ""))
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
async def _open_response(http: httpx.AsyncClient, url: str) -> AsyncIterator[httpx.Response]:
    try:
        response = await http.send(http.build_request("GET", url), stream=True)
    except Exception as error:
        raise _unusable(error, "The host of the link cannot be reached.") from None
    try:
        yield response
    finally:
        await _close(response)


async def _close(connection: httpx.AsyncClient | httpx.Response) -> None:
    try:
        await connection.aclose()
    except Exception as error:
        _log.debug("a connection could not be closed (%s)", type(error).__name__)


def _unusable(error: Exception, message: str) -> MediaError:
    # Only the type: the text may quote the link.
    _log.info("a file could not be fetched (%s): %s", type(error).__name__, message)
    return MediaError(message)


async def _raise_for_status(response: httpx.Response) -> None:
    if response.is_success:
        if response.headers.get("content-encoding", "identity") not in ("", "identity"):
            # It was not requested, and decoding it could produce any amount of data.
            raise MediaError("The host of the link sent it packed; that is not taken.")
        return
    start = b""
    if response.status_code == 403:
        with suppress(Exception):
            async for chunk in raw_pieces(response):
                start += chunk
                if len(start) >= 4096:
                    break
        if response.headers.get("x-oss-ec") in _EXPIRED_CODES or _EXPIRED_TEXT in start:
            raise MediaError("The link has ended.", expired=True)
    raise MediaError(f"The host of the link answered {response.status_code}.")


def _redirect_target(url: str, location: str) -> str:
    refused = MediaError("The link leads to another host; that is not followed.")
    try:
        # As a browser does, since a link has no such characters.
        target = quote(urljoin(url, location), safe=_PRINTABLE)
        new, old = urlsplit(target), urlsplit(url)
    except ValueError:
        raise refused from None
    if (new.scheme, new.netloc) != (old.scheme, old.netloc):
        raise refused
    return target


def _too_large(limit: int) -> MediaError:
    return MediaError(f"It is larger than {limit >> 20} MiB.")
