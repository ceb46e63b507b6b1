"""Pictures of frames for the terminal: fetched without the key, decoded in a thread, cached.

The cache is keyed by the link without its signature, which changes. Pillow is imported in the
thread, since the import is slow.
"""

from __future__ import annotations

import asyncio
import io
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Final, NamedTuple
from weakref import WeakValueDictionary

from tui.scenext.signed_url import identity

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_FILE_BYTES: Final = 20 << 20
"""Bytes of a picture's file."""
MAX_PIXELS: Final = 50_000_000
"""Pixels of a picture, to limit the memory for decoding; Pillow's own limit is higher."""
MAX_CACHED: Final = 48
"""Pictures kept in memory, each of at most `_CACHED_SIZE`."""

_CACHED_SIZE: Final = (640, 400)
"""Width and height in pixels: enough for a terminal of 320 by 100 cells."""
_FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")


class PictureError(Exception):
    """A picture cannot be shown; the message is one line that says why."""


class Pixels(NamedTuple):
    """A picture scaled to `columns` by `rows` cells; a cell is two pixels, one above the other."""

    columns: int
    rows: int
    data: bytes
    """RGB, row by row: 3 * columns * 2 * rows bytes."""


class PictureCache:
    """Fetches, decodes and caches up to `MAX_CACHED` pictures."""

    def __init__(self, fetch: Callable[[str, int], Awaitable[bytes]], executor: Executor) -> None:
        """Get the bytes behind a link, up to a limit, by `fetch`, which must not send the key."""
        self._fetch = fetch
        self._executor = executor
        self._cached: OrderedDict[str, Image] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """Single flight: held while a picture is being fetched; each lives while it is wanted."""
        # One at a time, to limit the memory that large pictures take.
        self._decoding = asyncio.Lock()

    def has(self, url: str) -> bool:
        """Return whether the picture is cached, so that its link need not be valid."""
        return identity(url) in self._cached

    async def pixels(self, url: str, columns: int, rows: int) -> Pixels:
        """Return a picture scaled to fit. Raises `PictureError`, and whatever `fetch` raises."""
        picture = await self._picture(url)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, _scale, picture, columns, rows)

    async def _picture(self, url: str) -> Image:
        key = identity(url)
        async with self._locks.setdefault(key, asyncio.Lock()):
            picture = self._cached.get(key)
            if picture is None:
                data = await self._fetch(url, MAX_FILE_BYTES)
                async with self._decoding:
                    loop = asyncio.get_running_loop()
                    picture = await loop.run_in_executor(self._executor, _decode, data)
                self._cached[key] = picture
            self._cached.move_to_end(key)
            while len(self._cached) > MAX_CACHED:
                self._cached.popitem(last=False)
            return picture


def _decode(data: bytes) -> Image:
    from PIL import Image

    # Disabled: the check below is stricter.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise PictureError(
                    f"The picture is too large to show: {picture.width} by {picture.height}."
                )
            picture.draft("RGB", _CACHED_SIZE)
            # Palette indices cannot be averaged.
            scalable = _opaque(picture) if picture.mode in ("1", "P", "PA") else picture
            scalable.thumbnail(_CACHED_SIZE)
            return _opaque(scalable)
    except PictureError:
        raise
    except Exception:  # Pillow's decoders raise exceptions of many types.
        raise PictureError("The picture is broken, or none.") from None


def _opaque(picture: Image) -> Image:
    from PIL import Image

    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        background = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(background, layer).convert("RGB")
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
