"""`PictureCache`: fetch once, cache by path, encode off the event loop, reject in plain words."""

from __future__ import annotations

import asyncio
import io
import struct
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from tests.pictures.costly import jpeg_of_scans
from tests.pictures.displays import shown
from tui.errors import MediaError
from tui.graphics import DEFAULT_CELL, Protocol, SymbolSet
from tui.pictures.cache import MAX_CACHED_BYTES, MAX_FILE_BYTES, PictureCache, PictureError
from tui.pictures.encoding import EncodedPicture, EncodingRequest

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


def halves(columns: int, rows: int) -> EncodingRequest:
    return EncodingRequest(columns, rows, Protocol.SYMBOLS, SymbolSet.HALVES, DEFAULT_CELL)


def colour_of(picture: EncodedPicture) -> bytes:
    """Return the colour of the upper half of the first cell."""
    return picture.data[1:4] if picture.data[0] & 1 else picture.data[4:7]


@pytest.mark.parametrize("protocol", Protocol)
async def test_a_picture_is_encoded_for_its_terminal(
    threads: ThreadPoolExecutor, protocol: Protocol
) -> None:
    pictures = PictureCache(FakeHost(png((1280, 720))).fetch, threads)
    request = EncodingRequest(57, 16, protocol, SymbolSet.OCTANTS, DEFAULT_CELL)
    picture = await pictures.encode(URL, request)
    assert picture[:4] == (protocol, SymbolSet.OCTANTS, 57, 16)
    painted = shown(picture)
    assert painted.getcolors() == [(painted.width * painted.height, (255, 0, 0))]


async def test_a_picture_is_kept_by_its_path(threads: ThreadPoolExecutor) -> None:
    host = FakeHost(png((64, 40)))
    pictures = PictureCache(host.fetch, threads)
    assert not pictures.has(URL)
    await pictures.encode(URL, halves(48, 14))
    await pictures.encode(SIGNED_AGAIN, halves(80, 22))
    assert pictures.has(SIGNED_AGAIN)
    assert host.requested == [URL]


async def test_a_picture_on_its_way_is_not_fetched_twice(threads: ThreadPoolExecutor) -> None:
    host = FakeHost(png((64, 40)))
    host.may_respond.clear()
    pictures = PictureCache(host.fetch, threads)
    small = asyncio.create_task(pictures.encode(URL, halves(8, 4)))
    large = asyncio.create_task(pictures.encode(SIGNED_AGAIN, halves(16, 8)))
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
    first = asyncio.create_task(pictures.encode(URL, halves(8, 4)))
    second = asyncio.create_task(pictures.encode(SIGNED_AGAIN, halves(8, 4)))
    await host.request_received.wait()
    first.cancel()
    host.may_respond.set()
    assert (await second).columns == 8
    assert first.cancelled()
    assert host.requested == [URL, SIGNED_AGAIN]


async def test_files_are_kept_up_to_a_size_and_the_oldest_goes_first(
    threads: ThreadPoolExecutor,
) -> None:
    # What follows the end of a picture is no part of it.
    data = png((16, 16)) + bytes(MAX_CACHED_BYTES // 3 - 200)
    host = FakeHost(data)
    pictures = PictureCache(host.fetch, threads)
    urls = [f"https://oss.scenext.cn/frame{number}.png?s=1" for number in range(4)]
    for url in (*urls[:3], urls[0], urls[3]):
        await pictures.encode(url, halves(2, 2))
    assert [url for url in urls if not pictures.has(url)] == [urls[1]]
    assert len(host.requested) == 4
    host.data = png((16, 16)) + bytes(MAX_FILE_BYTES - 200)
    await pictures.encode(URL, halves(2, 2))
    assert [url for url in (*urls, URL) if pictures.has(url)] == [URL]


async def test_a_picture_that_could_not_be_shown_is_fetched_again(
    threads: ThreadPoolExecutor,
) -> None:
    """It may have been broken on its way, or be there only now."""
    host = FakeHost(png((64, 40))[:60])
    pictures = PictureCache(host.fetch, threads)
    with pytest.raises(PictureError):
        await pictures.encode(URL, halves(8, 4))
    host.data = png((64, 40))
    assert (await pictures.encode(URL, halves(8, 4))).columns == 8
    assert host.requested == [URL, URL]


async def test_many_wait_their_turn_and_who_gives_up_costs_nothing(
    threads: ThreadPoolExecutor,
) -> None:
    host = FakeHost(png((640, 360)))
    pictures = PictureCache(host.fetch, threads)
    done: list[int] = []

    async def encode(number: int) -> None:
        await pictures.encode(f"https://oss.scenext.cn/{number}.png", halves(16, 9))
        done.append(number)

    tasks = [asyncio.create_task(encode(number)) for number in range(6)]
    await host.request_received.wait()
    for number in (1, 4):
        tasks[number].cancel()
    await asyncio.wait(tasks)
    assert done == [0, 2, 3, 5]


async def test_a_costly_picture_is_given_up_for_the_next(threads: ThreadPoolExecutor) -> None:
    host = FakeHost(jpeg_of_scans(500))
    pictures = PictureCache(host.fetch, threads)
    costly = asyncio.create_task(pictures.encode(URL, halves(8, 4)))
    await host.request_received.wait()
    host.data = png((64, 40))
    following = asyncio.create_task(pictures.encode("https://oss.scenext.cn/2", halves(8, 4)))
    await asyncio.sleep(0)
    costly.cancel()
    assert (await following).columns == 8
    assert costly.cancelled()


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
        await pictures.encode(URL, halves(48, 14))
    assert not pictures.has(URL)


@pytest.mark.parametrize("width", [50_001, 95_000, 400_000])
async def test_a_huge_picture_is_refused_before_it_is_decoded(
    threads: ThreadPoolExecutor, width: int
) -> None:
    pictures = PictureCache(FakeHost(png_claiming(width, 1000)).fetch, threads)
    with pytest.raises(PictureError, match=rf"too large to show: {width} by 1000\."):
        await pictures.encode(URL, halves(48, 14))


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
    picture = await PictureCache(FakeHost(data).fetch, threads).encode(URL, halves(2, 1))
    assert tuple(colour_of(picture)) == colour


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_the_usual_formats_are_read(threads: ThreadPoolExecutor, kind: str) -> None:
    picture = await PictureCache(FakeHost(png((64, 36), kind=kind)).fetch, threads).encode(
        URL, halves(16, 9)
    )
    red, green, blue = colour_of(picture)
    assert red > 240
    assert max(green, blue) < 15


async def test_the_loop_goes_on_while_a_large_picture_is_decoded(
    threads: ThreadPoolExecutor,
) -> None:
    pictures = PictureCache(FakeHost(png((7000, 7000))).fetch, threads)
    loading = asyncio.create_task(pictures.encode(URL, halves(48, 14)))
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
        await PictureCache(fetch, threads).encode(URL, halves(48, 14))
