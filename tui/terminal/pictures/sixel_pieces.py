"""Cut a sixel picture into several that are drawn below each other.

A terminal takes one whole sequence or none, and nothing may stand in the middle of it, so a large
one would hold up every key behind it. A picture consists of bands of six pixels; where some of them
end together with a row of cells, the next picture can begin. Pure.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

PIECE_BYTES: Final = 4000
"""Bytes of a piece, where the rows of the picture allow."""
_HEAD: Final = re.compile(rb'(\x1bP[0-9;]*q)(?:"([0-9]+);([0-9]+);([0-9]+);([0-9]+))?')
_COLOUR: Final = re.compile(rb"#([0-9]+);[0-9]+;[0-9]+;[0-9]+;[0-9]+")
_USE: Final = re.compile(rb"#([0-9]+)")
_END: Final = b"\x1b\\"
_BAND: Final = 6


class SixelPiece(NamedTuple):
    """A part of a picture, from its left to its right edge."""

    row: int
    """The first of the rows of cells that it covers, within the picture."""
    data: bytes


def split(data: bytes, cell_height: int, limit: int = PIECE_BYTES) -> list[SixelPiece]:
    """Return a sixel sequence as several, each of `limit` bytes if that is possible.

    `cell_height` is in pixels. What is no sequence from DCS to ST is returned as it is.
    """
    head = _HEAD.match(data)
    if head is None or not data.endswith(_END) or len(data) <= limit:
        return [SixelPiece(0, data)]
    body = data[head.end() : -len(_END)]
    colours = {found[1]: found[0] for found in _COLOUR.finditer(body)}
    bands = _COLOUR.sub(b"", body).removesuffix(b"-").split(b"-")
    pieces = []
    for first, part in _parts(bands, cell_height, limit):
        used = dict.fromkeys(_USE.findall(b"".join(part)))
        palette = b"".join(colours[number] for number in used if number in colours)
        size = b""
        if head[5] is not None:
            left = int(head[5]) - _BAND * first
            height = min(left, _BAND * len(part))
            size = b'"%s;%s;%s;%d' % (head[2], head[3], head[4], height)
        sequence = head[1] + size + palette + b"-".join(part) + _END
        pieces.append(SixelPiece(_BAND * first // cell_height, sequence))
    return pieces


def raster(data: bytes) -> bytes:
    """Return the raster attributes of a sequence, which tell its size in pixels; empty without."""
    head = _HEAD.match(data)
    return head[0][len(head[1]) :] if head is not None else b""


def _parts(bands: list[bytes], cell_height: int, limit: int) -> Iterator[tuple[int, list[bytes]]]:
    """Yield parts that begin with a row of cells, each with the number of its first band."""
    step = cell_height // math.gcd(_BAND, cell_height)
    first, size = 0, 0
    for start in range(0, len(bands), step):
        added = sum(map(len, bands[start : start + step]))
        if size and size + added > limit:
            yield first, bands[first:start]
            first, size = start, 0
        size += added
    yield first, bands[first:]
