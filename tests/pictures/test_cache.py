"""`PictureCache`: fetch once, cache by path, decode off the event loop, reject in plain words."""

from __future__ import annotations

import asyncio
import io
import struct
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from tui.errors import MediaError
from tui.pictures.cache import MAX_CACHED, MAX_FILE_BYTES, MAX_PIXELS, PictureCache, PictureError

URL = "https://oss.scenext.cn/frame_img/a/frame1.png?Expires=1&Signature=first"
SIGNED_AGAIN = "https://oss.scenext.cn/frame_img/a/frame1.png?Expires=2&Signature=second"


def png(
    size: tuple[int, int], colour: object = "red", mode: str = "RGB", kind: str = "PNG"
) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, colour).save(buffer, kind)  # type: ignore[arg-type]
    return buffer.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """Return a small PNG whose header claims a size."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = b"IDAT" + zlib.compress(b"\0" * 100)
    chunks = (
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in (head, body)
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


class FakeHost:
    """Returns the same bytes for every link once it may respond; records the requested links."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.requested: list[str] = []
        self.request_received = asyncio.Event()
        self.may_respond = asyncio.Event()
        self.may_respond.set()

    async def fetch(self, url: str, max_bytes: int) -> bytes:
        assert max_bytes == MAX_FILE_BYTES
        self.requested.append(url)
        self.request_received.set()
        await self.may_respond.wait()
        return self.data


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.mark.parametrize(
    ("size", "available", "cells"),
    [
        ((1280, 720), (48, 14), (48, 14)),
        ((1280, 720), (48, 9), (32, 9)),
        ((720, 1280), (48, 14), (16, 14)),
        ((100, 100), (48, 14), (28, 14)),
        ((1, 1), (48, 14), (28, 14)),
        ((5000, 1), (48, 14), (48, 1)),
        ((1, 5000), (48, 14), (1, 14)),
        ((640, 400), (1, 1), (1, 1)),
        ((1280, 720), (300, 100), (300, 85)),
    ],
)
async def test_a_picture_keeps_its_proportions(
    threads: ThreadPoolExecutor,
    size: tuple[int, int],
    available: tuple[int, int],
    cells: tuple[int, int],
) -> None:
    pixels = await PictureCache(FakeHost(png(size)).fetch, threads).pixels(URL, *available)
    assert (pixels.columns, pixels.rows) == cells
    assert pixels.data == b"\xff\0\0" * (pixels.columns * pixels.rows * 2)


async def test_a_picture_is_kept_by_its_path(threads: ThreadPoolExecutor) -> None:
    host = FakeHost(png((64, 40)))
    pictures = PictureCache(host.fetch, threads)
    assert not pictures.has(URL)
    await pictures.pixels(URL, 48, 14)
    await pictures.pixels(SIGNED_AGAIN, 80, 22)
    assert pictures.has(SIGNED_AGAIN)
    assert host.requested == [URL]


async def test_a_picture_on_its_way_is_not_fetched_twice(threads: ThreadPoolExecutor) -> None:
    host = FakeHost(png((64, 40)))
    host.may_respond.clear()
    pictures = PictureCache(host.fetch, threads)
    small = asyncio.create_task(pictures.pixels(URL, 8, 4))
    large = asyncio.create_task(pictures.pixels(SIGNED_AGAIN, 16, 8))
    await host.request_received.wait()
    host.may_respond.set()
    assert [(await small).columns, (await large).columns] == [8, 16]
    assert host.requested == [URL]


async def test_who_waits_for_a_picture_that_another_gave_up_fetches_it(
    threads: ThreadPoolExecutor,
) -> None:
    host = FakeHost(png((64, 40)))
    host.may_respond.clear()
    pictures = PictureCache(host.fetch, threads)
    first = asyncio.create_task(pictures.pixels(URL, 8, 4))
    second = asyncio.create_task(pictures.pixels(SIGNED_AGAIN, 8, 4))
    await host.request_received.wait()
    first.cancel()
    host.may_respond.set()
    assert (await second).columns == 8
    assert first.cancelled()
    assert host.requested == [URL, SIGNED_AGAIN]


async def test_only_so_many_are_kept_and_the_oldest_goes_first(
    threads: ThreadPoolExecutor,
) -> None:
    host = FakeHost(png((1600, 1000)))
    pictures = PictureCache(host.fetch, threads)
    urls = [f"https://oss.scenext.cn/frame{number}.png?s=1" for number in range(MAX_CACHED + 1)]
    for url in urls[:MAX_CACHED]:
        await pictures.pixels(url, 2, 2)
    await pictures.pixels(urls[0], 2, 2)
    await pictures.pixels(urls[MAX_CACHED], 2, 2)
    assert [url for url in urls if not pictures.has(url)] == [urls[1]]
    assert len(host.requested) == MAX_CACHED + 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>sign in</html>",
        png((300, 300))[:200],
        png((9, 9))[:8] + b"\xff" * 50,
        png((9, 9), kind="BMP"),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    ],
    ids=["empty", "page", "cut", "garbage", "bitmap", "postscript"],
)
async def test_what_is_no_picture_says_so(threads: ThreadPoolExecutor, data: bytes) -> None:
    pictures = PictureCache(FakeHost(data).fetch, threads)
    with pytest.raises(PictureError, match=r"^The picture is broken, or none\.$"):
        await pictures.pixels(URL, 48, 14)
    assert not pictures.has(URL)


@pytest.mark.parametrize("width", [MAX_PIXELS // 1000 + 1, 95_000, 400_000])
async def test_a_huge_picture_is_refused_before_it_is_decoded(
    threads: ThreadPoolExecutor, width: int
) -> None:
    pictures = PictureCache(FakeHost(png_claiming(width, 1000)).fetch, threads)
    with pytest.raises(PictureError, match=rf"too large to show: {width} by 1000\."):
        await pictures.pixels(URL, 48, 14)


@pytest.mark.parametrize(
    ("data", "colour"),
    [
        (png((8, 8), (0, 0, 255, 0), "RGBA"), (255, 255, 255)),
        (png((8, 8), (0, 0, 255, 255), "RGBA"), (0, 0, 255)),
        (png((8, 8), 0, "P"), (0, 0, 0)),
        (png((8, 8), 1, "1"), (255, 255, 255)),
        (png((8, 8), (0, 0), "LA"), (255, 255, 255)),
        (png((8, 8), 100, "L"), (100, 100, 100)),
        (png((8, 8), 0x8040, "I;16"), (128, 128, 128)),
        (png((8, 8), (0, 0, 0, 0), "CMYK", "JPEG"), (255, 255, 255)),
    ],
    ids=["clear", "opaque", "palette", "bits", "clear grey", "grey", "16 bits", "inks"],
)
async def test_every_kind_of_pixel_becomes_a_colour(
    threads: ThreadPoolExecutor, data: bytes, colour: tuple[int, int, int]
) -> None:
    pixels = await PictureCache(FakeHost(data).fetch, threads).pixels(URL, 2, 1)
    assert tuple(pixels.data[:3]) == colour


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_the_usual_formats_are_read(threads: ThreadPoolExecutor, kind: str) -> None:
    pixels = await PictureCache(FakeHost(png((64, 36), kind=kind)).fetch, threads).pixels(
        URL, 16, 9
    )
    red, green, blue = pixels.data[:3]
    assert red > 240
    assert max(green, blue) < 15


async def test_the_loop_goes_on_while_a_large_picture_is_decoded(
    threads: ThreadPoolExecutor,
) -> None:
    pictures = PictureCache(FakeHost(png((7000, 7000))).fetch, threads)
    loading = asyncio.create_task(pictures.pixels(URL, 48, 14))
    began = before = asyncio.get_running_loop().time()
    longest_stall = 0.0
    while not loading.done():
        await asyncio.sleep(0.001)
        now = asyncio.get_running_loop().time()
        longest_stall, before = max(longest_stall, now - before), now
    assert (await loading).columns == 28
    # A thread that held the GIL would block the loop for the whole time.
    assert longest_stall < (before - began) / 2


async def test_what_fetching_raises_is_passed_on(threads: ThreadPoolExecutor) -> None:
    async def fetch(url: str, max_bytes: int) -> bytes:
        raise MediaError("The link has ended.", expired=True)

    with pytest.raises(MediaError, match="ended"):
        await PictureCache(fetch, threads).pixels(URL, 48, 14)
