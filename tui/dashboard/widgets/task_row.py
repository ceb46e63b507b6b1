"""One reactive widget per task: a line of age, badge, frames, ID, reason and label."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from rich.segment import Segment

from tui.dashboard.widgets.row import Row
from tui.dashboard.widgets.virtual_list import VirtualList
from tui.scenext.models import TaskStatus
from tui.wording.rows import Columns, TaskRowData, task_line

STATE_NAMES: Final = {status: status.value.lower().replace("_", "-") for status in TaskStatus}
"""The states as `app.tcss` names them: `in-progress` and the like."""

_STYLES: Final = {
    "age": "row-list--minor",
    "frames": "row-list--minor",
    "label": "row-list--minor",
    "stale": "row-list--stale",
}


class TaskRow(Row[TaskRowData]):
    """A task's line. Colours come from the list's component classes, one for each state."""

    def __init__(
        self, value: TaskRowData, rows: VirtualList[TaskRowData], columns_of: Callable[[], Columns]
    ) -> None:
        """Show `value` in the widths that `columns_of` returns. See `Row`."""
        super().__init__(value, rows)
        self._columns_of = columns_of
        self._columns: Columns | None = None

    def show(self, value: TaskRowData) -> None:
        """Show new data, perhaps of another task."""
        super().show(value)
        if self._columns != self._columns_of():
            self.refresh()

    def segments(self) -> Iterator[Segment]:
        """Return the line's parts."""
        self._columns = self._columns_of()
        if self.data is None:
            return
        badge = f"task-list--{STATE_NAMES[self.data.status]}"
        for name, text in task_line(self.data, self._columns):
            style = badge if name == "badge" else _STYLES.get(name)
            if self.data.is_stale:
                style = "row-list--stale"
            yield Segment(text, (self.style(style) if style else self.style()).rich_style)
