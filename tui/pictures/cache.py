"""Pictures of frames for the terminal: fetched without the key, decoded in a child process, cached.

The cache is keyed by the link without its signature, which changes. Nothing here imports Pillow:
what a picture costs is limited where it is decoded.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from tui.pictures.decoder import IDLE_SECONDS, Decoder, Picture, PictureError
from tui.pictures.worker import MAX_PIXELS
from tui.signed_links.signed_url import identity

__all__ = ["MAX_CACHED", "MAX_FILE_BYTES", "MAX_PIXELS", "PictureCache", "PictureError", "Pixels"]

MAX_FILE_BYTES: Final = 20 << 20
"""Bytes of a picture's file."""
MAX_CACHED: Final = 48
"""Pictures kept in memory, each of at most 0.8 MB (`decoder.MAX_SIZE`)."""


Fetch = Callable[[str, int], Awaitable[bytes]]
"""Returns the bytes behind a link, up to a limit; must not send the key."""


class Pixels(NamedTuple):
    """A picture scaled to `columns` by `rows` cells; a cell is two pixels, one above the other."""

    columns: int
    rows: int
    data: bytes
    """RGB, row by row: 3 * columns * 2 * rows bytes."""


class PictureCache:
    """Fetches, decodes and caches up to `MAX_CACHED` pictures."""

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
            executor: Runs what waits for the child that decodes.
            idle_seconds: How long the child is kept after a picture.
        """
        self._fetch = fetch
        self._decoder = Decoder(executor, idle_seconds=idle_seconds)
        self._cached: OrderedDict[str, Picture] = OrderedDict()
        self._in_flight: dict[str, _Flight] = {}

    def has(self, url: str) -> bool:
        """Return whether the picture is cached, so that its link need not be valid."""
        return identity(url) in self._cached

    async def pixels(self, url: str, columns: int, rows: int, fetch: Fetch | None = None) -> Pixels:
        """Return a link's picture, scaled to fit `columns` by `rows` cells.

        Single flight: a picture that is being fetched already is awaited, not fetched twice.
        `fetch` is how it is fetched for this caller, who may want to know how far it is.

        Raises:
            PictureError: the picture is broken or costs too much, or cannot be decoded here.
            Exception: whatever `fetch` raises.
        """
        picture = await self._picture(url, fetch or self._fetch)
        # A cell is about twice as high as it is wide, so half a cell is a square.
        factor = min(columns / picture.width, rows * 2 / picture.height)
        width = max(1, min(columns, round(picture.width * factor)))
        height = max(2, min(rows * 2, round(picture.height * factor)))
        height += height % 2
        scaled = await self._decoder.scale(picture, width, height)
        return Pixels(width, height // 2, scaled.data)

    async def _picture(self, url: str, fetch: Fetch) -> Picture:
        key = identity(url)
        async with self._single_flight(key):
            picture = self._cached.get(key)
            if picture is None:
                picture = await self._decoder.decode(await fetch(url, MAX_FILE_BYTES))
                self._cached[key] = picture
            self._cached.move_to_end(key)
            while len(self._cached) > MAX_CACHED:
                self._cached.popitem(last=False)
            return picture

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
