"""The dashboard: the list of tasks, and beside it (or in its place) the selected one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.getters import query_one
from textual.message import Message
from textual.reactive import reactive
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Footer, Static

from tui.detail import Detail
from tui.messages import (
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
from tui.screens.dashboard_keys import DASHBOARD_KEYS
from tui.text import TaskWords, column_names
from tui.widgets.banner import Banner
from tui.widgets.filter_input import FilterInput
from tui.widgets.frame_list import FrameList
from tui.widgets.frame_preview import FramePreview
from tui.widgets.row_list import RowList
from tui.widgets.status_bar import StatusBar
from tui.widgets.task_detail import TaskDetail
from tui.widgets.task_list import TaskList
from tui.widgets.transfer_bar import TransferBar

EMPTY = (
    "The watchlist is empty.\n\n"
    "Press a and paste one or many task IDs, or add them from another shell:\n\n"
    "    scenext-tui add 12345 67890\n\n"
    "They show up here at once and are polled until they end."
)


WIDE_FROM: Final = 100
"""Cells of a terminal from which on the task stands beside the list."""


DETAIL_AFTER: Final = 0.06
"""Seconds that the cursor must rest on a task before its detail is shown."""


class Dashboard(Screen[None]):
    """Shows what it is given; what needs I/O it asks of the app."""

    BINDING_GROUP_TITLE = "Dashboard"
    BINDINGS: ClassVar[list[BindingType]] = DASHBOARD_KEYS
    AUTO_FOCUS = "#tasks"

    tasks = query_one(TaskList)
    detail = query_one(TaskDetail)
    frames = query_one(FrameList)
    status = query_one(StatusBar)
    banner = query_one(Banner)
    transfer = query_one(TransferBar)

    opened: reactive[bool] = reactive(False, bindings=True)
    """Whether a narrow terminal shows the task in place of the list."""
    saving: reactive[bool] = reactive(False, bindings=True)
    """Whether the line about a download is shown."""
    removed: reactive[int] = reactive(0, bindings=True)
    """How many removed tasks could be brought back."""

    class Ready(Message):
        """The dashboard can be given something to show."""

    def __init__(self, host: str, words: Sequence[TaskWords]) -> None:
        """Prepare to show the tasks `words` from the first paint on."""
        super().__init__()
        self._words = words
        self._shown_keys: list[tuple[str, bool, str]] = []
        self._detail_timer: Timer | None = None
        self._host = host

    def compose(self) -> ComposeResult:
        """The status above, the panes, the keys below."""
        yield StatusBar(self._host)
        yield Banner()
        with Horizontal(id="panes"):
            with Vertical(id="list-pane"):
                yield FilterInput()
                yield Static(id="columns")
                tasks = TaskList(id="tasks")
                tasks.preset(self._words)
                yield tasks
                yield Static(Content(EMPTY), id="empty")
                yield Static(Content("No task matches.  esc: show all"), id="nothing")
            yield TaskDetail()
        yield TransferBar()
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Ask for something to show."""
        self.post_message(self.Ready())

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

    def refresh_bindings(self) -> None:
        """Have the footer made anew, but only where it will differ."""
        shown = [
            (key, active.enabled, active.binding.description)
            for key, active in self.active_bindings.items()
        ]
        if shown != self._shown_keys:
            self._shown_keys = shown
            super().refresh_bindings()

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
        self._arrange()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Say which keys do something now, for the footer."""
        match action:
            case "filter":
                return self.focused is self.tasks
            case "frames":
                return bool(self.selected) and self.focused is self.tasks
            case "back":
                filtered = bool(self.query_one(FilterInput).value)
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
        self._arrange()

    def _arrange(self) -> None:
        narrow = self.size.width < WIDE_FROM
        self.set_class(narrow, "-narrow")
        self.query_one(Footer).compact = narrow
        # In line, not by a class: what is to get the focus next must be there at once.
        instead = self.opened and (narrow or self.detail.enlarged)
        self.query_one("#list-pane").display = not instead
        self.detail.display = bool(self.tasks.keys) and (not narrow or self.opened)

    @on(TaskList.Arranged)
    def _arranged(self, event: TaskList.Arranged) -> None:
        self.query_one("#columns", Static).update(Content(column_names(event.columns)))

    @on(FilterInput.Changed)
    def _filtered(self, event: FilterInput.Changed) -> None:
        self.post_message(FilterChanged(event.value))

    @on(FilterInput.Left)
    def _filter_left(self) -> None:
        self.tasks.focus()

    @on(RowList.CursorMoved, "#tasks")
    def _task_selected(self) -> None:
        # Once the cursor rests: a detail costs more than a key's repeat leaves time for.
        if self._detail_timer is not None:
            self._detail_timer.stop()
        self._detail_timer = self.set_timer(DETAIL_AFTER, self._ask_for_detail)

    def _ask_for_detail(self) -> None:
        self.post_message(DetailRequested(self.selected))

    @on(RowList.ViewMoved, "#tasks")
    def _tasks_scrolled(self) -> None:
        self.post_message(ViewChanged(tuple(self.tasks.keys_in_view())))

    @on(RowList.Selected, "#tasks")
    def action_frames(self) -> None:
        """Go to the selected task's frames; on a narrow terminal they take the list's place."""
        self._ask_for_detail()
        self.opened = True
        # Not by `focus`, which leaves the next key to the list.
        self.set_focus(self.frames)

    @on(RowList.Selected, "#frames")
    def _frame_opened(self, event: RowList.Selected) -> None:
        self.post_message(OpenRequested(self.selected, event.key))

    def action_back(self) -> None:
        """End or hide the download, if there is one; else return to the list."""
        if self.saving:
            self.post_message(CancelRequested())
            return
        if self.focused is self.tasks and not self.opened:
            self.query_one(FilterInput).clear_filter()
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
        self.query_one(FilterInput).clear_filter()

    def action_filter(self) -> None:
        """Ask which tasks are to be shown."""
        self._show_list()
        self.query_one(FilterInput).open()

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

    @on(RowList.CursorMoved, "#frames")
    @on(FramePreview.Resized)
    @on(events.DescendantFocus)
    def _fill_preview(self) -> None:
        if self.detail.previewing:
            self.post_message(PreviewRequested(self.selected, self._link_key()))

    def action_add(self) -> None:
        """Ask for tasks to watch."""
        from tui.screens.add_tasks import AddTasks

        self.app.push_screen(AddTasks())

    def action_remove(self) -> None:
        """Watch the selected task no longer."""
        self.post_message(RemoveRequested(self.selected))

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
