"""What people paste around a value: white space, quotes, and characters that nobody sees."""

from __future__ import annotations

import unicodedata
from typing import Final

from tui.sanitize import is_invisible

QUOTES: Final = "\"'`“”„‟‘’‚‛«»‹›「」『』〝〞〟＂＇｀′″"
"""Quotation marks of shells, typesetters and spreadsheets, in any language that is likely here."""


def unwrap(text: str, around: str = QUOTES) -> str:
    """Return `text` without the white space, invisible characters and `around` at its ends."""
    start, end = 0, len(text)
    while start < end and _is_wrapping(text[start], around):
        start += 1
    while end > start and _is_wrapping(text[end - 1], around):
        end -= 1
    return text[start:end]


def _is_wrapping(character: str, around: str) -> bool:
    # Not a lone surrogate, which stands for a byte that is no text.
    return (
        character.isspace()
        or character in around
        or (is_invisible(character) and unicodedata.category(character) != "Cs")
    )
