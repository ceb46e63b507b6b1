"""A list of one-line rows with a cursor: the base of the task list and the frame list.

Every row is a leaf widget of its own. Compared with an `OptionList` or a `DataTable`, a changed
cell costs some 150 bytes on the wire instead of 8-9 kB. Two measured rules keep it cheap at 1,000
rows: the first screenful is mounted before the rest, and a row is touched only while it is in
view, since refreshing one that is scrolled out makes the compositor lay out all of them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, Generic, Protocol, TypeVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget


class Keyed(Protocol):
    """A value of which one row shows the words."""

    @property
    def key(self) -> str: ...


V = TypeVar("V", bound=Keyed)


class Row(Widget, Generic[V]):
    """One line that shows one value."""

    def __init__(self, value: V) -> None:
        super().__init__()
        self.value = value
        self.key = value.key

    def show(self, value: V) -> None:
        """Show another value of the same key; an equal one changes nothing."""
        raise TypeError("a row knows how to show its values")

    class Pressed(Message):
        """The row was clicked."""

        def __init__(self, key: str, chain: int) -> None:
            super().__init__()
            self.key = key
            self.chain = chain

    def on_click(self, event: events.Click) -> None:
        # With a modifier the click was for the terminal, which opens the link under it; some
        # terminals send it to the program as well (microsoft/terminal#20630).
        if not (event.ctrl or event.meta or event.shift):
            self.post_message(self.Pressed(self.key, event.chain))


class RowList(VerticalScroll, Generic[V], can_focus=True, inherit_bindings=False):
    """Rows by key, one of them under the cursor. Subclasses make the rows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="list.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="list.down"),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False, id="list.page_up"),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False, id="list.page_down"),
        Binding("home,g", "edge(0)", "First", show=False, id="list.first"),
        Binding("end,G", "edge(-1)", "Last", show=False, id="list.last"),
    ]

    BINDING_GROUP_TITLE = "In a list"

    cursor: reactive[str] = reactive("", init=False)
    """The key of the row under the cursor; empty only while there are no rows."""

    class CursorMoved(Message):
        """Another row is under the cursor now."""

        def __init__(self, rows: Widget, key: str) -> None:
            super().__init__()
            self.rows = rows
            self.key = key

        @property
        def control(self) -> Widget:
            """The list, for `@on` selectors."""
            return self.rows

    class ViewMoved(Message):
        """Other rows are in view now."""

        def __init__(self, rows: Widget) -> None:
            super().__init__()
            self.rows = rows

        @property
        def control(self) -> Widget:
            """The list, for `@on` selectors."""
            return self.rows

    class Selected(Message):
        """A row was chosen, by enter or by a double click."""

        def __init__(self, rows: Widget, key: str) -> None:
            super().__init__()
            self.rows = rows
            self.key = key

        @property
        def control(self) -> Widget:
            """The list, for `@on` selectors."""
            return self.rows

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._values: dict[str, V] = {}
        self._rows: dict[str, Row[V]] = {}
        self._keys: list[str] = []

    def make_row(self, value: V) -> Row[V]:
        """Return a new row; for subclasses."""
        raise TypeError("a list knows how to make its rows")

    @property
    def keys(self) -> Sequence[str]:
        """The keys of all rows, from the top."""
        return self._keys

    def keys_in_view(self) -> Sequence[str]:
        """Return the keys of the rows that can be seen now."""
        return [row.key for row in self._in_view()]

    def set_values(self, values: Iterable[V]) -> None:
        """Show exactly these values, in this order; the cursor stays on its key if it can."""
        old_keys, old_index = self._keys, self._index()
        self._values = {value.key: value for value in values}
        self._keys = list(self._values)
        if self._keys != old_keys:
            self._place_rows(old_keys)
        self._show_visible()
        if self.cursor not in self._values:
            near = min(old_index, len(self._keys) - 1)
            self.cursor = self._keys[near] if self._keys else ""
        elif self._keys != old_keys:
            self._mark_cursor()

    def set_value(self, value: V) -> None:
        """Show a new value of one row."""
        if value.key in self._values:
            self._values[value.key] = value
            row = self._rows.get(value.key)
            if row is not None and self._sees(row):
                row.show(value)

    def _place_rows(self, old_keys: list[str]) -> None:
        gone = [self._rows.pop(key) for key in old_keys if key not in self._values]
        with self.app.batch_update():
            if gone:
                self.remove_children(gone)
            missing = [key for key in self._keys if key not in self._rows]
            first = missing[: max(self.size.height, self.app.size.height)]
            self._mount_rows(first)
            if len(first) < len(missing):
                self.call_after_refresh(self._mount_rest)

    def _mount_rest(self) -> None:
        with self.app.batch_update():
            self._mount_rows([key for key in self._keys if key not in self._rows])
        self._mark_cursor()

    def _mount_rows(self, keys: Sequence[str]) -> None:
        """Mount rows, each run of neighbours at once, in front of the row that follows it."""
        wanted = set(keys)
        run: list[Row[V]] = []
        for key in self._keys:
            if key in wanted:
                row = self.make_row(self._values[key])
                self._rows[key] = row
                run.append(row)
            elif run and key in self._rows:
                self.mount_all(run, before=self._rows[key])
                run = []
        if run:
            self.mount_all(run)

    def _index(self) -> int:
        return self._keys.index(self.cursor) if self.cursor in self._values else 0

    def _in_view(self) -> list[Row[V]]:
        top = int(self.scroll_offset.y)
        keys = self._keys[top : top + max(self.size.height, 1) + 1]
        return [self._rows[key] for key in keys if key in self._rows]

    def _sees(self, row: Row[V]) -> bool:
        # By its place, not by the compositor's map, which may be a frame behind.
        top = int(self.scroll_offset.y)
        try:
            index = self._keys.index(row.key, top, top + self.size.height + 1)
        except ValueError:
            return False
        return index >= top

    def _show_visible(self) -> None:
        for row in self._in_view():
            row.show(self._values[row.key])

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Bring the rows that scroll into view up to date."""
        super().watch_scroll_y(old_value, new_value)
        if int(old_value) != int(new_value):
            self._show_visible()
            self.post_message(self.ViewMoved(self))

    def on_resize(self, event: events.Resize) -> None:
        """Keep the cursor in view, and what is new in view up to date."""
        self._show_visible()
        self._reveal()

    def watch_cursor(self, old: str, new: str) -> None:
        """Move the mark, keep it in view, and tell."""
        if old in self._rows:
            self._rows[old].remove_class("-cursor")
        self._mark_cursor()
        if new:
            self.post_message(self.CursorMoved(self, new))

    def _mark_cursor(self) -> None:
        if self.cursor in self._rows:
            self._rows[self.cursor].add_class("-cursor")
            self._reveal()

    def _reveal(self) -> None:
        if self.cursor not in self._values:
            return
        index, height = self._index(), max(1, self.size.height)
        top = int(self.scroll_offset.y)
        wanted = min(max(top, index - height + 1), index)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, force=True, immediate=True)

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

    @on(Row.Pressed)
    def _pressed(self, event: Row.Pressed) -> None:
        event.stop()
        self.cursor = event.key
        if event.chain == 2:
            self.action_select()
