"""Fonts for the demo's frames. Imports Pillow only to draw.

Pillow brings a font for Latin text. For Chinese one of the machine's own is used; where there is
none, frames have no Chinese text.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont, ImageFont

_CHINESE_FONTS: Final = (
    # The third font of the file is the one for simplified Chinese.
    ("NotoSansCJK-Regular.ttc", 2),
    ("SourceHanSansSC-Regular.otf", 0),
    ("wqy-microhei.ttc", 0),
    ("wqy-zenhei.ttc", 0),
    ("PingFang.ttc", 0),
    ("Hiragino Sans GB.ttc", 0),
)
"""File names, and which font of the file; Pillow looks for them where the system keeps fonts."""


def font_for(text: str, size: int) -> FreeTypeFont | ImageFont | None:
    """Return a font of `size` pixels that has the letters of `text`; None where there is none."""
    from PIL import ImageFont

    if all(letter < "\u0250" for letter in text):
        return ImageFont.load_default(size)
    found = _chinese_font()
    return None if found is None else ImageFont.truetype(found[0], size, found[1])


@lru_cache(maxsize=1)
def _chinese_font() -> tuple[str, int] | None:
    from PIL import ImageFont

    for name, index in _CHINESE_FONTS:
        try:
            return str(ImageFont.truetype(name, 20, index).path), index
        except OSError:
            continue
    return None
