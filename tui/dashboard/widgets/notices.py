"""A line that says what is wrong until it is right again, above everything else."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static


class Banner(Static):
    """Hidden while it has nothing to say."""

    words: reactive[str] = reactive("")
    """One line or two in plain words."""

    def watch_words(self, words: str) -> None:
        """Show or hide."""
        self.set_class(bool(words), "-shown")
        self.update(Content(words))
