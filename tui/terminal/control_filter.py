"""The last defence: remove control characters from every segment that any widget paints."""

from __future__ import annotations

import re
from typing import Final

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from tui.sanitize import INVISIBLE, SURROGATE

_HOSTILE: Final = f"{INVISIBLE}|{SURROGATE}"


class ControlFilter(LineFilter):
    """Drop C0, C1, bidi and invisible characters; our own sequences are not part of segments."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments without control characters."""
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [
            Segment(re.sub(_HOSTILE, "", text), style, control) for text, style, control in segments
        ]
