"""The widgets of the main screen that its first paint does not wait for."""

from __future__ import annotations

from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from tui.dashboard.widgets.filter_input import FilterInput
from tui.dashboard.widgets.footer import KeyFooter
from tui.dashboard.widgets.frame_list import FrameList
from tui.dashboard.widgets.notices import Banner, TransferBar
from tui.dashboard.widgets.task_detail import TaskDetail

EMPTY = (
    "The watchlist is empty.\n\n"
    "Press a and paste one or many task IDs, or add them from another shell:\n\n"
    "    scenext-tui add 12345 67890\n\n"
    "They show up here at once and are polled until they end."
)


class DeferredWidgets:
    """Filter, details, banner, transfer bar and footer: they take as long as the list itself."""

    def __init__(self, columns: Widget) -> None:
        """Create them; the filter takes the place of `columns` while it is shown."""
        self.filter = FilterInput(columns)
        self.detail = TaskDetail()
        self.banner = Banner()
        self.transfer = TransferBar()
        self.footer = KeyFooter(show_command_palette=False)

    @property
    def frames(self) -> FrameList:
        """The frames of the selected task."""
        return self.detail.frames

    async def mount(self, screen: Screen[None], panes: Widget, list_pane: Vertical) -> None:
        """Mount them around and into the panes."""
        await list_pane.mount(self.filter, before=0)
        await list_pane.mount(
            Static(Content(EMPTY), id="empty"),
            Static(Content("No task matches.  esc: show all"), id="nothing"),
        )
        await screen.mount(self.banner, before=panes)
        await panes.mount(self.detail)
        await screen.mount(self.transfer, self.footer, after=panes)
