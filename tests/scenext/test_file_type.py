"""What a file is by its first bytes, whatever its name and its host say."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tui.scenext.file_type import EMPTY, SNIFF_BYTES, UNKNOWN, FileKind, file_type, is_enough


def drawn(kind: str, mode: str = "RGB") -> bytes:
    file = io.BytesIO()
    Image.new(mode, (16, 16), 1).save(file, kind)
    return file.getvalue()


def box(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def branded(major: bytes, *compatible: bytes) -> bytes:
    return box(b"ftyp", major + b"\0\0\2\0" + b"".join(compatible)) + box(b"moov", b"\0" * 50)


def ebml(document: bytes) -> bytes:
    inner = b"\x42\x86\x81\x01\x42\x82" + bytes([0x80 + len(document)]) + document
    return b"\x1a\x45\xdf\xa3" + bytes([0x80 + len(inner)]) + inner + b"\x18\x53\x80\x67"


PICTURES = {
    "png": (drawn("PNG"), "png"),
    "jpeg": (drawn("JPEG"), "jpg"),
    "jpeg of a camera": (b"\xff\xd8\xff\xe1\x12\x34Exif\0\0", "jpg"),
    "jpeg without a header": (b"\xff\xd8\xff\xdb\0\x43", "jpg"),
    "gif": (drawn("GIF", "P"), "gif"),
    "old gif": (b"GIF87a\x01\0\x01\0", "gif"),
    "webp": (drawn("WEBP"), "webp"),
    "bmp": (drawn("BMP"), "bmp"),
    "tiff": (drawn("TIFF"), "tif"),
    "tiff of a Mac": (b"MM\0*\0\0\0\x08", "tif"),
    "big tiff": (b"II+\0\x08\0\0\0", "tif"),
    "ico": (drawn("ICO"), "ico"),
    "avif": (branded(b"avif", b"mif1", b"miaf"), "avif"),
    "avif by its second brand": (branded(b"mif1", b"avif", b"miaf"), "avif"),
    "heic": (branded(b"heic", b"mif1"), "heic"),
    "heif": (branded(b"mif1", b"heic"), "heic"),
    "jpeg xl": (b"\xff\x0a\x11\x22", "jxl"),
    "jpeg xl in a box": (b"\0\0\0\x0cJXL \r\n\x87\n", "jxl"),
    "jpeg 2000": (b"\0\0\0\x0cjP  \r\n\x87\n", "jp2"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"></svg>', "svg"),
    "svg behind its declarations": (
        b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- by hand -->\n<!DOCTYPE svg>\n<svg:svg>',
        "svg",
    ),
    "svg and no more": (b"<svg/>", "svg"),
}
VIDEOS = {
    "mp4": (branded(b"isom", b"iso2", b"avc1", b"mp41"), "mp4"),
    "mp4 of a player": (branded(b"mp42", b"M4V "), "mp4"),
    "mp4 in parts": (branded(b"iso5", b"dash"), "mp4"),
    "mp4 with a brand of its own": (branded(b"XAVC"), "mp4"),
    "a part of a stream": (box(b"styp", b"msdh") + box(b"sidx"), "mp4"),
    "mov": (branded(b"qt  "), "mov"),
    "old mov": (box(b"wide") + box(b"mdat", b"\0" * 20), "mov"),
    "mov with its index first": (box(b"moov", b"\0" * 20), "mov"),
    "mov with a long box": (b"\0\0\0\x01mdat" + b"\0" * 20, "mov"),
    "3gp": (branded(b"3gp5", b"isom"), "3gp"),
    "webm": (ebml(b"webm"), "webm"),
    "mkv": (ebml(b"matroska"), "mkv"),
    "ts": ((b"G" + b"\x40\x11\x10" + b"\0" * 184) * 3, "ts"),
    "ts of two packets": (b"G" + b"\0" * 187 + b"G" + b"\0" * 187, "ts"),
    "m2ts": ((b"\0\0\0\0G" + b"\x40" * 187) * 3, "ts"),
    "flv": (b"FLV\x01\x05\0\0\0\x09", "flv"),
    "avi": (b"RIFF\x24\0\0\0AVI LIST", "avi"),
    "ogg": (b"OggS\0\x02", "ogv"),
    "wmv": (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9", "wmv"),
    "mpeg": (b"\0\0\x01\xba\x44\0", "mpg"),
}
OSS_ERROR = b"""<?xml version="1.0" encoding="UTF-8"?>
<Error>
  <Code>NoSuchKey</Code>
</Error>
"""
OTHERS = {
    "nothing": (b"", "an empty file"),
    "page": (b"<!DOCTYPE html><html>", "a web page"),
    "page in capitals": (b"\r\n  <HTML><HEAD>", "a web page"),
    "page with a mark": (b"\xef\xbb\xbf<!doctype html>", "a web page"),
    "page behind a comment": (b"<!-- portal --> <html lang='en'>", "a web page"),
    "page in UTF-16": ("<html>".encode("utf-16"), "a web page"),
    "page in GBK": ("<title>请登录</title>".encode("gbk"), "a web page"),
    "page as XML": (b"<?xml version='1.0'?><html xmlns='x'>", "a web page"),
    "redirect of a portal": (b"<script>top.location='/login'</script>", "a web page"),
    "heading": (b"<h1>502 Bad Gateway</h1>", "a web page"),
    "picture in a page": (b"<body><svg></svg>", "a web page"),
    "oss": (OSS_ERROR, "an error message (XML)"),
    "s3": (b"<Error><Code>AccessDenied</Code>", "an error message (XML)"),
    "soap": (b"<soap:Fault>", "an error message (XML)"),
    "xml": (b"<?xml version='1.0'?>\n<ListBucketResult>", "an XML document"),
    "only a declaration": (b"<?xml version='1.0'?>", "an XML document"),
    "json": (json.dumps({"error": "无"}).encode(), "an error message (JSON)"),
    "json in a list": (b'\n [{"code": 404}]', "an error message (JSON)"),
    "text": (b"Not Found", "plain text"),
    "text in Chinese": ("文件不存在".encode(), "plain text"),
    "text in GBK": ("文件不存在".encode("gbk"), "plain text"),
    "a line break": (b"\n", "plain text"),
    "text as long as a packet": (b"Gateway ".ljust(188, b".") + b"G.", "plain text"),
    "less than": (b"<3", "an XML document"),
    "hls": (b"#EXTM3U\n#EXT-X-VERSION:3\n", "a playlist, which is no video itself,"),
    "dash": (b"<?xml version='1.0'?><MPD xmlns='x'>", "a playlist, which is no video itself,"),
    "gzip": (gzip.compress(drawn("PNG")), "a packed file"),
    "zip": (b"PK\x03\x04\x14\0", "a packed file"),
    "zstd": (b"\x28\xb5\x2f\xfd\0", "a packed file"),
    "pdf": (b"%PDF-1.7\n", "a PDF document"),
    "program": (b"\x7fELF\x02", "a program"),
    "script": (b"#!/bin/sh\nrm -rf ~\n", "a program"),
    "wave": (b"RIFF\x24\0\0\0WAVEfmt ", "a sound file"),
    "mp3": (b"ID3\x04\0", "a sound file"),
    "m4a": (branded(b"M4A ", b"isom"), "a sound file"),
    "zeros": (b"\0" * 2000, UNKNOWN.name),
    "a letter and zeros": (b"G" + b"\0" * 500, UNKNOWN.name),
    "almost a png": (b"\x89PNG\n\x1a\n\0", UNKNOWN.name),
    "a png sent as text": (b"\xef\xbf\xbdPNG\r\n\x1a\n\0\0\0\rIHDR", UNKNOWN.name),
    "BM and no bitmap": (b"BM\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff", UNKNOWN.name),
    "brotli": (b"\x0b\x02\x80\0\0\x01", UNKNOWN.name),
    "riff of something": (b"RIFF\x24\0\0\0CDR4", UNKNOWN.name),
}


@pytest.mark.parametrize(("start", "suffix"), PICTURES.values(), ids=PICTURES)
def test_a_picture_is_known_by_its_first_bytes(start: bytes, suffix: str) -> None:
    found = file_type(start[:SNIFF_BYTES])
    assert (found.kind, found.suffixes[0]) == (FileKind.PICTURE, suffix)
    assert found.is_shown == (suffix in ("png", "jpg", "gif", "webp"))


@pytest.mark.parametrize(("start", "suffix"), VIDEOS.values(), ids=VIDEOS)
def test_a_video_is_known_by_its_first_bytes(start: bytes, suffix: str) -> None:
    found = file_type(start[:SNIFF_BYTES])
    assert (found.kind, found.suffixes[0]) == (FileKind.VIDEO, suffix)
    assert not found.is_shown


@pytest.mark.parametrize(("start", "name"), OTHERS.values(), ids=OTHERS)
def test_anything_else_is_named(start: bytes, name: str) -> None:
    found = file_type(start[:SNIFF_BYTES])
    assert (found.kind, found.name) == (FileKind.OTHER, name)
    assert found.file_name("frame1.png") == "frame1.png"


@given(st.binary(max_size=64))
def test_no_bytes_are_too_odd_or_too_few(start: bytes) -> None:
    assert file_type(start).name
    for mark, _ in itertools.chain(PICTURES.values(), VIDEOS.values()):
        for length in range(0, 24, 3):
            assert file_type(mark[:length] + start).name


@pytest.mark.parametrize(
    ("start", "name", "saved"),
    [
        (PICTURES["png"][0], "frame1.png", "frame1.png"),
        (PICTURES["png"][0], "FRAME1.PNG", "FRAME1.PNG"),
        (PICTURES["png"][0], "frame1.jpg", "frame1.png"),
        (PICTURES["jpeg"][0], "frame1.png", "frame1.jpg"),
        (PICTURES["jpeg"][0], "frame1.JPEG", "frame1.JPEG"),
        (PICTURES["webp"][0], "frame.1.png", "frame.1.webp"),
        (PICTURES["png"][0], "frame1", "frame1.png"),
        (PICTURES["png"][0], "frame1.", "frame1..png"),
        (PICTURES["png"][0], "view.php", "view.php.png"),
        (PICTURES["png"][0], "evil.desktop", "evil.desktop.png"),
        (PICTURES["png"][0], "v1.5", "v1.5.png"),
        (PICTURES["gif"][0], "Manim.mp4", "Manim.gif"),
        (VIDEOS["mp4"][0], "Manim.mp4", "Manim.mp4"),
        (VIDEOS["mp4"][0], "Manim.mov", "Manim.mov"),
        (VIDEOS["mov"][0], "Manim.mp4", "Manim.mp4"),
        (VIDEOS["mov"][0], "Manim", "Manim.mov"),
        (VIDEOS["webm"][0], "Manim.mp4", "Manim.webm"),
        (VIDEOS["mp4"][0], "frame1.png", "frame1.mp4"),
        (VIDEOS["ts"][0], "a.m2ts", "a.m2ts"),
    ],
)
def test_the_suffix_of_a_name_agrees_with_the_content(start: bytes, name: str, saved: str) -> None:
    assert file_type(start[:SNIFF_BYTES]).file_name(name) == saved


@pytest.mark.parametrize("start", [mark for mark, _ in (PICTURES | VIDEOS).values()])
def test_the_first_bytes_are_enough_once_they_tell(start: bytes) -> None:
    start = start.ljust(2 * SNIFF_BYTES, b" " if b"svg" in start else b"\0")
    first = next(n for n in range(2 * SNIFF_BYTES) if is_enough(start[:n]))
    assert file_type(start[:first]) == file_type(start[:SNIFF_BYTES])


def test_what_is_empty_says_so() -> None:
    assert file_type(b"") is EMPTY
