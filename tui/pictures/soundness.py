"""Check what the process that encodes pictures answers, like anything else from outside.

A picture made to take it over could have it answer anything, and all but the data of kitty is
written to the terminal as it is.
"""

from __future__ import annotations

import re
import struct
from typing import Final

from tui.graphics import Protocol
from tui.pictures.encoding import SYMBOL_BYTES, EncodedPicture, EncodingRequest
from tui.pictures.kitty import MAX_CELLS
from tui.pictures.layout import BAND
from tui.pictures.symbols import PARTS

_PNG: Final = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
_MAX_PNG_SIDE: Final = 8192
_SIXEL: Final = re.compile(
    rb'\x1bP[0-9;]{0,9}q"1;1;([0-9]{1,5});([0-9]{1,5})'
    rb"((?:#[0-9]{1,3}(?:;[0-9]{1,3}){0,4}|(?:![0-9]{1,5})?[?-~]|[$-])*+)\x1b\\"
)
_COLOUR: Final = re.compile(rb"#[0-9;]*")
_REPEATED: Final = re.compile(rb"!([0-9]+).", re.DOTALL)


def is_sound(picture: EncodedPicture, request: EncodingRequest) -> bool:
    """Return whether a picture is what may answer a request: nothing larger, nothing else."""
    if not (0 < picture.columns <= request.columns and 0 < picture.rows <= request.rows):
        return False
    match picture.protocol:
        case Protocol.KITTY:
            return max(picture.columns, picture.rows) <= MAX_CELLS and _is_png(picture.data)
        case Protocol.SIXEL:
            return _is_sixel(picture, request)
        case Protocol.SYMBOLS:
            return _are_cells(picture)


def _is_png(data: bytes) -> bool:
    if len(data) < 33 or not data.startswith(_PNG):
        return False
    sides: tuple[int, int] = struct.unpack_from(">II", data, len(_PNG))
    return all(0 < side <= _MAX_PNG_SIDE for side in sides)


def _is_sixel(picture: EncodedPicture, request: EncodingRequest) -> bool:
    found = _SIXEL.fullmatch(picture.data)
    if found is None:
        return False
    width, height = int(found[1]), int(found[2])
    cell = request.cell
    if width > picture.columns * cell.width or height > picture.rows * cell.height:
        return False
    # More would keep a terminal busy for minutes, and be expanded by what cuts it into pieces.
    bands = found[3].split(b"-")
    return BAND * (len(bands) - 1) < height and all(
        _length(line) <= width for band in bands for line in band.split(b"$")
    )


def _length(line: bytes) -> int:
    """Return the columns that are painted without a return to the first one."""
    codes = _COLOUR.sub(b"", line)
    repeated = _REPEATED.findall(codes)
    return len(_REPEATED.sub(b"", codes)) + sum(map(int, repeated))


def _are_cells(picture: EncodedPicture) -> bool:
    across, down = PARTS[picture.symbols]
    patterns = picture.data[::SYMBOL_BYTES]
    return len(picture.data) == SYMBOL_BYTES * picture.columns * picture.rows and max(patterns) < (
        1 << across * down
    )
