"""How large a picture is drawn: the cells that it covers, and the pixels that are sent for them."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from tui.graphics import Protocol
from tui.pictures.encoding import EncodingRequest
from tui.pictures.kitty import MAX_CELLS
from tui.pictures.symbols import PARTS

MAX_PIXELS: Final = 2_100_000
"""Pixels that are sent at most, a little more than 1920 by 1080 have: more take seconds to encode,
and slides have no more."""
BAND: Final = 6
"""Rows of pixels that a character of sixel stands for."""


class Layout(NamedTuple):
    """The size of a picture, in cells and in pixels."""

    columns: int
    rows: int
    width: int
    height: int


def lay_out(request: EncodingRequest, width: int, height: int) -> Layout:
    """Return how a picture, or the area of it that is wanted, fits into the cells of a request.

    Its proportions are kept, up to what whole cells and whole bands allow.

    Args:
        request: What is wanted, and for which terminal.
        width: Of the area in the file, in pixels.
        height: Likewise.
    """
    match request.protocol:
        case Protocol.KITTY:
            return _kitty(request, width, height)
        case Protocol.SIXEL:
            return _sixel(request, width, height)
        case Protocol.SYMBOLS:
            columns, rows = _cells(request, width, height)
            across, down = PARTS[request.symbols]
            return Layout(columns, rows, columns * across, rows * down)


def _cells(request: EncodingRequest, width: int, height: int) -> tuple[int, int]:
    cell = request.cell
    factor = min(request.columns * cell.width / width, request.rows * cell.height / height)
    columns = math.floor(width * factor / cell.width + 0.5)
    rows = math.floor(height * factor / cell.height + 0.5)
    return min(max(columns, 1), request.columns), min(max(rows, 1), request.rows)


def _kitty(request: EncodingRequest, width: int, height: int) -> Layout:
    """The terminal scales: no more pixels than there are in the file, nor than it can show."""
    # A cell further on could not say where it belongs.
    request = request._replace(
        columns=min(request.columns, MAX_CELLS), rows=min(request.rows, MAX_CELLS)
    )
    columns, rows = _cells(request, width, height)
    factor = min(
        columns * request.cell.width / width,
        rows * request.cell.height / height,
        math.sqrt(MAX_PIXELS / (width * height)),
        1,
    )
    return Layout(columns, rows, max(1, round(width * factor)), max(1, round(height * factor)))


def _sixel(request: EncodingRequest, width: int, height: int) -> Layout:
    """Pixels are shown as they are: whole bands, and no taller than the cells."""
    cell, most = request.cell, request.max_side
    factor = min(
        min(request.columns * cell.width, most) / width,
        min(request.rows * cell.height, most) / height,
        math.sqrt(MAX_PIXELS / (width * height)),
    )
    # A cell may be lower than a band.
    lowest = min(BAND, request.rows * cell.height)
    across = max(1, math.floor(width * factor + 1e-6))
    down = max(lowest, math.floor(height * factor + 1e-6) // BAND * BAND)
    return Layout(-(-across // cell.width), -(-down // cell.height), across, down)
