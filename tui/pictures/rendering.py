"""From a file to what the terminal gets; runs in the process that encodes pictures."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Final

from PIL.Image import Image, Resampling, frombytes
from PIL.ImageFilter import ModeFilter

from tui.graphics import Protocol
from tui.pictures import sixel
from tui.pictures.decoding import decode
from tui.pictures.encoding import EncodedPicture, EncodingRequest
from tui.pictures.ladder import Rung, expected_bytes, steps, wire_bytes
from tui.pictures.layout import Layout, lay_out
from tui.pictures.quantising import is_slide, palette_of, reduce_colours, reduce_for_symbols
from tui.pictures.symbol_cells import cells_of

_MAX_SECONDS: Final = 1.0
"""CPU time to look for the best within the budget, on a machine that is slow."""
_SPECKLE: Final = 5
"""Pixels around one, each way, that decide about it."""

Clock = Callable[[], float]


def render(
    file: bytes, request: EncodingRequest, clock: Clock = time.process_time
) -> EncodedPicture:
    """Return a file's picture as requested. Raises what `decoding.decode` does.

    By `clock`, in seconds, it looks for the best within the budget for a second at most.
    """
    layouts: list[Layout] = []

    def fit(width: int, height: int) -> tuple[int, int]:
        layouts.append(lay_out(request, width, height))
        return layouts[-1].width, layouts[-1].height

    picture = decode(file, request.area, fit)
    layout = layouts[-1]
    match request.protocol:
        case Protocol.KITTY:
            data = _within_budget(picture, request.protocol, layout, _png, clock)
        case Protocol.SIXEL:
            data = _within_budget(picture, request.protocol, layout, _sixel, clock)
        case Protocol.SYMBOLS:
            data = _symbols(picture, request, layout)
    return EncodedPicture(request.protocol, request.symbols, layout.columns, layout.rows, data)


def _within_budget(
    picture: Image,
    protocol: Protocol,
    layout: Layout,
    encode: Callable[[Image, Rung], bytes],
    clock: Clock,
) -> bytes:
    cells = layout.columns * layout.rows
    *left, last = steps(protocol, cells, is_slide=is_slide(picture))
    until = clock() + _MAX_SECONDS
    while left:
        rung, budget = left.pop(0)
        data = encode(picture, rung)
        size = wire_bytes(protocol, len(data), layout.columns, layout.rows)
        if size <= budget:
            return data
        if clock() >= until:
            likely = (each for each in left if expected_bytes(each.rung, rung, size) <= each.budget)
            last, left = next(likely, last), []
    return encode(picture, last.rung)


def _png(picture: Image, rung: Rung) -> bytes:
    reduced = reduce_colours(_scaled(picture, rung.scale), rung.colours, rung.method)
    packed = io.BytesIO()
    # As few bits a pixel as the colours need.
    reduced.save(packed, "PNG", optimize=True)
    return packed.getvalue()


def _sixel(picture: Image, rung: Rung) -> bytes:
    softened = _scaled(picture, rung.scale).resize(picture.size, Resampling.BILINEAR)
    reduced = reduce_colours(softened, rung.colours, rung.method)
    pixels = reduced.tobytes()
    if rung.scale < 1:
        # The commonest number around each pixel: a third less, and what has edges keeps them.
        pixels = frombytes("L", reduced.size, pixels).filter(ModeFilter(_SPECKLE)).tobytes()
    return sixel.encode(pixels, reduced.width, palette_of(reduced))


def _scaled(picture: Image, scale: float) -> Image:
    if scale == 1:
        return picture
    width, height = (max(1, round(side * scale)) for side in picture.size)
    return picture.resize((width, height), Resampling.BICUBIC)


def _symbols(picture: Image, request: EncodingRequest, layout: Layout) -> bytes:
    reduced = reduce_for_symbols(picture)
    return cells_of(reduced.tobytes(), palette_of(reduced), layout.columns, request.symbols)
