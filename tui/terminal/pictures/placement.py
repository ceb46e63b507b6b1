"""A picture in the terminal, and the cells that show it."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.graphics import PLACEHOLDER, Graphics, Protocol
from tui.pictures import kitty
from tui.pictures.encoding import EncodedPicture

_MARK: Final = "sixel"
_PLAIN: Final = Style()
"""Textual's filter for NO_COLOR raises where a segment has no style at all."""
_CELL_CHARACTERS: Final = 4
"""A placeholder and three diacritics."""
_SEGMENT_CELLS: Final = 16
"""Cells of a segment. Rich finds the place of a cut by an estimate in floating point, and takes the
first that has the right width: in 22 cells and more that may be before a cell's last diacritic."""


class Placement:
    """A picture that was handed to the layer. Its cells may be drawn anywhere, whole or in part."""

    def __init__(self, number: int, picture: EncodedPicture, graphics: Graphics) -> None:
        """Describe a picture for the terminal that `graphics` describes.

        For kitty `number` is the picture's id; for sixel it is any number of its own.
        """
        self.number = number
        self.picture = picture
        self.graphics = graphics

    @property
    def columns(self) -> int:
        """The cells that it covers in a row."""
        return self.picture.columns

    @property
    def rows(self) -> int:
        """The rows that it covers."""
        return self.picture.rows

    @property
    def is_kitty(self) -> bool:
        """Whether its cells are placeholders, so that the terminal draws it wherever they are."""
        return self.picture.protocol is Protocol.KITTY

    def strip(self, row: int) -> Strip:
        """Return the cells of one row, in segments of their own.

        For kitty placeholders, each of which says where it belongs; for sixel blanks that say so
        by their style.
        """
        if not self.is_kitty:
            mark = Style(meta={_MARK: (self.number, row)})
            return Strip([Segment(" " * self.columns, mark)], self.columns)
        text = kitty.placeholders(self.number, row, self.columns)
        step = _SEGMENT_CELLS * _CELL_CHARACTERS
        cells = [Segment(text[at : at + step], _PLAIN) for at in range(0, len(text), step)]
        return Strip(cells, self.columns)


def slot_of(text: str) -> int:
    """Return the slot of the picture that placeholders show; 0 for all other text."""
    if not text.startswith(PLACEHOLDER):
        return 0
    return _NUMBERS.get(text[3:4], 0)


_NUMBERS: Final = {character: number for number, character in enumerate(kitty.DIACRITICS[:256])}


@lru_cache(4096)
def mark_of(style: Style | None) -> tuple[int, int] | None:
    """Return the number of the sixel picture that a cell is for, and the row in it."""
    if style is None:
        return None
    mark: tuple[int, int] | None = style.meta.get(_MARK)
    return mark
