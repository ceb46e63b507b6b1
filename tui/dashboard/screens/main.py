"""The main screen: the list of tasks, and beside it (or in its place) the selected one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive

from tui.addresses import AddressRule
from tui.dashboard import messages
from tui.dashboard.screens.main_keys import MAIN_KEYS, does_something
from tui.dashboard.screens.pane_layout import MIN_WIDTH_SPACED, Place, lay_out
from tui.dashboard.screens.panes import Panes
from tui.dashboard.screens.picture_choice import PictureChoice
from tui.dashboard.widgets.list_pane import ListPane
from tui.dashboard.widgets.status_bar import StatusBar
from tui.graphics import DEFAULT_CELL, CellSize
from tui.terminal.screen import TerminalScreen
from tui.wording.rows import nothing_to_look_at
from tui.wording.section_lines import ListLine
from tui.wording.summary import HeaderData

if TYPE_CHECKING:
    from tui.dashboard.screens.deferred_widgets import DeferredWidgets
    from tui.dashboard.widgets.filter_input import FilterInput
    from tui.dashboard.widgets.row_list import RowList
    from tui.dashboard.widgets.virtual_list import VirtualList
    from tui.wording.details import TaskDetails


class MainScreen(TerminalScreen):
    """Shows what it is given; what needs I/O it requests from the app."""

    BINDING_GROUP_TITLE = "Dashboard"
    BINDINGS: ClassVar[list[BindingType]] = MAIN_KEYS
    AUTO_FOCUS = "#tasks"

    opened: reactive[bool] = reactive(False, bindings=True)
    """Whether a narrow terminal shows the task in place of the list."""
    saving: reactive[bool] = reactive(False, bindings=True)
    """Whether the line about a download is shown."""
    removed_count: reactive[int] = reactive(0, bindings=True)
    """How many removed tasks could be brought back."""
    needs_key: reactive[bool] = reactive(False, bindings=True)
    """Whether nothing goes on before there is another key, which a refresh looks for."""

    class Painted(Message):
        """The list is on the screen."""

    def __init__(
        self, header: HeaderData, rows: Sequence[ListLine], may_paint: Callable[[], bool]
    ) -> None:
        """Show the tasks `rows` from the first paint on; `may_paint` says when to paint."""
        super().__init__(may_paint)
        self.deferred: DeferredWidgets | None = None
        """The rest of the widgets, once they are mounted; keys do nothing before."""
        self.status = StatusBar(header)
        self._list_pane = ListPane(rows)
        self.tasks = self._list_pane.tasks
        self._panes = Panes(self._list_pane)
        self.pane_layout = lay_out(0, 0)
        self._pictures = PictureChoice()
        self._cell = DEFAULT_CELL

    def compose(self) -> ComposeResult:
        """Yield what is looked at first: the status and the list."""
        self._arrange(self.app.size)
        yield self.status
        yield self._panes

    async def mount_deferred(self) -> DeferredWidgets:
        """Mount everything that the first paint does not wait for, and return it."""
        from tui.dashboard.screens.deferred_widgets import DeferredWidgets

        deferred = DeferredWidgets()
        with self.app.batch_update():
            await deferred.mount(self, self._panes, self._list_pane)
            self.deferred = deferred
            self._arrange(self.size)
        return deferred

    def begin_pictures(self, choice: PictureChoice, cell: CellSize) -> None:
        """Show pictures as was chosen, from now on; see `set_cell`."""
        self._pictures = choice
        self.set_cell(cell)

    def set_cell(self, cell: CellSize) -> None:
        """Give pictures the room that they need where a cell has this size."""
        self._cell = cell
        self._arrange(self.size)

    @property
    def is_live(self) -> bool:
        """Whether values can be shown: not before the start, nor once the app is ending."""
        return self.is_attached and self.app.is_running

    @property
    def selected(self) -> str:
        """The ID of the selected task; empty while there are no tasks."""
        return self.tasks.cursor

    def set_tasks(self, rows: Sequence[ListLine], *, empty: bool) -> None:
        """Show exactly these lines; `empty` says whether the watchlist is, or just its filter."""
        self.set_class(empty, "-empty")
        self.set_class(not empty and not rows, "-nothing")
        self.tasks.set_values(rows)
        if not rows:
            self.opened = False
            if self.deferred is not None:
                self.deferred.detail.show(None, 0.0, AddressRule())
        self._arrange(self.size)
        self.refresh_bindings()

    def show_details(self, details: TaskDetails, server_now: float, addresses: AddressRule) -> None:
        """Show the selected task in full."""
        if self.deferred is not None and details.task_id == self.selected:
            self.deferred.detail.show(details, server_now, addresses)
            self.refresh_bindings()
            self._request_preview()

    def show_transfer(self, text: str, *, path: str = "", running: bool = False) -> None:
        """Show how a download is doing; an empty text hides the line."""
        if self.deferred is not None:
            self.deferred.transfer.show(text, path=path, running=running)
            self.saving = bool(text)

    def show_all_tasks(self) -> None:
        """Drop the filter, so that what was just added is seen."""
        if self.deferred is not None:
            self.deferred.filter.clear_filter()

    def watch_opened(self) -> None:
        """Swap list and task where one stands in place of the other."""
        self._arrange(self.size)

    def on_resize(self) -> None:
        """Arrange the parts as the room allows."""
        self._arrange(self.size)

    def _arrange(self, size: Size) -> None:
        self.pane_layout = lay_out(*size, self._cell)
        place = self.pane_layout.place
        self.set_class(place is not Place.BESIDE, "-narrow")
        self.set_class(place is Place.BELOW, "-below")
        self._panes.place(self.pane_layout, opened=self.opened)
        if self.deferred is not None:
            self.deferred.footer.compact = size.width < MIN_WIDTH_SPACED
            self.deferred.events.set_room(self.pane_layout.events)
            has_room = self.pane_layout.has_picture_room
            self.deferred.detail.previewing = self._pictures.shows(has_room=has_room)
            self.deferred.detail.preview.styles.max_height = self.pane_layout.picture

    def on_panes_resized(self) -> None:
        """Keep notifications off what stands above and below the panes."""
        for rack in self.query("ToastRack"):
            rack.styles.margin = (0, 0, self.size.height - self._panes.region.bottom, 0)
            rack.styles.max_height = self._panes.size.height

    def on_screen_resume(self) -> None:
        """Show the picture of what was selected meanwhile."""
        self._request_preview()

    def on_screen_suspend(self) -> None:
        """Leave notifications to the screen above, which shows the same ones elsewhere."""
        for rack in self.query("ToastRack"):
            rack.display = False

    def on_task_list_laid(self) -> None:
        """Report the first paint: only then the list knows its columns."""
        self.painted = True
        self.post_message(self.Painted())

    def on_input_changed(self, event: FilterInput.Changed) -> None:
        """Filter while typing."""
        self.post_message(messages.FilterChanged(event.value))

    def on_filter_input_closed(self) -> None:
        """Return to the list."""
        self.set_focus(self.tasks)

    def on_row_list_highlighted(self, event: RowList.Highlighted) -> None:
        """Show the picture of the frame that was selected."""
        if event.rows is not self.tasks:
            self._request_preview()

    def on_virtual_list_view_changed(self, event: VirtualList.ViewChanged) -> None:
        """Request an update of the rows that scrolled into view."""
        if event.rows is self.tasks:
            self.post_message(messages.VisibleTasksChanged(event.keys))

    def on_row_list_selected(self, event: RowList.Selected) -> None:
        """Go to the task's frames, or open the frame."""
        if event.rows is self.tasks:
            self.action_frames()
        else:
            key = event.key if self._shows_selected else ""
            self.post_message(messages.OpenRequested(self.selected, key))

    def on_picture_view_resized(self) -> None:
        """Request the picture in the new size."""
        self._request_preview()

    def on_descendant_focus(self) -> None:
        """Show the newest frame from the list, and the one under the cursor from the frames."""
        # In whatever way the focus came there: a window that becomes narrow shows what has it.
        if self.focused is self.tasks or self.is_in_detail:
            self.opened = self.is_in_detail
        self._request_preview()

    @property
    def is_in_detail(self) -> bool:
        """Whether a part of the selected task has the focus."""
        detail = self.deferred.detail if self.deferred is not None else None
        return self.focused is not None and detail in self.focused.ancestors_with_self

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return which keys do something now, for the footer."""
        deferred = self.deferred
        return deferred is not None and does_something(self, deferred, action)

    def action_next_to_look_at(self, direction: int) -> None:
        """Move the cursor to the next task that is new or needs attention (-1: the previous)."""
        if key := self.tasks.next_to_look_at(direction):
            self.tasks.cursor = key
        else:
            filtered = self.deferred is not None and bool(self.deferred.filter.value)
            row = self.tasks.value(self.selected)
            words = nothing_to_look_at(row, filtered=filtered)
            self.notify(words, markup=False, timeout=3)

    def action_frames(self) -> None:
        """Go to the selected task's frames; on a narrow terminal they replace the list."""
        if self.deferred is None:
            return
        self.post_message(messages.DetailRequested())
        self.opened = True
        # Not by `focus()`, which leaves the next key to the list.
        self.set_focus(self.deferred.detail.focus_target)

    def action_text(self) -> None:
        """Go to the selected task's text, to scroll it."""
        if self.deferred is not None:
            self.set_focus(self.deferred.detail.fields_pane)

    def action_list_pane(self) -> None:
        """Go back to the list."""
        self._show_list()
        self.set_focus(self.tasks)

    def action_other_pane(self) -> None:
        """Go to the task from the list, and to the list from everywhere else."""
        if self.focused is not self.tasks:
            self.action_list_pane()
        elif self.selected:
            self.action_frames()

    def action_events(self) -> None:
        """Open the list of all events."""
        self.post_message(messages.EventsRequested())

    def action_back(self) -> None:
        """Take one step back: the download, the task, the filter."""
        if self.saving:
            self.post_message(messages.CancelDownloadRequested())
            return
        if self.focused is not self.tasks or self.opened:
            self.action_list_pane()
        else:
            self.show_all_tasks()

    def _show_list(self) -> None:
        self.opened = False
        self._arrange(self.size)

    def action_open(self) -> None:
        """Open the frame under the cursor; of a task in the list its video, or newest frame."""
        self.post_message(messages.OpenRequested(self.selected, self._link_key()))

    def action_copy(self) -> None:
        """Copy the link that `action_open` would open."""
        self.post_message(messages.CopyRequested(self.selected, self._link_key()))

    def action_filter(self) -> None:
        """Open the filter."""
        self._show_list()
        if self.deferred is not None:
            self.deferred.filter.open()

    def action_copy_id(self) -> None:
        """Copy the selected task's ID."""
        self.post_message(messages.CopyTextRequested(self.selected, "Task ID"))

    def action_copy_path(self) -> None:
        """Copy the path of the last download."""
        if self.deferred is not None:
            self.post_message(messages.CopyTextRequested(self.deferred.transfer.path, "Path"))

    def action_preview(self) -> None:
        """Show the picture of the frame under the cursor, in the list of the newest; or hide it."""
        if self.deferred is None:
            return
        self._highlight_newest()
        detail = self.deferred.detail
        has_room = self.pane_layout.has_picture_room
        # Pictures that the list stands in place of are shown, not hidden.
        is_unseen = detail.previewing and not detail.display
        if not is_unseen and self._pictures.toggle(has_room=has_room):
            self.post_message(messages.PicturesToggled(self._pictures.remembered))
        detail.preview.forget()
        self._arrange(self.size)
        self.refresh_bindings()
        if detail.previewing and not detail.display:
            self.opened = True
            self.set_focus(detail.frames)
        self._request_preview(asked=True)

    def action_enlarge(self) -> None:
        """Show the frame under the cursor over the whole screen, from the list the newest."""
        self.post_message(messages.EnlargeRequested(self.selected, self._link_key()))

    def action_contact_sheet(self) -> None:
        """Show all frames of the selected task side by side."""
        self.post_message(messages.ContactSheetRequested(self.selected, self._link_key()))

    def _highlight_newest(self) -> None:
        # From the list the newest frame is meant, also once the frames have the focus.
        if self.deferred is not None and self.focused is self.tasks:
            self.deferred.frames.select_newest()

    def action_download(self) -> None:
        """Save what `action_open` would open."""
        self.post_message(messages.DownloadRequested(self.selected, self._link_key()))

    def action_download_all(self) -> None:
        """Save everything there is of the selected task."""
        self.post_message(messages.DownloadRequested(self.selected, everything=True))

    def action_add(self) -> None:
        """Open the dialog for adding tasks."""
        from tui.dashboard.screens.add_tasks import AddTasks

        self.app.push_screen(AddTasks())

    def action_remove(self) -> None:
        """Stop watching the selected task."""
        removed = self.selected
        # At once: each key of a burst means the task that is selected by then.
        self.tasks.remove_key(removed)
        self.removed_count += 1
        self.post_message(messages.RemoveRequested(removed))

    def action_undo(self) -> None:
        """Bring back the task removed last."""
        self.post_message(messages.UndoRequested())

    def action_refresh(self) -> None:
        """Query the selected task now."""
        self.post_message(messages.RefreshRequested(tuple(filter(None, (self.selected,)))))

    def action_refresh_all(self) -> None:
        """Query all tasks now."""
        self.post_message(messages.RefreshRequested(()))

    def _link_key(self) -> str:
        frames = self.deferred.frames if self.deferred is not None else None
        has_focus = frames is not None and frames.has_focus
        return frames.cursor if frames is not None and has_focus and self._shows_selected else ""

    @property
    def _shows_selected(self) -> bool:
        """Whether the frames are the selected task's: while a key is held, they follow later."""
        return self.deferred is not None and self.deferred.frames.task_id == self.selected

    def _request_preview(self, *, asked: bool = False) -> None:
        """Request the picture, but not while another screen or a dialog is above: see
        `on_screen_resume`."""
        detail = self.deferred.detail if self.deferred is not None else None
        if detail is not None and detail.previewing and self.app.screen_stack[-1] is self:
            asked = asked or self.is_in_detail
            self.post_message(messages.PreviewRequested(self.selected, self._link_key(), asked))
