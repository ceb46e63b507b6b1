"""The pane with the list of tasks, and later its filter below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tui.dashboard.widgets.task_list import TaskList
from tui.wording.section_lines import ListLine

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

    def __init__(self, rows: Sequence[ListLine]) -> None:
        """Show `rows` from the first paint on."""
        self.tasks = TaskList(id="tasks")
        self.tasks.preset(rows)
        super().__init__(self.tasks, id="list-pane")

    async def mount_deferred(self) -> FilterInput:
        """Mount what the first paint does not wait for, and return the filter."""
        from tui.dashboard.widgets.filter_input import FilterInput

        filter_input = FilterInput()
        await self.mount(
            Static(Content(EMPTY), id="empty"),
            Static(Content("No task matches.  esc: show all"), id="nothing"),
            filter_input,
        )
        return filter_input
