"""A picture of each kind that the four formats have, and the colours that must be shown.

Each picture is a row of square blocks, one of each colour, so that a lossy format keeps the colour
in their middle. PNGs are written here by hand: Pillow writes few of the kinds that it reads.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from PIL import Image

from tests.pictures.costly import chunk, saved

RGB = tuple[int, int, int]
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
GREY, COLOUR, PALETTE, GREY_ALPHA, COLOUR_ALPHA = 0, 2, 3, 4, 6
_ADAM7: Final = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
"""Of each pass of an interlaced PNG the first column and row, and the steps; the last has every
second row."""


class Kind(NamedTuple):
    """A file, and the colours of its blocks as they must be shown."""

    file: bytes
    colours: Sequence[RGB]
    tolerance: int = 0


def png(
    samples: Sequence[tuple[int, ...]],
    colour: int,
    depth: int,
    more: bytes = b"",
    *,
    block: int = 16,
    after: bytes = b"",
    interlaced: bool = False,
) -> bytes:
    """A PNG of one block for each of the `samples`; `more` are chunks before its data."""
    pixels = [each for each in samples for _ in range(block)]
    size = (len(pixels), block)
    passes = (*_ADAM7, (0, 1, 1, 2)) if interlaced else ((0, 0, 1, 1),)
    packer = zlib.compressobj(1)
    data = b""
    for left, top, across, down in passes:
        row = _packed_row(pixels[left::across], depth)
        for _ in range(top, block, down):
            data += packer.compress(b"\0" + row)
    data += packer.flush()
    header = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, int(interlaced))
    chunks = chunk(b"IHDR", header) + more + chunk(b"IDAT", data) + after + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _packed_row(pixels: Sequence[tuple[int, ...]], depth: int) -> bytes:
    samples = [sample for pixel in pixels for sample in pixel]
    if depth == 16:
        return struct.pack(f">{len(samples)}H", *samples)
    each_byte = 8 // depth
    samples += [0] * (-len(samples) % each_byte)
    return bytes(
        sum(samples[at + n] << 8 - depth * (n + 1) for n in range(each_byte))
        for at in range(0, len(samples), each_byte)
    )


def clear(*samples: int) -> bytes:
    """The chunk that makes one grey or colour transparent."""
    return chunk(b"tRNS", struct.pack(f">{len(samples)}H", *samples))


def greys(*values: int) -> list[RGB]:
    return [(value, value, value) for value in values]


def blocks(mode: str, colours: Sequence[object], size: int = 16) -> Image.Image:
    """A picture of one block for each colour."""
    picture = Image.new(mode, (len(colours) * size, size))
    for number, colour in enumerate(colours):
        picture.paste(colour, (number * size, 0, (number + 1) * size, size))  # type: ignore[arg-type]
    return picture


def greys_of_png() -> Iterator[tuple[str, Kind]]:
    for depth in (1, 2, 4, 8):
        most = (1 << depth) - 1
        values = [0, most // 2, 1, most]
        shown = [value * 255 // most for value in values]
        samples = [(value,) for value in values]
        yield f"grey {depth}", Kind(png(samples, GREY, depth), greys(*shown))
        for value in {0, 1, most}:
            with_white = [
                255 if each == value else dot for each, dot in zip(values, shown, strict=True)
            ]
            yield (
                f"grey {depth}, {value} clear",
                Kind(png(samples, GREY, depth, clear(value)), greys(*with_white)),
            )
        file = png(samples, GREY, depth, interlaced=True)
        yield f"grey {depth}, interlaced", Kind(file, greys(*shown))
    values = [0, 0xFF, 0x100, 0x8000, 0x80FF, 0xFF00, 0xFFFF]
    shown = [0, 0, 1, 128, 128, 255, 255]
    samples = [(value,) for value in values]
    for block in (16, 250):
        size = f"grey 16, {block}"
        yield size, Kind(png(samples, GREY, 16, block=block), greys(*shown))
        file = png(samples, GREY, 16, clear(0x8000), block=block)
        yield f"{size}, clear", Kind(file, greys(0, 0, 1, 255, 128, 255, 255))
    file = png(samples, GREY, 16, clear(0xFF), interlaced=True)
    yield "grey 16, interlaced, clear", Kind(file, greys(0, 255, 1, 128, 128, 255, 255))
    # Data of 12 bits in 16 is stretched by whoever writes it, as the standard says of sBIT.
    file = png([(0xFFFF,), (0x8008,)], GREY, 16, chunk(b"sBIT", b"\x0c"))
    yield "grey 16, of 12", Kind(file, greys(255, 128))


def colours_of_png() -> Iterator[tuple[str, Kind]]:
    for depth, high in ((8, 0xFF), (16, 0xFFFF)):
        half = (high + 1) // 2
        solid = [(high, 0, 0), (0, half, high), (0, 0, 0), (high, high, high)]
        shown = [RED, (0, 128, 255), BLACK, WHITE]
        for block in (16, 400):
            name = f"colour {depth}, {block}"
            yield name, Kind(png(solid, COLOUR, depth, block=block), shown)
            file = png(solid, COLOUR, depth, clear(0, half, high), block=block)
            yield f"{name}, clear", Kind(file, [RED, WHITE, BLACK, WHITE])
        yield (
            f"colour {depth}, interlaced",
            Kind(png(solid, COLOUR, depth, interlaced=True), shown),
        )
        with_alpha = [(high, 0, 0, high), (0, 0, high, half), (0, 0, 0, 0), (0, 0, 0, high)]
        shown = [RED, (127, 127, 255), WHITE, BLACK]
        for block in (16, 400):
            file = png(with_alpha, COLOUR_ALPHA, depth, block=block)
            yield f"colour and alpha {depth}, {block}", Kind(file, shown, 1)
        grey_alpha = [(high, high), (half, high), (0, half), (0, 0), (0, high)]
        for block in (16, 300):
            file = png(grey_alpha, GREY_ALPHA, depth, block=block)
            yield f"grey and alpha {depth}, {block}", Kind(file, greys(255, 128, 127, 255, 0), 1)
    # Pillow reads 8 of the 16 bits, so what is nearly the clear colour is clear as well.
    file = png([(0x1234, 0x5678, 0x9ABC)], COLOUR, 16, clear(0x1234, 0x5678, 0x9ABC))
    yield "colour 16, clear", Kind(file, [WHITE])


def palettes_of_png() -> Iterator[tuple[str, Kind]]:
    palette = chunk(b"PLTE", bytes([*RED, *GREEN]))
    for depth in (1, 2, 4, 8):
        for block in (16, 700):
            name = f"palette {depth}, {block}"
            yield name, Kind(png([(0,), (1,)], PALETTE, depth, palette, block=block), [RED, GREEN])
            for alphas, shown in (
                (b"\0", [WHITE, GREEN]),
                (b"\xff\0", [RED, WHITE]),
                (b"\xff\x80", [RED, (127, 255, 127)]),
                (b"\0\0", [WHITE, WHITE]),
            ):
                more = palette + chunk(b"tRNS", alphas)
                file = png([(0,), (1,)], PALETTE, depth, more, block=block)
                yield f"{name}, alphas {alphas.hex()}", Kind(file, shown, 1)
    yield "palette, no such colour", Kind(png([(0,), (9,)], PALETTE, 8, palette), [RED, BLACK])


def other_chunks_of_png() -> Iterator[tuple[str, Kind]]:
    """What is not applied, as it would not be in most viewers, and does no harm."""
    values, shown = [(0,), (0x8000,), (0xFFFF,)], greys(0, 128, 255)
    for name, more in {
        "gAMA": chunk(b"gAMA", struct.pack(">I", 100_000)),
        "gAMA 0": chunk(b"gAMA", bytes(4)),
        "sRGB": chunk(b"sRGB", b"\0"),
        "cHRM": chunk(b"cHRM", bytes(32)),
        "iCCP": chunk(b"iCCP", b"profile\0\0" + zlib.compress(b"no profile")),
        "bKGD": chunk(b"bKGD", b"\x12\x34"),
        "pHYs": chunk(b"pHYs", struct.pack(">IIB", 1, 9999, 1)),
        "tEXt": chunk(b"tEXt", b"Title\0a picture"),
        "private": chunk(b"prVt", b"?"),
    }.items():
        yield name, Kind(png(values, GREY, 16, more), shown)


def jpegs() -> Iterator[tuple[str, Kind]]:
    solid = blocks("RGB", [RED, GREEN, BLUE, BLACK, WHITE])
    shown = [RED, GREEN, BLUE, BLACK, WHITE]
    ways: dict[str, dict[str, Any]] = {
        "": {},
        "progressive": {"progressive": True},
        "4:4:4": {"subsampling": 0},
        "kept as RGB": {"keep_rgb": True},
        "restarts": {"restart_marker_rows": 1},
        "with a profile": {"icc_profile": b"no profile"},
    }
    for name, options in ways.items():
        yield f"jpeg {name}", Kind(saved(solid, "JPEG", quality=95, **options), shown, 6)
    grey = blocks("L", [0, 128, 255])
    yield "jpeg grey", Kind(saved(grey, "JPEG", quality=95), greys(0, 128, 255), 6)
    inks = [(255, 0, 0, 0), (0, 255, 0, 0), (0, 0, 255, 0), (0, 0, 0, 255), (0, 0, 0, 0)]
    printed = [(0, 255, 255), (255, 0, 255), (255, 255, 0), BLACK, WHITE]
    for size in (16, 400):
        file = saved(blocks("CMYK", inks, size), "JPEG", quality=95, subsampling=0)
        yield f"jpeg cmyk {size}", Kind(file, printed, 6)
    # Without Adobe's marker the inks are inverted all the same, as browsers take them.
    at = file.index(b"Adobe") - 4
    yield "jpeg cmyk, no marker", Kind(file[:at] + file[at + 16 :], printed, 6)


def webps_and_gifs() -> Iterator[tuple[str, Kind]]:
    solid = [RED, GREEN, BLUE, BLACK, WHITE]
    alphas = [(255, 0, 0, 255), (0, 0, 255, 128), (0, 0, 0, 0), (0, 0, 0, 255)]
    on_white = [RED, (127, 127, 255), WHITE, BLACK]
    for lossless in (True, False):
        name, tolerance = ("webp lossless", 1) if lossless else ("webp lossy", 9)
        file = saved(blocks("RGB", solid), "WEBP", lossless=lossless, quality=95)
        yield name, Kind(file, solid, tolerance)
        first, second = blocks("RGBA", alphas), blocks("RGBA", [(0, 255, 0, 255)] * 4)
        file = saved(first, "WEBP", lossless=lossless, quality=95)
        yield f"{name}, alpha", Kind(file, on_white, tolerance)
        more = {"save_all": True, "append_images": [second]}
        file = saved(first, "WEBP", lossless=lossless, quality=95, **more)
        yield f"{name}, animated", Kind(file, on_white, tolerance)
    picture = blocks("P", [0, 1, 2])
    picture.putpalette([*RED, *GREEN, *BLUE])
    yield "gif", Kind(saved(picture, "GIF"), [RED, GREEN, BLUE])
    yield "gif, interlaced", Kind(saved(picture, "GIF", interlace=True), [RED, GREEN, BLUE])
    file = saved(picture, "GIF", transparency=1)
    yield "gif, clear", Kind(file, [RED, WHITE, BLUE])
    yield "gif, grey", Kind(saved(blocks("L", [0, 128, 255]), "GIF"), greys(0, 128, 255))
    more = {"save_all": True, "append_images": [blocks("RGB", [BLACK] * 3)]}
    file = saved(picture, "GIF", transparency=2, **more)
    yield "gif, animated, clear", Kind(file, [RED, GREEN, WHITE])


def modes() -> Iterator[tuple[str, Kind]]:
    """What Pillow writes of each of its modes."""
    for mode, values, shown in (
        ("1", [0, 1], greys(0, 255)),
        ("L", [0, 128], greys(0, 128)),
        ("LA", [(128, 255), (0, 0)], greys(128, 255)),
        ("RGB", [RED, BLUE], [RED, BLUE]),
        ("RGBA", [(255, 0, 0, 255), (0, 0, 0, 0)], [RED, WHITE]),
    ):
        yield f"mode {mode}", Kind(saved(blocks(mode, values), "PNG"), shown)
    picture = Image.frombytes("I;16", (3, 1), struct.pack("<3H", 0, 0x8000, 0xFFFF))
    yield "mode I;16", Kind(saved(picture, "PNG"), greys(0, 128, 255))
    for mode in ("CMYK", "YCbCr"):
        picture = blocks("RGB", [RED, BLUE]).convert(mode)
        yield f"mode {mode}", Kind(saved(picture, "JPEG", quality=95), [RED, BLUE], 6)


# Where the first row and the first column of what is stored belong (Exif 2.32, 4.6.4, tag 0x0112).
_SIDES: Final = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}
_OPPOSITE: Final = {"top": "bottom", "bottom": "top", "left": "right", "right": "left"}
CORNERS: Final = {
    frozenset(("top", "left")): RED,
    frozenset(("top", "right")): GREEN,
    frozenset(("bottom", "left")): BLUE,
    frozenset(("bottom", "right")): BLACK,
}
"""The colours of the quarters of what `turned` shows."""


def turned(kind: str, orientation: object, size: tuple[int, int] = (64, 32)) -> bytes:
    """A picture that is shown in `size` and in the colours of `CORNERS`, stored as EXIF says.

    As in orientation 1 where there is no such orientation.
    """
    row, column = _SIDES.get(orientation, _SIDES[1])  # type: ignore[call-overload]
    width, height = size if row in ("top", "bottom") else size[::-1]
    stored = Image.new("RGB", (width, height))
    for down, vertical in enumerate((row, _OPPOSITE[row])):
        for across, horizontal in enumerate((column, _OPPOSITE[column])):
            colour = CORNERS[frozenset((vertical, horizontal))]
            left, top = across * width // 2, down * height // 2
            stored.paste(colour, (left, top, left + width // 2, top + height // 2))
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(stored, kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {}))


KINDS: Final = dict(
    (
        *greys_of_png(),
        *colours_of_png(),
        *palettes_of_png(),
        *other_chunks_of_png(),
        *jpegs(),
        *webps_and_gifs(),
        *modes(),
    )
)
