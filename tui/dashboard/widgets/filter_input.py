"""A line below the list for typing which tasks to show."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input


class FilterInput(Input):
    """Filters while one types. `enter` keeps the filter, `esc` drops it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "drop", "show all"),
        Binding("enter,down", "keep", "to the list"),
    ]

    class Closed(Message):
        """The focus belongs to the list again."""

    def __init__(self) -> None:
        """Take no line until `open`."""
        super().__init__(placeholder="words of name, title, ID, state or reason")
        self.cursor_blink = False
        self.display = False

    def open(self) -> None:
        """Show the input and focus it."""
        self.display = True
        self.focus()

    def clear_filter(self) -> None:
        """Show all tasks again."""
        self.value = ""
        self.display = False

    def action_drop(self) -> None:
        """Show all tasks again, and go to the list."""
        self.clear_filter()
        self.post_message(self.Closed())

    def action_keep(self) -> None:
        """Go to the list, filtered as it is."""
        self.display = bool(self.value)
        self.post_message(self.Closed())

    @on(Input.Blurred)
    def _blurred(self) -> None:
        self.display = bool(self.value)
