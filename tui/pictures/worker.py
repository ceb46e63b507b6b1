"""Decodes pictures in a process of its own: `python -I -S worker.py FOLDER`, FOLDER being Pillow's.

Started by `tui/pictures/decoder.py`, and imports nothing else of ours. It is told a picture's bytes
and a size, and knows no link and no key. It limits itself before it imports Pillow, so that a
picture made to exhaust memory or time ends this process instead of the dashboard. It ends when its
standard input does, however the dashboard ended.
"""

from __future__ import annotations

import io
import math
import resource
import signal
import struct
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image, Transpose
    from PIL.ImageFile import ImageFile

REQUEST: Final = struct.Struct(">BIIIIQ")
"""What to do (`DECODE` or `SCALE`), the picture's width and height (`SCALE` only), the maximum
width and height wanted, and the number of bytes that follow."""
REPLY: Final = struct.Struct(">BII")
"""The result, a width and a height in pixels; after `DONE`, RGB bytes of that size follow."""
DECODE, SCALE = range(2)
DONE, READY, BROKEN, TOO_LARGE, TOO_MUCH_MEMORY, NO_PILLOW = range(6)

MAX_PIXELS: Final = 50_000_000
"""Pixels that a picture may claim to have, by its format's header."""
MAX_WEBP_PIXELS: Final = 20_000_000
"""As `MAX_PIXELS`: libwebp and Pillow hold a WebP four times over while it is decoded."""
MAX_MEMORY_BYTES: Final = 512 << 20
MAX_CPU_SECONDS: Final = 3
"""CPU time for each picture."""

_ORIENTATION: Final = 0x0112
"""EXIF's tag of how a picture was turned when it was stored."""
_SAMPLE_SCALES: Final = {"L;2": 85.0, "L;4": 17.0, "RGB;16B": 1 / 256}
"""By the raw mode of a PNG: what Pillow multiplies samples by when it reads them to 8 bits."""
_STRIP_ROWS: Final = 16
"""Rows of the reduced picture that are converted at a time, so that no full copy is needed."""


class _TooLargeError(Exception):
    """A picture has too many pixels."""


def main() -> None:
    """Answer requests until the input ends."""
    _limit_process()
    try:
        _import_pillow(sys.argv[1])
    except Exception:
        _send(NO_PILLOW)
        return
    _send(READY)
    while header := sys.stdin.buffer.read(REQUEST.size):
        _respond(*REQUEST.unpack(header))


def _limit_process() -> None:
    # Ignored signals and limits are inherited from whatever started the dashboard.
    for number in (signal.SIGPROF, signal.SIGXCPU):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for what, most in (
        (resource.RLIMIT_AS, MAX_MEMORY_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 16),
    ):
        # macOS refuses to limit the address space; the dashboard's deadline still holds there.
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


def _import_pillow(folder: str) -> None:
    sys.path.append(folder)
    from PIL import GifImagePlugin, Image, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

    # Disabled: the checks below are stricter, and tell the size.
    Image.MAX_IMAGE_PIXELS = None
    # By their first bytes, since Pillow would import every format it knows to find the right one.
    _FORMATS.update(
        {
            b"\x89PNG": PngImagePlugin.PngImageFile,
            b"\xff\xd8\xff": JpegImagePlugin.JpegImageFile,
            b"GIF8": GifImagePlugin.GifImageFile,
            b"RIFF": WebPImagePlugin.WebPImageFile,
        }
    )


_FORMATS: Final[dict[bytes, type]] = {}


def _limit_cpu(seconds: int) -> None:
    """Have the kernel end this process after so much CPU time from now on."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    used = math.ceil(time.process_time())
    with suppress(ValueError, OSError):
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, hard))


def _respond(what: int, width: int, height: int, columns: int, rows: int, length: int) -> None:
    data = sys.stdin.buffer.read(length)
    _limit_cpu(MAX_CPU_SECONDS)
    try:
        if what == DECODE:
            picture = _decode(data, (columns, rows))
        else:
            from PIL import Image

            picture = Image.frombytes("RGB", (width, height), data).resize(
                (columns, rows), Image.Resampling.LANCZOS
            )
        reply = (DONE, *picture.size)
        pixels = picture.tobytes()
    except _TooLargeError as error:
        reply, pixels = (TOO_LARGE, *error.args), b""
    except MemoryError:
        reply, pixels = (TOO_MUCH_MEMORY, 0, 0), b""
    except Exception:  # Pillow's decoders raise exceptions of many types.
        reply, pixels = (BROKEN, 0, 0), b""
    _send(*reply, pixels)
    signal.setitimer(signal.ITIMER_PROF, 0)


def _send(result: int, width: int = 0, height: int = 0, pixels: bytes = b"") -> None:
    sys.stdout.buffer.write(REPLY.pack(result, width, height) + pixels)
    sys.stdout.buffer.flush()


def _decode(data: bytes, most: tuple[int, int]) -> Image:
    """Return the first frame as it is to be seen, shrunk to fit `most`, as RGB on white."""
    opener = next((kind for start, kind in _FORMATS.items() if data.startswith(start)), None)
    if opener is None:
        raise ValueError("not a picture")
    if size := _webp_size(data):
        # libwebp allocates the whole picture when it opens a file.
        _check_size(size, MAX_WEBP_PIXELS)
    picture: ImageFile = opener(io.BytesIO(data))
    _check_size(picture.size, MAX_PIXELS)
    if picture.format == "JPEG":
        picture.draft("RGB", _stored_size(most, _turn(picture)))
    if picture.format == "PNG":
        _scale_transparency(picture)
    picture.load()
    # Only now, since in a PNG it may stand behind the pixels.
    turn = _turn(picture)
    shrunk = _shrink(picture, _stored_size(most, turn))
    return shrunk if turn is None else shrunk.transpose(turn)


def _turn(picture: Image) -> Transpose | None:
    """Return what has to be done to a picture that was turned when it was stored, as by cameras."""
    from PIL.Image import Transpose

    try:
        orientation = picture.getexif().get(_ORIENTATION)
    except Exception:  # As for decoders; the picture itself may be fine.
        return None
    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return turns.get(orientation) if isinstance(orientation, int) else None


def _stored_size(size: tuple[int, int], turn: Transpose | None) -> tuple[int, int]:
    """Return the size before `turn` of what is to have a size after it."""
    from PIL.Image import Transpose

    upright = (None, Transpose.FLIP_LEFT_RIGHT, Transpose.ROTATE_180, Transpose.FLIP_TOP_BOTTOM)
    return size if turn in upright else size[::-1]


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
        raise _TooLargeError(*size)


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


def _shrink(picture: Image, most: tuple[int, int]) -> Image:
    """Reduce by whole factors strip by strip, then resize what is left, as `thumbnail` would."""
    from PIL import Image

    width, height = picture.size
    factor = min(most[0] / width, most[1] / height, 1)
    final = max(1, round(width * factor)), max(1, round(height * factor))
    # Half of what could be reduced, so that the resampling has something to work on.
    across, down = (
        max(1, size // (2 * aim)) for size, aim in zip(picture.size, final, strict=True)
    )
    reduced = _opaque(picture) if across == down == 1 else _reduce(picture, across, down)
    whole = (0, 0, width / across, height / down)
    return reduced.resize(final, Image.Resampling.BICUBIC, whole)


def _reduce(picture: Image, across: int, down: int) -> Image:
    from PIL import Image

    width, height = picture.size
    reduced = Image.new("RGB", (-(-width // across), -(-height // down)))
    step = down * _STRIP_ROWS
    for top in range(0, height, step):
        strip = _opaque(picture.crop((0, top, width, min(top + step, height))))
        reduced.paste(strip.reduce((across, down)), (0, top // down))
    return reduced


def _opaque(picture: Image) -> Image:
    from PIL import Image

    if picture.mode == "I;16":
        picture = _eight_bits(picture)
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        background = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(background, layer).convert("RGB")
    return picture.convert("RGB")


def _eight_bits(picture: Image) -> Image:
    """Return 16 bits of grey as 8, which Pillow would cut off at the value 255.

    With an alpha channel if one grey is transparent.
    """
    from PIL import Image, ImageChops

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


if __name__ == "__main__":
    main()
