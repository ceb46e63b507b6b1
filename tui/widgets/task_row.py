"""One reactive widget per task: a line of badge, age, frames, ID, reason and label."""

from __future__ import annotations

from typing import ClassVar

from textual.content import Content
from textual.geometry import Region
from textual.reactive import reactive

from tui.text import AGE_AT, Columns, TaskWords, task_line
from tui.widgets.row_list import Row


class TaskRow(Row[TaskWords]):
    """A task's line. Colours come from the class `-state-…` and the parts' component classes."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "task-row--badge",
        "task-row--age",
        "task-row--frames",
        "task-row--id",
        "task-row--stale",
        "task-row--label",
    }

    words: reactive[TaskWords | None] = reactive(None, repaint=False)
    """What is shown; an equal value repaints nothing."""
    columns: reactive[Columns | None] = reactive(None)
    """How the line is shared out."""

    def __init__(self, value: TaskWords, columns: Columns) -> None:
        super().__init__(value)
        self.set_reactive(TaskRow.words, value)
        self.set_reactive(TaskRow.columns, columns)
        self.add_class(_state_class(value))

    def show(self, value: TaskWords) -> None:
        """Show new words of the same task."""
        self.words = value

    def render(self) -> Content:
        """Return the line."""
        if self.words is None or self.columns is None:
            return Content()
        parts = task_line(self.words, self.columns)
        return Content.assemble(
            *((text, self.get_visual_style(f"task-row--{name}")) for name, text in parts)
        )

    def watch_words(self, old: TaskWords | None, new: TaskWords | None) -> None:
        """Repaint as little as will do: a passing minute is a few cells."""
        if old is None or new is None or not self.is_mounted:
            return
        if old.status is not new.status:
            self.set_class(False, _state_class(old))
            self.set_class(True, _state_class(new))
        before, after = self._cells(old), self._cells(new)
        changed = [i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b]
        if changed == [1] and len(before) == len(after) and len(before[0]) == AGE_AT:
            self.refresh(Region(AGE_AT, 0, len(after[1]), 1))
        else:
            self.refresh()

    def _cells(self, words: TaskWords) -> list[str]:
        assert self.columns is not None  # noqa: S101 (set when the row is made)
        return [text for _, text in task_line(words, self.columns)]


def _state_class(words: TaskWords) -> str:
    return f"-state-{words.status.value.lower().replace('_', '-')}"
