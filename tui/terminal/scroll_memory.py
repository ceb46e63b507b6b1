"""Scroll back, when a window has grown again, to where everything was."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from textual.containers import ScrollableContainer
from textual.geometry import Offset, Size
from textual.screen import Screen
from textual.scroll_view import ScrollView
from textual.widget import Widget


class _Place(NamedTuple):
    size: Size
    virtual_size: Size
    offset: Offset


class ScrollMemory:
    """Remembers how far everything was scrolled before the window changed.

    The rule: what is as large again as at the last input, with as much in it, is scrolled as it was
    then. In between it is scrolled as far as there is something to scroll, and lists follow their
    cursor. Input ends this: from then on the places count that the user has seen.
    """

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._places: dict[Widget, _Place] = {}

    def forget(self) -> None:
        """Note that there was input."""
        self._places.clear()

    def remember(self, screens: Iterable[Screen[Any]]) -> None:
        """Note where everything on these screens is; call it before each resize."""
        if self._places:
            return
        for screen in screens:
            for widget in screen.walk_children(with_self=True):
                if isinstance(widget, ScrollableContainer | ScrollView | Screen):
                    self._places[widget] = _Place(
                        widget.outer_size, widget.virtual_size, widget.scroll_offset
                    )

    def restore(self, screen: Screen[Any]) -> None:
        """Scroll back what has its size again; call it after each layout of a screen.

        Twice: at once, and after the widgets' own reaction to their new size.
        """
        if self._places:
            self._scroll_back(screen)
            screen.call_after_refresh(self._scroll_back, screen)

    def _scroll_back(self, screen: Screen[Any]) -> None:
        for widget, place in self._places.items():
            if (
                widget.scroll_offset != place.offset
                and (widget.outer_size, widget.virtual_size) == place[:2]
                and widget.is_attached
                and widget.screen is screen
            ):
                x, y = place.offset
                widget.scroll_to(x, y, animate=False, force=True, immediate=True)
