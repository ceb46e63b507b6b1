"""Decode files that nobody here controls: PNG, JPEG, WebP, and the first frame of a GIF.

Runs in the process that encodes pictures, within its limits.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PIL import GifImagePlugin, Image, ImageChops, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from tui.pictures.encoding import Area
from tui.pictures.orientation import Orientation, orientation_of
from tui.pictures.shrinking import Box, shrink

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

MAX_PIXELS: Final = 50_000_000
"""Pixels that a picture may claim to have, by its format's header."""
MAX_WEBP_PIXELS: Final = 20_000_000
"""As `MAX_PIXELS`: libwebp and Pillow hold a WebP four times over while it is decoded."""

_SAMPLE_SCALES: Final = {"L;2": 85.0, "L;4": 17.0, "RGB;16B": 1 / 256}
"""By the raw mode of a PNG: what Pillow multiplies samples by when it reads them to 8 bits."""

# By their first bytes, since Pillow would import every format it knows to find the right one.
_FORMATS: Final[dict[bytes, type]] = {
    b"\x89PNG": PngImagePlugin.PngImageFile,
    b"\xff\xd8\xff": JpegImagePlugin.JpegImageFile,
    b"GIF8": GifImagePlugin.GifImageFile,
    b"RIFF": WebPImagePlugin.WebPImageFile,
}
# Disabled: the checks below are stricter, and tell the size.
Image.MAX_IMAGE_PIXELS = None


class TooLargeError(Exception):
    """A picture has too many pixels; the arguments are its width and height."""


def decode(data: bytes, area: Area, fit: Callable[[int, int], tuple[int, int]]) -> Image.Image:
    """Return an area of a file's first frame as it is to be seen, as RGB on white.

    Args:
        data: The file.
        area: The part that is wanted.
        fit: Returns the size that is wanted, by the size that the area has in the file.

    Raises:
        TooLargeError: by its header it has too many pixels.
        MemoryError: it needs more than this process may have.
        Exception: of many types, by Pillow: it is broken, or no picture.
    """
    picture = _open(data)
    area = _inside(area)
    full = picture.size
    if picture.format == "JPEG":
        orientation = orientation_of(picture)
        size = _stored_size(full, area, orientation, fit)
        box = _box(orientation.stored_area(area), full)
        # The smallest of its scales at which the area has the size that is wanted.
        picture.draft(
            "RGB",
            (
                max(1, round(full[0] * size[0] / box.width)),
                max(1, round(full[1] * size[1] / box.height)),
            ),
        )
    elif picture.format == "PNG":
        _scale_transparency(picture)
    picture.load()
    # Only now, since in a PNG it may stand behind the pixels.
    orientation = orientation_of(picture)
    size = _stored_size(full, area, orientation, fit)
    box = _box(orientation.stored_area(area), picture.size)
    return orientation.turn(shrink(picture, box, size, opaque))


def _open(data: bytes) -> ImageFile:
    """Read the header."""
    opener = next((kind for start, kind in _FORMATS.items() if data.startswith(start)), None)
    if opener is None:
        raise ValueError("not a picture")
    if size := _webp_size(data):
        # libwebp allocates the whole picture when it opens a file.
        _check_size(size, MAX_WEBP_PIXELS)
    picture: ImageFile = opener(io.BytesIO(data))
    _check_size(picture.size, MAX_PIXELS)
    return picture


def _stored_size(
    full: tuple[int, int],
    area: Area,
    orientation: Orientation,
    fit: Callable[[int, int], tuple[int, int]],
) -> tuple[int, int]:
    """Return the size that the area shall have before it is turned."""
    width, height = orientation.turned(full)
    wanted = fit(max(1, round(width * area.width)), max(1, round(height * area.height)))
    return orientation.turned(wanted)


def _inside(area: Area) -> Area:
    """Return an area of the same size within the picture, as far as there is one."""
    width, height = min(area.width, 1.0), min(area.height, 1.0)
    left, top = min(max(0.0, area.left), 1 - width), min(max(0.0, area.top), 1 - height)
    return Area(left, top, width, height)


def _box(area: Area, size: tuple[int, int]) -> Box:
    """Return an area in pixels, at least one each way."""
    width, height = max(1.0, area.width * size[0]), max(1.0, area.height * size[1])
    left, top = area.left * size[0], area.top * size[1]
    return Box(min(left, size[0] - width), min(top, size[1] - height), width, height)


def _scale_transparency(picture: ImageFile) -> None:
    """Scale the grey or colour that a PNG calls transparent as Pillow scales its pixels.

    Of a colour of 16 bits 8 are left to compare: its neighbours become transparent as well.
    """
    scale = _SAMPLE_SCALES.get(str(picture.tile[0][3]) if picture.tile else "")
    clear = picture.info.get("transparency")
    if scale is None or clear is None:
        return
    if isinstance(clear, tuple):
        picture.info["transparency"] = tuple(int(sample * scale) for sample in clear)
    else:
        picture.info["transparency"] = int(clear * scale)


def _check_size(size: tuple[int, int], most: int) -> None:
    if size[0] * size[1] > most:
        raise TooLargeError(*size)


def _webp_size(data: bytes) -> tuple[int, int] | None:
    """Return the size by the header of a WebP file; None for everything else."""
    if data[8:12] != b"WEBP" or len(data) < 30:
        return None
    match data[12:16]:
        case b"VP8X":
            little = (int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
            return next(little) + 1, next(little) + 1
        case b"VP8L":
            bits = int.from_bytes(data[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case _:
            width, height = struct.unpack_from("<HH", data, 26)
            return width & 0x3FFF, height & 0x3FFF


def opaque(picture: Image.Image) -> Image.Image:
    """Return a picture of any mode as RGB on white."""
    if picture.mode == "I;16":
        picture = _eight_bits(picture)
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        background = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(background, layer).convert("RGB")
    return picture.convert("RGB")


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Return 16 bits of grey as 8, which Pillow would cut off at the value 255.

    With an alpha channel if one grey is transparent.
    """
    data = picture.tobytes()
    low, high = (Image.frombytes("L", picture.size, data[byte::2]) for byte in range(2))
    clear = picture.info.get("transparency")
    if clear is None:
        return high
    differs = (
        part.point([0 if value == wanted else 255 for value in range(256)])
        for part, wanted in ((low, clear & 0xFF), (high, clear >> 8))
    )
    return Image.merge("LA", (high, ImageChops.lighter(*differs)))
