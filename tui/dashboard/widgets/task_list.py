"""The list of tasks: one `TaskRow` each, all with the same columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final

from rich.cells import cell_len
from textual.message import Message

from tui.dashboard.widgets.row_list import RowList
from tui.dashboard.widgets.task_row import STATE_NAMES, TaskRow
from tui.wording.rows import Columns, TaskRowData

MIN_WHOLE_ID_WIDTH: Final = 120
"""Cells of a terminal from which on IDs are shown whole."""


class TaskList(RowList[TaskRowData]):
    """Every watched task on a line."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"task-list--{name}" for name in STATE_NAMES.values()}
    _longest_id = 0

    class ColumnsChanged(Message):
        """The columns have other widths now."""

        def __init__(self, columns: Columns) -> None:
            super().__init__()
            self.columns = columns

    def make_row(self, value: TaskRowData) -> TaskRow:
        """Return a row with the columns of the others."""
        return TaskRow(value, self, self._current_columns)

    def preset(self, values: Iterable[TaskRowData]) -> None:
        """Show these tasks from the first paint on."""
        values = list(values)
        self._longest_id = _longest_id(values)
        super().preset(values)

    def set_values(self, values: Iterable[TaskRowData]) -> None:
        """Show exactly these tasks."""
        values = list(values)
        before, self._longest_id = self._longest_id, _longest_id(values)
        super().set_values(values)
        if self._longest_id != before:
            self._report_columns()

    def on_resize(self) -> None:
        """Report the new widths of the columns."""
        self._report_columns()

    def _report_columns(self) -> None:
        self.post_message(self.ColumnsChanged(self._current_columns()))

    def _current_columns(self) -> Columns:
        # By the size of the list, which is known: asking for that of a row about to scroll into
        # view would make Textual lay out and repaint all rows.
        width = self.size.width
        return Columns.fit(width, self._longest_id, whole=self.app.size.width >= MIN_WHOLE_ID_WIDTH)


def _longest_id(values: Iterable[TaskRowData]) -> int:
    return max((cell_len(value.key) for value in values), default=0)
