"""Feed an input filter with bytes and pauses, as a terminal and a line would."""

from __future__ import annotations

from collections.abc import Iterable

from tui.terminal.input.input_filter import InputFilter
from tui.terminal.input.pieces import Kind, Piece

Steps = Iterable[bytes | float]
"""What is read, and the seconds that pass in between."""
AT_REST = 90.0
"""Seconds after which nothing is unfinished."""


class Feed:
    """A filter with a clock that ticks when the filter asks for it."""

    def __init__(self) -> None:
        self.filter = InputFilter()
        self.now = 1000.0
        self.pieces: list[Piece] = []

    def read(self, data: bytes) -> None:
        """Have something read."""
        self.pieces += self.filter.feed(data, self.now)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        while (deadline := self.filter.deadline) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.pieces += self.filter.tick(self.now)
        self.now = end


def pieces(*steps: bytes | float, rest: float = AT_REST) -> list[Piece]:
    """Return what becomes of some input, once all of it is over."""
    feed = Feed()
    for step in steps:
        if isinstance(step, bytes):
            feed.read(step)
        else:
            feed.wait(step)
    feed.wait(rest)
    assert feed.filter.deadline is None or not rest, "something never ends"
    return feed.pieces


def told(*steps: bytes | float, rest: float = AT_REST) -> str:
    """Return the same in words: characters, `<esc>`, `<left>` and so on.

    Text that was dropped is not told, since nothing becomes of it.
    """
    return "".join(map(word, pieces(*steps, rest=rest)))


NAMES = {"\x1b[D": "left", "\x1b[C": "right", "\x1b[A": "up", "\x1b[1;5D": "ctrl+left"}


def word(piece: Piece) -> str:
    """Return one piece in words."""
    match piece.kind:
        case Kind.TEXT:
            return piece.text
        case Kind.SEQUENCE:
            return f"<{NAMES.get(piece.text, piece.text[1:])}>"
        case Kind.ESCAPE:
            return "<esc>"
        case Kind.ALT:
            return f"<alt {piece.text}>"
        case Kind.LINE_BREAK:
            return f"<break{' in lines' if piece.in_lines else ''} {piece.text + piece.rest!r}>"
        case Kind.PASTE:
            return f"<paste {piece.text!r}>"
        case Kind.FOCUS:
            return "<in>" if piece.numbers[0] else "<out>"
        case Kind.DROPPED:
            return ""
    return f"<{piece.kind.name.lower()} {' '.join(map(str, piece.numbers))}>"
