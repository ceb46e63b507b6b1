"""The last defence: remove control characters from every segment that any widget paints."""

from __future__ import annotations

import re
from typing import Final

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_HOSTILE: Final = (
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
"""Compiled on first use. Nothing that it matches is printable."""


class ControlFilter(LineFilter):
    """Drop C0, C1, bidi and invisible characters; our own sequences are not part of segments."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments without control characters."""
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [
            Segment(re.sub(_HOSTILE, "", text), style, control) for text, style, control in segments
        ]
