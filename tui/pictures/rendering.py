"""From a file to what the terminal gets; runs in the process that encodes pictures."""

from __future__ import annotations

from typing import Final

from PIL.Image import Image

from tui.graphics import Protocol
from tui.pictures.decoding import decode
from tui.pictures.encoding import EncodedPicture, EncodingRequest
from tui.pictures.layout import Layout, lay_out
from tui.pictures.quantising import is_slide, palette_of, reduce_colours
from tui.pictures.symbol_cells import match

_SLIDE_COLOURS: Final = 16
"""In symbols: letters are read better where cells have few colours to choose from."""
_PHOTO_COLOURS: Final = 256


def render(file: bytes, request: EncodingRequest) -> EncodedPicture:
    """Return a file's picture as requested. Raises what `decoding.decode` does."""
    layouts: list[Layout] = []

    def fit(width: int, height: int) -> tuple[int, int]:
        layouts.append(lay_out(request, width, height))
        return layouts[-1].width, layouts[-1].height

    picture = decode(file, request.area, fit)
    columns, rows, *_ = layouts[-1]
    data = _ENCODERS[request.protocol](picture, request, layouts[-1])
    return EncodedPicture(request.protocol, request.symbols, columns, rows, data)


def _symbols(picture: Image, request: EncodingRequest, layout: Layout) -> bytes:
    colours = _SLIDE_COLOURS if is_slide(picture) else _PHOTO_COLOURS
    reduced = reduce_colours(picture, colours)
    return match(reduced.tobytes(), palette_of(reduced), layout.columns, request.symbols)


_ENCODERS: Final = {Protocol.SYMBOLS: _symbols}
