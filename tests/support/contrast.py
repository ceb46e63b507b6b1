"""How well words can be read: the contrast of what a terminal shows."""

from __future__ import annotations

from collections.abc import Iterable

from rich.color import Color as RichColor
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip

from tui.dashboard.colours import XTERM_COLORS, contrast, shown

_FAINT = 2 / 3
"""What xterm leaves of the colour of faint text."""


def style_contrast(style: Style, system: ColorSystem, *, dark: bool) -> float:
    """Return the contrast of text in a style; `dark` is a terminal whose own background is."""
    default = XTERM_COLORS[7 if dark else 0], XTERM_COLORS[0 if dark else 15]
    text, background = (
        _shown(color, system, usual)
        for color, usual in zip((style.color, style.bgcolor), default, strict=True)
    )
    if style.dim:
        red, green, blue = (int(part * _FAINT) for part in text.rgb)
        text = Color(red, green, blue)
    return contrast(text, background)


def _shown(color: RichColor | None, system: ColorSystem, usual: Color) -> Color:
    if color is None or color.is_default:
        return usual
    if color.number is not None and color.number < len(XTERM_COLORS):
        return XTERM_COLORS[color.number]
    return shown(Color.from_rich_color(color), system)


def words(strips: Iterable[Strip]) -> Iterable[Segment]:
    """Return what of a screen's lines has letters or digits in it."""
    return (part for strip in strips for part in strip if any(map(str.isalnum, part.text)))
