"""The app's side of a slow line: sends nothing that is shown already, nor more than the line takes.

Knows the line, and nothing of tasks.
"""

from __future__ import annotations

from typing import Any

from rich.console import RenderableType
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Resize
from textual.geometry import Size
from textual.screen import Screen

from tui.terminal.frame_diff import FrameDiff
from tui.terminal.input_queue import OrderlyApp
from tui.terminal.paced_driver import PacedDriver


class PacedApp(OrderlyApp):
    """An app that keeps the pace of its line. Its screens ask `line_is_free` before they paint."""

    def __init__(self) -> None:
        super().__init__()
        self._shown = FrameDiff()
        self._frame_size = Size()
        """Of the screen whose frame was sent last."""

    def get_driver_class(self) -> type[Driver]:
        """Return the driver that keeps the pace of the line, where it is the usual one."""
        usual = super().get_driver_class()
        return PacedDriver if usual is LinuxDriver else usual

    def line_is_free(self) -> bool:
        """Return whether another frame may be sent."""
        return not isinstance(self._driver, PacedDriver) or self._driver.is_free

    def post_display_hook(self) -> None:
        """Ask when what was sent is shown."""
        if isinstance(self._driver, PacedDriver):
            self._driver.end_frame()

    def on_cursor_position(self) -> None:
        """Take note that the terminal has shown what was sent: it tells where its cursor is."""
        if isinstance(self._driver, PacedDriver):
            self._driver.answered()

    def on_resize(self, event: Resize) -> None:
        """Send everything again, if the terminal had another size for a moment, or was left.

        What was sent meanwhile it cut and folded in ways of its own; and after ctrl+z and fg, when
        the driver tells the size, too, it is empty. For another size `_display` sees to it.
        """
        if event.size == self._frame_size:
            self.action_redraw()

    def action_redraw(self) -> None:
        """Send everything again: another program may have written over it."""
        self._shown.forget()
        self.refresh()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        # What Textual would not send is not shown either.
        if self._running and not self._closed and not self._batch_count:
            if screen.outer_size != self._frame_size:
                self._frame_size = screen.outer_size
                self._shown.forget()
            renderable = self._shown.news(renderable)
        super()._display(screen, renderable)
