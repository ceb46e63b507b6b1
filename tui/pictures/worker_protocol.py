"""What the program and the process that encodes pictures write to each other.

Imported at both ends, and by a process that should start fast: nothing but the standard library.
"""

from __future__ import annotations

from enum import IntEnum
from struct import Struct
from typing import Final

from tui.graphics import CellSize, Protocol, SymbolSet
from tui.pictures.encoding import Area, EncodingRequest

REQUEST: Final = Struct(">IIBBHHddddHQ")
"""An `EncodingRequest`, its protocol and symbols by number, and the size of the file, which
follows."""
REPLY: Final = Struct(">BIII")
"""The result, two numbers (`DONE`: columns and rows; `TOO_LARGE`: width and height in pixels), and
the number of bytes that follow."""
MAX_REPLY_BYTES: Final = 4 << 20
"""Bytes that may follow: more than any terminal is sent."""

_PROTOCOLS: Final = tuple(Protocol)
_SYMBOLS: Final = tuple(SymbolSet)


class Result(IntEnum):
    """What became of a request, or of the start."""

    DONE = 0
    READY = 1
    BROKEN = 2
    TOO_LARGE = 3
    TOO_MUCH_MEMORY = 4
    NO_PILLOW = 5


def pack(request: EncodingRequest, length: int) -> bytes:
    """Return a request for a file of `length` bytes."""
    return REQUEST.pack(
        request.columns,
        request.rows,
        _PROTOCOLS.index(request.protocol),
        _SYMBOLS.index(request.symbols),
        *request.cell,
        *request.area,
        request.max_side,
        length,
    )


def unpack(header: bytes) -> tuple[EncodingRequest, int]:
    """Return a request, and the length of its file."""
    columns, rows, protocol, symbols, *numbers, max_side, length = REQUEST.unpack(header)
    request = EncodingRequest(
        columns,
        rows,
        _PROTOCOLS[protocol],
        _SYMBOLS[symbols],
        CellSize(*numbers[:2]),
        Area(*numbers[2:]),
        max_side,
    )
    return request, length
