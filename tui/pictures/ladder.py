"""How many pixels and colours a picture is sent with: the best that its budget allows.

Letters need all their pixels and few colours; a photo is better with fewer pixels, which kitty
smooths, than with fewer colours. Nothing is dithered, which packs badly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import Final, NamedTuple

from tui.graphics import Protocol
from tui.pictures.kitty import PAYLOAD_BYTES

KITTY_SLIDE_BYTES: Final = 25_000
"""Bytes of a slide in `BASE_CELLS`, all counted: base64, heads and cells.

They grow with the cells that a picture covers. Of a smaller picture a cell may take more, since a
letter there has as much detail as in a large one."""
KITTY_PHOTO_BYTES: Final = 35_000
SIXEL_SLIDE_BYTES: Final = 35_000
SIXEL_PHOTO_BYTES: Final = 35_000
BASE_CELLS: Final = 57 * 16

_PIECE_BYTES: Final = PAYLOAD_BYTES // 4 * 3
"""Of a file, in base64."""
_SIXEL_PARTS: Final = 5
"""The part of a sixel picture that its pieces take in addition, each with colours of its own."""
_HEAD_BYTES: Final = 32
"""Around each piece of a file, wrapped for tmux."""
_START_BYTES: Final = 160
"""What says what comes, and what deletes it later."""
_KITTY_CELL_BYTES: Final = 10
_ROW_BYTES: Final = 40
"""To move to a row and to set its colour."""


class Method(Enum):
    """A way to choose colours."""

    MEDIAN_CUT = auto()
    """Keeps colours best; takes long where there are many."""
    SAMPLED = auto()
    """By median cut of a small copy."""
    OCTREE = auto()
    """Fast, and packs best."""


class Rung(NamedTuple):
    """One way to reduce a picture."""

    scale: float
    """Of its width and height."""
    colours: int
    method: Method


_SLIDE: Final = (
    # For what has room in it: a gradient in fewer colours has edges beside its letters.
    Rung(1, 64, Method.MEDIAN_CUT),
    Rung(1, 32, Method.MEDIAN_CUT),
    Rung(1, 16, Method.OCTREE),
    Rung(0.8, 16, Method.OCTREE),
    # Beyond any slide that was seen.
    *(Rung(scale, 16, Method.OCTREE) for scale in (0.67, 0.5, 0.33)),
    *(Rung(scale, 8, Method.SAMPLED) for scale in (0.25, 0.15)),
)
_PHOTO: Final = (
    *(Rung(scale, 32, Method.SAMPLED) for scale in (0.67, 0.5, 0.4)),
    *(Rung(scale, 16, Method.SAMPLED) for scale in (0.33, 0.25)),
    Rung(0.15, 8, Method.SAMPLED),
)
# Its pixels are not scaled by the terminal: what is reduced is enlarged again, softer, and without
# its speckles.
_SIXEL_LAST: Final = (Rung(0.15, 8, Method.SAMPLED), Rung(0.1, 4, Method.SAMPLED))
_SIXEL_SLIDE: Final = (
    # For what has room in it: a gradient in fewer colours has edges beside its letters.
    Rung(1, 64, Method.MEDIAN_CUT),
    Rung(1, 32, Method.MEDIAN_CUT),
    Rung(1, 24, Method.MEDIAN_CUT),
    Rung(1, 16, Method.OCTREE),
    Rung(1, 8, Method.OCTREE),
    Rung(1, 4, Method.MEDIAN_CUT),
    *_SIXEL_LAST,
)
_SIXEL_PHOTO: Final = (
    *(Rung(scale, 16, Method.OCTREE) for scale in (1, 0.67, 0.33, 0.25, 0.2)),
    *_SIXEL_LAST,
)

_LADDERS: Final[Mapping[tuple[Protocol, bool], tuple[Sequence[Rung], int]]] = {
    (Protocol.KITTY, True): (_SLIDE, KITTY_SLIDE_BYTES),
    (Protocol.KITTY, False): (_PHOTO, KITTY_PHOTO_BYTES),
    (Protocol.SIXEL, True): (_SIXEL_SLIDE, SIXEL_SLIDE_BYTES),
    (Protocol.SIXEL, False): (_SIXEL_PHOTO, SIXEL_PHOTO_BYTES),
}
"""By protocol, and whether the picture is a slide."""


class Step(NamedTuple):
    """A rung, and the bytes that it may take."""

    rung: Rung
    budget: int


def steps(protocol: Protocol, cells: int, *, is_slide: bool) -> Sequence[Step]:
    """Return what to try, the best first; what takes too much even in the last one is sent so."""
    rungs, budget = _LADDERS[protocol, is_slide]
    return [Step(rung, _scaled(budget, cells)) for rung in rungs]


def expected_bytes(rung: Rung, done: Rung, length: int) -> float:
    """Return what a rung is likely to take at most, since what was `done` took `length` bytes.

    Fewer pixels are packed worse each, in sixel most of all.
    """
    bits = math.log2(rung.colours) / math.log2(done.colours)
    return length * bits * math.sqrt(rung.scale / done.scale)


def wire_bytes(protocol: Protocol, length: int, columns: int, rows: int) -> int:
    """Return the bytes that a picture takes on the wire, given those of its data."""
    if protocol is Protocol.SIXEL:
        return length + length // _SIXEL_PARTS + rows * _ROW_BYTES
    pieces = -(-length // _PIECE_BYTES)
    text = -(-length // 3) * 4 + pieces * _HEAD_BYTES + _START_BYTES
    return text + columns * rows * _KITTY_CELL_BYTES + rows * _ROW_BYTES


def _scaled(budget: int, cells: int) -> int:
    size = cells / BASE_CELLS
    return round(budget * (size if size > 1 else size**0.5))
