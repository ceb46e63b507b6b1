"""The line at the top: counts by state, the host, and how polling is doing."""

from __future__ import annotations

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static


class StatusBar(Horizontal):
    """Words only, repainted only when they differ."""

    BLANK = True

    counts: reactive[str] = reactive("", repaint=False)
    """How many tasks are in which state."""
    polling: reactive[tuple[str, bool]] = reactive(("", False), repaint=False)
    """How polling is doing, and whether that is trouble."""

    def __init__(self, host: str, counts: str) -> None:
        """Show `counts` from the first paint on."""
        super().__init__()
        self._host = host
        self.set_reactive(StatusBar.counts, counts)
        self._counts = Static(Content(counts), id="counts")
        self._polling = Static(id="polling")

    def compose(self) -> ComposeResult:
        """Yield two texts, side by side or one above the other."""
        yield self._counts
        yield self._polling

    def on_resize(self) -> None:
        """Use a second line where one is too short."""
        self._stack()

    def _stack(self) -> None:
        width = cell_len(f"{self.counts}  {self._host}: {self.polling[0]}")
        self.set_class(width + 2 > self.app.size.width, "-stacked")

    def watch_counts(self, counts: str) -> None:
        """Show other counts."""
        self._counts.update(Content(counts), layout=False)
        self._stack()

    def watch_polling(self, polling: tuple[str, bool]) -> None:
        """Show another state of polling."""
        text, is_trouble = polling
        self._polling.set_class(is_trouble, "-trouble")
        self._polling.update(Content(f"{self._host}: {text}"))
        self._stack()
