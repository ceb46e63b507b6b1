"""One line of a list: the base of the task's row and the frame's row.

It paints itself and bypasses Textual's style caches and text layout, which are made for widgets
with borders, padding and many lines, and would be most of the cost of a list that scrolls.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, Generic, Protocol, Self, TypeVar

from rich.segment import Segment
from textual import events
from textual.color import TRANSPARENT
from textual.geometry import Region
from textual.message import Message
from textual.reactive import Reactive, reactive
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

if TYPE_CHECKING:
    from tui.dashboard.widgets.virtual_list import VirtualList

CURSOR: Final = "row-list--cursor"


class Keyed(Protocol):
    """A value that one row shows."""

    @property
    def key(self) -> str: ...


V = TypeVar("V", bound=Keyed)


class Row(Widget, Generic[V]):
    """One line that shows one value, in the colours of its list's component classes.

    The list looks those up once for all rows: classes and styles of its own would make each row
    several times as expensive to create and to change.
    """

    ALLOW_SELECT = False
    auto_links: Reactive[bool] = Reactive(False)
    """The terminal opens and styles the links, not the program."""
    under_cursor: reactive[bool] = reactive(False)
    """Whether the line is marked as the selected one."""

    data: reactive[V | None] = reactive(None)
    """What is shown; an equal value repaints nothing."""

    def __init__(self, value: V, rows: VirtualList[V]) -> None:
        """Create the row of `value` in a list."""
        self._rows = rows
        self._line: Strip | None = None
        self.key = value.key
        super().__init__()
        self.set_reactive(Row.data, value)  # type: ignore[misc] # A descriptor, not a value.

    def show(self, value: V) -> None:
        """Show another value and become the row of its key."""
        self.key = value.key
        self.data = value

    def style(self, *names: str) -> Style:
        """Return the style of component classes of the list, as they are on this row."""
        # The cursor's last: it may need a text colour of its own.
        return self._rows.row_style(*((*names, CURSOR) if self.under_cursor else names))

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the line, painted again only if something has changed."""
        width = self.outer_size.width
        if self._line is None or self._line.cell_length != width:
            self._line = self._paint(width)
        return [self._line.crop(crop.x, crop.right)]

    def _paint(self, width: int) -> Strip:
        style = self.style()
        line = Strip(self.segments())
        if line.cell_length >= width:
            kept = list(line.crop(0, max(0, width - 3)))
            sign = Segment("..", kept[-1].style if kept else style.rich_style)
            line = Strip([*kept, sign] if width > 2 else [])
        # Blanks in the last colour, since each change of it is sent.
        last = next((segment.style for segment in reversed(list(line))), style.rich_style)
        line = line.adjust_cell_length(width, last)
        for line_filter in self.get_line_filters():
            line = line.apply_filter(line_filter, style.background or TRANSPARENT)
        return line

    @abstractmethod
    def segments(self) -> Iterable[Segment]:
        """Return the text in its colours; what is too long is cut."""

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        """Repaint the line, now or when it scrolls into view.

        Refreshing a row that is out of view would make Textual lay out and repaint all rows.
        """
        self._line = None
        if self._rows.is_painted(self.key):
            super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        return self

    @property
    def is_outdated(self) -> bool:
        """Whether the line must be repainted."""
        return self._line is None

    def notify_style_update(self) -> None:
        """Repaint the line in other colours."""
        self._line = None
        super().notify_style_update()

    class Clicked(Message):
        """The row was clicked."""

        def __init__(self, key: str, chain: int) -> None:
            super().__init__()
            self.key = key
            self.chain = chain

    def on_click(self, event: events.Click) -> None:
        # With a modifier the click is for the terminal, which opens the link under it; some
        # terminals pass it on to the program as well (microsoft/terminal#20630).
        if not (event.ctrl or event.meta or event.shift):
            self.post_message(self.Clicked(self.key, event.chain))
