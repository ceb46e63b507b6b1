"""The dialog for adding tasks: one or many IDs, typed or pasted, and a label."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

from tui.dashboard.messages import AddRequested
from tui.dashboard.widgets.notices import key_hints
from tui.errors import UserError
from tui.sanitize import clean
from tui.scenext.task_ids import parse_task_ids
from tui.watchlist.entries import MAX_LABEL_LENGTH


class IdsInput(Input):
    """A one-line input into which many lines can be pasted."""

    def on_paste(self, event: events.Paste) -> None:
        """Insert all lines: Textual's own input keeps only the first."""
        event.prevent_default()
        event.stop()
        before = "" if self.cursor_at_start else " "
        # Two spaces between cells and lines: one may be inside a number, such as 1 234 567.
        lines = event.text.replace("\t", "\n").splitlines()
        self.insert_text_at_cursor(before + "  ".join(filter(None, map(str.strip, lines))))


class AddTasks(ModalScreen[None]):
    """A dialog that sends the IDs to the app as `AddRequested`."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Cancel", id="cancel")]

    def __init__(self) -> None:
        super().__init__()
        self._ids = IdsInput(id="ids", placeholder="12345 67890")
        self._label = Input(id="label", max_length=MAX_LABEL_LENGTH)
        # Blinking would keep an SSH link busy.
        self._ids.cursor_blink = self._label.cursor_blink = False
        self._wrong = Static(id="wrong")

    def compose(self) -> ComposeResult:
        """Yield two fields and a line for errors."""
        with VerticalScroll(classes="dialog", can_focus=False) as dialog:
            dialog.border_title = Content("Add tasks")
            yield Label(Content("Task IDs or status URLs, one or many"))
            yield self._ids
            yield Label(Content("Label for all of them (optional)"))
            yield self._label
            yield self._wrong
            yield Static(key_hints(("enter", "add"), ("tab", "next field"), ("esc", "cancel")))

    @on(Input.Submitted)
    def _submitted(self) -> None:
        try:
            ids = parse_task_ids([self._ids.value])
            if not ids:
                raise UserError("Type or paste a task ID first.")
        except UserError as error:
            self._wrong.update(Content(str(error)))
            self._wrong.add_class("-shown")
            self._ids.focus(scroll_visible=False)
            # In a low window it is below the fold.
            self.call_after_refresh(self._wrong.scroll_visible, animate=False)
            return
        self.post_message(AddRequested(ids, clean(self._label.value, MAX_LABEL_LENGTH).strip()))
        self.dismiss()
