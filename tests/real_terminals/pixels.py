"""What a screenshot shows of a picture."""

from __future__ import annotations

from typing import Final

from PIL import Image, ImageChops

_MOST: Final = 0.5
_LIVELY: Final = 60
_LIVELY_SHARE: Final = 0.2


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
