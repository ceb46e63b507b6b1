"""One line with words on the left, and on the right as many keys as fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static

from tui.dashboard.widgets.notices import key_hints
from tui.wording.gallery import beside_keys, one_line

_BETWEEN = 3
"""Cells between two keys, and before the first, as in `key_hints`."""


class KeyLine(Static):
    """Says where the reader is; a name too long is cut, and keys that do not fit left out."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._shown: tuple[tuple[str, ...], str, tuple[tuple[str, str], ...]] = ((), "", ())

    def show(
        self, parts: Iterable[str], name: str = "", keys: Iterable[tuple[str, str]] = ()
    ) -> None:
        """Show what is known, a name and pairs of a key and what it does, the first ones first."""
        self._shown = tuple(parts), name, tuple(keys)
        self._show_words()

    def on_resize(self) -> None:
        """Show what fits now."""
        self._show_words()

    def _show_words(self) -> None:
        parts, name, keys = self._shown
        width = self.content_size.width
        words = one_line(parts, name, beside_keys(parts, width) if keys else width)
        if cell_len(words) > width:
            words = ""
        fitting = _fitting(keys, width - cell_len(words) - _BETWEEN)
        hints = key_hints(*fitting)
        blank = " " * max(0, width - cell_len(words) - hints.cell_length)
        content = Content.assemble(words, blank, hints)
        if self.content != content:
            self.update(content, layout=False)


def _fitting(keys: Sequence[tuple[str, str]], room: int) -> Sequence[tuple[str, str]]:
    used = 0
    for number, (key, what) in enumerate(keys):
        used += cell_len(f"{key} {what}") + (_BETWEEN if number else 0)
        if used > room:
            return keys[:number]
    return keys
