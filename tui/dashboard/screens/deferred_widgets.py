"""The widgets of the main screen that its first paint does not wait for."""

from __future__ import annotations

from textual.screen import Screen

from tui.dashboard.screens.panes import Panes
from tui.dashboard.widgets.event_lines import EventLines
from tui.dashboard.widgets.filter_input import FilterInput
from tui.dashboard.widgets.footer import KeyFooter
from tui.dashboard.widgets.frame_list import FrameList
from tui.dashboard.widgets.list_pane import ListPane
from tui.dashboard.widgets.notices import Banner, TransferBar
from tui.dashboard.widgets.task_detail import TaskDetail


class DeferredWidgets:
    """Details, banner, events and footer: they take as long to mount as the list itself."""

    filter: FilterInput

    def __init__(self) -> None:
        self.detail = TaskDetail()
        self.banner = Banner()
        self.events = EventLines(id="events")
        self.transfer = TransferBar()
        self.footer = KeyFooter(show_command_palette=False)

    @property
    def frames(self) -> FrameList:
        """The frames of the selected task."""
        return self.detail.frames

    async def mount(self, screen: Screen[None], panes: Panes, list_pane: ListPane) -> None:
        """Mount them around and into the panes."""
        self.filter = await list_pane.mount_deferred()
        await screen.mount(self.banner, before=panes)
        await panes.add_detail(self.detail)
        await screen.mount(self.events, self.transfer, self.footer, after=panes)
