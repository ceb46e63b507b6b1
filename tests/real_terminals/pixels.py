"""What a screenshot shows of a picture."""

from __future__ import annotations

from typing import Final

from PIL import Image, ImageChops

_MUCH: Final = 64
"""Of 255."""
_LIVELY: Final = 60
_LIVELY_SHARE: Final = 0.2


def same(one: Image.Image, other: Image.Image, part: tuple[int, int, int, int]) -> bool:
    """Return whether a part of two screenshots is the same."""
    return ImageChops.difference(one.crop(part), other.crop(part)).getbbox() is None


def differing_box(one: Image.Image, other: Image.Image) -> tuple[int, int, int, int]:
    """Return the box of the rows and columns of pixels in which much differs."""
    differs = ImageChops.difference(one, other).convert("L").point([0, *[255] * 255])
    across = differs.resize((differs.width, 1), Image.Resampling.BOX).tobytes()
    down = differs.resize((1, differs.height), Image.Resampling.BOX).tobytes()
    columns, rows = (
        [at for at, share in enumerate(line) if share > _MUCH] for line in (across, down)
    )
    assert rows, "nothing differs"
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


def is_lively(shown: Image.Image) -> bool:
    """Return whether much of a part of a screenshot is lighter or more colourful than text is."""
    small = shown.convert("L").resize((shown.width // 8, shown.height // 8), Image.Resampling.BOX)
    return sum(small.histogram()[_LIVELY:]) > _LIVELY_SHARE * small.width * small.height
