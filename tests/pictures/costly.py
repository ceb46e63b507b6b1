"""Pictures made to cost more than they are worth, and how to make them."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from PIL import Image

_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples a pixel, by PNG's colour type."""


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:  # noqa: ANN401 (Pillow's)
    """The picture as a file."""
    packed = io.BytesIO()
    picture.save(packed, kind, **options)
    return packed.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@cache
def black_png(width: int, height: int, colour: int, depth: int = 8, more: bytes = b"") -> bytes:
    """A PNG of zeros, which packs a thousand to one; `more` are chunks before the data."""
    row = bytes(1 + (width * _CHANNELS[colour] * depth + 7) // 8)
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    palette = chunk(b"PLTE", bytes(768)) if colour == 3 else b""
    chunks = chunk(b"IHDR", head) + palette + more + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def claiming_webp(width: int, height: int, kind: bytes = b"VP8X") -> bytes:
    """Forty bytes of WebP that claim to be of any size."""
    bits = {
        b"VP8X": bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little"),
        b"VP8L": b"\x2f" + (width - 1 | (height - 1) << 14).to_bytes(4, "little") + bytes(5),
        b"VP8 ": b"\x10\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height),
    }[kind]
    more = b"VP8L\0\0\0\0"[: 40 - 20 - len(bits)] if kind == b"VP8X" else bytes(10)
    body = b"WEBP" + kind + struct.pack("<I", len(bits)) + bits + more
    return b"RIFF" + struct.pack("<I", len(body)) + body


def claiming_gif(width: int, height: int, frame: tuple[int, int] | None = None) -> bytes:
    """A GIF of some bytes that claims any size, itself or in its first frame."""
    screen = struct.pack("<HHBBB", *((1, 1) if frame else (width, height)), 0x80, 0, 0)
    described = struct.pack("<HHHHB", 0, 0, *(frame or (width, height)), 0)
    return b"GIF89a" + screen + bytes(6) + b"," + described + b"\x02\x02\x4c\x01\0;"


@cache
def jpeg_of_scans(count: int, size: tuple[int, int] = (7000, 7000)) -> bytes:
    """A progressive JPEG whose last scan, of some hundred bytes, comes again and again."""
    plain = saved(Image.new("RGB", size), "JPEG", progressive=True)
    last = plain[plain.rindex(b"\xff\xda") : -2]
    return plain[:-2] + last * count + b"\xff\xd9"


def _text_png() -> bytes:
    text = b"Comment\0\0" + zlib.compress(bytes(60 << 20), 9)
    return black_png(9, 9, 2, more=chunk(b"zTXt", text))


def _deep_webp() -> bytes:
    return saved(Image.new("RGBA", (16383, 3051)), "WEBP", lossless=True, method=0)


BROKEN: Final = "The picture is broken, or none."
TOO_LARGE: Final = r"The picture is too large to show: [0-9]+ by [0-9]+\."
TOO_LONG: Final = "The picture takes too long to decode."
TOO_MUCH: Final = "The picture needs too much memory to decode."
COSTLY: Final[dict[str, tuple[Callable[[], bytes], str]]] = {
    "webp": (lambda: claiming_webp(16383, 16383), TOO_LARGE),
    "webp, lossless": (lambda: claiming_webp(16383, 16383, b"VP8L"), TOO_LARGE),
    "webp, lossy": (lambda: claiming_webp(16383, 16383, b"VP8 "), TOO_LARGE),
    "webp, 25 million": (lambda: claiming_webp(5000, 5000), TOO_LARGE),
    "webp, as it says": (_deep_webp, TOO_LARGE),
    "gif": (lambda: claiming_gif(65535, 65535), TOO_LARGE),
    "gif, in its frame": (lambda: claiming_gif(1, 1, (65535, 65535)), TOO_LARGE),
    "jpeg of 500 scans": (lambda: jpeg_of_scans(500), TOO_LONG),
    "png, text": (_text_png, BROKEN),
    "png, one row": (lambda: black_png(50_000_000, 1, 2, 16), f"{BROKEN}|{TOO_MUCH}"),
}
"""What is refused, and in which words."""
LARGE: Final[dict[str, Callable[[], bytes]]] = {
    "gif": lambda: saved(Image.new("P", (7000, 7000)), "GIF"),
    "palette": lambda: black_png(7000, 7000, 3),
    "clear palette": lambda: black_png(7000, 7000, 3, more=chunk(b"tRNS", bytes(256))),
    "bits": lambda: black_png(7000, 7000, 0, 1),
    "16 bits, clear": lambda: black_png(7000, 7000, 6, 16),
    "16 bits, grey": lambda: black_png(7000, 7000, 0, 16),
    "16 bits, one grey clear": lambda: black_png(7000, 7000, 0, 16, chunk(b"tRNS", b"\0\0")),
    "grey, clear": lambda: black_png(7000, 7000, 4),
    "one column": lambda: black_png(1, 1_000_000, 0),
    "jpeg": lambda: saved(Image.new("RGB", (7000, 7000)), "JPEG", progressive=True, subsampling=0),
    "webp": lambda: saved(Image.new("RGBA", (4900, 4000)), "WEBP", method=0),
}
"""What is large, and just small enough to be shown."""


def animated(kind: str) -> bytes:
    """A red frame, then a green one of each of many."""
    frames = [Image.new("RGB", (64, 36), colour) for colour in ((255, 0, 0), *[(0, 255, 0)] * 20)]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)
