"""The list, and the selected task beside it, below it or in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Container
from textual.message import Message

from tui.dashboard.screens.pane_layout import PaneLayout, Place
from tui.dashboard.widgets.list_pane import ListPane

if TYPE_CHECKING:
    from tui.dashboard.widgets.task_detail import TaskDetail


class Panes(Container):
    """Gives its two parts their places and sizes."""

    BLANK = True

    class Resized(Message):
        """What stands above or below has other heights now, or the window has another size."""

    def __init__(self, list_pane: ListPane) -> None:
        """Show the list; the task joins it with `add_detail`."""
        super().__init__(list_pane, id="panes")
        self._list_pane = list_pane
        self._detail: TaskDetail | None = None

    async def add_detail(self, detail: TaskDetail) -> None:
        """Mount the selected task."""
        self._detail = detail
        await self.mount(detail)

    def on_resize(self) -> None:
        """Report the size."""
        self.post_message(self.Resized())

    def place(self, layout: PaneLayout, *, opened: bool) -> None:
        """Show list and task where they belong; `opened` says whether the task was asked for.

        By inline styles, not by a class: the widget to be focused next must be displayed at once.
        """
        place, detail = layout.place, self._detail
        self.styles.layout = "vertical" if place is Place.BELOW else "horizontal"
        is_beside, alone = place is Place.BESIDE, False
        if detail is not None:
            alone = opened and place is Place.INSTEAD
            has_tasks = bool(self._list_pane.tasks.keys)
            detail.display = has_tasks and (opened or place is not Place.INSTEAD)
            detail.styles.width = layout.detail_width if is_beside and not alone else "1fr"
            height = layout.detail_height
            detail.styles.height = height if height and not alone else "1fr"
            # Before the first paint it is not there, and its place is kept free.
            is_beside = is_beside and detail.display
        self._list_pane.display = not alone
        self._list_pane.styles.width = layout.list_width if is_beside else "1fr"
