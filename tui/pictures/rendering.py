"""From a file to what the terminal gets; runs in the process that encodes pictures."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Final

from PIL.Image import Image, Resampling

from tui.graphics import Protocol
from tui.pictures import sixel
from tui.pictures.decoding import decode
from tui.pictures.encoding import EncodedPicture, EncodingRequest
from tui.pictures.ladder import Rung, steps, wire_bytes
from tui.pictures.layout import Layout, lay_out
from tui.pictures.quantising import is_slide, palette_of, reduce_colours, reduce_for_symbols
from tui.pictures.symbol_cells import cells_of

_MAX_SECONDS: Final = 1.0
"""CPU time to look for the best within the budget, on a machine that is slow."""


def render(file: bytes, request: EncodingRequest) -> EncodedPicture:
    """Return a file's picture as requested. Raises what `decoding.decode` does."""
    layouts: list[Layout] = []

    def fit(width: int, height: int) -> tuple[int, int]:
        layouts.append(lay_out(request, width, height))
        return layouts[-1].width, layouts[-1].height

    picture = decode(file, request.area, fit)
    layout = layouts[-1]
    match request.protocol:
        case Protocol.KITTY:
            data = _within_budget(picture, request.protocol, layout, _png)
        case Protocol.SIXEL:
            data = _within_budget(picture, request.protocol, layout, _sixel)
        case Protocol.SYMBOLS:
            data = _symbols(picture, request, layout)
    return EncodedPicture(request.protocol, request.symbols, layout.columns, layout.rows, data)


def _within_budget(
    picture: Image, protocol: Protocol, layout: Layout, encode: Callable[[Image, Rung], bytes]
) -> bytes:
    cells = layout.columns * layout.rows
    *better, last = steps(protocol, cells, is_slide=is_slide(picture))
    began = time.process_time()
    for rung, budget in better:
        data = encode(picture, rung)
        if wire_bytes(protocol, len(data), layout.columns, layout.rows) <= budget:
            return data
        if time.process_time() - began > _MAX_SECONDS:
            break
    return encode(picture, last.rung)


def _png(picture: Image, rung: Rung) -> bytes:
    reduced = reduce_colours(_scaled(picture, rung.scale), rung.colours, rung.method)
    packed = io.BytesIO()
    # As few bits a pixel as the colours need.
    reduced.save(packed, "PNG", optimize=True)
    return packed.getvalue()


def _sixel(picture: Image, rung: Rung) -> bytes:
    softened = _scaled(picture, rung.scale)
    if softened.size != picture.size:
        softened = softened.resize(picture.size, Resampling.BILINEAR)
    reduced = reduce_colours(softened, rung.colours, rung.method)
    return sixel.encode(reduced.tobytes(), reduced.width, palette_of(reduced))


def _scaled(picture: Image, scale: float) -> Image:
    if scale == 1:
        return picture
    width, height = (max(1, round(side * scale)) for side in picture.size)
    return picture.resize((width, height), Resampling.BICUBIC)


def _symbols(picture: Image, request: EncodingRequest, layout: Layout) -> bytes:
    reduced = reduce_for_symbols(picture)
    return cells_of(reduced.tobytes(), palette_of(reduced), layout.columns, request.symbols)
