"""Pictures of frames for the terminal: fetched without the key, encoded in a child process.

Files are cached as they came, by the link without its signature, which changes. Nothing here
imports Pillow: what a picture costs is limited where it is decoded.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from typing import Final

from tui.pictures.encoder import IDLE_SECONDS, Encoder, PictureError
from tui.pictures.encoding import EncodedPicture, EncodingRequest
from tui.signed_links.signed_url import identity

__all__ = ["MAX_CACHED_BYTES", "MAX_FILE_BYTES", "PictureCache", "PictureError"]

MAX_FILE_BYTES: Final = 20 << 20
"""Bytes of a picture's file."""
MAX_CACHED_BYTES: Final = 24 << 20
"""Bytes of all files that are kept."""


Fetch = Callable[[str, int], Awaitable[bytes]]
"""Returns the bytes behind a link, up to a limit; must not send the key."""


class PictureCache:
    """Fetches pictures, keeps their files, and has them encoded."""

    def __init__(
        self,
        fetch: Fetch,
        executor: Executor,
        *,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        """Prepare.

        Args:
            fetch: How pictures are fetched.
            executor: Runs what waits for the child that encodes.
            idle_seconds: How long the child is kept after a picture.
        """
        self._fetch = fetch
        self._encoder = Encoder(executor, idle_seconds=idle_seconds)
        self._files: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._in_flight: dict[str, _Flight] = {}

    def has(self, url: str) -> bool:
        """Return whether the picture is cached, so that its link need not be valid."""
        return identity(url) in self._files

    def digest(self, url: str) -> str:
        """Return what equal files have in common; empty for a picture that is not cached."""
        file = self._files.get(identity(url))
        return "" if file is None else hashlib.blake2b(file, digest_size=16).hexdigest()

    def close(self) -> None:
        """End the child, once nothing is being encoded any more."""
        self._encoder.close()

    async def encode(
        self, url: str, request: EncodingRequest, fetch: Fetch | None = None
    ) -> EncodedPicture:
        """Return a link's picture, encoded for a terminal; one after the other.

        Single flight: a picture that is being fetched already is awaited, not fetched twice.
        `fetch` is how it is fetched for this caller, who may want to know how far it is.

        Raises:
            PictureError: the picture is broken or costs too much, or cannot be encoded here.
            Exception: whatever `fetch` raises.
        """
        key = identity(url)
        file = await self._file(key, url, fetch or self._fetch)
        try:
            return await self._encoder.encode(file, request)
        except PictureError:
            # The next file behind this link may be another one.
            self._forget(key)
            raise

    async def _file(self, key: str, url: str, fetch: Fetch) -> bytes:
        async with self._single_flight(key):
            file = self._files.get(key)
            if file is None:
                file = await fetch(url, MAX_FILE_BYTES)
                self._files[key] = file
                self._size += len(file)
            self._files.move_to_end(key)
            while self._size > MAX_CACHED_BYTES:
                self._forget(next(iter(self._files)))
            return file

    def _forget(self, key: str) -> None:
        self._size -= len(self._files.pop(key, b""))

    @asynccontextmanager
    async def _single_flight(self, key: str) -> AsyncIterator[None]:
        """Admit the callers that want the picture `key` one after the other."""
        flight = self._in_flight.setdefault(key, _Flight())
        flight.callers += 1
        try:
            async with flight.lock:
                yield
        finally:
            flight.callers -= 1
            if not flight.callers:
                del self._in_flight[key]


class _Flight:
    """A picture being fetched, and the number of callers that want it."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.callers = 0
