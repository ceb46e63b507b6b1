"""The last filter before the terminal."""

from __future__ import annotations

import re

from rich.segment import Segment
from rich.style import Style
from textual.color import TRANSPARENT

from tui.sanitize import NEVER_PAINTED
from tui.terminal.control_filter import ControlFilter

BOLD = Style(bold=True)


def filtered(*texts: str) -> list[Segment]:
    """Return what the filter leaves of texts."""
    return ControlFilter().apply([Segment(text, BOLD) for text in texts], TRANSPARENT)


def test_control_and_invisible_characters_are_removed() -> None:
    assert filtered("✓ 完成", "a\x1b[2Jb\x9bc\u202ed\u200be\ud800") == [
        Segment("✓ 完成", BOLD),
        Segment("a[2Jbcde", BOLD),
    ]


def test_no_removed_character_is_printable_so_printable_text_needs_no_search() -> None:
    everything = "".join(map(chr, range(0x110000)))
    assert not [found for found in re.findall(NEVER_PAINTED, everything) if found.isprintable()]
