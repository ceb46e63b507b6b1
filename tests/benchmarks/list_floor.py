"""The least that can list tasks, Textual's own list: `python -m tests.benchmarks.list_floor N`.

Apart from `floor`, whose start must not import it.
"""

from __future__ import annotations

import sys

from textual.app import App, ComposeResult
from textual.widgets import OptionList

from tests.benchmarks.service import task_id


class ListFloor(App[None]):
    """A list of IDs, and no styles."""

    def __init__(self, tasks: int) -> None:
        """Show so many."""
        super().__init__()
        self._tasks = tasks

    def compose(self) -> ComposeResult:
        """The list."""
        yield OptionList(*(task_id("run", number) for number in range(self._tasks)))


if __name__ == "__main__":
    ListFloor(int(sys.argv[1])).run()
