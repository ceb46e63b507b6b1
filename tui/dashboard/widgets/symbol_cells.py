"""Cells of a picture in block characters, each in two colours."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import Final

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.pictures.encoding import EncodedPicture
from tui.pictures.symbols import characters

_CELL: Final = 7
"""Bytes of a cell; see `EncodedPicture`."""


def symbol_strip(picture: EncodedPicture, row: int) -> Strip:
    """Return one row of a picture in symbols."""
    shapes = characters(picture.symbols)
    begin = row * picture.columns * _CELL
    data = picture.data[begin : begin + picture.columns * _CELL]
    cells = (data[at : at + _CELL] for at in range(0, len(data), _CELL))
    # Colours are sent once for each segment, and neighbours have the same where they can.
    runs = groupby(cells, itemgetter(slice(1, None)))
    segments = [
        Segment("".join(shapes[cell[0]] for cell in run), _style(colours)) for colours, run in runs
    ]
    return Strip(segments, picture.columns)


def _style(colours: bytes) -> Style:
    return Style(color=Color.from_rgb(*colours[:3]), bgcolor=Color.from_rgb(*colours[3:]))
