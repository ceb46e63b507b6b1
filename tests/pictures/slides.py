"""Slides as the service draws them, 1920 by 1080, with the words that they hold; and a photo.

Drawn with the font that Pillow brings; the Chinese one with whichever the machine has.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from PIL import Image, ImageDraw, ImageFont

SIZE: Final = (1920, 1080)
_INK, _BLUE, _RED, _GREEN = "#1d2433", "#1f5fa8", "#b8322a", "#2c7a4b"
_CHINESE_FONTS: Final = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/STHeiti Light.ttc",
)


class Slide(NamedTuple):
    """A picture, and what can be read in it."""

    picture: Image.Image
    words: Sequence[str]


class _Board:
    """Draws, and keeps the words that are drawn."""

    def __init__(self, background: Image.Image | str = "white") -> None:
        if isinstance(background, str):
            background = Image.new("RGB", SIZE, background)
        self.picture = background
        self.draw = ImageDraw.Draw(self.picture)
        self.words: list[str] = []

    def write(
        self, x: float, y: float, text: str, size: int = 54, colour: str = _INK, anchor: str = "la"
    ) -> None:
        self.draw.text((x, y), text, colour, ImageFont.load_default(size), anchor)
        self.words += text.split()

    def slide(self) -> Slide:
        return Slide(self.picture, self.words)


def _text() -> Slide:
    board = _Board()
    board.write(120, 90, "Binary search trees", 92, _BLUE)
    for number, line in enumerate(
        (
            "Every node has at most two children",
            "Smaller keys stand in the left subtree",
            "Larger keys stand in the right subtree",
            "Searching takes as many steps as the tree is high",
            "Balanced trees keep that height small",
        )
    ):
        board.draw.ellipse((130, 312 + number * 130, 156, 338 + number * 130), fill=_BLUE)
        board.write(200, 290 + number * 130, line, 60)
    return board.slide()


def _gradient() -> Slide:
    ramp = Image.linear_gradient("L").resize(SIZE)
    shades = [
        ramp.point([round(dark + (light - dark) * value / 255) for value in range(256)])
        for dark, light in ((18, 60), (30, 104), (66, 148))
    ]
    board = _Board(Image.merge("RGB", shades))
    board.write(960, 330, "Chapter three", 72, "#ffd479", "ma")
    board.write(960, 470, "Energy and momentum", 118, "white", "ma")
    board.write(960, 680, "What stays the same when bodies collide", 64, "#dce8f5", "ma")
    return board.slide()


def _formula() -> Slide:
    board = _Board("#fdfaf2")
    board.write(120, 90, "The quadratic formula", 88, _RED)
    board.write(120, 280, "Where a is not zero, the roots of", 58)
    # OCR takes no formula for words.
    for x, y, size, text in (
        (640, 460, 96, "ax"),
        (760, 415, 56, "2"),
        (810, 460, 96, "+ bx + c = 0"),
        (640, 700, 84, "x ="),
        (850, 650, 84, "- b ±"),
        (1130, 650, 84, "b"),
        (1185, 615, 50, "2"),
        (1235, 650, 84, "- 4ac"),
        (1080, 765, 84, "2a"),
    ):
        board.draw.text((x, y), text, _BLUE, ImageFont.load_default(size), "lm")
    board.draw.line((830, 705, 1470, 705), _BLUE, 6)
    board.draw.line([(1045, 655), (1065, 690), (1095, 590), (1460, 590)], _BLUE, 5)
    board.write(120, 540, "are given by", 58)
    board.write(120, 880, "The discriminant decides how many roots are real", 58)
    return board.slide()


def _chart() -> Slide:
    board = _Board()
    board.write(120, 80, "Rainfall by month", 88, _BLUE)
    months = ("January", "March", "May", "July", "September", "November")
    for number, (month, value) in enumerate(zip(months, (48, 61, 93, 112, 74, 55), strict=True)):
        left = 230 + number * 270
        board.draw.rectangle((left, 900 - value * 5, left + 170, 900), fill=_BLUE)
        board.write(left + 85, 925, month, 50, anchor="ma")
        board.write(left + 85, 830 - value * 5, str(value), 54, anchor="ma")
    board.draw.line((180, 900, 1840, 900), _INK, 5)
    board.write(120, 995, "Millimetres, average of thirty years", 50)
    return board.slide()


def _curves() -> Slide:
    board = _Board("#f4f7fb")
    board.write(120, 70, "Sine and cosine", 88, _INK)
    for function, colour, name, top in (
        (math.sin, _RED, "sine starts at zero", 250),
        (math.cos, _GREEN, "cosine starts at one", 330),
    ):
        points = [(160 + x, 680 - 230 * function(x / 200)) for x in range(1180)]
        board.draw.line(points, colour, 8, "curve")
        board.draw.line((1370, top + 30, 1420, top + 30), colour, 10)
        board.write(1430, top, name, 48, colour)
    board.draw.line((150, 680, 1380, 680), _INK, 4)
    board.draw.line((160, 400, 160, 960), _INK, 4)
    board.write(160, 980, "Both repeat after one full turn of the circle", 56)
    return board.slide()


def _table() -> Slide:
    board = _Board()
    board.write(120, 70, "Properties of metals", 88, _GREEN)
    rows = (
        ("Metal", "Density", "Melts", "Used for"),
        ("Aluminium", "2700", "660", "aircraft"),
        ("Copper", "8960", "1085", "cables"),
        ("Silver", "10490", "962", "mirrors"),
        ("Titanium", "4506", "1668", "implants"),
        ("Tungsten", "19250", "3422", "filaments"),
    )
    for number, row in enumerate(rows):
        top = 240 + number * 130
        if number % 2:
            board.draw.rectangle((120, top, 1800, top + 130), fill="#e8f1ec")
        for column, text in enumerate(row):
            board.write((160, 660, 1040, 1380)[column], top + 32, text, 58)
    return board.slide()


def chinese_font() -> str | None:
    """Return a file with a font that has Chinese characters, where one is installed."""
    return next((path for path in _CHINESE_FONTS if Path(path).exists()), None)


def _chinese() -> Slide:
    path = chinese_font()
    assert path is not None
    board = _Board()
    lines = (
        (110, 70, 96, _RED, "勾股定理"),
        (120, 280, 66, _INK, "直角三角形两条直角边的平方和"),
        (120, 410, 66, _INK, "等于斜边的平方"),
        (120, 590, 66, _BLUE, "已知两边就能求出第三边"),
        (120, 720, 66, _BLUE, "古代数学家用图形证明了它"),
        (120, 900, 54, _GREEN, "练习：计算梯子的长度"),
    )
    for x, y, size, colour, text in lines:
        board.draw.text((x, y), text, colour, ImageFont.truetype(path, size))
        board.words.append(text)
    board.draw.polygon(((1300, 900), (1780, 900), (1300, 480)), outline=_INK, width=8)
    return board.slide()


_MAKERS: Final[dict[str, Callable[[], Slide]]] = {
    "text": _text,
    "gradient": _gradient,
    "formula": _formula,
    "chart": _chart,
    "curves": _curves,
    "Chinese": _chinese,
    "table": _table,
}
NAMES: Final = tuple(_MAKERS)


@cache
def slide(name: str) -> Slide:
    """Return one of the seven slides."""
    return _MAKERS[name]()


@cache
def photo() -> Image.Image:
    """Return what packs as badly as a photo: soft shapes of all colours, with grain."""
    source = random.Random(19)
    picture = Image.new("RGB", SIZE, "gray")
    for size, strength in ((4, 1.0), (9, 0.5), (30, 0.3), (90, 0.2), (270, 0.12)):
        cells = (size * 16 // 9, size)
        noise = Image.frombytes("RGB", cells, source.randbytes(3 * cells[0] * cells[1]))
        picture = Image.blend(picture, noise.resize(SIZE, Image.Resampling.BICUBIC), strength)
    return picture
