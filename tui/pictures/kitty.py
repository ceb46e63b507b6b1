"""Kitty's graphics protocol, as text: pictures in pieces, and the cells that show them.

A picture is sent with its size in cells and shown by *placeholders*: the character U+10EEEE, whose
diacritics say which row and column of the picture a cell shows. Such cells are text like any other,
in tmux too. The low bytes of the picture's id are the foreground colour of the cells, which is not
decided here; the top byte is the third diacritic.

Source: https://sw.kovidgoyal.net/kitty/graphics-protocol/
"""

from __future__ import annotations

import re
from base64 import standard_b64encode
from collections.abc import Iterator
from typing import Final

from tui.graphics import PLACEHOLDER
from tui.pictures.encoding import EncodedPicture

MAX_PIECE_BYTES: Final = 4000
"""Bytes of a piece in all: what stands between two frames should not hold up a key."""
PAYLOAD_BYTES: Final = 3840
"""Base64 characters of a piece; the protocol wants a multiple of four, and at most 4096."""

_LACKED: Final = re.compile(r"\A\x1b_Gi=([0-9]{1,10})(?:,[^;]*)?;ENOENT")

# Combining characters of class 230 in Unicode 6.0 that merge with no letter, as ranges; by the list
# to which the protocol's page refers.
_RANGES: Final = """
    305 30D-30E 310 312 33D-33F 346 34A-34C 350-352 357 35B 363-36F 483-487 592-595 597-599 59C-5A1
    5A8-5A9 5AB-5AC 5AF 5C4 610-617 657-65B 65D-65E 6D6-6DC 6DF-6E2 6E4 6E7-6E8 6EB-6EC 730 732-733
    735-736 73A 73D 73F-741 743 745 747 749-74A 7EB-7F1 7F3 816-819 81B-823 825-827 829-82D 951
    953-954 F82-F83 F86-F87 135D-135F 17DD 193A 1A17 1A75-1A7C 1B6B 1B6D-1B73 1CD0-1CD2 1CDA-1CDB
    1CE0 1DC0-1DC1 1DC3-1DC9 1DCB-1DCC 1DD1-1DE6 1DFE 20D0-20D1 20D4-20D7 20DB-20DC 20E1 20E7 20E9
    20F0 2CEF-2CF1 2DE0-2DFF A66F A67C-A67D A6F0-A6F1 A8E0-A8F1 AAB0 AAB2-AAB3 AAB7-AAB8 AABE-AABF
    AAC1 FE20-FE26 10A0F 10A38 1D185-1D189 1D1AA-1D1AD 1D242-1D244
"""


def _characters(ranges: str) -> Iterator[str]:
    for each in ranges.split():
        first, _, last = each.partition("-")
        yield from map(chr, range(int(first, 16), int(last or first, 16) + 1))


DIACRITICS: Final = tuple(_characters(_RANGES))
"""The diacritic of each number from 0 on: row, column, or top byte of an id."""
MAX_CELLS: Final = len(DIACRITICS)
"""Columns and rows of a picture at most."""


def transmit(picture_id: int, picture: EncodedPicture, *, wrap: bool = False) -> Iterator[str]:
    """Yield the pieces that send a PNG and have it shown where its placeholders are.

    Text may be written between two pieces, but no other picture. The terminal answers nothing.

    Args:
        picture_id: 32 bits; one that is in use is replaced, and shows nothing meanwhile.
        picture: Encoded for `Protocol.KITTY`; at most `MAX_CELLS` columns and rows.
        wrap: Whether tmux has to pass the pieces on.
    """
    data = standard_b64encode(picture.data).decode("ascii")
    size = f"c={picture.columns},r={picture.rows}"
    head = f"a=T,q=2,U=1,f=100,i={picture_id},{size},"
    for start in range(0, len(data), PAYLOAD_BYTES):
        more = int(start + PAYLOAD_BYTES < len(data))
        payload = data[start : start + PAYLOAD_BYTES]
        yield _command(f"{head}m={more};{payload}", wrap=wrap)
        head = "q=2,"


def close_transfer(*, wrap: bool = False) -> str:
    """Return what ends a picture of which pieces are missing, so that another one can be sent.

    Nothing of it is shown; what arrived of it goes with `delete`.
    """
    return _command("q=2,m=0;", wrap=wrap)


def check(picture_id: int, picture: EncodedPicture) -> str:
    """Return what a terminal answers to if it lacks a picture: with `ENOENT`, and the id.

    It changes nothing where the picture is: it is placed once more where it is placed already, and
    always by the same number. Between two pieces of another picture nothing would be answered. Not
    for tmux, where the answer would go to whichever pane is active.
    """
    size = f"c={picture.columns},r={picture.rows}"
    return _command(f"a=p,q=1,U=1,i={picture_id},p=1,{size}", wrap=False)


def lacked(answer: str) -> int:
    """Return the id of the picture that a terminal says it lacks; 0 where it says anything else."""
    match = _LACKED.match(answer)
    return int(match[1]) if match else 0


def delete(picture_id: int, *, wrap: bool = False) -> str:
    """Return what deletes a picture, and its data."""
    return _command(f"a=d,d=I,i={picture_id},q=2", wrap=wrap)


def placeholders(picture_id: int, row: int, columns: int) -> str:
    """Return the text of one row of a picture: a placeholder and three diacritics for each cell.

    Each cell says where it belongs, so that any part of a row can be covered. Of the id the top
    byte is in the text; the others have to be the foreground colour.
    """
    line, top = DIACRITICS[row], DIACRITICS[picture_id >> 24]
    return "".join(f"{PLACEHOLDER}{line}{column}{top}" for column in DIACRITICS[:columns])


def _command(keys: str, *, wrap: bool) -> str:
    command = f"\x1b_G{keys}\x1b\\"
    return "\x1bPtmux;" + command.replace("\x1b", "\x1b\x1b") + "\x1b\\" if wrap else command
