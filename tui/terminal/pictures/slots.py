"""Ids of kitty's pictures: `slot << 24 | low`.

The terminal gets the low byte as the colour of the cells, and the slot by their third diacritic.
A colour of the palette is the only one that reaches the terminal whatever lies between: tmux
without RGB, NO_COLOR, 256 colours (`pictures.md`). The low byte is random for each run, so that
two programs in one terminal rarely use the same ids.
"""

from __future__ import annotations

from collections.abc import Container
from random import Random
from typing import Final

MAX_SLOT: Final = 255
"""Slots are counted from 1, so that an id never is a low byte alone."""


def random_low(random: Random, *, few_colours: bool) -> int:
    """Return the low byte of a run's ids: a colour of the 256, or else of the 16 basic ones."""
    return random.randint(1, 15) if few_colours else random.randint(16, 255)


def slot(picture_id: int) -> int:
    """Return the slot of an id."""
    return picture_id >> 24


class Slots:
    """Hands out ids in turn, so that one that was used is used again as late as possible."""

    def __init__(self, low: int) -> None:
        """Begin with the first slot; `low` is the low byte of all ids."""
        self.low = low
        self._last = 0

    def take(self, used: Container[int]) -> int:
        """Return an id that is not in `used`. Raises `LookupError` where there is none."""
        for _ in range(MAX_SLOT):
            self._last = self._last % MAX_SLOT + 1
            picture_id = self._last << 24 | self.low
            if picture_id not in used:
                return picture_id
        raise LookupError("all slots are in use")
