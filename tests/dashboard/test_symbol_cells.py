"""Pictures in symbols, in a terminal with few colours."""

from __future__ import annotations

import random

import pytest
from rich.color import Color, ColorSystem

from tui.dashboard.widgets.symbol_cells import symbol_strip
from tui.graphics import Protocol, SymbolSet
from tui.pictures.encoding import EncodedPicture

RGB = tuple[int, int, int]


def shown(colour: RGB, *, few_colours: bool = True) -> RGB:
    """Return what a terminal with 256 colours shows of a cell in one colour."""
    cell = bytes((1, *colour, *colour))
    picture = EncodedPicture(Protocol.SYMBOLS, SymbolSet.HALVES, 1, 1, cell)
    ((_, style, _),) = symbol_strip(picture, 0, few_colours=few_colours)
    assert style is not None
    assert style.color is not None
    assert style.color == style.bgcolor
    red, green, blue = style.color.downgrade(ColorSystem.EIGHT_BIT).get_truecolor()
    return red, green, blue


def distance(one: RGB, other: RGB) -> int:
    return sum(weight * (a - b) ** 2 for weight, a, b in zip((3, 6, 1), one, other, strict=True))


@pytest.mark.parametrize(
    ("colour", "nearest"),
    [
        # The slate of a dark slide, which Rich shows as teal.
        ((0x22, 0x30, 0x3C), (0x30, 0x30, 0x30)),
        ((0x1E, 0x1E, 0x2E), (0x1C, 0x1C, 0x1C)),
        ((0, 0, 0), (0, 0, 0)),
        ((255, 255, 255), (255, 255, 255)),
        ((255, 136, 0), (255, 135, 0)),
    ],
)
def test_a_terminal_of_256_colours_gets_the_nearest(colour: RGB, nearest: RGB) -> None:
    assert shown(colour) == nearest


def test_no_colour_is_further_off_than_rich_would_have_it() -> None:
    draw = random.Random(1)
    for _ in range(500):
        colour = draw.randrange(256), draw.randrange(256), draw.randrange(256)
        ours, theirs = shown(colour), shown(colour, few_colours=False)
        assert distance(ours, colour) <= distance(theirs, colour), colour


def test_every_other_terminal_gets_the_colour_itself() -> None:
    cell = bytes((1, 0x22, 0x30, 0x3C, 1, 2, 3))
    picture = EncodedPicture(Protocol.SYMBOLS, SymbolSet.HALVES, 1, 1, cell)
    ((_, style, _),) = symbol_strip(picture, 0)
    assert style is not None
    assert style.color == Color.from_rgb(0x22, 0x30, 0x3C)
