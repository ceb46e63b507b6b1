"""Textual's command palette, without a blinking cursor and a crash."""

from __future__ import annotations

from contextlib import suppress
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.command import CommandList, CommandPalette
from textual.widgets import Input


class TerminalPalette(CommandPalette):
    """The palette for a slow line, where keys may arrive before it has been laid out."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pagedown", "page_down", "Next page", show=False),
        Binding("pageup", "page_up", "Previous page", show=False),
    ]

    def on_mount(self) -> None:
        """Stop the cursor from blinking, which would send bytes all the time."""
        self.query_one(Input).cursor_blink = False

    def action_page_down(self) -> None:
        """Move down by a page; Textual's list raises KeyError before its first layout."""
        with suppress(KeyError):
            self.query_one(CommandList).action_page_down()  # type: ignore[no-untyped-call]

    def action_page_up(self) -> None:
        """Move up by a page."""
        with suppress(KeyError):
            self.query_one(CommandList).action_page_up()  # type: ignore[no-untyped-call]
