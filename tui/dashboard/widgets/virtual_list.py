"""A virtual list: values by key, one a line, of which only those near the view have a widget.

A row that is not needed any more becomes one of another value of the same type.

Each row is placed by its line number instead of by styles, and is touched only while it is in view:
refreshing one that is scrolled out makes the compositor lay out all of them again.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Generic

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.message import Message
from textual.style import Style
from textual.timer import Timer
from textual.widget import Widget

from tui.dashboard.widgets.row import Row, V

CHROME_LINES: Final = 2
"""Lines of a screen, at least, that do not belong to the list."""
PREFETCH_DELAY: Final = 0.05
"""Seconds between scrolling and creating the rows that it will need next."""
PREFETCH_BATCH: Final = 6
"""Rows created without a pause."""


class VirtualList(VerticalScroll, Generic[V]):
    """The rows of the given values. Subclasses create a row for a value."""

    BLANK = True
    """There is nothing to draw behind the rows."""

    class ViewChanged(Message):
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
        self._stops: list[str] = []
        self._spare: dict[type, list[Row[V]]] = {}
        self._placed = range(0)
        self._prefetch_timer: Timer | None = None
        # Nothing is on the screen before the first paint either.
        self._scrolling = True
        self._row_layout = _RowLayout(self._line_of)
        self._row_styles: dict[tuple[str, ...], Style] = {}

    @abstractmethod
    def make_row(self, value: V) -> Row[V]:
        """Return a new row."""

    def is_heading(self, value: V) -> bool:
        """Return whether a value only stands above others; its key is reported nowhere."""
        return False

    def preset(self, values: Iterable[V]) -> None:
        """Show these values from the first paint on; call it before the list is mounted."""
        self._set(values)
        self._lines = {key: line for line, key in enumerate(self._keys)}

    def _set(self, values: Iterable[V]) -> None:
        self._values = {value.key: value for value in values}
        self._keys = list(self._values)
        self._stops = [key for key, value in self._values.items() if not self.is_heading(value)]

    @property
    def keys(self) -> Sequence[str]:
        """The keys of all values but headings, from the top."""
        return self._stops

    def has(self, key: str) -> bool:
        """Return whether there is a value with this key."""
        return key in self._values

    def value(self, key: str) -> V | None:
        """Return the value of a key, if there is one."""
        return self._values.get(key)

    def set_values(self, values: Iterable[V]) -> None:
        """Show exactly these values, in this order."""
        old_keys, old_places = self._keys, self._places()
        self._set(values)
        if self._keys != old_keys:
            self._lines = {key: line for line, key in enumerate(self._keys)}
            self._recycle(old_keys)
        self._show_lines(self._view(), old_places)

    def set_value(self, value: V) -> None:
        """Show a new value of one row."""
        if value.key in self._values:
            self._values[value.key] = value
            row = self._rows.get(value.key)
            if row is not None and self._lines[value.key] in self._view():
                self.show_value(row, value)

    def show_value(self, row: Row[V], value: V) -> None:
        """Show a value in a row, perhaps of another key than before; for subclasses."""
        row.show(value)

    def keys_in_view(self) -> Sequence[str]:
        """Return the keys of the rows that are in view."""
        return self._keys_of(self._view())

    def _keys_of(self, lines: Iterable[int]) -> list[str]:
        """Return the keys of those of these lines that are no headings."""
        keys = (self._keys[line] for line in lines)
        return [key for key in keys if not self.is_heading(self._values[key])]

    def _view(self, top: float | None = None) -> range:
        """Return the lines in view, by their place: the compositor may be a frame behind."""
        top = int(self.scroll_offset.y if top is None else top)
        height = self.size.height or self.app.size.height
        return range(top, min(top + height, len(self._keys)))

    def _near_view(self, screens: float) -> range:
        """Return the lines in view, and this many screens more on either side."""
        view = self._view()
        more = int(len(view) * screens)
        return range(max(0, view.start - more), min(len(self._keys), view.stop + more))

    def is_painted(self, key: str) -> bool:
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
        self.post_message(self.ViewChanged(self, self._keys_of(new)))
        if self._prefetch_timer is None and any(
            line not in self._placed or self._keys[line] not in self._rows
            for line in self._near_view(0.5)
        ):
            self._prefetch_timer = self.set_timer(PREFETCH_DELAY, self._prefetch)

    def _scrolled(self) -> None:
        self._scrolling = False
        for key in map(self._keys.__getitem__, self._view()):
            if key in self._rows and self._rows[key].is_outdated:
                # Changed after it was painted, and before this was known.
                self._rows[key].refresh()

    def on_mount(self) -> None:
        """Let rows repaint by themselves once all have been painted."""
        self.call_after_refresh(self._scrolled)

    def on_resize(self) -> None:
        """Bring the rows that came into view up to date."""
        self._show_lines(self._view())

    def compose(self) -> ComposeResult:
        """Yield the first screenful; other rows are created when they come near the view."""
        yield Tail()
        self._placed = range(min(len(self._keys), self.app.size.height - CHROME_LINES))
        for line in self._placed:
            yield self._need_row(line)

    def row_style(self, *component_classes: str) -> Style:
        """Return the style of component classes, cached for all rows."""
        style = self._row_styles.get(component_classes)
        if style is None:
            style = self._row_styles[component_classes] = self.get_visual_style(*component_classes)
        return style

    def notify_style_update(self) -> None:
        """Drop the cached styles."""
        self._row_styles.clear()
        super().notify_style_update()

    def _show_lines(self, lines: Sequence[int], old_places: object = None) -> None:
        """Create, place and update the rows of lines in view."""
        incomplete = any(self._keys[line] not in self._rows for line in lines)
        self._create(lines)
        moved = old_places is not None and self._places() != old_places
        unplaced = any(line not in self._placed for line in (*lines[:1], *lines[-1:]))
        if incomplete or moved or unplaced:
            self._place()
        for line in lines:
            key = self._keys[line]
            self.show_value(self._rows[key], self._values[key])

    def _create(self, lines: Iterable[int]) -> None:
        rows = [self._need_row(line) for line in lines]
        if new := [row for row in rows if not row.is_attached]:
            self.mount_all(new)

    def _prefetch(self) -> None:
        """Create rows before they are in view, a few at a time."""
        self._prefetch_timer = None
        missing = [line for line in self._near_view(1) if self._keys[line] not in self._rows]
        self._create(missing[:PREFETCH_BATCH])
        self._place()
        if missing[PREFETCH_BATCH:]:
            self._prefetch_timer = self.set_timer(PREFETCH_DELAY, self._prefetch)

    def _need_row(self, line: int) -> Row[V]:
        """Return the row of a line: its own, a spare one, or a new one."""
        key = self._keys[line]
        row = self._rows.get(key)
        if row is None:
            spare = self._spare.get(type(self._values[key]))
            row = spare.pop() if spare else self.make_row(self._values[key])
            self._assign(row, key)
        return row

    def _assign(self, row: Row[V], key: str) -> None:
        self._rows[key] = row
        self.show_value(row, self._values[key])

    def _recycle(self, old_keys: Sequence[str]) -> None:
        """Free the rows whose values are gone; those in view take what stands there now."""
        view = self._view()
        for line, old in enumerate(old_keys):
            if old in self._rows and old not in self._values:
                row = self._rows.pop(old)
                key = self._keys[line] if line in view else ""
                kind = type(row.data)
                if key and key not in self._rows and type(self._values[key]) is kind:
                    self._assign(row, key)
                else:
                    self._spare.setdefault(kind, []).append(row)

    @property
    def layout(self) -> Layout:
        """The layout of the rows."""
        return self._row_layout

    def _line_of(self, widget: Widget) -> int | None:
        if not isinstance(widget, Row):
            return len(self._keys) - 1 if self._keys else None
        if self._rows.get(widget.key) is not widget:
            return None
        line = self._lines.get(widget.key)
        return line if line in self._placed else None

    def _places(self) -> tuple[int, dict[Row[V], int]]:
        """Return the length of the list, and the lines of its rows."""
        return len(self._keys), {row: self._lines[key] for key, row in self._rows.items()}

    def _place(self) -> None:
        """Give the rows near the view their places, and take them from the others."""
        self._placed = self._near_view(1)
        self.query_one(Tail).refresh(layout=True)


class Tail(Widget):
    """Holds the place of the last row, so that the list has its full length before all rows do."""


class _RowLayout(Layout):
    """Places each row on the line of its number; rows without one get no place at all."""

    name = "rows"

    def __init__(self, line_of: Callable[[Widget], int | None]) -> None:
        self._line_of = line_of

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        """Return the placements, the newest row's first.

        Textual numbers them from the last one; so the others keep their number when a row is
        added, and need no repaint.
        """
        lines = ((child, self._line_of(child)) for child in reversed(children))
        return [
            WidgetPlacement(Region(0, y, size.width, 1), NULL_OFFSET, NULL_SPACING, child)
            for child, y in lines
            if y is not None
        ]
