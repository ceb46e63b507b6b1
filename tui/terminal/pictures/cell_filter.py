"""The last line filter: gives placeholders the colour by which the terminal finds the picture."""

from __future__ import annotations

from functools import lru_cache

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from tui.graphics import PLACEHOLDER


class PlaceholderFilter(LineFilter):
    """Colour segments that begin with a placeholder, whatever was done to their style before.

    Themes, NO_COLOR and the tint under a dialog change colours; of the style only the background
    stays, which shows at the edges of a picture.
    """

    def __init__(self, low: int) -> None:
        """Use the colour number `low` of the terminal's palette."""
        super().__init__()
        self._colour = RichColor.from_ansi(low)
        self._style = lru_cache(256)(self._make_style)

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments with the placeholders coloured."""
        if not any(segment.text.startswith(PLACEHOLDER) for segment in segments):
            return segments
        return [
            Segment(segment.text, self._style(segment.style.bgcolor if segment.style else None))
            if segment.text.startswith(PLACEHOLDER)
            else segment
            for segment in segments
        ]

    def _make_style(self, background: RichColor | None) -> Style:
        return Style(color=self._colour, bgcolor=background)
