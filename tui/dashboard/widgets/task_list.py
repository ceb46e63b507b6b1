"""The list of tasks: a `TaskRow` each, with the same columns, under a line for each section."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.message import Message

from tui.dashboard.widgets.row import Row
from tui.dashboard.widgets.row_list import RowList
from tui.dashboard.widgets.section_row import SectionRow
from tui.dashboard.widgets.task_row import STYLES, TaskRow
from tui.wording.row_columns import Columns
from tui.wording.rows import TaskRowData
from tui.wording.section_lines import ListLine


class TaskList(RowList[ListLine]):
    """Every watched task on a line."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*STYLES.values(), "section-row"}
    stays_at_top = True
    """Whether the cursor goes to whatever comes to the top: as long as nobody has done anything."""
    _columns: Columns | None = None
    _names: frozenset[tuple[str, str, str]] = frozenset()
    """ID, label and title of each task: what the columns depend on."""
    _has_size = False

    class Laid(Message):
        """The list has a size, and so its rows their columns."""

    def make_row(self, value: ListLine) -> Row[ListLine]:
        """Return a row with the columns of the others."""
        if isinstance(value, TaskRowData):
            return TaskRow(value, self, self._current_columns)
        return SectionRow(value, self)

    def is_heading(self, value: ListLine) -> bool:
        """Return whether a line is that of a section."""
        return not isinstance(value, TaskRowData)

    def set_values(self, values: Iterable[ListLine]) -> None:
        """Show exactly these lines; the cursor stays on its task once somebody is there."""
        stays = self.stays_at_top
        super().set_values(values)
        if stays and self._stops:
            self.cursor = self._stops[0]
        self.stays_at_top = stays

    def watch_cursor(self, old: str, new: str) -> None:
        """Move the mark; from now on the cursor stays on its task."""
        super().watch_cursor(old, new)
        self.stays_at_top = False

    def _set(self, values: Iterable[ListLine]) -> None:
        super()._set(values)
        rows = (value for value in self._values.values() if isinstance(value, TaskRowData))
        names = frozenset((row.key, row.label, row.title) for row in rows)
        if names != self._names:
            self._names, self._columns = names, None

    def on_resize(self) -> None:
        """Report the first size."""
        if not self._has_size:
            self._has_size = True
            self.post_message(self.Laid())

    def next_to_look_at(self, direction: int) -> str:
        """Return the key of the next task that is new or needs attention; empty without one.

        The search goes on at the other end of the list, and leaves out the task under the cursor.
        """
        here = self._stops.index(self.cursor) if self.cursor else 0
        order = (*self._stops[here + 1 :], *self._stops[:here])
        for key in order if direction > 0 else reversed(order):
            row = self._values[key]
            if isinstance(row, TaskRowData) and row.needs_look:
                return key
        return ""

    def _current_columns(self) -> Columns:
        # By the size of the list, which is known: asking for that of a row about to scroll into
        # view would make Textual lay out and repaint all rows. Fitted once for all of them, and as
        # if there were a scroll bar: columns do not move when it comes.
        width = max(0, self.size.width - 1)
        if self._columns is None or self._columns.width != width:
            rows = (value for value in self._values.values() if isinstance(value, TaskRowData))
            self._columns = Columns.fit(width, rows if width else ())
        return self._columns
