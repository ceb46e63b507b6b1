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
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from tui.graphics import CellSize
from tui.pictures.layout import BAND
from tui.pictures.sixel import shorten

MAX_PIECE_BYTES: Final = 4064
"""Bytes of a piece, with some to spare for the moves of the cursor, unless a single column of cells
takes more. To part columns costs head and palette anew for each part, and some bytes for each
colour in each band: 5 to 25 % of a slide."""
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
    picture = _Picture(head, colours, cell)
    for part in _parts(bands, picture):
        at = part.left // cell.width, BAND * part.first // cell.height
        yield SixelPiece(*at, picture.sequence(part))


def raster(data: bytes) -> bytes:
    """Return the raster attributes of a sequence, which tell its size in pixels; empty without."""
    head = _HEAD.match(data)
    return head[0][len(head[1]) :] if head is not None else b""


class _Picture(NamedTuple):
    """What all parts of a picture have in common."""

    head: re.Match[bytes]
    colours: Mapping[bytes, bytes]
    """What defines each colour, by its number."""
    cell: CellSize

    @property
    def width(self) -> int:
        """Its pixels in a row."""
        return int(self.head[4])

    def sequence(self, part: _Part) -> bytes:
        """Return a part as a sequence of its own, with the colours that it uses."""
        used = dict.fromkeys(_USE.findall(b"".join(part.bands)))
        palette = b"".join(self.colours[number] for number in used if number in self.colours)
        height = min(int(self.head[5]) - BAND * part.first, BAND * len(part.bands))
        size = b'"%b;%b;%d;%d' % (self.head[2], self.head[3], part.width, height)
        return b"".join((self.head[1], size, palette, b"-".join(part.bands), _END))

    def is_small(self, part: _Part) -> bool:
        """Return whether a part can be a piece."""
        return len(self.sequence(part)) <= MAX_PIECE_BYTES


def _parts(bands: Sequence[bytes], picture: _Picture) -> Iterator[_Part]:
    """Yield parts that begin with a row and a column of cells."""
    step = picture.cell.height // math.gcd(BAND, picture.cell.height)
    part: _Part | None = None
    for start in range(0, len(bands), step):
        rows = _Part(0, start, picture.width, bands[start : start + step])
        longer = part and part._replace(bands=[*part.bands, *rows.bands])
        if longer is not None and picture.is_small(longer):
            part = longer
            continue
        if part is not None:
            yield from _columns(part, picture)
        part = rows
    if part is not None:
        yield from _columns(part, picture)


def _columns(part: _Part, picture: _Picture) -> Iterator[_Part]:
    if picture.is_small(part):
        yield part
        return
    planes = [_expand(band) for band in part.bands]
    count = math.ceil(len(picture.sequence(part)) / MAX_PIECE_BYTES)
    spans = deque(_spans(0, part.width, count, picture.cell))
    while spans:
        left, right = spans.popleft()
        cut = [_cut(band, left, right) for band in planes]
        smaller = _Part(left, part.first, right - left, cut)
        if picture.is_small(smaller) or right - left <= picture.cell.width:
            yield smaller
        else:
            spans.extendleft(reversed(_spans(left, right, 2, picture.cell)))


def _spans(left: int, right: int, count: int, cell: CellSize) -> list[tuple[int, int]]:
    """Return `count` parts of some columns, or fewer, of about the same number of cells."""
    cells = math.ceil((right - left) / cell.width)
    step = math.ceil(cells / count) * cell.width
    return [(start, min(start + step, right)) for start in range(left, right, step)]


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
