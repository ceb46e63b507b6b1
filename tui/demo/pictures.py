"""The demo's frames and videos, as files. Deterministic on one machine.

Pillow is slow to import, so it is imported when the first picture is drawn, after the first paint.
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from tui.demo.figures import FIGURES, HEIGHT, WIDTH, Canvas, Palette

if TYPE_CHECKING:
    from PIL import Image

_PALETTES: Final = (
    Palette("#fff8e7", "#2b2d42", "#d1495b", "#edae49", "#00798c"),
    Palette("#0b2545", "#eef4ed", "#5fb0ff", "#ffd166", "#8da9c4"),
    Palette("#1b1b2f", "#f5f5f5", "#ff5d8f", "#4de1c1", "#7a6ff0"),
    Palette("#f4f1fb", "#2d1e4f", "#7b2cbf", "#ff9e00", "#b8a9d9"),
    Palette("#eef7e8", "#1f3d2b", "#3a9d5d", "#f2b134", "#3d87c2"),
    Palette("#22303c", "#f2efe9", "#f26b5b", "#6fd08c", "#6c8ba4"),
)
_VIDEO_WIDTH: Final = 480
_VIDEO_FRAME_MS: Final = 900


@lru_cache(maxsize=128)
def frame_png(title: str, number: int, seed: int) -> bytes:
    """Draw frame `number` of a task as a PNG of `WIDTH` by `HEIGHT` pixels.

    Chinese text is omitted where the machine has no font for it.
    """
    file = io.BytesIO()
    # Drawn at twice the size and halved: Pillow does not anti-alias lines.
    large = _draw(title, number, seed, scale=2)
    large.reduce(2).save(file, "PNG", compress_level=9)
    return file.getvalue()


@lru_cache(maxsize=16)
def video_gif(title: str, numbers: tuple[int, ...], seed: int) -> bytes:
    """Draw the frames `numbers`, at least one, as an animated GIF.

    Pillow cannot write MP4, and every browser plays a GIF.
    """
    from PIL import Image

    size = (_VIDEO_WIDTH, _VIDEO_WIDTH * HEIGHT // WIDTH)
    pictures = [
        _draw(title, number, seed, scale=1)
        .resize(size, Image.Resampling.LANCZOS)
        .quantize(48, dither=Image.Dither.NONE)
        for number in numbers
    ]
    file = io.BytesIO()
    pictures[0].save(
        file, "GIF", save_all=True, append_images=pictures[1:], duration=_VIDEO_FRAME_MS, loop=0
    )
    return file.getvalue()


def _draw(title: str, number: int, seed: int, *, scale: int) -> Image.Image:
    from PIL import Image, ImageDraw

    palette = _PALETTES[seed % len(_PALETTES)]
    picture = Image.new("RGB", (WIDTH * scale, HEIGHT * scale), palette.paper)
    canvas = Canvas(ImageDraw.Draw(picture), scale)
    canvas.box(0, 0, WIDTH, 12, palette.main)
    canvas.text(60, 68, title, palette.ink, size=46, anchor="lm")
    canvas.text(WIDTH - 60, 68, f"{number:02d}", palette.main, size=46, anchor="rm")
    FIGURES[seed % len(FIGURES)](canvas, palette, number)
    return picture
