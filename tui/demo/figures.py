"""The figures on the demo's frames, one for each task. Imports Pillow only to draw."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from tui.demo.lettering import font_for

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

WIDTH: Final = 1280
HEIGHT: Final = 720

Point = tuple[float, float]

_SHIFTS: Final = {"^": -0.4, "_": 0.15}
"""How far exponents and indices are from the line, in heights of a letter."""


class Palette(NamedTuple):
    """The colours of one task, as #rrggbb."""

    paper: str
    ink: str
    main: str
    accent: str
    calm: str


class Canvas(NamedTuple):
    """Draws in points on a picture with `scale` pixels per point."""

    draw: ImageDraw
    scale: int

    def line(self, points: Sequence[Point], colour: str, width: float = 4) -> None:
        """Draw a line through `points`."""
        self.draw.line(self._pixels(points), fill=colour, width=self._size(width), joint="curve")

    def polygon(self, points: Sequence[Point], fill: str | None, edge: str | None = None) -> None:
        """Draw a closed shape."""
        if fill is not None:
            self.draw.polygon(self._pixels(points), fill=fill)
        if edge is not None:
            self.line([*points, points[0], points[1]], edge)

    def box(self, left: float, top: float, right: float, bottom: float, fill: str) -> None:
        """Fill a rectangle."""
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], fill)

    def disc(self, x: float, y: float, radius: float, fill: str) -> None:
        """Fill a circle."""
        self.draw.ellipse(
            self._pixels([(x - radius, y - radius), (x + radius, y + radius)]), fill=fill
        )

    def pie(self, x: float, y: float, radius: float, share: float, fill: str) -> None:
        """Fill a sector, from the top clockwise; `share` is between 0 and 1."""
        corners = self._pixels([(x - radius, y - radius), (x + radius, y + radius)])
        self.draw.pieslice(corners, -90, -90 + 360 * share, fill=fill)

    def text(
        self, x: float, y: float, text: str, colour: str, size: float = 32, anchor: str = "mm"
    ) -> None:
        """Write one line of text; nothing if no font has its letters."""
        font = font_for(text, self._size(size))
        if font is not None:
            self.draw.text((x * self.scale, y * self.scale), text, colour, font, anchor)

    def formula(self, x: float, y: float, parts: str, colour: str, size: float = 40) -> None:
        """Write a formula from its left end on; a letter after `^` is raised, after `_` lowered."""
        from PIL import ImageFont

        shift = 0.0
        for letter in parts:
            if letter in _SHIFTS:
                shift = _SHIFTS[letter]
                continue
            height = size * (0.6 if shift else 1)
            font = ImageFont.load_default(self._size(height))
            self.text(x, y + shift * size, letter, colour, height, "ls")
            x += font.getlength(letter) / self.scale
            shift = 0.0

    def _size(self, points: float) -> int:
        return round(points * self.scale)

    def _pixels(self, points: Sequence[Point]) -> list[Point]:
        return [(x * self.scale, y * self.scale) for x, y in points]


def pythagoras(canvas: Canvas, palette: Palette, number: int) -> None:
    """Draw a right triangle with the squares on its sides, which appear one by one."""
    angle = math.radians(30 + 5 * (number % 6))
    a, b = 250 * math.cos(angle), 250 * math.sin(angle)
    corner = (880 - a * 0.35, 430.0)
    right, up = (corner[0] + a, corner[1]), (corner[0], corner[1] - b)
    squares = (
        ([corner, right, (right[0], right[1] + a), (corner[0], corner[1] + a)], palette.calm, "a"),
        ([corner, up, (up[0] - b, up[1]), (corner[0] - b, corner[1])], palette.accent, "b"),
        ([up, right, (right[0] + b, right[1] - a), (up[0] + b, up[1] - a)], palette.main, "c"),
    )
    shown = 1 + (number - 1) // 2
    for index, (points, colour, name) in enumerate(squares):
        canvas.polygon(points, colour if index < shown else None, palette.ink)
        if index < shown:
            x, y = (sum(point[axis] for point in points) / 4 for axis in (0, 1))
            canvas.formula(x - 26, y + 18, f"{name}^2", palette.paper, size=54)
    canvas.polygon([corner, right, up], palette.paper, palette.ink)
    canvas.line([(corner[0] + 20, corner[1]), (corner[0] + 20, corner[1] - 20)], palette.ink, 3)
    canvas.line([(corner[0] + 20, corner[1] - 20), (corner[0], corner[1] - 20)], palette.ink, 3)
    canvas.formula(60, 300, "a^2 + b^2 = c^2", palette.ink, size=64)
    for line, words in enumerate(("直角三角形中，", "两条直角边的平方和", "等于斜边的平方。")):
        canvas.text(60, 400 + 62 * line, words, palette.ink, size=40, anchor="lm")


def sky(canvas: Canvas, palette: Palette, number: int) -> None:
    """Draw sunlight in air: long waves pass, short ones are scattered in all directions."""
    canvas.disc(130, 380, 95, palette.accent)
    for ray in range(12):
        angle = math.tau * (ray + number / 8) / 12
        x, y = math.cos(angle), math.sin(angle)
        canvas.line(
            [(130 + 112 * x, 380 + 112 * y), (130 + 140 * x, 380 + 140 * y)], palette.accent
        )
    waves = (
        (190, 120.0, "#e4572e", "red 700 nm"),
        (270, 80.0, "#f3a712", "yellow 580 nm"),
        (350, 54.0, "#4fb477", "green 530 nm"),
        (540, 32.0, palette.main, "blue 450 nm"),
    )
    for top, length, colour, name in waves:
        labelled = (300, 600) if colour == palette.main else (1030, top)
        canvas.text(*labelled, name, colour, size=30, anchor="lm")
        end = 700 if colour == palette.main else 1010
        points = [
            (float(x), top + 26 * math.sin((x - 40 * number) / length * 2))
            for x in range(300, end, 4)
        ]
        canvas.line(points, colour, 6)
    for ray in range(min(number, 9)):
        angle = math.radians(-80 + 20 * ray)
        x, y = math.cos(angle), math.sin(angle)
        canvas.line([(760 + 50 * x, 540 + 50 * y), (760 + 140 * x, 540 + 140 * y)], palette.main, 6)
    canvas.disc(760, 540, 30, palette.calm)
    canvas.text(760, 540, "N2", palette.paper, size=24)
    canvas.text(60, 668, "Air scatters short waves most.", palette.ink, size=34, anchor="lm")
    canvas.formula(920, 552, "I ~ 1 / wavelength^4", palette.accent, size=36)


def fourier(canvas: Canvas, palette: Palette, number: int) -> None:
    """Draw a square wave, and the sum of its first `number` harmonics."""
    left, right, middle, height = 110, 1180, 400, 170
    canvas.line([(left, middle), (right, middle)], palette.calm, 3)
    canvas.line([(left, middle - 250), (left, middle + 250)], palette.calm, 3)
    steps = [(left + (right - left) * part / 4, 1 if part % 2 == 0 else -1) for part in range(5)]
    square: list[Point] = []
    for (x, sign), (end, _) in pairwise(steps):
        square += [(x, middle - height * sign), (end, middle - height * sign)]
    canvas.line(square, palette.accent, 4)
    sums: list[Point] = []
    for x in range(left, right + 1, 2):
        phase = (x - left) / (right - left) * 2 * math.tau
        value = sum(math.sin(k * phase) / k for k in range(1, 2 * number, 2)) * 4 / math.pi
        sums.append((float(x), middle - height * value))
    canvas.line(sums, palette.main, 6)
    terms = " + ".join(["sin x", *(f"sin {k}x / {k}" for k in range(3, 2 * number, 2))][:4])
    canvas.text(640, 668, terms + (" + ..." if number > 4 else ""), palette.ink, size=30)


def quicksort(canvas: Canvas, palette: Palette, number: int) -> None:
    """Draw bars being sorted: on each frame one more pivot is in its place."""
    values = random.Random(7).sample(range(1, 25), 24)  # noqa: S311 - bars of a chart, not a secret
    ranges, placed = [(0, len(values))], [-1]
    while ranges and len(placed) <= number:
        start, end = ranges.pop()
        pivot = values[start]
        low = [value for value in values[start:end] if value < pivot]
        high = [value for value in values[start:end] if value > pivot]
        values[start:end] = [*low, pivot, *high]
        middle = start + len(low)
        placed.append(middle)
        ranges += [part for part in ((middle + 1, end), (start, middle)) if part[0] < part[1]]
    for index, value in enumerate(values):
        x = 88 + index * 46
        colour = palette.main if index in placed else palette.calm
        if index == placed[-1]:
            colour = palette.accent
        canvas.box(x, 640 - value * 20, x + 36, 640, colour)
    canvas.line([(70, 642), (1210, 642)], palette.ink, 4)
    words = (
        f"{len(placed) - 1} of 24 in place; smaller bars go left of the pivot, larger ones right"
    )
    canvas.text(640, 676, words, palette.ink, size=30)


def photosynthesis(canvas: Canvas, palette: Palette, number: int) -> None:
    """Draw a cycle of six steps, of which each frame reaches one more."""
    names = ("light", "water", "O2", "ATP", "CO2", "sugar")
    centers = [
        (640 + 380 * math.sin(math.tau * step / 6), 400 - 215 * math.cos(math.tau * step / 6))
        for step in range(6)
    ]
    reached = (number - 1) % 6
    for step, (x, y) in enumerate(centers):
        following = centers[(step + 1) % 6]
        canvas.line([(x, y), following], palette.main if step < reached else palette.calm, 8)
    for step, (x, y) in enumerate(centers):
        colour = palette.main if step < reached else palette.calm
        canvas.disc(x, y, 68, palette.accent if step == reached else colour)
        canvas.text(x, y, names[step], palette.paper, size=32)
    leaf = [
        (640 + side * 80 * math.sin(math.pi * part / 20), 510 - 11 * part)
        for side, parts in ((1, range(21)), (-1, range(20, -1, -1)))
        for part in parts
    ]
    canvas.polygon(leaf, palette.main)
    canvas.line([(640, 550), (640, 310)], palette.paper, 5)


def bayes(canvas: Canvas, palette: Palette, number: int) -> None:
    """Draw the 36 throws of two dice, those with at least a certain sum, and their share."""
    minimum = 4 + number % 8
    hits = 0
    for first in range(1, 7):
        for second in range(1, 7):
            hit = first + second >= minimum
            hits += hit
            x, y = 100 + (first - 1) * 86, 160 + (second - 1) * 86
            canvas.box(x, y, x + 76, y + 76, palette.main if hit else palette.calm)
            canvas.text(x + 38, y + 38, str(first + second), palette.paper, size=30)
    canvas.disc(940, 360, 185, palette.calm)
    canvas.pie(940, 360, 185, hits / 36, palette.accent)
    canvas.disc(940, 360, 92, palette.paper)
    canvas.text(940, 360, f"{hits}/36", palette.ink, size=46)
    canvas.text(940, 612, f"P(sum at least {minimum}) = {hits / 36:.0%}", palette.ink, size=36)


FIGURES: Final[tuple[Callable[[Canvas, Palette, int], None], ...]] = (
    pythagoras,
    sky,
    fourier,
    quicksort,
    photosynthesis,
    bayes,
)
"""Selected by a task's seed."""
