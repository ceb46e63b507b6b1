"""Keys whose meaning depends on what has the focus: the input queue decides in their turn; and
answers about pictures."""

from __future__ import annotations

from collections.abc import Sequence

from textual.events import InputEvent, Key
from textual.message import Message


class AltKey(InputEvent):
    """ESC and a key in one: alt and the key where anything is bound to that, else esc and the key.

    GNU screen holds a lone ESC back while the mouse is reported, and sends it with the next key.
    """

    def __init__(self, chords: Sequence[Key], keys: Sequence[Key]) -> None:
        """`chords` are the names that alt and the key may have; `keys` is the key alone."""
        super().__init__()
        self.chords = chords
        self.keys = keys


class LineBreak(InputEvent):
    """An enter, a line feed or a tab inside a burst of text: a key, or the end of a pasted line."""

    def __init__(self, keys: Sequence[Key], character: str, rest: str, in_lines: bool) -> None:
        """`rest` is the text that follows; `in_lines` says whether the burst has lines already."""
        super().__init__()
        self.keys = keys
        self.character = character
        self.rest = rest
        self.in_lines = in_lines


class GraphicsAnswer(Message):
    """An answer of the terminal about pictures, as it was sent."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
