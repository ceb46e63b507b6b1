"""What people paste around a value: white space, quotes, and characters that nobody sees."""

from __future__ import annotations

import unicodedata
from typing import Final

QUOTES: Final = "\"'`“”„‟‘’‚‛«»‹›「」『』〝〞〟＂＇｀′″"
"""Quotation marks of shells, typesetters and spreadsheets, in any language that is likely here."""


def unwrap(text: str, around: str = QUOTES) -> str:
    """Return `text` without the white space, the zero-width characters (a byte order mark, too) and
    those of `around` at its ends."""
    start, end = 0, len(text)
    while start < end and _is_wrapping(text[start], around):
        start += 1
    while end > start and _is_wrapping(text[end - 1], around):
        end -= 1
    return text[start:end]


def _is_wrapping(character: str, around: str) -> bool:
    return character.isspace() or character in around or unicodedata.category(character) == "Cf"
