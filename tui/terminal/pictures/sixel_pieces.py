"""Cut a sixel picture into several that are drawn beside and below each other.

A terminal takes one whole sequence or none, and nothing may stand in the middle of it, so a large
one would hold up every key behind it. A picture consists of bands of six pixels; where some of them
end together with a row of cells, another picture can begin. What is still too large for one is cut
between columns of cells. Pure.

Source: https://vt100.net/docs/vt3xx-gp/chapter14.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from tui.graphics import CellSize
from tui.pictures.layout import BAND
from tui.pictures.sixel import shorten

PIECE_BYTES: Final = 4000
"""Bytes of a piece, where the rows of the picture allow."""
MAX_PIECE_BYTES: Final = 2 * PIECE_BYTES
"""Above this columns are parted as well, which costs a palette for each part."""
_HEAD: Final = re.compile(rb'(\x1bP[0-9;]*q)"([0-9]+);([0-9]+);([0-9]+);([0-9]+)')
_COLOUR: Final = re.compile(rb"#([0-9]+);[0-9]+;[0-9]+;[0-9]+;[0-9]+")
_USE: Final = re.compile(rb"#([0-9]+)")
_PLANE: Final = re.compile(rb"(#[0-9]+)(.*)", re.DOTALL)
_REPEATED: Final = re.compile(rb"!([0-9]+)(.)", re.DOTALL)
_END: Final = b"\x1b\\"
_NOTHING: Final = b"?"
"""Six pixels that stay as they are."""


class SixelPiece(NamedTuple):
    """A part of a picture."""

    column: int
    """Where it begins within the picture, in cells."""
    row: int
    data: bytes


class _Part(NamedTuple):
    """Bands of a picture, and the columns of pixels that they have."""

    left: int
    first: int
    """The number of the first band."""
    width: int
    bands: Sequence[bytes]


def split(data: bytes, cell: CellSize) -> Iterator[SixelPiece]:
    """Yield a sixel sequence as several, which together draw the same.

    `cell` is what the picture was made for. What is no sequence with raster attributes is yielded
    as it is.
    """
    head = _HEAD.match(data)
    if head is None or not data.endswith(_END):
        yield SixelPiece(0, 0, data)
        return
    body = data[head.end() : -len(_END)]
    colours = {found[1]: found[0] for found in _COLOUR.finditer(body)}
    bands = _COLOUR.sub(b"", body).removesuffix(b"-").split(b"-")
    for part in _parts(bands, int(head[4]), cell):
        used = dict.fromkeys(_USE.findall(b"".join(part.bands)))
        palette = b"".join(colours[number] for number in used if number in colours)
        height = min(int(head[5]) - BAND * part.first, BAND * len(part.bands))
        size = b'"%b;%b;%d;%d' % (head[2], head[3], part.width, height)
        sequence = b"".join((head[1], size, palette, b"-".join(part.bands), _END))
        at = part.left // cell.width, BAND * part.first // cell.height
        yield SixelPiece(*at, sequence)


def raster(data: bytes) -> bytes:
    """Return the raster attributes of a sequence, which tell its size in pixels; empty without."""
    head = _HEAD.match(data)
    return head[0][len(head[1]) :] if head is not None else b""


def _parts(bands: Sequence[bytes], width: int, cell: CellSize) -> Iterator[_Part]:
    """Yield parts that begin with a row and a column of cells."""
    step = cell.height // math.gcd(BAND, cell.height)
    first, size = 0, 0
    for start in range(0, len(bands), step):
        added = sum(map(len, bands[start : start + step]))
        if size and size + added > PIECE_BYTES:
            yield from _columns(first, bands[first:start], size, width, cell)
            first, size = start, 0
        size += added
    yield from _columns(first, bands[first:], size, width, cell)


def _columns(
    first: int, bands: Sequence[bytes], size: int, width: int, cell: CellSize
) -> Iterator[_Part]:
    if size <= MAX_PIECE_BYTES:
        yield _Part(0, first, width, bands)
        return
    cells = max(1, width * PIECE_BYTES // (size * cell.width))
    step = cells * cell.width
    planes = [_expand(band) for band in bands]
    for left in range(0, width, step):
        right = min(left + step, width)
        yield _Part(left, first, right - left, [_cut(band, left, right) for band in planes])


def _expand(band: bytes) -> list[tuple[bytes, bytes]]:
    """Return the planes of a band: the choice of a colour, and a character for each column."""
    planes = (_PLANE.match(plane) for plane in band.split(b"$"))
    return [
        (plane[1], _REPEATED.sub(lambda run: run[2] * int(run[1]), plane[2]))
        for plane in planes
        if plane is not None
    ]


def _cut(planes: Sequence[tuple[bytes, bytes]], left: int, right: int) -> bytes:
    parts = ((colour, pixels[left:right].rstrip(_NOTHING)) for colour, pixels in planes)
    return b"$".join(colour + shorten(pixels) for colour, pixels in parts if pixels)
