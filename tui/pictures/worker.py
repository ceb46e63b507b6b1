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
    from PIL.Image import Image

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
    """Return the first frame, shrunk to fit `most`, as RGB on white."""
    opener = next((kind for start, kind in _FORMATS.items() if data.startswith(start)), None)
    if opener is None:
        raise ValueError("not a picture")
    if size := _webp_size(data):
        # libwebp allocates the whole picture when it opens a file.
        _check_size(size, MAX_WEBP_PIXELS)
    picture: Image = opener(io.BytesIO(data))
    _check_size(picture.size, MAX_PIXELS)
    picture.draft("RGB", most)
    return _shrink(picture, most)


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

    picture.load()
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

    if picture.mode.startswith("I"):
        # 16 bits of grey, which Pillow would cut off at the value 255.
        picture = picture.point(lambda value: value / 256).convert("L")
        picture.info.pop("transparency", None)
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        background = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(background, layer).convert("RGB")
    return picture.convert("RGB")


if __name__ == "__main__":
    main()
