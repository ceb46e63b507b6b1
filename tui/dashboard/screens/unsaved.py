"""The dialog at the end of a session whose last changes are not saved."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Offset, Region
from textual.message import Message
from textual.reactive import reactive
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from tui.dashboard.widgets.notices import key_hints


class Answer(StrEnum):
    """What to do with changes that are not saved."""

    RETRY = "retry"
    WRITE = "write"
    LEAVE = "leave"
    BACK = "back"


_ANSWERS: Final[Mapping[Answer, str]] = {
    Answer.RETRY: "Try again to save",
    Answer.WRITE: "Write the watchlist to the file below, and quit",
    Answer.LEAVE: "Quit without saving (lost: {changes})",
    Answer.BACK: "Go back",
}


class Answers(OptionList):
    """A list of options inside a container that may be lower than the list.

    A highlighted option is scrolled into view in both: enter would choose it unseen.
    """

    def scroll_to_region(self, region: Region, **options: Any) -> Offset:  # noqa: ANN401 - Textual's.
        """Scroll to a region of the list, and then the container to what shows of it."""
        offset = super().scroll_to_region(region, **options)
        if isinstance(self.parent, Widget):
            place = self.virtual_region.offset + self.gutter.top_left - self.scroll_offset
            self.parent.scroll_to_region(region.translate(place), force=True, animate=False)
        return offset


class UnsavedChanges(ModalScreen[None]):
    """Says what is not saved and why; asks what to do about it.

    No letter does anything, since one may have been typed for the list: `q` was, just before. What
    has the focus is kept in view in a window of any height.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Back", id="back")]

    problem: reactive[str] = reactive("", init=False)
    """Why the changes are not saved, as a sentence."""
    fault: reactive[str] = reactive("", init=False)
    """Why the last answer could not be followed; empty where it was."""

    class Answered(Message):
        """The user has chosen what to do."""

        def __init__(self, answer: Answer, path: str) -> None:
            super().__init__()
            self.answer = answer
            self.path = path
            """Where to write the watchlist to."""

    def __init__(self, changes: str, problem: str, path: Path) -> None:
        """Ask about `changes`; `path` is where they can be written to."""
        super().__init__()
        self._changes = changes
        self._problem = Static(_reason(problem), classes="wrong")
        self._path = Input(str(path), id="path")
        # Blinking would keep an SSH link busy.
        self._path.cursor_blink = False
        self._wrong = Static(id="wrong")
        options = (
            Option(Content(text.format(changes=changes)), id=answer)
            for answer, text in _ANSWERS.items()
        )
        self._answers = Answers(*options, id="answers")

    def compose(self) -> ComposeResult:
        """Yield what is lost, the answers, and the path."""
        with VerticalScroll(classes="dialog", can_focus=False) as dialog:
            # Seen also where the window is too small for more than the answers.
            dialog.border_title = Content(f"Not saved: {self._changes}")
            yield Label(Content(f"Not saved yet: {self._changes}. Quitting now would lose that."))
            yield self._problem
            yield self._answers
            yield Label(Content("File to write to"))
            yield self._path
            yield self._wrong
            keys = ("enter", "choose"), ("tab", "change the file"), ("esc", "back")
            yield Static(key_hints(*keys))

    def on_mount(self) -> None:
        """Begin at the answers."""
        self._answers.focus()

    def on_resize(self, _: events.Resize) -> None:
        """Keep in view what has the focus."""
        self.call_after_refresh(self._show_focused)

    def watch_problem(self, problem: str) -> None:
        """Show another reason."""
        self._problem.update(_reason(problem))
        self.call_after_refresh(self._show_focused)

    def watch_fault(self, fault: str) -> None:
        """Show why an answer could not be followed."""
        self._wrong.update(Content(fault))
        self._wrong.set_class(bool(fault), "-shown")
        if fault:
            self.call_after_refresh(self._wrong.scroll_visible, animate=False)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self._answer(Answer(event.option_id or Answer.BACK))

    @on(Input.Submitted)
    def _entered(self) -> None:
        self._answer(Answer.WRITE)

    def _show_focused(self) -> None:
        if self._answers.has_focus:
            self._answers.scroll_to_highlight()
        elif self.focused is not None:
            self.focused.scroll_visible(animate=False)

    def _answer(self, answer: Answer) -> None:
        if answer is Answer.BACK:
            self.dismiss()
        else:
            self.post_message(self.Answered(answer, self._path.value))


def _reason(problem: str) -> Content:
    # That it is not saved is said above.
    return Content(problem.removeprefix("Not saved: "))
