"""Lines that tell something: the banner, the transfer bar, and the key hints of a dialog."""

from __future__ import annotations

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

    def show(self, text: str, *, path: str, running: bool) -> None:
        """Show a line with its keys; an empty text hides it."""
        self.path, self.running = path, running
        self.set_class(bool(text), "-shown")
        hint = "esc: cancel" if running else "esc: hide"
        if path and not running:
            hint = f"c: copy the path   {hint}"
        self.update(Content(f"{text}   {hint}"))


def key_hints(*pairs: tuple[str, str]) -> Content:
    """Return pairs of a key and what it does as one line, in the footer's colours."""
    return Content("   ").join(
        Content.assemble((key, "bold $footer-key-foreground"), f" {what}") for key, what in pairs
    )
