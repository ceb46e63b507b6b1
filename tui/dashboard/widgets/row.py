"""One line of a list: the base of the task's row and the frame's row.

It is painted by itself, past Textual's caches and its layout of text, which are made for widgets
with borders, padding and many lines (measured with textual 8.2.8: 0.25 ms a row, of which a list
that scrolls or starts is full).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Generic, Protocol, Self, TypeVar

from rich.segment import Segment
from textual import events
from textual.color import TRANSPARENT
from textual.geometry import Region
from textual.message import Message
from textual.reactive import Reactive, reactive
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

CURSOR: Final = "row-list--cursor"


class Keyed(Protocol):
    """A value of which one row shows the words."""

    @property
    def key(self) -> str: ...


V = TypeVar("V", bound=Keyed)


class Rows(Protocol):
    """What a row needs of its list."""

    def row_style(self, *component_classes: str) -> Style:
        """Return the style of component classes."""

    def has_drawn(self, key: str) -> bool:
        """Return whether the row of a key is on the screen and stays where it is."""


class Row(Widget, Generic[V]):
    """One line that shows one value, in the colours of its list's component classes.

    They are looked up once for all rows: styles of its own, with a class for the cursor and one
    for the state, cost a row 1.5 ms when it is made and again whenever one of the classes changes.
    """

    ALLOW_SELECT = False
    auto_links: Reactive[bool] = Reactive(False)
    """There are none that the program opens: the terminal does, and styles them."""
    under_cursor: reactive[bool] = reactive(False)
    """Whether the line is marked as the selected one."""

    def __init__(self, value: V, rows: Rows) -> None:
        """Be the row of `value` in a list."""
        self._rows = rows
        self._line: Strip | None = None
        self.key = value.key
        super().__init__()

    def show(self, value: V) -> None:
        """Show another value, and be the row of its key; an equal one changes nothing."""
        raise TypeError("a row knows how to show its values")

    def style(self, *names: str) -> Style:
        """Return the style of component classes of the list, as it is on this row."""
        return self._rows.row_style(*((CURSOR, *names) if self.under_cursor else names))

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the line as it was painted last, unless something has changed."""
        width = self.outer_size.width
        if self._line is None or self._line.cell_length != width:
            self._line = self._paint(width)
        return [self._line.crop(crop.x, crop.right)]

    def _paint(self, width: int) -> Strip:
        style = self.style()
        line = Strip(self.segments())
        if line.cell_length >= width:
            # A cell stays free: where East Asian characters are usual, the sign may take two.
            *segments, last = line.crop(0, width - 2)
            line = Strip([*segments, last, Segment("…", last.style)])
        line = line.adjust_cell_length(width, style.rich_style)
        for line_filter in self.get_line_filters():
            line = line.apply_filter(line_filter, style.background or TRANSPARENT)
        return line

    def segments(self) -> Iterable[Segment]:
        """Return the words in their colours; for subclasses. What is too long is cut."""
        raise TypeError("a row knows how to draw itself")

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        """Paint the line anew, now or when it scrolls into view.

        To refresh a row that is out of view makes Textual lay out all rows, and then paint all.
        """
        self._line = None
        if self._rows.has_drawn(self.key):
            super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        return self

    @property
    def is_outdated(self) -> bool:
        """Whether the line is to be painted anew."""
        return self._line is None

    def notify_style_update(self) -> None:
        """Paint the line anew in other colours."""
        self._line = None
        super().notify_style_update()

    class Pressed(Message):
        """The row was clicked."""

        def __init__(self, key: str, chain: int) -> None:
            super().__init__()
            self.key = key
            self.chain = chain

    def on_click(self, event: events.Click) -> None:
        # With a modifier the click was for the terminal, which opens the link under it; some
        # terminals send it to the program as well (microsoft/terminal#20630).
        if not (event.ctrl or event.meta or event.shift):
            self.post_message(self.Pressed(self.key, event.chain))
