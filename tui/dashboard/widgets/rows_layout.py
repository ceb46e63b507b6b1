"""How the rows of a list are placed: each on the line of its number."""

from __future__ import annotations

from collections.abc import Callable

from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget


class Tail(Widget):
    """Holds the place of the last row, so that the list is as long as it is before it is made."""


class RowsLayout(Layout):
    """Gives each row the line of its number; those without one get no place at all."""

    name = "rows"

    def __init__(self, line_of: Callable[[Widget], int | None]) -> None:
        """Place widgets on the lines that `line_of` tells."""
        self._line_of = line_of

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        """Return the places, the newest row's first.

        Textual counts from the last one; the others keep their number when a row is added, and
        need not be painted again.
        """
        lines = ((child, self._line_of(child)) for child in reversed(children))
        return [
            WidgetPlacement(Region(0, y, size.width, 1), NULL_OFFSET, NULL_SPACING, child)
            for child, y in lines
            if y is not None
        ]
