"""Whatever is requested of whatever file: what comes fits, and is what the terminal takes."""

from __future__ import annotations

import random
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.pictures.costly import saved
from tests.pictures.displays import shown
from tui.graphics import CellSize, Protocol, SymbolSet
from tui.pictures.encoding import LARGE_SIXELS, SMALL_SIXELS, Area, EncodingRequest
from tui.pictures.layout import BAND
from tui.pictures.rendering import render
from tui.pictures.soundness import is_sound
from tui.pictures.symbols import PARTS

_SIZES = [(1, 1), (1, 900), (900, 1), (3, 2), (64, 36)]


@cache
def noise(size: tuple[int, int]) -> bytes:
    pixels = random.Random(1).randbytes(3 * size[0] * size[1])
    return saved(Image.frombytes("RGB", size, pixels), "PNG")


@pytest.mark.parametrize("protocol", Protocol)
@given(
    size=st.sampled_from(_SIZES),
    columns=st.integers(1, 8),
    rows=st.integers(1, 4),
    symbols=st.sampled_from(SymbolSet),
    cell=st.sampled_from([CellSize(4, 6), CellSize(10, 20), CellSize(40, 100)]),
    area=st.builds(Area, *[st.floats(0, 1)] * 4),
    max_side=st.sampled_from([SMALL_SIXELS, LARGE_SIXELS]),
)
@settings(max_examples=10)
def test_what_comes_is_sound_and_fits(
    protocol: Protocol,
    size: tuple[int, int],
    columns: int,
    rows: int,
    symbols: SymbolSet,
    cell: CellSize,
    area: Area,
    max_side: int,
) -> None:
    request = EncodingRequest(columns, rows, protocol, symbols, cell, area, max_side)
    picture = render(noise(size), request)
    assert is_sound(picture, request)
    pixels = shown(picture)
    across, down = PARTS[symbols] if protocol is Protocol.SYMBOLS else cell
    assert 0 < pixels.width <= picture.columns * across
    assert 0 < pixels.height <= picture.rows * down
    assert protocol is not Protocol.SIXEL or pixels.height % BAND == 0
