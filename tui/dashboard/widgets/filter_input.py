"""A line above the list for typing which tasks to show."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input


class FilterInput(Input):
    """Filters while one types. `enter` keeps the filter, `esc` drops it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "drop", "show all"),
        Binding("enter,down", "keep", "to the list"),
    ]

    class Closed(Message):
        """The focus belongs to the list again."""

    def __init__(self, instead_of: Widget) -> None:
        """Take the place of another line while shown, so that the list need not move."""
        super().__init__(placeholder="a part of ID, label or state, or words of them")
        self.cursor_blink = False
        self._instead_of = instead_of
        self.display = False

    def _show(self, shown: bool) -> None:
        self.display = shown
        self._instead_of.display = not shown

    def open(self) -> None:
        """Show the input and focus it."""
        self._show(True)
        self.focus()

    def clear_filter(self) -> None:
        """Show all tasks again."""
        self.value = ""
        self._show(False)

    def action_drop(self) -> None:
        """Show all tasks again, and go to the list."""
        self.clear_filter()
        self.post_message(self.Closed())

    def action_keep(self) -> None:
        """Go to the list, filtered as it is."""
        self._show(bool(self.value))
        self.post_message(self.Closed())

    @on(Input.Blurred)
    def _blurred(self) -> None:
        self._show(bool(self.value))
