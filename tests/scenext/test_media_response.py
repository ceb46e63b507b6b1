"""Anything that comes in place of a picture or video is named, and never taken for one."""

from __future__ import annotations

import base64
import gzip
import hashlib
import zlib
from collections.abc import AsyncIterator, Callable

import pytest

from tests.scenext.test_file_end import FTYP, MDAT, MOOV, drawn
from tests.scenext.test_file_type import OSS_ERROR, VIDEOS
from tests.scenext.test_media import PICTURE, client, host, raw_host
from tui.demo.server import Response
from tui.errors import MediaError
from tui.scenext.media_response import MediaBody

PNG = PICTURE + bytes(range(256)) * 20
MP4 = VIDEOS["mp4"][0] + bytes(5_000)
HOST = "The host of the link"
EXPIRED = b"<Error><Code>AccessDenied</Code><Message>Request has expired.</Message></Error>"


async def saved(response: Response) -> bytes:
    """Return what a download of a response would save."""
    with host(lambda _: response) as origin:
        async with client() as media, media.stream(f"{origin}/frame1.png?Signature=s") as body:
            return b"".join([piece async for piece in body])


async def refused(response: Response) -> MediaError:
    """Return why nothing of a response would be saved, which is also why it is not shown."""
    with host(lambda _: response) as origin:
        async with client() as media:
            with pytest.raises(MediaError) as shown:
                await media.fetch(f"{origin}/frame1.png?Signature=s", 1 << 20)
            with pytest.raises(MediaError) as caught:
                async with media.stream(f"{origin}/frame1.png?Signature=s") as body:
                    [_ async for _ in body]
    assert str(shown.value) == str(caught.value)
    assert "Signature" not in str(caught.value)
    return caught.value


# Status


@pytest.mark.parametrize(
    ("response", "expired"),
    [
        (Response(403, b"", {"x-oss-ec": "0002-00000069"}), True),
        (Response(403, b"", {"x-oss-ec": "0002-00000236"}), True),
        (Response(403, EXPIRED), True),
        (Response(403, b"<Error><Code>SecurityTokenExpired</Code></Error>"), True),
        (Response(401, b'{"error":"E token expired"}'), True),
        (Response(400, b"<Error><Code>ExpiredToken</Code></Error>"), True),
        (Response(403, b"\x1b]0;x\x07no"), False),
        (Response(403), False),
        (Response(403, b"<Error><Code>InvalidAccessKeyId</Code></Error>"), False),
        (Response(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>"), False),
        (Response(403, b"<html>", {"x-oss-ec": "0003-00000001"}), False),
        (Response(401, b"", {"WWW-Authenticate": "Basic"}), False),
        (Response(410), False),
    ],
)
async def test_any_refusal_may_be_mended_by_a_fresh_link(response: Response, expired: bool) -> None:
    error = await refused(response)
    assert error.refused
    assert error.expired is expired
    does = "the file is gone" if response.status == 410 else "it refuses the link"
    words = "The link has ended." if expired else f"{HOST} answered {response.status}: {does}."
    assert (str(error), error.retry_after) == (words, None)


@pytest.mark.parametrize(
    ("response", "seconds"),
    [
        *((Response(status), 0) for status in (404, 408, 425, 429, 500, 502, 503, 504, 520, 524)),
        (Response(404, EXPIRED), 0),
        (Response(503, b"", {"Retry-After": "2"}), 2),
        (Response(429, b"", {"Retry-After": "soon"}), 0),
        (Response(202, PNG, {"Retry-After": "3"}), 3),
        *((Response(status), None) for status in (304, 400, 405, 414, 451, 501, 511)),
    ],
)
async def test_what_may_pass_in_a_moment_is_known(response: Response, seconds: float) -> None:
    error = await refused(response)
    assert error.retry_after == seconds
    assert not error.refused
    assert str(response.status) in str(error)


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (Response(202, PNG), "is not done with the file (202)."),
        (Response(204), "sent no file (204)."),
        (Response(206, PNG), "sent only a part of the file (206)."),
        (
            Response(206, PNG, {"Content-Range": f"bytes 0-{len(PNG) - 1}/{len(PNG) + 1}"}),
            "sent only a part of the file (206).",
        ),
        (
            Response(206, PNG, {"Content-Range": f"bytes 9-{len(PNG) + 8}/{len(PNG) + 9}"}),
            "sent only a part of the file (206).",
        ),
        (
            Response(206, PNG, {"Content-Type": "multipart/byteranges; boundary=x"}),
            "sent only a part of the file (206).",
        ),
        (Response(400), "answered 400: it does not understand the link."),
        (Response(404), "answered 404: it has no such file."),
        (Response(408), "answered 408: it waited too long."),
        (Response(414), "answered 414: the link is too long for it."),
        (Response(429), "answered 429: it wants fewer requests."),
        (Response(451), "answered 451: the file is blocked for legal reasons."),
        (Response(500), "answered 500: it has an error."),
        (Response(502), "answered 502: a server behind it failed."),
        (Response(503), "answered 503: it is too busy."),
        (Response(504), "answered 504: a server behind it took too long."),
        (Response(520), "answered 520: it has an error."),
        (Response(418), "answered 418."),
        (Response(201, PNG), "answered 201."),
        (Response(304), "answered 304."),
        (Response(300, PNG), "answered 300."),
    ],
)
async def test_a_status_that_brings_no_whole_file_is_said(response: Response, words: str) -> None:
    assert str(await refused(response)) == f"{HOST} {words}"


@pytest.mark.parametrize(
    "response",
    [
        Response(200, PNG),
        Response(200, PNG, {"Content-Type": "text/html"}),
        Response(200, PNG, {"Content-Type": "application/json", "Content-Disposition": "inline"}),
        Response(203, PNG),
        Response(206, PNG, {"Content-Range": f"bytes 0-{len(PNG) - 1}/{len(PNG)}"}),
        Response(200, PNG, {"Content-Range": "bytes 0-4/5"}),
    ],
)
async def test_a_picture_is_taken_whatever_is_written_on_it(response: Response) -> None:
    assert await saved(response) == PNG


# First bytes


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b'{"code": 404, "message": "not found"}', "an error message (JSON)"),
        (b"\xef\xbb\xbf[]", "an error message (JSON)"),
        (OSS_ERROR, "an error message (XML)"),
        (b"<!DOCTYPE html><title>Log in</title>", "a web page"),
        (b"\n\n<html>", "a web page"),
        (b"Not Found", "plain text"),
        (b"#EXTM3U\n#EXT-X-VERSION:3\n", "a playlist, which is no video itself,"),
        (b"PK\x03\x04" + bytes(100), "a packed file"),
        (b"%PDF-1.7\n", "a PDF document"),
        (bytes(2_000), "something that is neither a picture nor a video"),
    ],
)
@pytest.mark.parametrize("content_type", ["image/png", "text/html", ""])
async def test_what_stands_in_a_files_place_is_named(
    body: bytes, what: str, content_type: str
) -> None:
    error = await refused(Response(200, body, {"Content-Type": content_type}))
    assert str(error) == f"{HOST} sent {what} in place of the file."


async def test_an_empty_file_is_none() -> None:
    error = await refused(Response(200, b"", {"Content-Type": "image/png"}))
    assert (str(error), error.retry_after) == (f"{HOST} sent an empty file.", 0)


async def test_a_video_is_saved_and_not_shown() -> None:
    response = Response(200, MP4, {"Content-Type": "image/png"})
    assert await saved(response) == MP4
    with host(lambda _: response) as origin:
        async with client() as media:
            with pytest.raises(MediaError, match=r"^A video cannot be shown here; o opens it"):
                await media.fetch(origin, 1 << 20)


async def test_a_picture_that_cannot_be_shown_is_saved() -> None:
    tiff = b"II*\0" + bytes(2_000)
    assert await saved(Response(200, tiff)) == tiff
    with host(lambda _: Response(200, tiff)) as origin:
        async with client() as media:
            with pytest.raises(MediaError, match=r"^A TIFF picture cannot be shown here; o opens"):
                await media.fetch(origin, 1 << 20)


# Content codings


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "GZIP": ("GZIP", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "zlib": ("deflate", zlib.compress),
    "raw deflate": ("Deflate", deflated),
    "gzip twice": ("gzip, gzip", lambda data: gzip.compress(gzip.compress(data))),
    "gzip said twice": ("gzip, gzip", gzip.compress),
    "gzip and no coding": ("identity, gzip", gzip.compress),
    "gzip not said": ("", gzip.compress),
    "two members": ("gzip", lambda data: gzip.compress(data[:9]) + gzip.compress(data[9:])),
}
AS_IT_IS = (
    *("identity", "Identity", "identity, identity", "", "utf-8", "UTF-8", "aws-chunked", "binary"),
    *("none", "None", "null", "base64", "7bit", "x-unknown", "image/png", "gzip", "deflate", "br"),
    *("zstd", "gzip, utf-8", ",", '"gzip"', "aws-chunked,gzip"),
)


@pytest.mark.parametrize(("coding", "pack"), PACKED.values(), ids=PACKED)
@pytest.mark.parametrize("data", [PICTURE, PNG, MP4], ids=["small", "picture", "video"])
async def test_what_was_packed_for_the_way_is_unpacked(
    coding: str, pack: Callable[[bytes], bytes], data: bytes
) -> None:
    assert await saved(Response(200, pack(data), {"Content-Encoding": coding})) == data


@pytest.mark.parametrize("coding", AS_IT_IS)
async def test_a_name_that_says_nothing_of_the_bytes_changes_nothing(coding: str) -> None:
    for data in (PICTURE, PNG):
        assert await saved(Response(200, data, {"Content-Encoding": coding})) == data


async def test_what_cannot_be_unpacked_says_how_it_was_packed() -> None:
    brotli = b"\x0b\x02\x80" + bytes(range(256))
    for coding, body in (("br", brotli), ("zstd", b"\x28\xb5\x2f\xfd" + brotli)):
        error = await refused(Response(200, body, {"Content-Encoding": coding}))
        assert (
            str(error) == f"The link's host sent it compressed as {coding}, which is not supported."
        )
    broken = gzip.compress(PNG)[:-300] + bytes(300)
    error = await refused(Response(200, broken, {"Content-Encoding": "gzip"}))
    assert str(error) == f"{HOST} sent it packed, and broken."


async def test_what_was_packed_and_is_cut_short_says_so() -> None:
    error = await refused(Response(200, gzip.compress(PNG)[:-4], {"Content-Encoding": "gzip"}))
    assert (str(error), error.retry_after) == ("The connection broke half-way.", 0)


async def test_a_bomb_is_refused_in_small_pieces() -> None:
    layer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    bomb = layer.compress(PICTURE)
    bomb += layer.compress(bytes(16 << 20)) + layer.flush()

    async def raw() -> AsyncIterator[bytes]:
        yield bomb

    body = MediaBody(200, {"content-encoding": "gzip"}, raw(), unpacked_limit=8 << 20)
    await body.read_start()
    sizes: list[int] = []

    async def read() -> None:
        async for piece in body:
            sizes.append(len(piece))

    with pytest.raises(MediaError, match="it grows without end"):
        await read()
    assert max(sizes) <= 1 << 16


# Lengths


async def test_more_or_less_than_was_announced_is_no_whole_file() -> None:
    head = b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-99/100\r\n"
    answer = head + b"Content-Length: 50\r\n\r\n" + PICTURE.ljust(50)
    async with raw_host(answer) as origin, client() as media:
        with pytest.raises(MediaError, match="sent less than it announced") as caught:
            await media.fetch(origin, 1000)
    assert caught.value.retry_after == 0


WHOLE = {"frame1.png": drawn("PNG"), "frame1.jpg": drawn("JPEG"), "video.mp4": FTYP + MOOV + MDAT}
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def chunked(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(data), data)


def chunked_gzip(data: bytes) -> bytes:
    return chunked(gzip.compress(data))


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize(
    ("head", "framed"),
    [
        (b"HTTP/1.0 200 OK\r\n", bytes),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n", bytes),
        (b"HTTP/1.1 200 OK\r\n" + CHUNKED, chunked),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n" + CHUNKED, chunked_gzip),
    ],
    ids=["http 1.0", "no length", "chunked", "packed"],
)
async def test_without_a_length_the_file_tells_whether_it_is_whole(
    data: bytes, head: bytes, framed: Callable[[bytes], bytes]
) -> None:
    async def received(sent: bytes) -> bytes:
        answer = head + b"\r\n" + framed(sent)
        async with (
            raw_host(answer) as origin,
            client() as media,
            media.stream(origin) as body,
        ):
            return b"".join([piece async for piece in body])

    assert await received(data) == data
    for cut in (len(data) // 3, len(data) // 2, len(data) - 1):
        with pytest.raises(MediaError, match=r"^The connection broke half-way: ") as caught:
            await received(data[:cut])
        assert caught.value.retry_after == 0


async def test_chunks_count_more_than_a_length() -> None:
    data = WHOLE["frame1.png"]
    for length in (3, len(data) + 9):
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n" % length + CHUNKED
        answer = head + b"\r\n" + chunked(data)
        async with raw_host(answer) as origin, client() as media:
            assert await media.fetch(origin, 1 << 20) == data


async def test_a_length_that_was_told_is_believed() -> None:
    half = WHOLE["frame1.png"][:500]
    assert await saved(Response(200, half)) == half
    packed = Response(200, gzip.compress(half), {"Content-Encoding": "gzip"})
    assert await saved(packed) == half


async def test_a_file_that_was_damaged_on_its_way_is_refused() -> None:
    md5 = base64.b64encode(hashlib.md5(PNG, usedforsecurity=False).digest()).decode()
    assert await saved(Response(200, PNG, {"Content-MD5": md5})) == PNG
    damaged = Response(200, PNG[:-9] + bytes(9), {"Content-MD5": md5})
    error = await refused(damaged)
    assert str(error) == "The file was damaged on its way (its checksum differs)."
    assert error.retry_after == 0
    # Whether the checksum is the one of what was packed is not known.
    packed = {"Content-MD5": md5, "Content-Encoding": "gzip"}
    assert await saved(Response(200, gzip.compress(PNG + b"!"), packed)) == PNG + b"!"
    part = {"Content-MD5": md5, "Content-Range": "bytes 0-99/100"}
    assert await saved(Response(206, PNG[:100], part)) == PNG[:100]
