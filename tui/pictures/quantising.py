"""Reduce a picture to few colours."""

from __future__ import annotations

from typing import Final

from PIL.Image import Dither, Image, Quantize, Resampling

_SMALL: Final = (160, 90)
"""The size of the copy that tells a slide from a photo."""
_COLOURS: Final = 64
_COMMONEST: Final = 8
_MIN_SHARE: Final = 0.6


def is_slide(picture: Image) -> bool:
    """Return whether a few colours cover most of an RGB picture, as in text and drawings.

    Measured: they cover 79 to 99 % of slides, also of one with a photo in it, and under 40 % of
    photos.
    """
    small = picture.resize(_SMALL, Resampling.BILINEAR)
    amounts = sorted(reduce_colours(small, _COLOURS).histogram(), reverse=True)
    return sum(amounts[:_COMMONEST]) > _MIN_SHARE * _SMALL[0] * _SMALL[1]


def reduce_colours(picture: Image, colours: int, method: Quantize = Quantize.MEDIANCUT) -> Image:
    """Return an RGB picture with a palette; never dithered, which blurs letters and packs badly."""
    return picture.quantize(colours, method, dither=Dither.NONE)


def palette_of(picture: Image) -> list[tuple[int, int, int]]:
    """Return the palette of a picture that has one."""
    values = picture.getpalette() or []
    return list(zip(values[::3], values[1::3], values[2::3], strict=True))
