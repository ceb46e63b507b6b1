"""The dashboard: the list of tasks, and beside it (or in its place) the selected one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static

from tui.dashboard.messages import (
    CancelRequested,
    CopyRequested,
    CopyTextRequested,
    DetailRequested,
    DownloadRequested,
    FilterChanged,
    OpenRequested,
    PreviewRequested,
    RefreshRequested,
    RemoveRequested,
    UndoRequested,
    ViewChanged,
)
from tui.dashboard.screens.keys import DASHBOARD_KEYS
from tui.dashboard.widgets.panes import ListPane, Panes
from tui.dashboard.widgets.status_bar import StatusBar
from tui.dashboard.widgets.task_list import TaskList
from tui.terminal.screen import TerminalScreen
from tui.wording.tasks import TaskWords, column_names

if TYPE_CHECKING:
    from tui.dashboard.widgets.filter_input import FilterInput
    from tui.dashboard.widgets.frame_list import FrameList
    from tui.dashboard.widgets.notices import Banner
    from tui.dashboard.widgets.row_list import RowList
    from tui.dashboard.widgets.task_detail import TaskDetail
    from tui.dashboard.widgets.transfer_bar import TransferBar
    from tui.dashboard.widgets.virtual_list import LazyRows
    from tui.wording.details import Detail

EMPTY = (
    "The watchlist is empty.\n\n"
    "Press a and paste one or many task IDs, or add them from another shell:\n\n"
    "    scenext-tui add 12345 67890\n\n"
    "They show up here at once and are polled until they end."
)


WIDE_FROM: Final = 100
"""Cells of a terminal from which on the task stands beside the list."""


class Dashboard(TerminalScreen):
    """Shows what it is given; what needs I/O it asks of the app."""

    BINDING_GROUP_TITLE = "Dashboard"
    BINDINGS: ClassVar[list[BindingType]] = DASHBOARD_KEYS
    AUTO_FOCUS = "#tasks"

    complete: bool
    """Whether there is more than status and list, and keys do something."""
    filter: FilterInput
    detail: TaskDetail
    frames: FrameList
    banner: Banner
    transfer: TransferBar

    opened: reactive[bool] = reactive(False, bindings=True)
    """Whether a narrow terminal shows the task in place of the list."""
    saving: reactive[bool] = reactive(False, bindings=True)
    """Whether the line about a download is shown."""
    removed: reactive[int] = reactive(0, bindings=True)
    """How many removed tasks could be brought back."""

    class Painted(Message):
        """The list is on the screen."""

    def __init__(
        self,
        host: str,
        words: Sequence[TaskWords],
        counts: str,
        may_paint: Callable[[], bool],
    ) -> None:
        """Prepare to show the tasks `words` from the first paint on; `may_paint` says when."""
        self.complete = False
        super().__init__(may_paint)
        self.status = StatusBar(host, counts)
        self.tasks = TaskList(id="tasks")
        self.tasks.preset(words)
        self._columns = Static(id="columns")
        self._list_pane = ListPane(self._columns, self.tasks, id="list-pane")
        self._panes = Panes(self._list_pane, id="panes")

    def compose(self) -> ComposeResult:
        """What is looked at first: the status and the list; `complete_itself` adds the rest."""
        self.set_class(self.app.size.width < WIDE_FROM, "-narrow")
        yield self.status
        yield self._panes

    async def complete_itself(self) -> None:
        """Add all that the first paint does not wait for: it takes as long as the list."""
        from tui.dashboard.widgets.filter_input import FilterInput
        from tui.dashboard.widgets.footer import KeyFooter
        from tui.dashboard.widgets.notices import Banner
        from tui.dashboard.widgets.task_detail import TaskDetail
        from tui.dashboard.widgets.transfer_bar import TransferBar

        self.filter, self.detail = FilterInput(self._columns), TaskDetail()
        self.frames = self.detail.frames
        self.banner, self.transfer = Banner(), TransferBar()
        self._footer = KeyFooter(show_command_palette=False)
        with self.app.batch_update():
            await self._list_pane.mount(self.filter, before=0)
            await self._list_pane.mount(
                Static(Content(EMPTY), id="empty"),
                Static(Content("No task matches.  esc: show all"), id="nothing"),
            )
            await self.mount(self.banner, before=self._panes)
            await self._panes.mount(self.detail)
            await self.mount(self.transfer, self._footer, after=self._panes)
            self.complete = True
            self._arrange()

    @property
    def selected(self) -> str:
        """The ID of the selected task; empty while there are no tasks."""
        return self.tasks.cursor

    def set_tasks(self, words: Sequence[TaskWords], *, empty: bool) -> None:
        """Show exactly these tasks; `empty` says whether the watchlist is, or just its filter."""
        self.set_class(empty, "-empty")
        self.set_class(not empty and not words, "-nothing")
        self.tasks.set_values(words)
        if not words:
            self.opened = False
            self.detail.show(None, 0.0)
        self._arrange()
        self.refresh_bindings()

    def show_detail(self, detail: Detail, server_now: float) -> None:
        """Show the selected task in full."""
        if detail.task_id == self.selected:
            self.detail.show(detail, server_now)
            self.refresh_bindings()
            self._fill_preview()

    def show_transfer(self, words: str, *, path: str = "", running: bool = False) -> None:
        """Say how a download stands; nothing hides the line."""
        self.transfer.path, self.transfer.running = path, running
        self.transfer.words = words
        self.saving = bool(words)

    def watch_opened(self, opened: bool) -> None:
        """Swap list and task on a narrow terminal."""
        if self.complete:
            self._arrange()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Say which keys do something now, for the footer."""
        if not self.complete:
            return False
        match action:
            case "filter":
                # Where the task stands in place of the list, its keys need the room.
                instead = self.opened and self.has_class("-narrow")
                return not instead and self.focused is not self.filter
            case "frames":
                return bool(self.selected) and self.focused is self.tasks
            case "back":
                filtered = bool(self.filter.value)
                return self.saving or self.opened or filtered or self.focused is not self.tasks
            case "open" | "copy" | "preview" | "download" | "download_all":
                return bool(self.frames.keys)
            case "enlarge":
                wanted = bool(parameters[0])
                return self.detail.previewing and self.detail.enlarged is not wanted
            case "copy_path":
                return self.saving and bool(self.transfer.path)
            case "undo":
                return self.removed > 0
            case "remove" | "refresh" | "refresh_all" | "copy_id":
                return bool(self.selected)
        return True

    def on_resize(self, event: events.Resize) -> None:
        """Show list and task side by side where there is room, else one of them."""
        if self.complete:
            self._arrange()

    def _arrange(self) -> None:
        narrow = self.size.width < WIDE_FROM
        self.set_class(narrow, "-narrow")
        self._footer.compact = narrow
        # In line, not by a class: what is to get the focus next must be there at once.
        instead = self.opened and (narrow or self.detail.enlarged)
        self._list_pane.display = not instead
        self.detail.display = bool(self.tasks.keys) and (not narrow or self.opened)

    def on_task_list_arranged(self, event: TaskList.Arranged) -> None:
        """Put the heads of the columns above them; the first time, tell that they can be seen."""
        if not self.painted:
            self.painted = True
            self.post_message(self.Painted())
        self._columns.update(Content(column_names(event.columns)), layout=False)

    def on_input_changed(self, event: FilterInput.Changed) -> None:
        """Filter while one types."""
        self.post_message(FilterChanged(event.value))

    def on_filter_input_left(self) -> None:
        """Go on in the list."""
        self.set_focus(self.tasks)

    def on_row_list_cursor_moved(self, event: RowList.CursorMoved) -> None:
        """Show the picture of the frame that was selected."""
        if event.rows is not self.tasks:
            self._fill_preview()

    def on_lazy_rows_view_moved(self, event: LazyRows.ViewMoved) -> None:
        """Have what scrolled into view brought up to date."""
        if event.rows is self.tasks:
            self.post_message(ViewChanged(event.keys))

    def on_row_list_selected(self, event: RowList.Selected) -> None:
        """Go to the task's frames, or open the frame."""
        if event.rows is self.tasks:
            self.action_frames()
        else:
            self.post_message(OpenRequested(self.selected, event.key))

    def action_frames(self) -> None:
        """Go to the selected task's frames; on a narrow terminal they take the list's place."""
        if not self.complete:
            return
        self.post_message(DetailRequested(self.selected))
        self.opened = True
        # Not by `focus`, which leaves the next key to the list.
        self.set_focus(self.frames)

    def action_back(self) -> None:
        """End or hide the download, if there is one; else return to the list."""
        if self.saving:
            self.post_message(CancelRequested())
            return
        if self.focused is self.tasks and not self.opened:
            self.filter.clear_filter()
            return
        self._show_list()
        self.set_focus(self.tasks)

    def _show_list(self) -> None:
        self.detail.enlarged = False
        self.opened = False
        self._arrange()

    def action_open(self) -> None:
        """Open the frame under the cursor; with the focus on the list, the newest one."""
        self.post_message(OpenRequested(self.selected, self._link_key()))

    def action_copy(self) -> None:
        """Copy the link that `action_open` would open."""
        self.post_message(CopyRequested(self.selected, self._link_key()))

    def show_all_tasks(self) -> None:
        """Drop the filter, so that what was just added is seen."""
        self.filter.clear_filter()

    def action_filter(self) -> None:
        """Ask which tasks are to be shown."""
        self._show_list()
        self.filter.open()

    def action_copy_id(self) -> None:
        """Copy the selected task's ID."""
        self.post_message(CopyTextRequested(self.selected, "Task ID"))

    def action_copy_path(self) -> None:
        """Copy where the last download lies."""
        self.post_message(CopyTextRequested(self.transfer.path, "Path"))

    def action_preview(self) -> None:
        """Show the picture of the frame that `action_open` would open, or hide it."""
        self._newest_under_cursor()
        self.detail.previewing = not self.detail.previewing
        if self.detail.enlarged:
            self.action_enlarge(False)
        self.refresh_bindings()
        if self.detail.previewing and not self.detail.display:
            self.opened = True
            self.set_focus(self.frames)
        self._fill_preview()

    def action_enlarge(self, larger: bool) -> None:
        """Give the picture all the room there is, or less."""
        self._newest_under_cursor()
        self.detail.enlarged = larger
        self.opened = larger or self.has_class("-narrow")
        self._arrange()
        if larger:
            self.set_focus(self.frames)
        self.refresh_bindings()

    def _newest_under_cursor(self) -> None:
        # From the list the newest frame is meant, also once the focus is with the frames.
        if self.focused is self.tasks and self.frames.keys:
            self.frames.cursor = self.frames.keys[-1]

    def action_download(self) -> None:
        """Save the frame that `action_open` would open."""
        self.post_message(DownloadRequested(self.selected, self._link_key()))

    def action_download_all(self) -> None:
        """Save everything there is of the selected task."""
        self.post_message(DownloadRequested(self.selected, everything=True))

    def on_frame_preview_resized(self) -> None:
        """Have the picture scaled to the new size."""
        self._fill_preview()

    def on_descendant_focus(self) -> None:
        """From the list the newest frame is meant, from the frames the one under the cursor."""
        self._fill_preview()

    def _fill_preview(self) -> None:
        if self.complete and self.detail.previewing:
            self.post_message(PreviewRequested(self.selected, self._link_key()))

    def action_add(self) -> None:
        """Ask for tasks to watch."""
        from tui.dashboard.screens.add_tasks import AddTasks

        self.app.push_screen(AddTasks())

    def action_remove(self) -> None:
        """Watch the selected task no longer."""
        removed = self.selected
        # At once: keys that come together each mean the task that is selected by then.
        self.tasks.drop(removed)
        self.removed += 1
        self.post_message(RemoveRequested(removed))

    def action_undo(self) -> None:
        """Bring back what was removed last."""
        self.post_message(UndoRequested())

    def action_refresh(self) -> None:
        """Ask about the selected task now."""
        self.post_message(RefreshRequested((self.selected,)))

    def action_refresh_all(self) -> None:
        """Ask about all tasks now."""
        self.post_message(RefreshRequested(()))

    def _link_key(self) -> str:
        return self.frames.cursor if self.frames.has_focus else ""
