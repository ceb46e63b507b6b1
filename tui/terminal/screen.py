"""A screen that keeps the pace of its line, and sends what is new and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from textual.geometry import Region, Size
from textual.reactive import Reactive
from textual.screen import UPDATE_PERIOD, Screen
from textual.timer import Timer
from textual.widget import Widget

from tui.terminal.frame_timer import FrameTimer
from tui.terminal.spare_compositor import SpareCompositor


class PacedScreen(Screen[None]):
    """Paints when it may, and not as a whole where Textual would without need."""

    BLANK = True
    """Everything is covered; drawing the lines behind it took as long as drawing the rows."""

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """As Textual's own, which sends the whole screen again whenever the focus moves."""

    def __init__(self, may_paint: Callable[[], bool]) -> None:
        """Paint while `may_paint` says so."""
        self._may_paint = may_paint
        self._frame_timer: FrameTimer | None = None
        self.painted = False
        """Whether the first paint is over; for subclasses to say."""
        super().__init__()
        self._compositor = SpareCompositor()
        self._shown_keys: list[tuple[str, bool, str]] = []

    @property
    def _update_timer(self) -> Timer:
        # In place of Textual's own, which it resumes when something is to be painted.
        if self._frame_timer is None:
            timer = FrameTimer(self, UPDATE_PERIOD, self._on_timer_update, self._may_paint)
            timer._start()
            self._timers.add(timer)
            self._frame_timer = timer
        return self._frame_timer

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        """Paint it anew; but not as a whole right after the first paint, as Textual would."""
        if self.painted or regions or layout or recompose:
            super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        return self

    def _screen_resized(self, size: Size) -> None:
        # A screen that has just been laid out is told its size, three times over.
        if size == self._size:
            self.refresh()
        else:
            super()._screen_resized(size)

    def update_node_styles(self, animate: bool = True) -> None:
        """Style all widgets anew; but not those of the first paint, as Textual would.

        Each was styled when it was mounted, a moment before the screen is shown.
        """
        if self.painted:
            super().update_node_styles(animate)

    def refresh_bindings(self) -> None:
        """Have the footer made anew, but only where it will differ."""
        shown = [
            (key, active.enabled, active.binding.description)
            for key, active in self.active_bindings.items()
        ]
        if shown != self._shown_keys:
            self._shown_keys = shown
            super().refresh_bindings()
