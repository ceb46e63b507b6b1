"""The dashboard: the list of tasks, and beside it (or in its place) the selected one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.getters import query_one
from textual.message import Message
from textual.reactive import reactive
from textual.screen import Screen
from textual.widgets import Footer, Static

from tui.detail import Detail
from tui.messages import (
    CopyRequested,
    DetailRequested,
    OpenRequested,
    RefreshRequested,
    RemoveRequested,
    UndoRequested,
    ViewChanged,
)
from tui.text import TaskWords, column_names
from tui.widgets.banner import Banner
from tui.widgets.frame_list import FrameList
from tui.widgets.row_list import RowList
from tui.widgets.status_bar import StatusBar
from tui.widgets.task_detail import TaskDetail
from tui.widgets.task_list import TaskList

EMPTY = (
    "The watchlist is empty.\n\n"
    "Press a and paste one or many task IDs, or add them from another shell:\n\n"
    "    scenext-tui add 12345 67890\n\n"
    "They show up here at once and are polled until they end."
)


WIDE_FROM: Final = 100
"""Cells of a terminal from which on the task stands beside the list."""


class Dashboard(Screen[None]):
    """Shows what it is given; what needs I/O it asks of the app."""

    BINDING_GROUP_TITLE = "Dashboard"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="back"),
        Binding(
            "question_mark", "app.help", "Help", tooltip="Show all keys", key_display="?", id="help"
        ),
        Binding("q", "app.quit", "Quit", tooltip="Quit; nothing is lost", id="dashboard.quit"),
        Binding("o", "open", "Open", tooltip="Open the frame, or the task's newest", id="open"),
        Binding("a", "add", "Add", tooltip="Watch more tasks", id="add"),
        Binding("x", "remove", "Remove", tooltip="Watch this task no longer", id="remove"),
        Binding("u", "undo", "Undo", tooltip="Bring back the task removed last", id="undo"),
        Binding("r", "refresh", "Refresh", tooltip="Ask about this task now", id="refresh"),
        Binding(
            "R",
            "refresh_all",
            "Refresh all",
            tooltip="Ask about all tasks now",
            show=False,
            id="refresh_all",
        ),
        Binding("y", "copy", "Copy link", tooltip="Copy the frame's link", id="copy"),
    ]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE_FROM, "-wide")]  # noqa: RUF012 (Textual's type)
    AUTO_FOCUS = "#tasks"

    tasks = query_one(TaskList)
    detail = query_one(TaskDetail)
    frames = query_one(FrameList)
    status = query_one(StatusBar)
    banner = query_one(Banner)

    opened: reactive[bool] = reactive(False, bindings=True)
    """Whether a narrow terminal shows the task in place of the list."""
    removed: reactive[int] = reactive(0, bindings=True)
    """How many removed tasks could be brought back."""

    class Ready(Message):
        """The dashboard can be given something to show."""

    def __init__(self, host: str) -> None:
        super().__init__()
        self._host = host

    def compose(self) -> ComposeResult:
        """The status above, the panes, the keys below."""
        yield StatusBar(self._host)
        yield Banner()
        with Horizontal(id="panes"):
            with Vertical(id="list-pane"):
                yield Static(id="columns")
                yield TaskList(id="tasks")
                yield Static(Content(EMPTY), id="empty")
            yield TaskDetail()
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Ask for something to show."""
        self.post_message(self.Ready())

    @property
    def selected(self) -> str:
        """The ID of the selected task; empty while there are no tasks."""
        return self.tasks.cursor

    def set_tasks(self, words: Sequence[TaskWords]) -> None:
        """Show exactly these tasks."""
        self.set_class(not words, "-empty")
        self.tasks.set_values(words)
        if not words:
            self.opened = False
            self.detail.show(None, 0.0)
        self.refresh_bindings()

    def show_detail(self, detail: Detail, server_now: float) -> None:
        """Show the selected task in full."""
        if detail.task_id == self.selected:
            self.detail.show(detail, server_now)
            self.refresh_bindings()

    def watch_opened(self, opened: bool) -> None:
        """Swap list and task on a narrow terminal."""
        self.set_class(opened, "-opened")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Say which keys do something now, for the footer."""
        match action:
            case "back":
                return self.opened or self.focused is not self.tasks
            case "open" | "copy":
                return bool(self.frames.keys)
            case "undo":
                return self.removed > 0
            case "remove" | "refresh" | "refresh_all":
                return bool(self.selected)
        return True

    def on_resize(self, event: events.Resize) -> None:
        """Set the keys closer where there is little room."""
        self.query_one(Footer).compact = event.size.width < WIDE_FROM

    @on(TaskList.Arranged)
    def _arranged(self, event: TaskList.Arranged) -> None:
        self.query_one("#columns", Static).update(Content(column_names(event.columns)))

    @on(RowList.CursorMoved, "#tasks")
    def _task_selected(self, event: RowList.CursorMoved) -> None:
        self.post_message(DetailRequested(event.key))

    @on(RowList.ViewMoved, "#tasks")
    def _tasks_scrolled(self) -> None:
        self.post_message(ViewChanged(tuple(self.tasks.keys_in_view())))

    @on(RowList.Selected, "#tasks")
    def _task_opened(self) -> None:
        self.opened = True
        self.call_after_refresh(self.frames.focus)

    @on(RowList.Selected, "#frames")
    def _frame_opened(self, event: RowList.Selected) -> None:
        self.post_message(OpenRequested(self.selected, event.key))

    def action_back(self) -> None:
        """Return to the list."""
        self.opened = False
        self.call_after_refresh(self.tasks.focus)

    def action_open(self) -> None:
        """Open the frame under the cursor; with the focus on the list, the newest one."""
        self.post_message(OpenRequested(self.selected, self._link_key()))

    def action_copy(self) -> None:
        """Copy the link that `action_open` would open."""
        self.post_message(CopyRequested(self.selected, self._link_key()))

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
