"""One reactive widget per task: a line of age, badge, frames, ID, reason and label."""

from __future__ import annotations

from collections.abc import Callable
from itertools import takewhile
from typing import Final

from rich.cells import cell_len
from textual.content import Content
from textual.geometry import Region
from textual.reactive import reactive

from tui.text import Columns, TaskWords, task_line
from tui.widgets.row import Row, Rows
from tui.widgets.states import STATE_NAMES

_STYLES: Final = {
    "age": "row-list--minor",
    "frames": "row-list--minor",
    "label": "row-list--minor",
    "stale": "row-list--stale",
}


class TaskRow(Row[TaskWords]):
    """A task's line. Colours come from the list's component classes, one for each state."""

    words: reactive[TaskWords | None] = reactive(None, repaint=False)
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

    def render(self) -> Content:
        """Return the line."""
        if self.words is None:
            return Content()
        self._columns = self._columns_of()
        styles = {"badge": f"task-list--{STATE_NAMES[self.words.status]}", **_STYLES}
        return Content.assemble(
            *(
                (text, self.style(styles[name])) if name in styles else text
                for name, text in task_line(self.words, self._columns)
            )
        )

    def watch_words(self, old: TaskWords | None, new: TaskWords | None) -> None:
        """Repaint as little as will do: a passing minute is a few cells."""
        if old is None or new is None or not self.is_mounted:
            return
        before, after = self._cells(old), self._cells(new)
        widths = [cell_len(part) for part in before]
        if widths != [cell_len(part) for part in after]:
            self.refresh()
            return
        changed = [part for part, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
        if changed:
            first, last = changed[0], changed[-1]
            start, end = sum(widths[:first]), sum(widths[: last + 1])
            if before[last].isascii() and after[last].isascii():
                # Of “ 7 min ” the digit alone.
                pairs = zip(reversed(before[last]), reversed(after[last]), strict=True)
                end -= sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
            self.refresh(Region(start, 0, end - start, 1))

    def _cells(self, words: TaskWords) -> list[str]:
        return [text for _, text in task_line(words, self._columns_of())]
