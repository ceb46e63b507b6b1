"""What a terminal shows of an encoded picture, as pixels."""

from __future__ import annotations

import io
import re
from typing import Final

from PIL import Image

from tui.graphics import Protocol
from tui.pictures.encoding import EncodedPicture
from tui.pictures.symbols import PARTS

RGB = tuple[int, int, int]
_SEQUENCE: Final = re.compile(rb'\x1bP0;1;0q"1;1;(\d+);(\d+)(.*)\x1b\\', re.DOTALL)
_PART: Final = re.compile(
    rb"#(\d+);2;(\d+);(\d+);(\d+)|#(\d+)|!(\d+)([?-~])|([?-~])|(\$)|(-)|(.)", re.DOTALL
)


def shown(picture: EncodedPicture) -> Image.Image:
    """Return the pixels of a picture in any protocol; of symbols one for each part of a cell."""
    match picture.protocol:
        case Protocol.KITTY:
            with Image.open(io.BytesIO(picture.data)) as png:
                return png.convert("RGB")
        case Protocol.SIXEL:
            return decode_sixel(picture.data)
        case Protocol.SYMBOLS:
            return paint_symbols(picture)


def decode_sixel(data: bytes) -> Image.Image:
    """Return what a sequence paints; fail where it paints beyond its size, or leaves gaps."""
    found = _SEQUENCE.fullmatch(data)
    assert found is not None
    width, height = int(found[1]), int(found[2])
    palette: dict[int, RGB] = {}
    rows: list[list[RGB | None]] = [[None] * width for _ in range(height)]
    x, top, colour = 0, 0, (0, 0, 0)
    for part in _PART.finditer(found[3]):
        number, red, green, blue, chosen, times, repeated, single, start, band, other = (
            part.groups()
        )
        assert other is None, part
        if number is not None:
            red, green, blue = (round(int(value) * 2.55) for value in (red, green, blue))
            palette[int(number)] = (red, green, blue)
        elif chosen is not None:
            colour = palette[int(chosen)]
        elif start or band:
            x, top = 0, top + 6 * bool(band)
        else:
            bits = (repeated or single)[0] - 63
            count = int(times or 1)
            for bit in range(6):
                if bits >> bit & 1:
                    rows[top + bit][x : x + count] = [colour] * count
            x += count
    assert len(rows) == height
    assert {len(row) for row in rows} == {width}
    pixels = bytearray()
    for row in rows:
        for painted in row:
            assert painted is not None
            pixels += bytes(painted)
    return Image.frombytes("RGB", (width, height), bytes(pixels))


def paint_symbols(picture: EncodedPicture) -> Image.Image:
    """Return a pixel for each part of each cell."""
    across, down = PARTS[picture.symbols]
    painted = Image.new("RGB", (picture.columns * across, picture.rows * down))
    for number in range(picture.columns * picture.rows):
        pattern, *colours = picture.data[7 * number :][:7]
        left, top = number % picture.columns * across, number // picture.columns * down
        for part in range(across * down):
            colour = colours[:3] if pattern >> part & 1 else colours[3:]
            painted.putpixel((left + part % across, top + part // across), tuple(colour))
    return painted
