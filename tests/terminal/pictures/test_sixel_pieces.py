"""A sixel picture in pieces draws the same as the whole."""

from __future__ import annotations

import re
from random import Random

import pytest

from tui.graphics import CellSize
from tui.pictures import sixel
from tui.terminal.pictures.sixel_pieces import MAX_PIECE_BYTES, raster, split

PALETTE = [(value * 255 // 15, 255 - value * 255 // 15, value % 3 * 127) for value in range(16)]
Drawn = dict[tuple[int, int], tuple[int, ...]]


def draw(data: bytes, left: int = 0, top: int = 0) -> Drawn:
    """Return the colour of each pixel that a sequence paints: a terminal in short."""
    body = data[data.index(b'"') : -2]
    colours: dict[int, tuple[int, ...]] = {}
    drawn: Drawn = {}
    x, y, colour = left, top, 0
    for token in re.finditer(rb'"[0-9;]+|#([0-9;]+)|!([0-9]+)(.)|(.)', body, re.DOTALL):
        if token[1]:
            number, *values = map(int, token[1].split(b";"))
            colour = number
            if values:
                colours[number] = tuple(values[1:])
            continue
        character = token[3] or token[4]
        if character == b"$":
            x = left
        elif character == b"-":
            x, y = left, y + 6
        elif character:
            for _ in range(int(token[2] or 1)):
                bits = character[0] - 63
                drawn |= {(x, y + bit): colours[colour] for bit in range(6) if bits >> bit & 1}
                x += 1
    return drawn


def picture(width: int, height: int, *, noisy: bool, seed: int = 1) -> bytes:
    """Return a sequence of 16 colours; noise makes it large."""
    random = Random(seed)
    pixels = bytes(
        random.randrange(16) if noisy else (x // 40 + y // 9) % 16
        for y in range(height)
        for x in range(width)
    )
    return sixel.encode(pixels, width, PALETTE)


@pytest.mark.parametrize(
    ("cell", "width", "height", "noisy"),
    [
        (CellSize(10, 20), 200, 120, False),
        (CellSize(10, 20), 200, 120, True),
        (CellSize(9, 17), 9 * 21 - 4, 102 * 2, True),
        (CellSize(8, 16), 80, 90, True),
        (CellSize(7, 15), 70, 30, True),
    ],
)
def test_the_pieces_draw_the_same(cell: CellSize, width: int, height: int, noisy: bool) -> None:
    whole = picture(width, height, noisy=noisy)
    pieces = list(split(whole, cell))
    drawn: Drawn = {}
    for piece in pieces:
        drawn |= draw(piece.data, piece.column * cell.width, piece.row * cell.height)
        # What a terminal may scroll by, or keeps free for the picture, is what it covers.
        right, down = map(int, raster(piece.data)[1:].split(b";")[2:])
        assert piece.column * cell.width + right <= width
        assert piece.row * cell.height + down <= height
    assert drawn == draw(whole)
    assert max(len(piece.data) for piece in pieces) <= MAX_PIECE_BYTES


def test_a_full_screen_of_noise_has_no_piece_that_holds_up_a_key() -> None:
    pieces = list(split(picture(950, 240, noisy=True), CellSize(10, 20)))
    assert sum(len(piece.data) for piece in pieces) > 150_000
    assert max(len(piece.data) for piece in pieces) <= MAX_PIECE_BYTES


@pytest.mark.parametrize("data", [b"", b"\x1bPq#0~~\x1b\\", b'\x1bP0;1;0q"1;1;5;6#0;2;0;0;0'])
def test_what_is_no_sequence_of_ours_is_not_cut(data: bytes) -> None:
    assert [piece.data for piece in split(data, CellSize(10, 20))] == [data]
