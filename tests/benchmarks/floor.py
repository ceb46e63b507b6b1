"""The floor, a minimal Textual app: `python -m tests.benchmarks.floor`."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Static

FLOOR_TEXT = "the floor is shown"


class Floor(App[None]):
    """One static text without styles."""

    def compose(self) -> ComposeResult:
        """Yield the text."""
        yield Static(FLOOR_TEXT)


if __name__ == "__main__":
    Floor().run()
