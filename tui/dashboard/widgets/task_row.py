"""One reactive widget per task: a line of mark, glyph, name, ID and facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from rich.segment import Segment

from tui.dashboard.widgets.row import Row
from tui.dashboard.widgets.virtual_list import VirtualList
from tui.scenext.models import TaskStatus
from tui.wording.row_columns import Columns, task_line
from tui.wording.rows import TaskRowData
from tui.wording.section_lines import ListLine

STATE_NAMES: Final = {status: status.value.lower().replace("_", "-") for status in TaskStatus}
"""The states as `app.tcss` names them: `in-progress` and the like."""

STYLES: Final = {
    **{name: f"task-list--{name}" for name in (*STATE_NAMES.values(), "trouble")},
    **{name: f"row-list--{name}" for name in ("fact", "minor", "name", "new", "stale")},
}
"""The component classes of a row's parts."""


class TaskRow(Row[ListLine]):
    """A task's line. Colours come from the list's component classes, one for each kind of part."""

    def __init__(
        self, value: ListLine, rows: VirtualList[ListLine], columns_of: Callable[[], Columns]
    ) -> None:
        """Show `value` in the widths that `columns_of` returns. See `Row`."""
        super().__init__(value, rows)
        self._columns_of = columns_of
        self._columns: Columns | None = None

    def show(self, value: ListLine) -> None:
        """Show new data, perhaps of another task."""
        super().show(value)
        if self._columns != self._columns_of():
            self.refresh()

    def segments(self) -> Iterator[Segment]:
        """Return the line's parts."""
        self._columns = self._columns_of()
        if not isinstance(self.data, TaskRowData):
            return
        for name, text in task_line(self.data, self._columns, under_cursor=self.under_cursor):
            style = self.style(STYLES[name]) if name else self.style()
            yield Segment(text, style.rich_style)
