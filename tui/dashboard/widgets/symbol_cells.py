"""Cells of a picture in block characters, each in two colours."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Final

from rich.color import Color, ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.pictures.encoding import SYMBOL_BYTES, EncodedPicture
from tui.pictures.symbols import characters

_LEVELS: Final = (0, 95, 135, 175, 215, 255)
"""Of red, green and blue in the 216 colours between the 16 and the 24 greys of xterm."""
_WEIGHTS: Final = (3, 6, 1)


def symbol_strip(picture: EncodedPicture, row: int, *, few_colours: bool = False) -> Strip:
    """Return one row of a picture in symbols; with `few_colours` for a terminal that has 256."""
    shapes = characters(picture.symbols)
    begin = row * picture.columns * SYMBOL_BYTES
    data = picture.data[begin : begin + picture.columns * SYMBOL_BYTES]
    cells = (data[at : at + SYMBOL_BYTES] for at in range(0, len(data), SYMBOL_BYTES))
    # Colours are sent once for each segment, and neighbours have the same where they can.
    runs = groupby(cells, itemgetter(slice(1, None)))
    style = _rounded_style if few_colours else _style
    segments = [
        Segment("".join(shapes[cell[0]] for cell in run), style(colours)) for colours, run in runs
    ]
    return Strip(segments, picture.columns)


def _style(colours: bytes) -> Style:
    return Style(color=Color.from_rgb(*colours[:3]), bgcolor=Color.from_rgb(*colours[3:]))


def _rounded_style(colours: bytes) -> Style:
    return _style(_nearest(colours[:3]) + _nearest(colours[3:]))


@lru_cache(4096)
def _nearest(colour: bytes) -> bytes:
    """Return which of the 256 colours comes nearest: Rich turns a dark slate into teal."""
    grey = round(sum(weight * value for weight, value in zip(_WEIGHTS, colour, strict=True)) / 10)
    candidates = (
        bytes(min(_LEVELS, key=lambda level: abs(level - value)) for value in colour),
        bytes([min(max(8, (grey - 3) // 10 * 10 + 8), 238)] * 3),
        # Rich rounds what it gets once more, and keeps not all of the 256.
        colour,
    )
    return min(candidates, key=lambda each: _distance(_shown(each), colour))


def _distance(one: bytes, other: bytes) -> int:
    """Return a squared distance; green counts most, as the eye has it."""
    return sum(weight * (a - b) ** 2 for weight, a, b in zip(_WEIGHTS, one, other, strict=True))


def _shown(colour: bytes) -> bytes:
    """Return what Rich makes of a colour."""
    return bytes(Color.from_rgb(*colour).downgrade(ColorSystem.EIGHT_BIT).get_truecolor())
