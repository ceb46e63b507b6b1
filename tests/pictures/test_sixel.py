"""Sixel: every pixel is painted in its colour, once more where that is shorter, and no other."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.pictures.displays import decode_sixel
from tui.pictures.sixel import encode

PALETTE = [(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), (51, 102, 204)]


@st.composite
def pictures(draw: st.DrawFn) -> tuple[int, bytes]:
    """Runs of colours, which are what pictures consist of."""
    width, height = draw(st.integers(1, 40)), draw(st.integers(1, 4)) * 6
    runs = draw(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 50)), min_size=1))
    pixels = b"".join(bytes([colour]) * count for colour, count in runs)
    return width, (pixels * (width * height))[: width * height]


@given(picture=pictures())
def test_a_terminal_paints_every_pixel_in_its_colour(picture: tuple[int, bytes]) -> None:
    width, pixels = picture
    painted = decode_sixel(encode(pixels, width, PALETTE))
    assert painted.size == (width, len(pixels) // width)
    assert painted.tobytes() == b"".join(bytes(PALETTE[number]) for number in pixels)


@pytest.mark.parametrize(
    ("width", "pixels", "body"),
    [
        (1, bytes(6), b"#0;2;0;0;0#0~"),
        (3, bytes(18), b"#0;2;0;0;0#0~~~"),
        (4, bytes(24), b"#0;2;0;0;0#0!4~"),
        # Over the commonest colour the others; a gap in front, none behind.
        (5, bytes(2) + b"\2" + bytes(27), b"#0;2;0;0;0#2;2;100;0;0#0!5~$#2??@"),
        (1, bytes(6) + b"\1" * 6, b"#0;2;0;0;0#1;2;100;100;100#0~-#1~"),
        # Lower than a band, where a cell is.
        (2, bytes(8), b"#0;2;0;0;0#0NN"),
    ],
)
def test_what_is_written(width: int, pixels: bytes, body: bytes) -> None:
    start = b'\x1bP0;1;0q"1;1;%d;%d' % (width, len(pixels) // width)
    assert encode(pixels, width, PALETTE) == start + body + b"\x1b\\"


def test_all_is_printable_but_its_ends() -> None:
    noise = Image.effect_noise((90, 60), 90).quantize(256)
    data = encode(noise.tobytes(), 90, [(value, 0, 255 - value) for value in range(256)])
    assert re.fullmatch(rb"\x1bP[ -~]+\x1b\\", data)


def test_more_colours_than_terminals_have_are_refused() -> None:
    with pytest.raises(ValueError, match="too many colours"):
        encode(bytes(6), 1, [(0, 0, 0)] * 257)
