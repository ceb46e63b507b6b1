"""A list of one-line rows with a cursor: the base of the task list and the frame list.

A changed cell costs a hundredth of the bytes that an `OptionList` or a `DataTable` would send.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui.dashboard.widgets.row import CURSOR, Row, V
from tui.dashboard.widgets.virtual_list import VirtualList


class RowList(VirtualList[V], can_focus=True, inherit_bindings=False):
    """Rows by key, one of them under the cursor. Subclasses create the rows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="list.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="list.down"),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False, id="list.page_up"),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False, id="list.page_down"),
        Binding("home,g", "edge(0)", "First", show=False, id="list.first"),
        Binding("end,G", "edge(-1)", "Last", show=False, id="list.last"),
    ]
    BINDING_GROUP_TITLE = "In a list"
    ALLOW_SELECT = False
    """As in Textual's own lists: a double click opens instead of selecting text."""
    COMPONENT_CLASSES: ClassVar[set[str]] = {CURSOR, "row-list--minor", "row-list--stale"}

    cursor: reactive[str] = reactive("", init=False, repaint=False)
    """The key of the row under the cursor; empty only while there are no rows."""

    class Highlighted(Message):
        """Another row is under the cursor now."""

        def __init__(self, rows: Widget) -> None:
            super().__init__()
            self.rows = rows

    class Selected(Message):
        """A row was chosen, by enter or by a double click."""

        def __init__(self, rows: Widget, key: str) -> None:
            super().__init__()
            self.rows = rows
            self.key = key

    def preset(self, values: Iterable[V]) -> None:
        """Show these values from the first paint on, the first of them under the cursor."""
        super().preset(values)
        if self._keys:
            self.set_reactive(RowList.cursor, self._keys[0])

    def set_values(self, values: Iterable[V]) -> None:
        """Show exactly these values, in this order; the cursor stays on its key if it can."""
        old_keys, old_index = self._keys, self._index()
        super().set_values(values)
        if self.cursor not in self._values:
            near = min(old_index, len(self._keys) - 1)
            self.cursor = self._keys[near] if self._keys else ""
        elif self._keys != old_keys:
            self._reveal()

    def remove_key(self, key: str) -> None:
        """Stop showing one value; the cursor moves on to the next one."""
        self.set_values([value for value in self._values.values() if value.key != key])

    def _assign(self, row: Row[V], key: str) -> None:
        super()._assign(row, key)
        row.under_cursor = key == self.cursor

    def watch_cursor(self, old: str, new: str) -> None:
        """Move the mark, keep it in view, and report it."""
        for key in (old, new):
            if key in self._rows:
                self._rows[key].under_cursor = key == new
        self._reveal()
        if new:
            self.post_message(self.Highlighted(self))

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self._reveal()

    def watch_virtual_size(self) -> None:
        """Bring the cursor into view if it is on a row that could not be scrolled to before."""
        self._reveal()

    def _reveal(self) -> None:
        if self.cursor not in self._values:
            return
        index, height = self._index(), max(1, self.size.height)
        top = int(self.scroll_offset.y)
        wanted = min(max(top, index - height + 1), index)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, force=True, immediate=True)

    def _index(self) -> int:
        return self._lines.get(self.cursor, 0)

    def _go(self, index: int) -> None:
        if self._keys:
            self.cursor = self._keys[max(0, min(index, len(self._keys) - 1))]

    def action_move(self, rows: int) -> None:
        """Move the cursor by some rows."""
        self._go(self._index() + rows)

    def action_page(self, direction: int) -> None:
        """Move the cursor by a screenful."""
        self._go(self._index() + direction * max(1, self.size.height - 1))

    def action_edge(self, index: int) -> None:
        """Move the cursor to the first row (0) or the last one (-1)."""
        self._go(index % len(self._keys) if self._keys else 0)

    def action_select(self) -> None:
        """Choose the row under the cursor."""
        if self.cursor:
            self.post_message(self.Selected(self, self.cursor))

    @on(Row.Clicked)
    def _row_clicked(self, event: Row.Clicked) -> None:
        event.stop()
        self.cursor = event.key
        if event.chain == 2:
            self.action_select()

    def watch_has_focus(self, has_focus: bool) -> None:
        """Repaint the row under the cursor, whose colours depend on the focus of the list."""
        super().watch_has_focus(has_focus)
        if row := self._rows.get(self.cursor):
            row.refresh()
