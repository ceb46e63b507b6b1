"""Pictures of frames for the terminal: fetched without the key, decoded in a thread, cached.

The cache is keyed by the link's path, which stays when its signature changes. Pillow is imported in
the thread, since that takes a while.
"""

from __future__ import annotations

import asyncio
import io
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from tui.scenext.signed_url import identity

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_FILE_BYTES: Final = 20 << 20
"""Bytes of a picture's file."""
MAX_PIXELS: Final = 50_000_000
"""Pixels of a picture, up to 200 MB decoded; Pillow would warn from 89 million on and go on."""
MAX_CACHED: Final = 48
"""Pictures kept in memory, each of at most `_CACHED_SIZE`, 0.7 MB."""

_CACHED_SIZE: Final = (640, 400)
"""Pixels: enough for a terminal of 320 by 100 cells and more."""
_FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")


class PictureError(Exception):
    """A picture that cannot be shown; one line in plain words says why."""


class Pixels(NamedTuple):
    """A picture scaled for `columns` by `rows` cells, two pixels a cell, one above the other."""

    columns: int
    rows: int
    data: bytes
    """RGB, row by row: 3 * columns * 2 * rows bytes."""


class PictureCache:
    """Fetches, decodes and caches pictures; at most `MAX_CACHED` of them."""

    def __init__(self, fetch: Callable[[str, int], Awaitable[bytes]], threads: Executor) -> None:
        """Prepare.

        Args:
            fetch: Returns the bytes behind a link, at most so many; must not send the key.
            threads: Run decoding and scaling.
        """
        self._fetch = fetch
        self._threads = threads
        self._cached: OrderedDict[str, Image] = OrderedDict()
        self._flights: dict[str, _Flight] = {}
        # One at a time: several large pictures at once would take most of a gigabyte.
        self._decoding = asyncio.Lock()

    def has(self, url: str) -> bool:
        """Return whether the picture is in memory, so that its link need not be valid."""
        return identity(url) in self._cached

    async def pixels(self, url: str, columns: int, rows: int) -> Pixels:
        """Return a link's picture, in its proportions, in at most `columns` by `rows` cells.

        Single flight: a picture already on its way is awaited, and not fetched twice.

        Raises:
            PictureError: it is broken or too large.
            Exception: whatever `fetch` raises.
        """
        picture = await self._picture(url)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _scale, picture, columns, rows)

    async def _picture(self, url: str) -> Image:
        key = identity(url)
        async with self._single_flight(key):
            picture = self._cached.get(key)
            if picture is None:
                data = await self._fetch(url, MAX_FILE_BYTES)
                async with self._decoding:
                    loop = asyncio.get_running_loop()
                    picture = await loop.run_in_executor(self._threads, _decode, data)
                self._cached[key] = picture
            self._cached.move_to_end(key)
            while len(self._cached) > MAX_CACHED:
                self._cached.popitem(last=False)
            return picture

    @asynccontextmanager
    async def _single_flight(self, key: str) -> AsyncIterator[None]:
        """Let the callers that want the picture `key` go on one after the other."""
        flight = self._flights.setdefault(key, _Flight())
        flight.callers += 1
        try:
            async with flight.lock:
                yield
        finally:
            flight.callers -= 1
            if not flight.callers:
                del self._flights[key]


class _Flight:
    """A picture on its way, and how many wait for it."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.callers = 0


def _decode(data: bytes) -> Image:
    from PIL import Image

    # Pillow's own check only warns; ours is stricter, and raises.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise PictureError(
                    f"The picture is too large to show: {picture.width} by {picture.height}."
                )
            picture.draft("RGB", _CACHED_SIZE)
            # Palette indices cannot be averaged.
            whole = _opaque(picture) if picture.mode in ("1", "P", "PA") else picture
            whole.thumbnail(_CACHED_SIZE)
            return _opaque(whole)
    except PictureError:
        raise
    except Exception:  # Pillow's decoders raise whatever their formats bring about.
        raise PictureError("The picture is broken, or none.") from None


def _opaque(picture: Image) -> Image:
    from PIL import Image

    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(paper, layer).convert("RGB")
    return picture.convert("RGB")


def _scale(picture: Image, columns: int, rows: int) -> Pixels:
    from PIL import Image

    # A cell is about twice as high as it is wide, so half a cell is a square.
    factor = min(columns / picture.width, rows * 2 / picture.height)
    width = max(1, min(columns, round(picture.width * factor)))
    height = max(2, min(rows * 2, round(picture.height * factor)))
    height += height % 2
    scaled = picture.resize((width, height), Image.Resampling.LANCZOS)
    return Pixels(width, height // 2, scaled.tobytes())
