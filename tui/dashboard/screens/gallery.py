"""What the enlarged picture and the contact sheet have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.reactive import reactive

from tui.dashboard import messages
from tui.dashboard.widgets.key_line import KeyLine
from tui.terminal.screen import TerminalScreen

LINK_KEYS: Final = (
    Binding("o", "open", "open", tooltip="Open the frame", id="gallery.open"),
    Binding("d", "download", "save", tooltip="Save the frame as a file", id="gallery.download"),
    Binding("y", "copy", "copy", tooltip="Copy the frame's link", id="gallery.copy"),
)
_ABOUT_A_FRAME: Final = frozenset(("open", "download", "copy", "step", "edge", "zoom", "arrow"))
PROGRAM_KEYS: Final = (
    Binding(
        "question_mark",
        "app.help",
        "keys",
        tooltip="Show all keys",
        key_display="?",
        id="gallery.help",
    ),
    Binding(
        "q", "app.quit", "quit", tooltip="Quit; nothing is lost", show=False, id="gallery.quit"
    ),
)


Hints = tuple[tuple[str, tuple[str, ...]], ...]


class GalleryScreen(TerminalScreen):
    """A screen of its own for the frames of one task; it shows what it is given."""

    BINDINGS: ClassVar[list[BindingType]] = [*LINK_KEYS, *PROGRAM_KEYS]
    HINTS: ClassVar[Hints] = ()
    """What keys do, and the IDs of their bindings; the most needed first."""

    transfer: reactive[str] = reactive("", init=False)
    """How a download is doing, in place of the words; empty for none."""

    def __init__(self, task_id: str, name: str, may_paint: Callable[[], bool]) -> None:
        """Show frames of the task `task_id`, called `name`; `may_paint` says when to paint."""
        super().__init__(may_paint)
        # Nothing waits for its first paint.
        self.painted = True
        self.task_id = task_id
        self.task_name = name
        self.line = KeyLine(id="gallery-line")

    @property
    @abstractmethod
    def link_key(self) -> str:
        """The frame that keys are about; empty for none."""

    @property
    def hints(self) -> Hints:
        """What keys do now; see `HINTS`."""
        return self.HINTS

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether a key does something: of no frame, once there is none, only leaving."""
        return bool(self.link_key) or action not in _ABOUT_A_FRAME

    @abstractmethod
    def show_line(self) -> None:
        """Show the words and keys of the line."""

    @abstractmethod
    def request(self) -> None:
        """Request what is to be shown now."""

    def watch_transfer(self) -> None:
        """Show how the download is doing."""
        self.show_line()

    def on_screen_suspend(self) -> None:
        """Leave notifications to the screen above, which shows the same ones elsewhere."""
        for rack in self.query("ToastRack"):
            rack.display = False

    def show_words(self, *parts: str, name: str = "") -> None:
        """Show these in the line, with the keys; or how a download is doing."""
        if self.transfer:
            self.line.show((" ".join(self.transfer.split()),))
        else:
            self.line.show(parts, name, self._hints())

    def key(self, binding_id: str) -> str:
        """Return how the key of a binding is written; empty where it has none."""
        for active in self.active_bindings.values():
            if active.binding.id == binding_id:
                return self.app.get_key_display(active.binding)
        return ""

    def _hints(self) -> Iterator[tuple[str, str]]:
        for what, ids in self.hints:
            if names := " ".join(filter(None, map(self.key, ids))):
                yield names, what

    def action_open(self) -> None:
        """Open the frame."""
        if self.link_key:
            self.post_message(messages.OpenRequested(self.task_id, self.link_key))

    def action_copy(self) -> None:
        """Copy the frame's link."""
        if self.link_key:
            self.post_message(messages.CopyRequested(self.task_id, self.link_key))

    def action_download(self) -> None:
        """Save the frame."""
        if self.link_key:
            self.post_message(messages.DownloadRequested(self.task_id, self.link_key))

    def action_back(self) -> None:
        """Go back to what was shown before."""
        self.dismiss()
