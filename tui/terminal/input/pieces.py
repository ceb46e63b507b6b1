"""The pieces that input is made of."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final, NamedTuple


class Kind(Enum):
    """What a piece is."""

    TEXT = auto()
    """Characters, each of them a key."""
    SEQUENCE = auto()
    """One key or one mouse report, whole, as Textual's parser reads it."""
    ESCAPE = auto()
    """The key esc."""
    ALT = auto()
    """ESC and a character: alt and that key, or esc and then the key."""
    LINE_BREAK = auto()
    """An enter, a line feed or a tab with more text behind it, or behind lines, in one burst: a key
    that was typed ahead, or the end of a line of pasted text."""
    PASTE = auto()
    """Pasted text, without control characters but line breaks and tabs."""
    FOCUS = auto()
    """`numbers` holds 1 where the terminal has the focus now, else 0."""
    CURSOR = auto()
    """The answer to a question for the cursor: `numbers` are row and column, from 1."""
    MODE = auto()
    """The answer to a question for a mode: `numbers` are the mode and its state (DECRPM)."""
    SIZE = auto()
    """A size that the terminal reports: `numbers` are its parameters. A hint, never the truth."""
    GRAPHICS = auto()
    """An answer about pictures, as it was sent: `text` is the whole sequence. Not to be trusted."""
    DROPPED = auto()
    """Something that means nothing; `text` says why, and never what it was: it may be a secret."""


class Piece(NamedTuple):
    """One thing that the terminal sent."""

    kind: Kind
    text: str = ""
    numbers: tuple[int, ...] = ()
    rest: str = ""
    """Behind a line break: the text that follows it, as far as it is known."""
    in_lines: bool = False
    """Whether a line break comes earlier in the same burst."""


ESCAPE: Final = Piece(Kind.ESCAPE)
FOCUS_IN: Final = Piece(Kind.FOCUS, numbers=(1,))
FOCUS_OUT: Final = Piece(Kind.FOCUS, numbers=(0,))
