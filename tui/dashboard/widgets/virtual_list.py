"""Values by key, each on a line of its own, of which those near the view have a row.

Every row is a leaf widget of its own. What keeps it cheap at thousands of rows (each measured with
textual 8.2.8): a row is made when it first comes near the view, its place is a number and not a
matter of styles, it has one only while it is near the view, and it is touched only while it is in
view, since refreshing one that is scrolled out makes the compositor lay out all of them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Generic

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.layout import Layout
from textual.message import Message
from textual.style import Style
from textual.timer import Timer
from textual.widget import Widget

from tui.dashboard.widgets.row import Row, V
from tui.dashboard.widgets.rows_layout import RowsLayout, Tail

OTHERS: Final = 2
"""Lines of a screen, at least, that are not the list's."""
AHEAD_AFTER: Final = 0.05
"""Seconds between a move and the rows that it will need next."""
AHEAD_AT_ONCE: Final = 6
"""Rows that are made without a pause: a row takes 0.7 ms."""


class LazyRows(VerticalScroll, Generic[V]):
    """The rows of the values that are given. Subclasses make a row of a value."""

    BLANK = True
    """Behind the rows there is nothing to draw, line by line, at each update."""

    class ViewMoved(Message):
        """Other rows are in view now."""

        def __init__(self, rows: Widget, keys: Sequence[str]) -> None:
            super().__init__()
            self.rows = rows
            self.keys = keys
            """Of the rows that were not in view before."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._values: dict[str, V] = {}
        self._rows: dict[str, Row[V]] = {}
        self._lines: dict[str, int] = {}
        self._keys: list[str] = []
        self._spare: list[Row[V]] = []
        self._placed = range(0)
        self._ahead: Timer | None = None
        # Nor has anything been drawn before the first paint, which draws all there is.
        self._scrolling = True
        self._rows_layout = RowsLayout(self._line_of)
        self._row_styles: dict[tuple[str, ...], Style] = {}

    def make_row(self, value: V) -> Row[V]:
        """Return a new row; for subclasses."""
        raise TypeError("a list knows how to make its rows")

    # Values

    def preset(self, values: Iterable[V]) -> None:
        """Have these values from the first paint on; to be called before the list is mounted."""
        self._values = {value.key: value for value in values}
        self._keys = list(self._values)
        self._lines = {key: line for line, key in enumerate(self._keys)}

    @property
    def keys(self) -> Sequence[str]:
        """The keys of all values, from the top."""
        return self._keys

    def has(self, key: str) -> bool:
        """Return whether there is a value of this key."""
        return key in self._values

    def set_values(self, values: Iterable[V]) -> None:
        """Show exactly these values, in this order."""
        old_keys, old_places = self._keys, self._places()
        self._values = {value.key: value for value in values}
        self._keys = list(self._values)
        if self._keys != old_keys:
            self._lines = {key: line for line, key in enumerate(self._keys)}
            self._release(old_keys)
        self._show_lines(self._view(), old_places)

    def set_value(self, value: V) -> None:
        """Show a new value of one row."""
        if value.key in self._values:
            self._values[value.key] = value
            row = self._rows.get(value.key)
            if row is not None and self._lines[value.key] in self._view():
                self.show_value(row, value)

    def show_value(self, row: Row[V], value: V) -> None:
        """Have a row show a value, perhaps of another key than before; for subclasses."""
        row.show(value)

    # The view

    def keys_in_view(self) -> Sequence[str]:
        """Return the keys of the rows that can be seen now."""
        return [self._keys[line] for line in self._view()]

    def _view(self, top: float | None = None) -> range:
        """The lines that can be seen, by their place: the compositor may be a frame behind."""
        top = int(self.scroll_offset.y if top is None else top)
        height = self.size.height or self.app.size.height
        return range(top, min(top + height, len(self._keys)))

    def _near(self, part: float) -> range:
        """The lines in view, and a part of a screenful more on either side."""
        view = self._view()
        more = int(len(view) * part)
        return range(max(0, view.start - more), min(len(self._keys), view.stop + more))

    def has_drawn(self, key: str) -> bool:
        """Return whether the row of a key is on the screen and stays where it is."""
        return not self._scrolling and key in self._rows and self._lines[key] in self._view()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Bring the rows that scroll into view up to date."""
        super().watch_scroll_y(old_value, new_value)
        if int(old_value) == int(new_value):
            return
        if not self._scrolling:
            self._scrolling = True
            self.call_after_refresh(self._scrolled)
        old = self._view(old_value)
        new = [line for line in self._view() if line not in old]
        self._show_lines(new)
        self.post_message(self.ViewMoved(self, [self._keys[line] for line in new]))
        if self._ahead is None and any(
            line not in self._placed or self._keys[line] not in self._rows
            for line in self._near(0.5)
        ):
            self._ahead = self.set_timer(AHEAD_AFTER, self._look_ahead)

    def _scrolled(self) -> None:
        self._scrolling = False
        for key in self.keys_in_view():
            if key in self._rows and self._rows[key].is_outdated:
                # Changed after it was painted, and before this was known.
                self._rows[key].refresh()

    def on_mount(self) -> None:
        """Paint rows that change by themselves once all have been painted."""
        self.call_after_refresh(self._scrolled)

    def on_resize(self, event: events.Resize) -> None:
        """Keep what is new in view up to date."""
        self._show_lines(self._view())

    # Rows

    def compose(self) -> ComposeResult:
        """The first screenful; other rows are made when they come near the view."""
        yield Tail()
        self._placed = range(min(len(self._keys), self.app.size.height - OTHERS))
        for line in self._placed:
            yield self._need_row(line)

    def row_style(self, *component_classes: str) -> Style:
        """Return the style of component classes: of a few, for every part of every row."""
        style = self._row_styles.get(component_classes)
        if style is None:
            style = self._row_styles[component_classes] = self.get_visual_style(*component_classes)
        return style

    def notify_style_update(self) -> None:
        """Look the rows' styles up again."""
        self._row_styles.clear()
        super().notify_style_update()

    def _show_lines(self, lines: Sequence[int], old_places: object = None) -> None:
        """Have rows in view made, placed and brought up to date."""
        come = any(self._keys[line] not in self._rows for line in lines)
        self._make(lines)
        moved = old_places is not None and self._places() != old_places
        if come or moved or any(line not in self._placed for line in (*lines[:1], *lines[-1:])):
            self._place()
        for line in lines:
            key = self._keys[line]
            self.show_value(self._rows[key], self._values[key])

    def _make(self, lines: Iterable[int]) -> None:
        rows = [self._need_row(line) for line in lines]
        if new := [row for row in rows if not row.is_attached]:
            self.mount_all(new)

    def _look_ahead(self) -> None:
        """Have rows made before they are in view, a few at a time."""
        self._ahead = None
        missing = [line for line in self._near(1) if self._keys[line] not in self._rows]
        self._make(missing[:AHEAD_AT_ONCE])
        self._place()
        if missing[AHEAD_AT_ONCE:]:
            self._ahead = self.set_timer(AHEAD_AFTER, self._look_ahead)

    def _need_row(self, line: int) -> Row[V]:
        """Return the row of a line: its own, one that has lost its value, or a new one."""
        key = self._keys[line]
        row = self._rows.get(key)
        if row is None:
            row = self._spare.pop() if self._spare else self.make_row(self._values[key])
            self._use(row, key)
        return row

    def _use(self, row: Row[V], key: str) -> None:
        self._rows[key] = row
        self.show_value(row, self._values[key])

    def _release(self, old_keys: Sequence[str]) -> None:
        """Free the rows whose values are gone; those in view take what stands there now."""
        view = self._view()
        for line, old in enumerate(old_keys):
            if old in self._rows and old not in self._values:
                row = self._rows.pop(old)
                key = self._keys[line] if line in view else ""
                if key and key not in self._rows:
                    self._use(row, key)
                else:
                    self._spare.append(row)

    # Places

    @property
    def layout(self) -> Layout:
        """How the rows are placed."""
        return self._rows_layout

    def _line_of(self, widget: Widget) -> int | None:
        if not isinstance(widget, Row):
            return len(self._keys) - 1 if self._keys else None
        if self._rows.get(widget.key) is not widget:
            return None
        line = self._lines.get(widget.key)
        return line if line in self._placed else None

    def _places(self) -> tuple[int, dict[Row[V], int]]:
        """How long the list is, and where its rows are."""
        return len(self._keys), {row: self._lines[key] for key, row in self._rows.items()}

    def _place(self) -> None:
        """Give the rows that are near the view their places, and take them from the others."""
        self._placed = self._near(1)
        self.query_one(Tail).refresh(layout=True)
