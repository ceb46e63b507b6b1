"""One reactive widget per task: a line of age, badge, frames, ID, reason and label."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from rich.segment import Segment
from textual.reactive import reactive

from tui.dashboard.widgets.row import Row, Rows
from tui.dashboard.widgets.states import STATE_NAMES
from tui.wording.tasks import Columns, TaskWords, task_line

_STYLES: Final = {
    "age": "row-list--minor",
    "frames": "row-list--minor",
    "label": "row-list--minor",
    "stale": "row-list--stale",
}


class TaskRow(Row[TaskWords]):
    """A task's line. Colours come from the list's component classes, one for each state."""

    words: reactive[TaskWords | None] = reactive(None)
    """What is shown; an equal value repaints nothing."""

    def __init__(self, value: TaskWords, rows: Rows, columns_of: Callable[[], Columns]) -> None:
        """Show `value`; `columns_of` returns how lines are shared out. See `Row`."""
        super().__init__(value, rows)
        self._columns_of = columns_of
        self._columns: Columns | None = None
        self.set_reactive(TaskRow.words, value)

    def show(self, value: TaskWords) -> None:
        """Show new words, perhaps of another task."""
        self.key = value.key
        self.words = value
        if self._columns != self._columns_of():
            self.refresh()

    def segments(self) -> Iterator[Segment]:
        """Return the line's parts."""
        self._columns = self._columns_of()
        if self.words is None:
            return
        badge = f"task-list--{STATE_NAMES[self.words.status]}"
        for name, text in task_line(self.words, self._columns):
            style = badge if name == "badge" else _STYLES.get(name)
            yield Segment(text, (self.style(style) if style else self.style()).rich_style)
