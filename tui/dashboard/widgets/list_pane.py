"""The pane with the list of tasks: the heads of its columns, and later its filter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tui.dashboard.widgets.task_list import TaskList
from tui.wording.rows import TaskRowData, column_names

if TYPE_CHECKING:
    from tui.dashboard.widgets.filter_input import FilterInput

EMPTY = (
    "The watchlist is empty.\n\n"
    "Press a and paste one or many task IDs, or add them from another shell:\n\n"
    "    scenext-tui add 12345 67890\n\n"
    "They show up here at once and are polled until they end."
)


class ListPane(Vertical):
    """Shows the list, or why it is empty."""

    BLANK = True

    def __init__(self, rows: Sequence[TaskRowData]) -> None:
        """Show `rows` from the first paint on."""
        self.tasks = TaskList(id="tasks")
        self.tasks.preset(rows)
        self._columns = Static(id="columns")
        super().__init__(self._columns, self.tasks, id="list-pane")

    async def mount_deferred(self) -> FilterInput:
        """Mount what the first paint does not wait for, and return the filter."""
        from tui.dashboard.widgets.filter_input import FilterInput

        filter_input = FilterInput(self._columns)
        await self.mount(filter_input, before=0)
        await self.mount(
            Static(Content(EMPTY), id="empty"),
            Static(Content("No task matches.  esc: show all"), id="nothing"),
        )
        return filter_input

    def on_task_list_columns_changed(self, event: TaskList.ColumnsChanged) -> None:
        """Put the heads of the columns above them."""
        self._columns.update(Content(column_names(event.columns)), layout=False)
