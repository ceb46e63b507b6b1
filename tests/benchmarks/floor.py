"""The floor: the least that a Textual app can be. `python -m tests.benchmarks.floor`."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Static

SHOWN = "the floor is shown"


class Floor(App[None]):
    """One static text, and no styles."""

    def compose(self) -> ComposeResult:
        """The text."""
        yield Static(SHOWN)


if __name__ == "__main__":
    Floor().run()
