"""Tells which new tasks somebody has looked at: those on which the cursor has rested."""

from __future__ import annotations

from typing import Final

from textual.timer import Timer

from tui.dashboard import messages
from tui.dashboard.screens.main import MainScreen
from tui.wording.rows import TaskRowData

SETTLE_TIME: Final = 0.1
"""Seconds after a key or a click by which the cursor has moved to where it sends it."""
REST_TIME: Final = 0.9
"""Seconds from then on for which the cursor has to rest on a task."""


class CursorRest:
    """Posts `TaskSeen` for a new task that the cursor rests on after somebody did something.

    A task that ends at night under the cursor of a dashboard that nobody uses stays new.
    """

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self._timer: Timer | None = None
        self._acted_again = False

    @property
    def is_waiting(self) -> bool:
        """Whether the cursor has not rested for long enough since somebody did something."""
        return self._timer is not None

    def user_acted(self) -> None:
        """Begin to wait, since there was a key, a click, or the terminal got the focus."""
        self._acted_again = True
        if self._timer is None and self._screen.is_attached:
            self._timer = self._screen.set_timer(SETTLE_TIME, self._begin)

    def _begin(self) -> None:
        self._timer, self._acted_again = None, False
        if task_id := self._new_task():
            self._timer = self._screen.set_timer(REST_TIME, lambda: self._end(task_id))

    def _end(self, task_id: str) -> None:
        self._timer = None
        if self._new_task() == task_id:
            self._screen.post_message(messages.TaskSeen(task_id))
        elif self._acted_again:
            self.user_acted()

    def _new_task(self) -> str:
        """Return the ID of the task under the cursor if it is new and can be seen."""
        row = self._screen.tasks.value(self._screen.selected)
        is_new = isinstance(row, TaskRowData) and row.is_new
        return self._screen.selected if is_new and self._is_in_sight() else ""

    def _is_in_sight(self) -> bool:
        """Return whether the end of the task under the cursor can be read somewhere."""
        screen = self._screen
        detail = screen.deferred.detail if screen.deferred is not None else None
        if detail is not None and detail.display:
            return screen.is_active
        # The wheel may have scrolled it out of view.
        return screen.is_active and screen.selected in screen.tasks.keys_in_view()
