"""Sixel: a picture as one sequence, in bands of six rows of pixels.

In each band the commonest colour is painted over the whole width first, and the other colours over
it, which takes a sixth fewer bytes. Whatever the picture covers is painted.

Source: https://vt100.net/docs/vt3xx-gp/chapter14.html
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from tui.pictures.layout import BAND

MAX_COLOURS: Final = 256
_RUN: Final = re.compile(rb"(.)\1{3,}", re.DOTALL)
"""Characters that are shorter as a number and one of them."""
_CODES: Final = bytes(63 + (bits & 63) for bits in range(256))
"""The character of each six pixels, the lowest bit on top."""
_START: Final = b'\x1bP0;1;0q"1;1;%d;%d'
"""Pixels are square, and those that are not painted stay as they are."""
_END: Final = b"\x1b\\"


def encode(pixels: bytes, width: int, palette: Sequence[tuple[int, int, int]]) -> bytes:
    """Return the sequence for a picture: numbers in the palette, row by row of `width` pixels.

    Raises `ValueError` for more colours than a terminal surely has.
    """
    if len(palette) > MAX_COLOURS:
        raise ValueError("too many colours")
    used = sorted(set(pixels))
    tables = {colour: _tables(colour) for colour in used}
    step = width * BAND
    bands = [_band(pixels[at : at + step], width, tables) for at in range(0, len(pixels), step)]
    colours = b"".join(
        b"#%d;2;%d;%d;%d" % (colour, *(round(value / 2.55) for value in palette[colour]))
        for colour in used
    )
    start = _START % (width, len(pixels) // width)
    return b"".join((start, colours, b"-".join(bands), _END))


def _tables(colour: int) -> Sequence[bytes]:
    """Return for each row of a band what marks its pixels of a colour by the row's bit."""
    tables = []
    for row in range(BAND):
        table = bytearray(256)
        table[colour] = 1 << row
        tables.append(bytes(table))
    return tables


def _band(pixels: bytes, width: int, tables: dict[int, Sequence[bytes]]) -> bytes:
    rows = [pixels[at : at + width] for at in range(0, len(pixels), width)]
    (commonest, _), *others = Counter(pixels).most_common()
    full = _CODES[(1 << len(rows)) - 1]
    planes = [b"#%d%s" % (commonest, shorten(bytes([full]) * width))]
    planes += (b"#%d%s" % (colour, _plane(rows, tables[colour])) for colour, _ in others)
    return b"$".join(planes)


def _plane(rows: Sequence[bytes], tables: Sequence[bytes]) -> bytes:
    """Return the characters for the pixels of one colour in a band."""
    bits = 0
    # Numbers as long as the band: no loop over its pixels.
    for row, table in zip(rows, tables, strict=False):
        bits |= int.from_bytes(row.translate(table), "big")
    codes = bits.to_bytes(len(rows[0]), "big").translate(_CODES)
    return shorten(codes.rstrip(b"?"))


def shorten(codes: bytes) -> bytes:
    """Return characters of one colour with their repetitions as numbers."""
    return _RUN.sub(lambda run: b"!%d%b" % (len(run[0]), run[1]), codes)
