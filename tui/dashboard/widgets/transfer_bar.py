"""A line about the download that runs, or what came of it. Hidden while there is none."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static


class TransferBar(Static):
    """Says what is being saved; `esc` cancels, and later dismisses it."""

    words: reactive[str] = reactive("")
    """One line; empty while there is nothing to say."""
    path: reactive[str] = reactive("")
    """What was saved, once it is; it can be copied."""
    running: reactive[bool] = reactive(False)
    """Whether there is something to cancel."""

    def watch_words(self) -> None:
        """Show or hide."""
        self._show()

    def watch_path(self) -> None:
        """Offer to copy it."""
        self._show()

    def watch_running(self) -> None:
        """Offer to cancel it."""
        self._show()

    def _show(self) -> None:
        self.set_class(bool(self.words), "-shown")
        hint = "esc: cancel" if self.running else "esc: hide"
        if self.path and not self.running:
            hint = f"c: copy the path   {hint}"
        self.update(Content(f"{self.words}   {hint}"))
