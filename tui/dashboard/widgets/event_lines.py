"""The last events: one line, or a box of some lines where the window is tall."""

from __future__ import annotations

from rich.segment import Segment
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.wording.cells import fit


class EventLines(Widget):
    """Shows the last of the given lines, as many as there is room for."""

    ALLOW_SELECT = False

    lines: reactive[tuple[str, ...]] = reactive((), init=False)
    """What happened last, in words, the newest at the end; equal lines repaint nothing."""

    class Resized(Message):
        """The lines have another width, for which they should be worded."""

    def set_room(self, lines: int) -> None:
        """Take so many lines, more than one of them in a box; none at all for 0."""
        self.display = lines > 0
        self.set_class(lines > 1, "-box")
        self.styles.height = lines + 1 if lines > 1 else lines
        self.border_title = Content("Events  E: all") if lines > 1 else None

    def on_resize(self) -> None:
        """Report the width."""
        self.post_message(self.Resized())

    def render_line(self, y: int) -> Strip:
        """Return one line."""
        width = self.size.width
        shown = self.lines[-self.size.height :]
        text = fit(shown[y], width) if y < len(shown) else ""
        return Strip([Segment(text, self.rich_style)]).adjust_cell_length(width, self.rich_style)
