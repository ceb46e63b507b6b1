"""A screen that paints only while the line can take another frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.screen import Screen

from tui.terminal import overrides


class StockScreen(Screen[None]):
    """Textual's screen, used as it is where an override no longer fits."""

    BLANK = True
    """Widgets cover everything, so the lines behind them are never drawn."""

    def __init__(self, may_paint: Callable[[], bool]) -> None:
        """Paint while `may_paint` returns true."""
        self._may_paint = may_paint
        self.painted = False
        """Whether the first paint is over; set by subclasses."""
        self._visible_bindings: list[tuple[str, bool, str]] = []
        super().__init__()

    def update_node_styles(self, animate: bool = True) -> None:
        """Restyle all widgets, except before the first paint: each was styled when mounted."""
        if self.painted:
            super().update_node_styles(animate)

    def refresh_bindings(self) -> None:
        """Rebuild the footer only when the visible bindings have changed."""
        bindings = [
            (key, active.enabled, active.binding.description)
            for key, active in self.active_bindings.items()
        ]
        if bindings != self._visible_bindings:
            self._visible_bindings = bindings
            super().refresh_bindings()


class TunedScreen(StockScreen):
    """Overrides private names of Textual; see `overrides`."""

    def __init__(self, may_paint: Callable[[], bool]) -> None:
        from tui.terminal.compositor import SparseCompositor

        super().__init__(may_paint)
        self._compositor = SparseCompositor()

    def _on_timer_update(self) -> None:
        if self._may_paint():
            super()._on_timer_update()
        else:
            # Instead of asking at each interval: the gate wakes the screen.
            self._update_timer.pause()


if TYPE_CHECKING:
    TerminalScreen = TunedScreen
else:
    TerminalScreen = StockScreen if overrides.misfit() else TunedScreen
