"""The floor with a list, Textual's `OptionList`: `python -m tests.benchmarks.list_floor N`.

Separate from `floor`, whose start must not include importing it.
"""

from __future__ import annotations

import sys

from textual.app import App, ComposeResult
from textual.widgets import OptionList

from tests.benchmarks.service import task_id


class ListFloor(App[None]):
    """A list of task IDs without styles."""

    def __init__(self, tasks: int) -> None:
        """Show this many tasks."""
        super().__init__()
        self._tasks = tasks

    def compose(self) -> ComposeResult:
        """Yield the list."""
        yield OptionList(*(task_id("run", number) for number in range(self._tasks)))


if __name__ == "__main__":
    ListFloor(int(sys.argv[1])).run()
