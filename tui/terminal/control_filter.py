"""The last defence: remove control characters from every segment that any widget paints."""

from __future__ import annotations

import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from tui.sanitize import NEVER_PAINTED


class ControlFilter(LineFilter):
    """Drop C0, C1, bidi and invisible characters; our own sequences are not part of segments."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments without control characters."""
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [
            Segment(re.sub(NEVER_PAINTED, "", text), style, control)
            for text, style, control in segments
        ]
