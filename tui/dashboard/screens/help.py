"""The help: all keys, derived from the bindings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

KeyGroup = tuple[str, list[tuple[str, str]]]
"""A heading, and pairs of keys and what they do."""


class Help(ModalScreen[None]):
    """A list of keys that can be scrolled."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark", "dismiss", "Close"),
        Binding("q", "app.quit", "Quit", show=False),
        Binding("j", "scroll_keys(1)", show=False),
        Binding("k", "scroll_keys(-1)", show=False),
    ]

    def __init__(self, groups: Iterable[KeyGroup]) -> None:
        super().__init__()
        self._groups = list(groups)

    def compose(self) -> ComposeResult:
        """Yield one block of lines."""
        with VerticalScroll(classes="dialog") as dialog:
            dialog.border_title = Content("Keys")
            dialog.border_subtitle = Content("esc: close")
            yield Static(Content("\n").join(self._lines()))

    def action_scroll_keys(self, lines: int) -> None:
        """Scroll by lines."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def _lines(self) -> Iterable[Content]:
        width = max((len(keys) for _, pairs in self._groups for keys, _ in pairs), default=0)
        for number, (title, pairs) in enumerate(self._groups):
            if number:
                yield Content("")
            yield Content.assemble((title, "bold"))
            for keys, what in pairs:
                yield Content.assemble("  ", (keys.ljust(width), "$text-accent"), "  ", what)
