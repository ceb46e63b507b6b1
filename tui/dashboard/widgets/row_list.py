"""A list of one-line rows with a cursor: the base of the task list and the frame list.

A changed cell costs a hundredth of the bytes that an `OptionList` or a `DataTable` would send.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    COMPONENT_CLASSES: ClassVar[set[str]] = {CURSOR, "row-list--minor"}

    cursor: reactive[str] = reactive("", init=False, repaint=False)
    """The key of the row under the cursor; empty only while there are no rows."""

    _is_away = False
    """Whether the view was scrolled away from the cursor when the rows moved last."""
    _pending_top: int | None = None
    """The line to be on top once the layout has given the list its new length."""

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
        if self._stops:
            self.set_reactive(RowList.cursor, self._stops[0])

    def set_values(self, values: Iterable[V]) -> None:
        """Show exactly these values, in this order.

        The cursor stays on its key, or goes to the one that stood next to it. What is in view
        stays where it is, as far as it can.
        """
        old_keys, old_index, old_view = self._keys, self._index(), self._view()
        super().set_values(values)
        if self.cursor not in self._values:
            self.cursor = self._neighbour(old_keys, old_index)
        elif self._keys != old_keys:
            self._keep_view(old_keys, old_index, old_view)

    def _neighbour(self, old_keys: Sequence[str], index: int) -> str:
        """Return the key of the next row that is left, else of the last one before."""
        for key in (*old_keys[index + 1 :], *reversed(old_keys[:index])):
            if key in self._values and not self.is_heading(self._values[key]):
                return key
        return self._stops[min(index, len(self._stops) - 1)] if self._stops else ""

    def _keep_view(self, old_keys: Sequence[str], old_index: int, old_view: range) -> None:
        """Scroll so that most of the rows that were in view stay where they were.

        At the top the view stays at the top, so that what comes there is seen. The cursor stays in
        view if it was.
        """
        top, height = old_view.start, max(1, self.size.height)
        has_cursor = old_index in old_view
        tops = [top]
        if top and has_cursor:
            tops.append(self._index() - old_index + top)
        elif top:
            kept = (line for line in old_view if old_keys[line] in self._lines)
            tops += [self._lines[old_keys[line]] - line + top for line in kept][:1]

        def unmoved(candidate: int) -> int:
            moved_by = candidate - top
            return sum(self._lines.get(old_keys[line]) == line + moved_by for line in old_view)

        best = max(tops, key=unmoved)
        if has_cursor:
            best = self._top_with_cursor(best)
        if best != int(self.scroll_offset.y):
            self._scroll_to_line(best)
        self._is_away = not has_cursor and height < len(self._keys)

    def remove_key(self, key: str) -> None:
        """Stop showing one value; the cursor moves on to the next one."""
        kept: list[V] = []
        for value in reversed(self._values.values()):
            heads_nothing = not kept or self.is_heading(kept[-1])
            if value.key != key and not (self.is_heading(value) and heads_nothing):
                kept.append(value)
        self.set_values(reversed(kept))

    def _assign(self, row: Row[V], key: str) -> None:
        super()._assign(row, key)
        row.under_cursor = key == self.cursor

    def watch_cursor(self, old: str, new: str) -> None:
        """Move the mark, keep it in view, and report it."""
        for key in (old, new):
            if key in self._rows:
                self._rows[key].under_cursor = key == new
        self._is_away, self._pending_top = False, None
        self._reveal()
        if new:
            self.post_message(self.Highlighted(self))

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self._reveal()

    def watch_virtual_size(self) -> None:
        """Scroll to where the list was too short for before."""
        if self._pending_top is not None:
            top, self._pending_top = self._pending_top, None
            self._scroll_to_line(top if self._is_away else self._top_with_cursor(top))
        elif not self._is_away:
            self._reveal()

    def _reveal(self) -> None:
        if self.cursor not in self._values:
            return
        top = int(self.scroll_offset.y)
        if (wanted := self._top_with_cursor(top)) != top:
            self._scroll_to_line(wanted)

    def _top_with_cursor(self, top: int) -> int:
        """Return the line next to `top` with which on top the cursor is in view.

        The heading above its row is in view as well, if it is next to it.
        """
        index, height = self._index(), max(1, self.size.height)
        first = index
        while first > max(0, index - height + 1) and self._is_heading_at(first - 1):
            first -= 1
        return min(max(top, index - height + 1), first)

    def _scroll_to_line(self, line: int) -> None:
        self.scroll_to(y=line, animate=False, force=True, immediate=True)
        if int(self.scroll_offset.y) != line:
            self._pending_top = line

    def _is_heading_at(self, line: int) -> bool:
        return self.is_heading(self._values[self._keys[line]])

    def _index(self) -> int:
        return self._lines.get(self.cursor, 0)

    def _go(self, line: int, direction: int) -> None:
        """Move the cursor to a line, or on in a `direction` (1 or -1) where it is a heading's."""
        last = len(self._keys) - 1
        line = max(0, min(line, last))
        while 0 <= line <= last and self._is_heading_at(line):
            line += direction
        if 0 <= line <= last:
            self.cursor = self._keys[line]
        elif self._stops:
            self.cursor = self._stops[0 if direction < 0 else -1]

    def action_move(self, direction: int) -> None:
        """Move the cursor by one row."""
        self._go(self._index() + direction, direction)

    def action_page(self, direction: int) -> None:
        """Move the cursor by a screenful."""
        self._go(self._index() + direction * max(1, self.size.height - 1), direction)

    def action_edge(self, index: int) -> None:
        """Move the cursor to the first row (0) or the last one (-1)."""
        if self._stops:
            self.cursor = self._stops[index]

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
