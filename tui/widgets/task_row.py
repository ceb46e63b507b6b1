"""One reactive widget per task: a line of badge, age, frames, ID, reason and label."""

from __future__ import annotations

from typing import ClassVar, Final

from rich.cells import cell_len
from textual.content import Content
from textual.geometry import Region
from textual.reactive import reactive

from tui.text import Columns, TaskWords, task_line
from tui.widgets.row_list import Row

_STYLES: Final = {
    "badge": "badge",
    "age": "minor",
    "frames": "minor",
    "label": "minor",
    "stale": "stale",
}
"""The styles of the parts of a line; each is looked up for each row, so there are few."""


class TaskRow(Row[TaskWords]):
    """A task's line. Colours come from the class `-state-…` and the parts' component classes."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "task-row--badge",
        "task-row--minor",
        "task-row--stale",
    }

    words: reactive[TaskWords | None] = reactive(None, repaint=False)
    """What is shown; an equal value repaints nothing."""
    columns: reactive[Columns | None] = reactive(None)
    """How the line is shared out."""

    def __init__(self, value: TaskWords, columns: Columns) -> None:
        super().__init__(value, classes=_state_class(value))
        self.set_reactive(TaskRow.words, value)
        self.set_reactive(TaskRow.columns, columns)

    def show(self, value: TaskWords) -> None:
        """Show new words, perhaps of another task."""
        self.key = value.key
        self.words = value

    def render(self) -> Content:
        """Return the line."""
        if self.words is None or self.columns is None:
            return Content()
        parts = task_line(self.words, self.columns)
        return Content.assemble(
            *(
                (text, self.get_visual_style(f"task-row--{style}")) if style else text
                for text, style in ((text, _STYLES.get(name)) for name, text in parts)
            )
        )

    def watch_words(self, old: TaskWords | None, new: TaskWords | None) -> None:
        """Repaint as little as will do: a passing minute is a few cells."""
        if old is None or new is None or not self.is_mounted:
            return
        if old.status is not new.status:
            self.set_class(False, _state_class(old))
            self.set_class(True, _state_class(new))
        before, after = self._cells(old), self._cells(new)
        widths = [cell_len(part) for part in before]
        if widths != [cell_len(part) for part in after]:
            self.refresh()
            return
        changed = [part for part, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
        if changed:
            first, last = changed[0], changed[-1]
            start, end = sum(widths[:first]), sum(widths[: last + 1])
            self.refresh(Region(start, 0, end - start, 1))

    def _cells(self, words: TaskWords) -> list[str]:
        assert self.columns is not None  # noqa: S101 (set when the row is made)
        return [text for _, text in task_line(words, self.columns)]


def _state_class(words: TaskWords) -> str:
    return f"-state-{words.status.value.lower().replace('_', '-')}"
