"""The dialog for adding tasks: one or many IDs, typed or pasted, and a label."""

from __future__ import annotations

import re
from typing import ClassVar, Final

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

_SEPARATOR: Final = "  "
"""Between cells and lines: one space may be inside a number, such as 1 234 567."""
_DIGITS: Final = frozenset("0123456789")
_SERVICE_ID: Final = re.compile(r"[0-9a-fA-F-]{4,}")


class IdsInput(Input):
    """A one-line input into which many lines can be pasted.

    The rule where a terminal does not mark pastes: an enter that more text follows in the same
    burst ends an ID, as does one that ends a burst of several lines; the text stays in the field,
    and an enter that comes alone adds what is there. A tab is the key, except in a burst with lines
    or before nothing but IDs as the service issues them: digits and UUIDs.
    """

    def on_paste(self, event: events.Paste) -> None:
        """Insert all lines: Textual's own input keeps only the first."""
        event.prevent_default()
        event.stop()
        before = "" if self.cursor_at_start else " "
        lines = event.text.replace("\t", "\n").splitlines()
        self.insert_text_at_cursor(before + _SEPARATOR.join(filter(None, map(str.strip, lines))))

    def take_line_break(self, character: str, rest: str, *, in_lines: bool) -> bool:
        """Take the end of a pasted line as a separator; return whether it was one."""
        if character == "\t" and not in_lines and not _are_ids(rest.split()):
            return False
        if not self.cursor_at_start:
            self.insert_text_at_cursor(_SEPARATOR)
        return True


def _are_ids(words: list[str]) -> bool:
    """Return whether these are IDs as the service issues them, beyond doubt."""
    return bool(words) and all(
        _SERVICE_ID.fullmatch(word) and not _DIGITS.isdisjoint(word) for word in words
    )


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
