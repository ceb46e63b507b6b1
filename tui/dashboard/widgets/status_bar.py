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

    BLANK = True

    counts: reactive[str] = reactive("", repaint=False)
    """How many tasks are in which state."""
    polling: reactive[str] = reactive("", repaint=False)
    """How polling stands."""

    def __init__(self, host: str, counts: str) -> None:
        """Show `counts` from the first paint on."""
        super().__init__()
        self._host = host
        self.set_reactive(StatusBar.counts, counts)
        self._counts = Static(Content(counts), id="counts")
        self._polling = Static(id="polling")

    def compose(self) -> ComposeResult:
        """Two texts, side by side or one above the other."""
        yield self._counts
        yield self._polling

    def on_resize(self) -> None:
        """Use another line where one is too short."""
        self._stack()

    def _stack(self) -> None:
        width = cell_len(f"{self.counts}  {self._host}: {self.polling}")
        self.set_class(width + 2 > self.app.size.width, "-stacked")

    def watch_counts(self, counts: str) -> None:
        """Show other counts."""
        self._counts.update(Content(counts), layout=False)
        self._stack()

    def watch_polling(self, polling: str) -> None:
        """Show another state of polling."""
        self._polling.set_class(polling not in CALM, "-trouble")
        self._polling.update(Content(f"{self._host}: {polling}"))
        self._stack()
