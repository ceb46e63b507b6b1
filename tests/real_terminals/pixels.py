"""What a screenshot shows of a picture."""

from __future__ import annotations

from typing import Final

from PIL import Image, ImageChops

_MOST: Final = 0.5
_LIVELY: Final = 60
_LIVELY_SHARE: Final = 0.2
_TOLERANCE: Final = 12
"""By so much a colour may differ where a picture has few of them."""


def paper(slide: Image.Image) -> tuple[int, int, int]:
    """Return the commonest colour of a slide."""
    small = slide.convert("RGB").resize((96, 54), Image.Resampling.NEAREST)
    colours = small.getcolors(96 * 54)
    assert colours
    colour = max(colours)[1]
    assert isinstance(colour, tuple)
    return colour[0], colour[1], colour[2]


def area(shown: Image.Image, colour: tuple[int, int, int]) -> int:
    """Return how many pixels of a screenshot have a colour."""
    return _mask(shown, colour).histogram()[255]


def box(shown: Image.Image, colour: tuple[int, int, int]) -> tuple[int, int, int, int] | None:
    """Return the smallest box around all pixels of a colour; None if there are none."""
    return _mask(shown, colour).getbbox()


def same(one: Image.Image, other: Image.Image, part: tuple[int, int, int, int]) -> bool:
    """Return whether a part of two screenshots is the same."""
    return ImageChops.difference(one.crop(part), other.crop(part)).getbbox() is None


def differing_rows(one: Image.Image, other: Image.Image) -> range:
    """Return the rows of pixels from the first to the last most of which differs."""
    differs = ImageChops.difference(one, other).convert("L").point([0, *[255] * 255])
    shares = differs.resize((1, differs.height), Image.Resampling.BOX).tobytes()
    rows = [row for row, share in enumerate(shares) if share > _MOST * 255]
    assert rows, "nothing differs"
    return range(rows[0], rows[-1] + 1)


def is_lively(shown: Image.Image) -> bool:
    """Return whether much of a part of a screenshot is lighter or more colourful than text is."""
    small = shown.convert("L").resize((shown.width // 8, shown.height // 8), Image.Resampling.BOX)
    return sum(small.histogram()[_LIVELY:]) > _LIVELY_SHARE * small.width * small.height


def _mask(shown: Image.Image, colour: tuple[int, int, int]) -> Image.Image:
    """Return a picture that is white where a colour is, and black elsewhere."""
    difference = ImageChops.difference(shown, Image.new("RGB", shown.size, colour))
    red, green, blue = difference.split()
    largest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return largest.point([255 if value <= _TOLERANCE else 0 for value in range(256)])
