"""Lines that tell something: the banner, the transfer bar, and the key hints of a dialog."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static


class Banner(Static):
    """What is wrong, above everything else until it is resolved; hidden while nothing is."""

    text: reactive[str] = reactive("", toggle_class="-shown")
    """Plain words, one line for each problem."""

    def watch_text(self, text: str) -> None:
        """Show other problems."""
        self.update(Content(text))


class TransferBar(Static):
    """The download that is running, or the result of the last one; hidden while there is none."""

    path = ""
    """Where the result was saved, to be copied; empty while nothing was."""
    running = False
    """Whether there is something to cancel."""
    _text = ""

    def show(self, text: str, *, path: str, running: bool) -> None:
        """Show a line with its keys; an empty text hides it."""
        self._text, self.path, self.running = text, path, running
        self.set_class(bool(text), "-shown")
        self._show_words()

    def on_resize(self) -> None:
        """Keep the keys together."""
        self._show_words()

    def _show_words(self) -> None:
        keys = "esc: cancel" if self.running else "esc: hide"
        if self.path and not self.running:
            keys = f"c: copy the path   {keys}"
        words = f"{self._text}   {keys}"
        if cell_len(words) > self.app.size.width - self.gutter.width:
            words = f"{self._text}\n{keys}"
        if self.content != Content(words):
            self.update(Content(words))


def key_hints(*pairs: tuple[str, str]) -> Content:
    """Return pairs of a key and what it does as one line, in the footer's colours."""
    return Content("   ").join(
        Content.assemble((key, "bold $footer-key-foreground"), f" {what}") for key, what in pairs
    )
