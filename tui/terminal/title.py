"""The window's title: the bytes that save, set and restore it. Imports no Textual.

Terminals keep a stack of titles (XTWINOPS 22 and 23 in xterm's ctlseqs). One that has none ignores
the two sequences, as every terminal does with a CSI sequence that it does not know; there the title
is empty in the end, so that no count remains that is true no more.

A title is a string (OSC), which not every terminal knows: a VT100 and old Linux consoles show its
text. So it is sent only where `TERM` names one of those that do. It is ASCII: the UTF-8 form of
`✓` and `✗` has the byte 0x9C, which ends the string in terminals that read bytes. It ends in
ST: a BEL would ring where the string is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

SAVE: Final = "\x1b[22;2t"
"""Pushes the window's title on the terminal's stack."""
RESTORE: Final = "\x1b]2;\x1b\\\x1b[23;2t"
"""Empties the title, and pops the one that was saved."""
MAX_TITLE: Final = 120
"""Characters of a title; window managers show fewer."""
INTERVAL: Final = 1.0
"""Seconds between two changes of the title, at least."""

_KNOWN: Final = re.compile(
    r"(?:xterm|screen|tmux|rxvt|alacritty|foot|kitty|konsole|gnome|vte|wezterm|ghostty|contour"
    r"|iterm|nsterm|putty|mintty|st|mlterm|rio)(?:[-+.0-9].*)?",
    re.IGNORECASE,
)
_UNFIT: Final = re.compile(r"[^ -~]+")


def takes_titles(environ: Mapping[str, str]) -> bool:
    """Return whether the terminal is known to take titles, and to show none of them as text."""
    return _KNOWN.fullmatch(environ.get("TERM", "")) is not None


def title(text: str) -> str:
    """Return the bytes that set the window's title to `text`; what is not ASCII is left out."""
    return f"\x1b]2;{_UNFIT.sub('', text)[:MAX_TITLE]}\x1b\\"
