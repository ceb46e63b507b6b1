"""The line above the tasks of a section: a leaf widget that no cursor stands on."""

from __future__ import annotations

from collections.abc import Iterator

from rich.segment import Segment
from textual import events

from tui.dashboard.widgets.row import Row
from tui.wording.section_lines import ListLine, SectionRowData, section_line


class SectionRow(Row[ListLine]):
    """A section's name, the number of its tasks, and a fact about them."""

    def segments(self) -> Iterator[Segment]:
        """Return the line as one part."""
        if isinstance(self.data, SectionRowData):
            text = section_line(self.data, self.outer_size.width)
            yield Segment(text, self.style("section-row").rich_style)

    def on_click(self, event: events.Click) -> None:
        """Choose nothing."""
        event.prevent_default()
