"""What a child that was taken over might answer: nothing but a picture reaches the terminal."""

from __future__ import annotations

import pytest
from PIL import Image

from tests.pictures.costly import saved
from tui.graphics import DEFAULT_CELL, Protocol, SymbolSet
from tui.pictures.encoding import EncodedPicture, EncodingRequest
from tui.pictures.sixel import encode
from tui.pictures.soundness import is_sound

KITTY, SIXEL, SYMBOLS = Protocol
PNG = saved(Image.new("RGB", (20, 20)), "PNG")
SIXELS = encode(bytes(20 * 18), 20, [(0, 0, 0)])
CELL = bytes((3, 1, 2, 3, 4, 5, 6))


def sound(protocol: Protocol, data: bytes, columns: int = 2, rows: int = 1) -> bool:
    request = EncodingRequest(2, 1, protocol, SymbolSet.HALVES, DEFAULT_CELL)
    return is_sound(EncodedPicture(protocol, SymbolSet.HALVES, columns, rows, data), request)


def test_a_picture_is_sound() -> None:
    assert sound(KITTY, PNG)
    assert sound(SIXEL, SIXELS)
    assert sound(SYMBOLS, CELL * 2)


@pytest.mark.parametrize(
    ("protocol", "data"),
    [
        (KITTY, b""),
        (KITTY, PNG[:20]),
        (KITTY, b"GIF89a" + PNG),
        (KITTY, PNG[:16] + b"\x7f\xff\xff\xff" * 2 + PNG[24:]),
        (KITTY, PNG[:16] + bytes(8) + PNG[24:]),
        (SIXEL, b""),
        (SIXEL, b"\x1b]0;title\x07"),
        (SIXEL, SIXELS + b"\x1b[2J"),
        (SIXEL, SIXELS[:-2] + b"\x1b]52;c;AAAA\x07" + SIXELS[-2:]),
        (SIXEL, SIXELS[:-2]),
        (SIXEL, SIXELS.replace(b"20;18", b"21;18")),
        (SIXEL, SIXELS.replace(b"20;18", b"20;24")),
        (SIXEL, SIXELS.replace(b"-", b"---")),
        (SIXEL, SIXELS[:-2] + b"-" + SIXELS[-2:]),
        (SIXEL, SIXELS.replace(b"!20~", b"!4294967295~")),
        (SIXEL, SIXELS.replace(b"~", b"\n")),
        (SIXEL, SIXELS.replace(b"~", "é".encode())),
        # More than the picture has, for the terminal and for what cuts it into pieces.
        (SIXEL, SIXELS[:-2] + b"~" + SIXELS[-2:]),
        (SIXEL, SIXELS[:-2] + b"!3000000000~" + SIXELS[-2:]),
        (SIXEL, SIXELS[:-2] + b"!" + b"9" * 5_000 + b"~" + SIXELS[-2:]),
        (SIXEL, SIXELS[:-2] + b"$!21~" + SIXELS[-2:]),
        (SIXEL, SIXELS[:-2] + b"-~" + SIXELS[-2:]),
        (SIXEL, SIXELS[:-2] + b"$!~" + SIXELS[-2:]),
        (SIXEL, SIXELS[:-2] + b"$5" + SIXELS[-2:]),
        (SYMBOLS, b""),
        (SYMBOLS, CELL),
        (SYMBOLS, CELL * 3),
        (SYMBOLS, CELL + b"\4" + CELL[1:]),
    ],
)
def test_anything_else_is_not(protocol: Protocol, data: bytes) -> None:
    assert not sound(protocol, data)


@pytest.mark.parametrize("size", [(0, 0), (0, 1), (3, 1), (2, 2), (2**32 - 1, 1)])
@pytest.mark.parametrize(("protocol", "data"), [(KITTY, PNG), (SIXEL, SIXELS), (SYMBOLS, b"")])
def test_nothing_is_larger_than_requested(
    protocol: Protocol, data: bytes, size: tuple[int, int]
) -> None:
    assert not sound(protocol, data, *size)


def test_no_cell_of_kitty_is_where_it_could_not_say_so() -> None:
    """As in a window of 400 columns."""
    request = EncodingRequest(400, 400, KITTY, SymbolSet.HALVES, DEFAULT_CELL)
    for columns, rows in ((297, 297), (298, 1), (1, 298)):
        picture = EncodedPicture(KITTY, SymbolSet.HALVES, columns, rows, PNG)
        assert is_sound(picture, request) == (columns == rows)
