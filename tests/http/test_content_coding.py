"""A body is unpacked by what its bytes are, whatever the header calls them, within a bound."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.http.content_coding import (
    MAX_MEMBERS,
    CodingError,
    CutShortError,
    Decoder,
    TooLargeError,
    unsupported_coding,
)

ANSWER = '{"status": "success", "data": {"status": "COMPLETED", "title": "勾股"}}'.encode()
LARGE = b"".join(b'{"number": %d}' % number for number in range(20_000))
PNG = b"\x89PNG\r\n\x1a\n" + os.urandom(900)
NOISE = os.urandom(300_000)


def raw_deflate(body: bytes) -> bytes:
    """Return a deflate stream without the wrapping of zlib, as old servers send it."""
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(body) + compressor.flush()


def decode(packed: bytes, encoding: str = "", size: int = 1 << 20, limit: int = 1 << 20) -> bytes:
    """Decode a body that comes in pieces of `size` bytes."""
    decoder = Decoder(encoding, limit=limit)
    pieces = [packed[start : start + size] for start in range(0, len(packed), size)]
    out = [part for piece in pieces for part in decoder.decode(piece)]
    return b"".join([*out, *decoder.finish()])


NAMES = [
    *("", "identity", "gzip", "x-gzip", "GZIP", " gzip ", "gzip, gzip", "gzip,", "gzip;q=1.0"),
    *('"gzip"', "deflate", "Deflate", "br", "zstd", "utf-8", "UTF-8", "aws-chunked", "none"),
    *("gzip, aws-chunked", "sparkle", "null", "binary", "chunked", ", ".join(["gzip"] * 20)),
    *("x" * 100_000, "," * 100_000, "\xff", "json"),
]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:20])
@pytest.mark.parametrize("body", [b"", b"{}", ANSWER, LARGE, PNG], ids=len)
def test_the_bytes_decide_and_not_the_name(name: str, body: bytes) -> None:
    """Plain, gzip, zlib and gzip in gzip under every name."""
    assert decode(body, name) == body
    for packed in (gzip.compress(body), zlib.compress(body), gzip.compress(gzip.compress(body))):
        assert decode(packed, name) == body


@pytest.mark.parametrize("name", ["deflate", "DEFLATE", "x-deflate", "deflate, identity"])
@pytest.mark.parametrize("body", [b"{}", ANSWER, LARGE, PNG], ids=len)
def test_deflate_may_lack_the_wrapping_of_zlib(name: str, body: bytes) -> None:
    assert decode(raw_deflate(body), name) == body
    assert decode(raw_deflate(body) + b"\0\r\n", name) == body


@pytest.mark.parametrize(
    "start",
    [
        *(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF\x24\x10\0\0WEBPVP8 "),
        *(b"\0\0\0\x20ftypisom", b"\x1aE\xdf\xa3", b"BM", b"<?xml ", b"\xef\xbb\xbf{}"),
    ],
)
def test_what_is_called_packed_and_is_not_stays_as_it_is(start: bytes) -> None:
    for seed in range(50):
        body = start + bytes((seed * 31 + n * n * 7) % 251 for n in range(600))
        assert decode(body, "deflate") == body
        assert decode(body, "gzip") == body


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(ANSWER[:30]) + gzip.compress(ANSWER[30:]),
        b"".join(gzip.compress(ANSWER[n : n + 1]) for n in range(len(ANSWER))),
        gzip.compress(b"") + gzip.compress(ANSWER) + gzip.compress(b""),
        gzip.compress(ANSWER) + bytes(1_000),
        gzip.compress(ANSWER[:30]) + bytes(7) + gzip.compress(ANSWER[30:]),
        gzip.compress(ANSWER) + b"\r\n",
        gzip.compress(ANSWER) + b"trailing garbage",
        gzip.compress(ANSWER) + b"\x1f\x8b",
        gzip.compress(ANSWER, mtime=0) + b"\x1f",
    ],
    ids=["two", "many", "empty", "NULs", "between", "line", "garbage", "nearly", "half"],
)
@pytest.mark.parametrize("size", [1, 7, 4096])
def test_gzip_may_have_several_members(packed: bytes, size: int) -> None:
    assert decode(packed, "gzip", size) == ANSWER


@pytest.mark.parametrize("name", ["gzip", ""])
def test_what_is_broken_or_cut_short_is_told(name: str) -> None:
    packed = gzip.compress(LARGE)
    for broken in (packed[:-8] + bytes(8), packed[:5_000] + bytes(50) + packed[5_050:]):
        with pytest.raises(CodingError) as caught:
            decode(broken, name)
        assert type(caught.value) is CodingError
    for cut in (packed[:-1], packed[:-9], packed[:3_000], packed[:12], packed + packed[:900]):
        with pytest.raises(CutShortError):
            decode(cut, name)
    with pytest.raises(CutShortError):
        decode(zlib.compress(LARGE)[:-4], name)


def test_too_many_members_are_not_read() -> None:
    with pytest.raises(CodingError, match="members"):
        decode(gzip.compress(b"") * (MAX_MEMBERS + 1))


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("size", [1_000, 1 << 20])
def test_a_bomb_is_refused_without_memory(layers: int, size: int) -> None:
    packed = gzip.compress(bytes(50 << 20))
    packed = gzip.compress(packed) if layers == 2 else packed
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError):
            decode(packed, "gzip", size)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 << 20


@pytest.mark.parametrize("body", [b"x", b"xx", b"x = 1", b"\x1f", b"\x1f\x8b", b"\x1f\x8b\x07"])
def test_what_only_begins_alike_is_plain(body: bytes) -> None:
    assert decode(body) == decode(gzip.compress(body)) == body


def test_as_much_as_the_limit_is_read() -> None:
    assert decode(gzip.compress(NOISE), limit=len(NOISE)) == NOISE
    assert decode(NOISE, limit=len(NOISE)) == NOISE
    for body in (gzip.compress(NOISE), NOISE, zlib.compress(NOISE)):
        with pytest.raises(TooLargeError):
            decode(body, limit=len(NOISE) - 1)


@given(st.binary(max_size=2_000), st.sampled_from([1, 3, 100, 5_000]), st.sampled_from(NAMES))
def test_any_bytes_come_out_or_are_refused(body: bytes, size: int, name: str) -> None:
    plain = b"{" + body
    for packed in (gzip.compress(plain), zlib.compress(plain)):
        assert decode(packed, name, size) == plain
    try:
        decode(body, name, size)
    except CodingError:
        assert body[:1] in (b"x", b"\x1f") or "deflate" in name.lower()


@pytest.mark.parametrize(
    ("name", "start", "coding"),
    [
        ("br", b"\x1b\x0f\0\xf8\x25", "br"),
        ("gzip, BR", b"\x8b\x03\x80", "br"),
        ("zstd", b"\x28\xb5\x2f\xfd\x24", "zstd"),
        ("", b"\x28\xb5\x2f\xfd\x24", "zstd"),
        ("", bz2.compress(ANSWER), "bzip2"),
        ("none", lzma.compress(ANSWER), "xz"),
        ("compress", b"\x1f\x9d\x90\x7b", "compress"),
        ("br", b"<html>", ""),
        ("br", '{"title": "勾股'.encode()[:-1], ""),
        ("br", b"", ""),
        ("sparkle", b"\x8b\x03\x80", ""),
        ("", b"\x89PNG\r\n\x1a\n", ""),
    ],
)
def test_what_cannot_be_unpacked_is_named(name: str, start: bytes, coding: str) -> None:
    assert unsupported_coding(name, start) == coding
