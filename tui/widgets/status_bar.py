"""The line at the top: counts by state, the host, and how polling stands, in words."""

from __future__ import annotations

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

CALM = frozenset({"live", "asking", "nothing left to poll"})


class StatusBar(Horizontal):
    """Words only, changed only when they differ."""

    counts: reactive[str] = reactive("", repaint=False)
    """How many tasks are in which state."""
    polling: reactive[str] = reactive("", repaint=False)
    """How polling stands."""

    def __init__(self, host: str) -> None:
        super().__init__()
        self._host = host

    def compose(self) -> ComposeResult:
        """Two texts, side by side or one above the other."""
        yield Static(id="counts")
        yield Static(id="polling")

    def on_resize(self) -> None:
        """Use another line where one is too short."""
        self._stack()

    def _stack(self) -> None:
        width = cell_len(f"{self.counts}  {self._host}: {self.polling}")
        self.set_class(width + 2 > self.app.size.width, "-stacked")

    def watch_counts(self, counts: str) -> None:
        """Show other counts."""
        self.query_one("#counts", Static).update(Content(counts), layout=False)
        self._stack()

    def watch_polling(self, polling: str) -> None:
        """Show another state of polling."""
        static = self.query_one("#polling", Static)
        static.set_class(polling not in CALM, "-trouble")
        static.update(Content(f"{self._host}: {polling}"))
        self._stack()
