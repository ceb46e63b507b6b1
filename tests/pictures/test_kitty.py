"""Kitty's graphics protocol: what is written, piece by piece."""

from __future__ import annotations

import base64
import re
import unicodedata

import pytest

from tui.graphics import PLACEHOLDER, Protocol, SymbolSet
from tui.pictures.encoding import EncodedPicture
from tui.pictures.kitty import (
    DIACRITICS,
    MAX_PIECE_BYTES,
    close_transfer,
    delete,
    placeholders,
    transmit,
)

_PIECE = re.compile(r"\x1b_G([^;\x1b]*);([A-Za-z0-9+/=]*)\x1b\\")


def picture(data: bytes) -> EncodedPicture:
    return EncodedPicture(Protocol.KITTY, SymbolSet.HALVES, 57, 16, data)


def unwrapped(text: str) -> str:
    assert text.startswith("\x1bPtmux;")
    assert text.endswith("\x1b\\")
    inner = text[len("\x1bPtmux;") : -2]
    # tmux ends at an escape that is not doubled.
    assert not re.search(r"(?<!\x1b)(?:\x1b\x1b)*\x1b(?!\x1b)", inner)
    return inner.replace("\x1b\x1b", "\x1b")


@pytest.mark.parametrize("wrap", [False, True], ids=["plain", "tmux"])
@pytest.mark.parametrize("length", [1, 2879, 2880, 2881, 5760, 20_000])
def test_a_picture_goes_in_pieces_that_together_are_its_file(length: int, wrap: bool) -> None:
    file = bytes(number % 251 for number in range(length))
    pieces = list(transmit(0x12000034, picture(file), wrap=wrap))
    assert max(len(piece) for piece in pieces) <= MAX_PIECE_BYTES
    parts = []
    for number, piece in enumerate(pieces):
        found = _PIECE.fullmatch(unwrapped(piece) if wrap else piece)
        assert found is not None
        keys = dict(key.split("=") for key in found[1].split(","))
        assert keys.pop("m") == ("0" if number == len(pieces) - 1 else "1")
        first = {"a": "T", "U": "1", "f": "100", "i": str(0x12000034), "c": "57", "r": "16"}
        assert keys == {"q": "2"} | (first if number == 0 else {})
        parts.append(found[2])
    assert all(len(part) % 4 == 0 for part in parts)
    assert base64.b64decode("".join(parts)) == file


def test_a_transfer_is_closed_and_a_picture_deleted_without_an_answer() -> None:
    assert close_transfer() == "\x1b_Gq=2,m=0;\x1b\\"
    assert delete(7) == "\x1b_Ga=d,d=I,i=7,q=2\x1b\\"
    assert unwrapped(close_transfer(wrap=True)) == close_transfer()
    assert unwrapped(delete(7, wrap=True)) == delete(7)


def test_each_cell_says_its_row_its_column_and_the_top_byte_of_the_id() -> None:
    text = placeholders(0x03000099, 2, 4)
    cells = text.split(PLACEHOLDER)
    assert cells[0] == ""
    assert cells[1:] == ["\u030e" + column + "\u0310" for column in "\u0305\u030d\u030e\u0310"]
    assert len(text.encode()) <= 10 * 4


def test_the_diacritics_are_those_of_the_protocol() -> None:
    """By their number, and by what the protocol says they are."""
    assert len(DIACRITICS) == 297
    assert [ord(DIACRITICS[at]) for at in (0, 1, 2, 296)] == [0x305, 0x30D, 0x30E, 0x1D244]
    assert list(DIACRITICS) == sorted(set(DIACRITICS))
    for each in DIACRITICS:
        assert unicodedata.combining(each) == 230
        assert not unicodedata.decomposition(each)
