"""How a picture was turned when it was stored, as by cameras, and how it is seen."""

from __future__ import annotations

from typing import Final, NamedTuple

from PIL.Image import Image, Transpose

from tui.pictures.encoding import Area

_TAG: Final = 0x0112
"""EXIF's tag of the orientation."""


class Orientation(NamedTuple):
    """What has to be done to a stored picture."""

    transpose: Transpose | None
    is_swapped: bool = False
    """Whether its rows are seen as columns."""
    is_mirrored: bool = False
    """Whether its left side is seen on the right, or at the bottom where that is swapped."""
    is_flipped: bool = False
    """Whether its top is seen at the bottom, or on the right where that is swapped."""

    def turn(self, picture: Image) -> Image:
        """Return a stored picture as it is to be seen."""
        return picture if self.transpose is None else picture.transpose(self.transpose)

    def turned(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return a size as it is seen, by the one that is stored; or the other way round."""
        return size[::-1] if self.is_swapped else size

    def stored_area(self, seen: Area) -> Area:
        """Return where the area that is to be seen lies in the stored picture."""
        left, top, width, height = seen
        if self.is_swapped:
            left, top, width, height = top, left, height, width
        if self.is_mirrored:
            left = 1 - left - width
        if self.is_flipped:
            top = 1 - top - height
        return Area(left, top, width, height)


_UPRIGHT: Final = Orientation(None)
_BY_TAG: Final = {
    2: Orientation(Transpose.FLIP_LEFT_RIGHT, is_mirrored=True),
    3: Orientation(Transpose.ROTATE_180, is_mirrored=True, is_flipped=True),
    4: Orientation(Transpose.FLIP_TOP_BOTTOM, is_flipped=True),
    5: Orientation(Transpose.TRANSPOSE, is_swapped=True),
    6: Orientation(Transpose.ROTATE_270, is_swapped=True, is_flipped=True),
    7: Orientation(Transpose.TRANSVERSE, is_swapped=True, is_mirrored=True, is_flipped=True),
    8: Orientation(Transpose.ROTATE_90, is_swapped=True, is_mirrored=True),
}


def orientation_of(picture: Image) -> Orientation:
    """Return the orientation that a picture's EXIF says; upright where it says none."""
    try:
        value = picture.getexif().get(_TAG)
    except Exception:  # As for decoders; the picture itself may be fine.
        return _UPRIGHT
    return _BY_TAG.get(value, _UPRIGHT) if isinstance(value, int) else _UPRIGHT
