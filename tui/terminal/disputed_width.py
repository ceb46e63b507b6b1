"""Tell which characters may take a different number of columns in different terminals.

Rich counts cells by one table. A terminal counts columns by its own: it may know an older Unicode,
draw each code point by itself where another draws one cluster (UAX 29), or give ambiguous
characters two columns (UAX 11, class A). The rule is a list of what all of them agree about, since
the rest is open-ended: Latin, Greek and Cyrillic letters, punctuation, arrows and mathematics, box
drawing, blocks and Braille take one column; Han, kana, Hangul syllables and fullwidth forms two.
Everything else is disputed: marks and whatever they stand on, emoji, flags, the scripts of India
and Southeast Asia, conjoining jamo, scripts from right to left, private and unassigned code points,
and whatever a later Unicode brings. Of these only the placeholders of pictures are agreed about:
terminals that do not know them are sent none. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from typing import Final

from rich.cells import cell_len

from tui.graphics import PLACEHOLDER

_AGREED_BLOCKS: Final = (
    (0x00A0, 0x02FF),  # Latin
    (0x0370, 0x052F),  # Greek, Cyrillic
    (0x1E00, 0x1FFF),  # More Latin and Greek
    (0x2010, 0x22FF),  # Punctuation, currencies, letterlike, numbers, arrows, mathematics
    (0x23CE, 0x23CE),  # Return symbol, in the footer
    (0x2460, 0x24C1),  # Enclosed letters and numbers
    (0x2500, 0x25FC),  # Box drawing, blocks, geometric shapes
    (0x2713, 0x2713),  # Check mark
    (0x2717, 0x2717),  # Ballot X
    (0x2800, 0x28FF),  # Braille
    (0x2E80, 0x4DBF),  # Radicals, CJK punctuation, kana, Bopomofo, enclosed, Han
    (0x4E00, 0xA4C6),  # Han, Yi
    (0xAC00, 0xD7A3),  # Hangul syllables
    (0xF900, 0xFAFF),  # Han
    (0xFE30, 0xFE6B),  # Vertical and small forms
    (0xFF01, 0xFF9D),  # Fullwidth forms, halfwidth kana without its voiced marks
    (0xFFA1, 0xFFE6),  # Halfwidth Hangul, fullwidth signs
    (0x20000, 0x2FA1D),  # Han
    (0x30000, 0x3134A),  # Han
)
_BOUNDS: Final = tuple(chain.from_iterable((start, end + 1) for start, end in _AGREED_BLOCKS))
_PLACEHOLDERS: Final = rf"(?:{PLACEHOLDER}[^ -\u02ff{PLACEHOLDER}]{{3}})+"
"""Kitty's placeholders, each with its three diacritics (`pictures/kitty.py`)."""
_EXCEPTIONS: Final = frozenset({*range(0x3248, 0x3250), 0x3164})
"""In those blocks: circled numbers on black squares, which are ambiguous, and a filler."""
_STAND_INS: Final = str.maketrans(
    {
        **dict.fromkeys("─━┄┅┈┉╌╍═╴╶╸╺‐–—―", "-"),
        **dict.fromkeys("│┃┆┇┊┋╎╏║╵╷╹╻", "|"),
        **dict.fromkeys(map(chr, range(0x2580, 0x25A0)), " "),
        **dict.fromkeys("“”„‟", '"'),
        **dict.fromkeys("‘’", "'"),
        **dict.fromkeys("·•●◆★■", "*"),
        **dict.fromkeys("→▶▷", ">"),
        **dict.fromkeys("←◀◁", "<"),
        **dict.fromkeys("↑▲△", "^"),
        **dict.fromkeys("↓▼▽", "v"),
        **dict.fromkeys("○◎◯□", "o"),
        "…": ".",
        "×": "x",
        "÷": "/",
        "∶": ":",
        "≈": "~",
        "≤": "<",
        "≥": ">",
    }
)
"""What stands for an ambiguous character where those are wide: in frames, in what widgets draw of
blocks (their background remains), and in text."""


def is_disputed(text: str, *, wide_ambiguous: bool = False) -> bool:
    """Return whether terminals may disagree about the columns of a text.

    With `wide_ambiguous`, the terminal is known to give ambiguous characters two.
    """
    return not text.isascii() and _has_disputed(text, wide_ambiguous)


@lru_cache(1024)
def _has_disputed(text: str, wide_ambiguous: bool) -> bool:
    if PLACEHOLDER in text:
        text = re.sub(_PLACEHOLDERS, "", text)
    return not all(_is_agreed(character, wide_ambiguous) for character in set(text))


@lru_cache(4096)
def _is_agreed(character: str, wide_ambiguous: bool) -> bool:
    if character.isascii():
        return True
    code = ord(character)
    if not bisect(_BOUNDS, code) % 2 or code in _EXCEPTIONS:
        return False
    if wide_ambiguous and is_ambiguous(character):
        return False
    category = unicodedata.category(character)
    return category[0] not in "MC" and category not in ("Zl", "Zp")


def is_ambiguous(character: str) -> bool:
    """Return whether a character takes one column or two, by the terminal's settings."""
    return unicodedata.east_asian_width(character) == "A"


def is_extender(character: str) -> bool:
    """Return whether a terminal may draw a character into the cell before it."""
    return unicodedata.category(character)[0] == "M" or character in _EXTENDERS


_EXTENDERS: Final = frozenset(
    # Halfwidth voiced marks, the Thai and Lao SARA AM, emoji modifiers, joining vowels and finals.
    chain(
        "\uff9e\uff9f\u0e33\u0eb3",
        map(chr, range(0x1F3FB, 0x1F400)),
        map(chr, range(0x1160, 0x1200)),
        map(chr, range(0xD7B0, 0xD7FC)),
    )
)


def disputed_runs(text: str, *, wide_ambiguous: bool = False) -> Iterator[tuple[int, int]]:
    """Yield where runs of disputed characters start and end, marks with what they stand on.

    A run is kept whole, since a move of the cursor inside it would part conjuncts and flags.
    """
    start = None
    if PLACEHOLDER in text:
        # In the place of each stands what all agree about, so that positions stay.
        text = re.sub(_PLACEHOLDERS, lambda found: " " * len(found[0]), text)
    for index, character in enumerate(text):
        if _is_agreed(character, wide_ambiguous):
            if start is not None:
                yield start, index
            start = None
        elif start is None:
            start = max(0, index - 1) if is_extender(character) else index
    if start is not None:
        yield start, len(text)


def max_columns(run: str) -> int:
    """Return how many columns a terminal may take for a run: one more for each code point."""
    return cell_len(run) + len(run)


def with_stand_ins(text: str) -> str:
    """Return a text in which narrow characters stand for ambiguous ones, as far as there are any.

    The number of characters stays the same. For a terminal that shows ambiguous characters wide.
    """
    if text.isascii():
        return text
    return "".join(_stand_in(character) for character in text)


@lru_cache(4096)
def _stand_in(character: str) -> str:
    if not is_ambiguous(character):
        return character
    if 0x2500 <= ord(character) <= 0x257F:
        return character.translate(_STAND_INS) if ord(character) in _STAND_INS else "+"
    known = character.translate(_STAND_INS)
    plain = "".join(c for c in unicodedata.normalize("NFKD", known) if not unicodedata.combining(c))
    return plain if len(plain) == 1 and plain.isascii() else known
