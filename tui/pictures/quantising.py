"""Reduce a picture to few colours."""

from __future__ import annotations

from typing import Final

from PIL.Image import Dither, Image, Quantize, Resampling
from PIL.ImageChops import difference

from tui.pictures.ladder import Method

_SMALL: Final = (160, 90)
"""The size of the copy that tells a slide from a photo."""
_LARGE: Final = (640, 640)
"""Pixels of which the colours are chosen, each way at most: letters keep theirs, and it takes a
fraction of the time where a slide has a photo in it."""
_COLOURS: Final = 64
_COMMONEST: Final = 8
_STEP: Final = 4
"""Of 255: what neighbours differ by at most where there is a gradient or nothing."""
_MIN_SHARE: Final = 0.6
_SLIDE_COLOURS: Final = 16
_PHOTO_COLOURS: Final = 256
"""In symbols."""


def is_slide(picture: Image) -> bool:
    """Return whether a picture is drawn: few colours cover most of it, or most of it is smooth.

    Measured: 8 of 64 colours cover 79 to 99 % of slides, also of one with a photo in it, and under
    40 % of photos; but under 20 % of a slide on a gradient, 90 % of which is smooth, and under
    30 % of photos are.
    """
    small = picture.resize(_SMALL, Resampling.BILINEAR)
    amounts = sorted(small.quantize(_COLOURS, Quantize.MEDIANCUT).histogram(), reverse=True)
    if sum(amounts[:_COMMONEST]) > _MIN_SHARE * sum(amounts):
        return True
    width, height = _SMALL
    neighbours = small.crop((1, 1, width, height)), small.crop((0, 0, width - 1, height - 1))
    steps = difference(*neighbours).convert("L").histogram()
    return sum(steps[: _STEP + 1]) > _MIN_SHARE * sum(steps)


def reduce_colours(picture: Image, colours: int, method: Method) -> Image:
    """Return an RGB picture with a palette; never dithered, which blurs letters and packs badly."""
    if method is Method.OCTREE:
        return picture.quantize(colours, Quantize.FASTOCTREE)
    most = _LARGE if method is Method.MEDIAN_CUT else _SMALL
    size = min(picture.width, most[0]), min(picture.height, most[1])
    sample = picture.resize(size, Resampling.NEAREST).quantize(colours, Quantize.MEDIANCUT)
    return picture.quantize(palette=sample, dither=Dither.NONE)


def reduce_for_symbols(picture: Image) -> Image:
    """Return a small RGB picture with a palette: letters are read best where it has few colours.

    On a slide what stands out and is rare, such as letters on a gradient, keeps its colour.
    """
    if is_slide(picture):
        return picture.quantize(_SLIDE_COLOURS, Quantize.MEDIANCUT, kmeans=1, dither=Dither.NONE)
    return picture.quantize(_PHOTO_COLOURS, Quantize.FASTOCTREE)


def palette_of(picture: Image) -> list[tuple[int, int, int]]:
    """Return the palette of a picture that has one."""
    values = picture.getpalette() or []
    return list(zip(values[::3], values[1::3], values[2::3], strict=True))
