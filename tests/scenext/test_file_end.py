"""A file without a length is whole by its own structure; one that was cut anywhere is not."""

from __future__ import annotations

import io
import struct
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.scenext.test_file_type import box, ebml
from tests.support.examples import examples
from tui.scenext.file_end import FileEnd
from tui.scenext.file_type import SNIFF_BYTES, FileKind, file_type


def drawn(kind: str, mode: str = "RGB", **options: object) -> bytes:
    picture = Image.effect_noise((40, 30), 90).convert(mode)
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        picture.save(file, kind, **options)
    return file.getvalue()


def with_thumbnail() -> bytes:
    """Return a JPEG picture that holds a small one with an end of its own."""
    whole = drawn("JPEG")
    inside = b"Exif\0\0" + drawn("JPEG", quality=5)
    return whole[:2] + b"\xff\xe1" + struct.pack(">H", 2 + len(inside)) + inside + whole[2:]


def element(name: bytes, body: bytes) -> bytes:
    return name + b"\x01" + len(body).to_bytes(7, "big") + body


FTYP = box(b"ftyp", b"isom\0\0\2\0isommp41")
MOOV, MDAT = box(b"moov", box(b"mvhd", bytes(100))), box(b"mdat", bytes(range(256)) * 2)
LONG_MDAT = struct.pack(">I4sQ", 1, b"mdat", 16 + 600) + bytes(600)
HEAD = ebml(b"webm").removesuffix(b"\x18\x53\x80\x67")
SEGMENT = element(b"\x18\x53\x80\x67", element(b"\x1f\x43\xb6\x75", bytes(300)))
RIFF = struct.pack("<4sI", b"RIFF", 4 + 300)
MORE = [Image.new("L", (40, 30), grey) for grey in (1, 2)]
WHOLE = {
    "png": drawn("PNG"),
    "png with text": drawn("PNG", "P")[:-12] + b"\0\0\0\4tEXtIEND1234" + drawn("PNG", "P")[-12:],
    "jpeg": drawn("JPEG"),
    "jpeg, progressive": drawn("JPEG", progressive=True),
    "jpeg, restarts": drawn("JPEG", restart_marker_blocks=1),
    "jpeg, grey": drawn("JPEG", "L", comment=b"\xff\xd9"),
    "jpeg with a thumbnail": with_thumbnail(),
    "gif": drawn("GIF", "P"),
    "gif, animated": drawn("GIF", "L", save_all=True, append_images=MORE, comment=b";;"),
    "webp": drawn("WEBP"),
    "webp, animated": drawn("WEBP", save_all=True, append_images=MORE),
    "avi": RIFF + b"AVI " + bytes(300),
    "mp4": FTYP + MOOV + MDAT,
    "mp4, index last": FTYP + box(b"free") + MDAT + MOOV,
    "mp4, long box": FTYP + LONG_MDAT + MOOV,
    "mp4 in parts": FTYP + box(b"moov", bytes(9)) + box(b"moof", bytes(9)) + MDAT,
    "mov": box(b"wide") + MDAT + MOOV,
    "3gp": box(b"ftyp", b"3gp4\0\0\2\0isom") + MOOV + MDAT,
    "heic": box(b"ftyp", b"heic\0\0\0\0mif1") + box(b"meta", bytes(40)) + MDAT,
    "avif": box(b"ftyp", b"avif\0\0\0\0mif1") + box(b"meta", bytes(40)) + MDAT,
    "webm": HEAD + SEGMENT,
    "mkv": ebml(b"matroska").removesuffix(b"\x18\x53\x80\x67") + SEGMENT,
}
NEVER_CERTAIN = {
    "a signature and pixels": b"\x89PNG\r\n\x1a\n and its pixels",
    "png, a broken chunk": drawn("PNG")[:33] + b"\0\0\0\1\0\0\0\0",
    "avi as a stream": struct.pack("<4sI", b"RIFF", 0xFFFFFFFF) + b"AVI " + bytes(50),
    "webp without a size": b"RIFF\0\0\0\0WEBP" + bytes(50),
    "mp4, the last box open": FTYP + MOOV + b"\0\0\0\0mdat" + bytes(50),
    "mp4, then something else": FTYP + b"\1\2\3\4\5\6\7\x08" + bytes(50),
    "mp4, a box too small": FTYP + b"\0\0\0\4mdat" + bytes(50),
    "mp4, a long box too small": FTYP + b"\0\0\0\1mdat" + bytes(50),
    "webm as a stream": HEAD + b"\x18\x53\x80\x67\x01" + b"\xff" * 7 + bytes(50),
    "gif, an unknown block": drawn("GIF", "P")[:13] + b"\x7f" * 900,
    "tiff": drawn("TIFF")[:200],
    "flv": b"FLV\x01\x05\0\0\0\x09",
}


def is_whole(data: bytes, piece: int = 1 << 20) -> bool:
    kind = file_type(data[:SNIFF_BYTES])
    assert kind.kind is not FileKind.OTHER
    end = FileEnd(kind)
    for at in range(0, len(data), piece):
        end.feed(data[at : at + piece])
    return end.is_reached


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
def test_a_whole_file_is_whole_and_one_that_was_cut_anywhere_is_not(data: bytes) -> None:
    assert is_whole(data)
    assert [size for size in range(64, len(data)) if is_whole(data[:size])] == []


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
def test_how_it_arrives_does_not_matter(data: bytes, piece: int) -> None:
    assert is_whole(data, piece)
    assert not is_whole(data[:-1], piece)
    assert not is_whole(data[: len(data) * 2 // 3], piece)


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize("more", [b"\0", b"\0" * 9, b"\n\n\n\n\n\n\n\n\n", b"\xff" * 9])
def test_what_stands_behind_the_end_is_ignored(data: bytes, more: bytes) -> None:
    assert is_whole(data + more)


@pytest.mark.parametrize("data", NEVER_CERTAIN.values(), ids=NEVER_CERTAIN)
def test_what_cannot_be_told_is_taken(data: bytes) -> None:
    assert is_whole(data)


def test_a_large_avi_file_has_parts() -> None:
    part = struct.pack("<4sI", b"RIFF", 4 + 200) + b"AVIX" + bytes(200)
    data = WHOLE["avi"] + part
    assert is_whole(data + part)
    assert not is_whole(data + part[:-1])


TINY_PARTS = {
    "gif": WHOLE["gif"][:-1] + b"!\xfe" + b"\x01a" * 400_000,
    "jpeg": WHOLE["jpeg"][:2] + b"\xff\xe1\0\x02" * 200_000,
    "mp4": WHOLE["mp4"] + b"\0\0\0\x08free" * 100_000,
}


@pytest.mark.parametrize("data", TINY_PARTS.values(), ids=TINY_PARTS)
def test_parts_that_only_cost_time_are_followed_no_further(data: bytes) -> None:
    end = FileEnd(file_type(data))
    followed = 0
    while followed < len(data) and not end.is_reached:
        end.feed(data[followed : followed + 4_096])
        followed += 4_096
    assert followed < 20 * 4_096


@settings(max_examples=examples(50))
@given(st.sampled_from(sorted(WHOLE)), st.binary(max_size=40), st.data())
def test_no_bytes_are_too_odd(name: str, junk: bytes, data: st.DataObject) -> None:
    whole = WHOLE[name]
    at = data.draw(st.integers(0, len(whole)))
    end = FileEnd(file_type(whole))
    for piece in (whole[:at], junk, whole[at + len(junk) :]):
        end.feed(piece)
    assert end.is_reached in (True, False)
