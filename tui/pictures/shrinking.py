"""Scale an area of a picture, without a full copy of one that has tens of millions of pixels."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, NamedTuple

from PIL import Image
from PIL.Image import Resampling

_STRIP_ROWS: Final = 16
"""Rows of the reduced picture that are converted at a time, so that no full copy is needed."""
_GAP: Final = 4
"""How often the size that is wanted at least goes into what is resampled: small letters need it."""
_LARGE_GAP: Final = 2
_LARGE_PIXELS: Final = 12_000_000
"""Pixels from which memory counts more."""
_MARGIN: Final = 8
"""Pixels around an area that resampling may look at."""


class Box(NamedTuple):
    """An area in pixels, which need not be whole."""

    left: float
    top: float
    width: float
    height: float


Convert = Callable[[Image.Image], Image.Image]


def shrink(picture: Image.Image, box: Box, size: tuple[int, int], convert: Convert) -> Image.Image:
    """Return an area in the given size, reduced by whole factors first and strip by strip.

    Args:
        picture: In any mode.
        box: The area, within the picture.
        size: Larger than the area: it is enlarged.
        convert: Returns a part of the picture as RGB.
    """
    # Part of what could be reduced, so that the resampling has something to work on.
    gap = _GAP if box.width * box.height <= _LARGE_PIXELS else _LARGE_GAP
    across = max(1, int(box.width // (gap * size[0])))
    down = max(1, int(box.height // (gap * size[1])))
    left, top, right, bottom = _hull(box, picture.size, across, down)
    reduced = _reduce(picture, (left, top, right, bottom), (across, down), convert)
    start = (box.left - left) / across, (box.top - top) / down
    # Fractions are not exact, and what is not within the picture is refused.
    end = (
        min(start[0] + box.width / across, reduced.width),
        min(start[1] + box.height / down, reduced.height),
    )
    return reduced.resize(size, Resampling.BICUBIC, (*start, *end))


def _hull(box: Box, size: tuple[int, int], across: int, down: int) -> tuple[int, int, int, int]:
    """Return the whole pixels to work on: the area and what resampling looks at beside it."""
    return (
        max(0, math.floor(box.left) - _MARGIN * across),
        max(0, math.floor(box.top) - _MARGIN * down),
        min(size[0], math.ceil(box.left + box.width) + _MARGIN * across),
        min(size[1], math.ceil(box.top + box.height) + _MARGIN * down),
    )


def _reduce(
    picture: Image.Image,
    hull: tuple[int, int, int, int],
    factors: tuple[int, int],
    convert: Convert,
) -> Image.Image:
    left, top, right, bottom = hull
    across, down = factors
    reduced = Image.new("RGB", (-(-(right - left) // across), -(-(bottom - top) // down)))
    step = down * _STRIP_ROWS
    for upper in range(top, bottom, step):
        strip = convert(picture.crop((left, upper, right, min(upper + step, bottom))))
        reduced.paste(strip.reduce(factors), (0, (upper - top) // down))
    return reduced
