"""The header: what needs somebody, what runs, when all is done, and how polling is doing."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.wording.header import Line, header_lines
from tui.wording.summary import HeaderData, PartKind

_KINDS = (*(kind.value for kind in PartKind), "all-done", "polling", "host-trouble")


class StatusBar(Widget):
    """Words only, repainted only when they differ; on as many lines as they need."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"status-bar--{kind}" for kind in _KINDS}

    data: reactive[HeaderData] = reactive(HeaderData(), repaint=False, init=False)
    """What is shown."""

    def __init__(self, data: HeaderData) -> None:
        """Show `data` from the first paint on."""
        super().__init__()
        self.set_reactive(StatusBar.data, data)
        self._lines: tuple[Line, ...] = ()
        self._laid_out_for: object = None

    def watch_data(self) -> None:
        """Repaint; lay out, which costs far more, only for another height."""
        self.refresh()
        if len(self._lay_out(self.size.width)) != self.size.height:
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines."""
        return len(self._lay_out(width))

    def render_line(self, y: int) -> Strip:
        """Return one line in its colours."""
        width, lines = self.size.width, self._lay_out(self.size.width)
        segments = [
            Segment(
                part.text,
                self.get_component_rich_style(f"status-bar--{part.kind}")
                if part.kind
                else self.rich_style,
            )
            for part in (lines[y] if y < len(lines) else ())
        ]
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def _lay_out(self, width: int) -> tuple[Line, ...]:
        if self._laid_out_for != (wanted := (self.data, width)):
            self._lines = header_lines(self.data, max(1, width))
            self._laid_out_for = wanted
        return self._lines
