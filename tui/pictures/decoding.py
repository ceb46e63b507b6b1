"""Pictures of frames for the terminal: fetched without the key, decoded apart, kept for a while.

A picture is kept by its link's path: a signature changes, the path does not. Decoding and scaling
run in a thread; Pillow is imported there, as it takes 30-60 ms.
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

LARGEST: Final = 20 << 20
"""Bytes of a picture's file."""
MOST_PIXELS: Final = 50_000_000
"""Pixels of a picture, up to 200 MB decoded; Pillow would warn from 89 million on and go on."""
KEPT: Final = 48
"""Pictures that stay in memory, each of at most `_KEPT_SIZE`, 0.7 MB."""

_KEPT_SIZE: Final = (640, 400)
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


class Pictures:
    """Fetches, decodes and keeps pictures; at most `KEPT` of them."""

    def __init__(self, fetch: Callable[[str, int], Awaitable[bytes]], threads: Executor) -> None:
        """Prepare.

        Args:
            fetch: Gives the bytes behind a link, at most so many; must not send the key.
            threads: Where decoding and scaling run.
        """
        self._fetch = fetch
        self._threads = threads
        self._kept: OrderedDict[str, Image] = OrderedDict()
        self._coming: dict[str, _Coming] = {}
        # One after the other: four large pictures at once would take most of a gigabyte.
        self._decoding = asyncio.Lock()

    def has(self, url: str) -> bool:
        """Return whether the picture is in memory, so that its link need not live."""
        return identity(url) in self._kept

    async def pixels(self, url: str, columns: int, rows: int) -> Pixels:
        """Return a link's picture, in its proportions, in at most `columns` by `rows` cells.

        A picture that is on its way already is waited for, and not fetched twice.

        Raises:
            PictureError: it is broken or too large.
            Exception: whatever `fetch` raises.
        """
        picture = await self._picture(url)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _scale, picture, columns, rows)

    async def _picture(self, url: str) -> Image:
        key = identity(url)
        async with self._alone(key):
            picture = self._kept.get(key)
            if picture is None:
                data = await self._fetch(url, LARGEST)
                async with self._decoding:
                    loop = asyncio.get_running_loop()
                    picture = await loop.run_in_executor(self._threads, _decode, data)
                self._kept[key] = picture
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return picture

    @asynccontextmanager
    async def _alone(self, key: str) -> AsyncIterator[None]:
        """Let one caller after the other go on with the picture `key`."""
        coming = self._coming.setdefault(key, _Coming())
        coming.callers += 1
        try:
            async with coming.lock:
                yield
        finally:
            coming.callers -= 1
            if not coming.callers:
                del self._coming[key]


class _Coming:
    """A picture that is on its way, and how many wait for it."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.callers = 0


def _decode(data: bytes) -> Image:
    from PIL import Image

    # Pillow's own check would write a warning where ours, which is stricter, has words.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise PictureError(
                    f"The picture is too large to show: {picture.width} by {picture.height}."
                )
            picture.draft("RGB", _KEPT_SIZE)
            # Numbers of a palette cannot be averaged.
            whole = _opaque(picture) if picture.mode in ("1", "P", "PA") else picture
            whole.thumbnail(_KEPT_SIZE)
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

    # A cell is about twice as high as wide, so that half of one is a square.
    factor = min(columns / picture.width, rows * 2 / picture.height)
    width = max(1, min(columns, round(picture.width * factor)))
    height = max(2, min(rows * 2, round(picture.height * factor)))
    height += height % 2
    scaled = picture.resize((width, height), Image.Resampling.LANCZOS)
    return Pixels(width, height // 2, scaled.tobytes())
