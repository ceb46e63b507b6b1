"""The list of tasks: one `TaskRow` each, all with the same columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final

from rich.cells import cell_len
from textual import events
from textual.message import Message

from tui.dashboard.widgets.row_list import RowList
from tui.dashboard.widgets.states import STATE_NAMES
from tui.dashboard.widgets.task_row import TaskRow
from tui.wording.tasks import Columns, TaskWords

WHOLE_ID_FROM: Final = 120
"""Cells of a terminal from which on IDs are shown whole."""


class TaskList(RowList[TaskWords]):
    """Every watched task on a line."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"task-list--{name}" for name in STATE_NAMES.values()}

    class Arranged(Message):
        """The columns are shared out otherwise now."""

        def __init__(self, columns: Columns) -> None:
            super().__init__()
            self.columns = columns

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._longest_id = 0

    def make_row(self, value: TaskWords) -> TaskRow:
        """Return a row with the columns of the others."""
        return TaskRow(value, self, self._columns_now)

    def preset(self, values: Iterable[TaskWords]) -> None:
        """Have these tasks from the first paint on."""
        values = list(values)
        self._longest_id = _longest_id(values)
        super().preset(values)

    def set_values(self, values: Iterable[TaskWords]) -> None:
        """Show exactly these tasks."""
        values = list(values)
        before, self._longest_id = self._longest_id, _longest_id(values)
        super().set_values(values)
        if self._longest_id != before:
            self._tell()

    def on_resize(self, event: events.Resize) -> None:
        """Tell how the new width is shared out."""
        self._tell()

    def _tell(self) -> None:
        self.post_message(self.Arranged(self._columns_now()))

    def _columns_now(self) -> Columns:
        # Of the list, whose size is known: to ask for that of a row that is about to scroll into
        # view makes Textual lay out all of them, and then paint all of them.
        width = self.size.width
        return Columns.fit(width, self._longest_id, whole=self.app.size.width >= WHOLE_ID_FROM)


def _longest_id(values: Iterable[TaskWords]) -> int:
    return max((cell_len(value.key) for value in values), default=0)
