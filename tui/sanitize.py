"""Remove from untrusted text what a terminal would interpret.

Nearly every widget of Textual 8.2.8 passes ESC bytes through to the terminal. Text from outside is
therefore sanitized once, where it enters; links stay as sent, and only what is shown of them is.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Final

MAX_LINE_LENGTH: Final = 500
"""Maximum characters of a value that is shown on one line."""
MAX_BLOCK_LENGTH: Final = 20_000
"""Maximum characters of a text that may fill a pane."""

# Patterns are compiled on first use: most texts need none, and startup does not wait for them.
_CONTROL_STRING: Final = (
    # The body ends at the next introducer: otherwise matching takes quadratic time.
    r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]*(?:\x07|\x1b\\|\x9c)"
)
_CONTROL_SEQUENCE: Final = r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]"
_LINE_END: Final = r"\r\n|[\n\r\x85\u2028\u2029]"
# C0, DEL, C1, soft hyphen, marks without a width, bidi controls, shorthand and musical format
# controls, tag characters.
_UNPRINTABLE: Final = (
    "\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
)
# Fillers, joiners and variation selectors, which Python counts as printable, and what stands for a
# part of a picture (`pictures/kitty.py`).
_BLANK: Final = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef\U0010eeee"
)
_SURROGATE: Final = "\ud800-\udfff"
_INVISIBLE: Final = f"(?!\n)[{_UNPRINTABLE}{_BLANK}]"
NEVER_PAINTED: Final = f"[{_UNPRINTABLE}{_SURROGATE}]"
"""A pattern of what must not reach a terminal; nothing that it matches is printable."""
_MARKS: Final = frozenset({"Mn", "Me"})
_MAX_MARKS: Final = 3
_INVISIBLE_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Unicode categories of invisible characters, except spaces."""


def clean(text: str, limit: int = MAX_LINE_LENGTH, *, keep_lines: bool = False) -> str:
    """Return `text` without anything that a terminal would interpret.

    A line break becomes a visible sign, or a line feed with `keep_lines`; a lone surrogate, which
    cannot be encoded, a question mark. More than three stacked accents are cut. Idempotent.
    """
    # Cut long text before the expensive work, with room for what is removed.
    text = text[: limit * 8]
    if text.isascii() and text.isprintable():
        return text if len(text) <= limit else text[: limit - 1] + "…"
    if not text.isprintable() or re.search(f"[{_BLANK}]", text):
        text = re.sub(_CONTROL_SEQUENCE, "", re.sub(_CONTROL_STRING, "", text))
        text = re.sub(_INVISIBLE, "", re.sub(_LINE_END, "\n", text).replace("\t", " "))
        text = re.sub(f"[{_SURROGATE}]", "?", text)
    text = _limit_marks(text).strip("\n")
    if not keep_lines:
        text = text.replace("\n", " ⏎ ")
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _limit_marks(text: str) -> str:
    if _MARKS.isdisjoint(map(unicodedata.category, set(text))):
        return text
    kept: list[str] = []
    run = 0
    for character in text:
        run = run + 1 if unicodedata.category(character) in _MARKS else 0
        if run <= _MAX_MARKS:
            kept.append(character)
    return "".join(kept)


def is_invisible(character: str) -> bool:
    """Return whether a character is invisible; spaces are not."""
    return unicodedata.category(character) in _INVISIBLE_CATEGORIES


def display_path(path: Path) -> str:
    """Return a path as one sanitized line: file names may contain control characters."""
    return clean(str(path), 300)
