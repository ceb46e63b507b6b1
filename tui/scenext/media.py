"""Fetches pictures and videos: a client of its own, that has no key to send.

With `client` the only user of httpx. A link's host is not the service's: it gets no
`Authorization` (OSS refuses a request that carries two), no redirect leads away from it, and its
words reach no screen.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, Protocol
from urllib.parse import urljoin, urlsplit

import httpx

from tui import __version__
from tui.errors import MediaError

PICTURE_TIMEOUT: Final = 30.0
"""Seconds that a picture may take in all."""
MAX_REDIRECTS: Final = 3
MAX_CONCURRENT: Final = 4
"""Answers that are taken in at the same time; more wait."""

_TIMEOUT: Final = httpx.Timeout(connect=8.0, read=20.0, write=8.0, pool=5.0)
_LIMITS: Final = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=15.0)
# This machine is reached without a proxy, whatever the environment says.
_DIRECT: Final = {f"all://{host}": None for host in ("localhost", "127.0.0.1", "[::1]")}
# The end of a link: of OSS signature versions 1 and 2, and of version 4 (Aliyun's list of error
# codes, 0002-00000069 and 0002-00000236).
_ENDED_CODES: Final = ("0002-00000069", "0002-00000236")
_ENDED_WORDS: Final = b"Request has expired"


class Body(Protocol):
    """A file on its way."""

    @property
    def length(self) -> int | None:
        """Its size in bytes, where it was announced."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the bytes as they come; raises where the body is cut short."""


class Media(Protocol):
    """What fetches pictures and videos; `MediaClient` is the real one."""

    async def fetch(self, url: str, limit: int) -> bytes:
        """Return the picture behind a link, at most `limit` bytes. Raises `MediaError`."""

    def stream(self, url: str) -> AbstractAsyncContextManager[Body]:
        """Open what is behind a link. Raises `MediaError`."""

    async def aclose(self) -> None:
        """Close the connections."""


class HttpBody:
    """The bytes of one answer, as they come. Raises `MediaError` where it is cut short."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        length = response.headers.get("content-length", "")
        known = length.isascii() and length.isdigit() and len(length) < 16
        self.length: int | None = int(length) if known else None
        self.is_video: bool = response.headers.get("content-type", "").startswith("video/")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give the bytes; raw, for files are saved as they are."""
        try:
            async for chunk in self._response.aiter_raw():
                yield chunk
        except (httpx.HTTPError, httpx.StreamError):
            raise MediaError("The connection broke half-way.") from None


class MediaClient:
    """Fetches what is behind links; never carries the API key.

    One client for each answer at a time, and a new one after each that did not come to its end:
    httpx 0.28.1 loses a connection of its pool now and then when a request is cancelled.
    """

    def __init__(self, connect: Callable[[], httpx.AsyncClient]) -> None:
        """Make a first client by `connect`; raises whatever that raises."""
        self._connect = connect
        self._idle = [connect()]
        self._places = asyncio.Semaphore(MAX_CONCURRENT)

    async def fetch(self, url: str, limit: int) -> bytes:
        """Return the picture behind a link, at most `limit` bytes.

        Raises:
            MediaError: it cannot be had, is larger, or is a video.
        """
        data = bytearray()
        try:
            async with asyncio.timeout(PICTURE_TIMEOUT), self.stream(url) as body:
                if body.is_video:
                    raise MediaError("A video cannot be shown here; o opens it, d saves it.")
                if body.length is not None and body.length > limit:
                    raise _too_large(limit)
                async for chunk in body:
                    data += chunk
                    if len(data) > limit:
                        raise _too_large(limit)
        except TimeoutError:
            raise MediaError("The picture did not come in time.") from None
        return bytes(data)

    @asynccontextmanager
    async def stream(self, url: str) -> AsyncIterator[HttpBody]:
        """Open what is behind a link. Raises `MediaError`."""
        async with self._places, self._client() as http:
            for _ in range(MAX_REDIRECTS + 1):
                async with _answer(http, url) as response:
                    if not response.is_redirect:
                        await _refuse_failure(response)
                        yield HttpBody(response)
                        return
                    url = _same_host(url, response.headers.get("location", ""))
            raise MediaError("The link leads in circles.")

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[httpx.AsyncClient]:
        http = self._idle.pop() if self._idle else self._connect()
        try:
            yield http
        except BaseException:
            await http.aclose()
            raise
        self._idle.append(http)

    async def aclose(self) -> None:
        """Close the connections that nobody uses."""
        while self._idle:
            await self._idle.pop().aclose()


def media_client(tls: ssl.SSLContext, *, trust_env: bool) -> MediaClient:
    """Return a client that shares the TLS settings of the others, and nothing else.

    Raises:
        ValueError, ImportError, httpx.InvalidURL: a proxy variable cannot be used.
    """
    return MediaClient(
        lambda: httpx.AsyncClient(
            headers={"User-Agent": f"scenext-tui/{__version__}", "Accept-Encoding": "identity"},
            verify=tls,
            timeout=_TIMEOUT,
            limits=_LIMITS,
            trust_env=trust_env,
            mounts=_DIRECT,
        )
    )


@asynccontextmanager
async def _answer(http: httpx.AsyncClient, url: str) -> AsyncIterator[httpx.Response]:
    try:
        response = await http.send(http.build_request("GET", url), stream=True)
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, RuntimeError):
        raise MediaError("The host of the link cannot be reached.") from None
    try:
        yield response
    finally:
        await response.aclose()


async def _refuse_failure(response: httpx.Response) -> None:
    if response.is_success:
        if response.headers.get("content-encoding", "identity") not in ("", "identity"):
            # It would have to be unpacked, without end in the worst case, and was not asked for.
            raise MediaError("The host of the link sent it packed; that is not taken.")
        return
    start = b""
    if response.status_code == 403:
        try:
            async for chunk in response.aiter_raw():
                start += chunk
                if len(start) >= 4096:
                    break
        except httpx.HTTPError:
            pass
        code = response.headers.get("x-oss-ec", "")
        if code in _ENDED_CODES or _ENDED_WORDS in start:
            raise MediaError("The link has ended.", expired=True)
    raise MediaError(f"The host of the link answered {response.status_code}.")


def _same_host(url: str, location: str) -> str:
    refused = MediaError("The link leads to another host; that is not followed.")
    try:
        target = urljoin(url, location)
        there, here = urlsplit(target), urlsplit(url)
    except ValueError:
        raise refused from None
    if (there.scheme, there.netloc) != (here.scheme, here.netloc):
        raise refused
    return target


def _too_large(limit: int) -> MediaError:
    return MediaError(f"It is larger than {limit >> 20} MiB.")
