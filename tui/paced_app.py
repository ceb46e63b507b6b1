"""The app's side of a slow line: sends nothing twice while it starts, and never more than is shown.

Knows the line, and nothing of tasks.
"""

from __future__ import annotations

from typing import Any, Final

from rich.console import RenderableType
from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen

from tui.first_frames import FirstFrames
from tui.paced_driver import PacedDriver

FIRST_FRAMES: Final = 0.5
"""Seconds after the start for which nothing is sent again that is on the screen already; and on,
while the line is full: there, what was painted at the start is sent seconds later."""


class PacedApp(App[None]):
    """An app that keeps the pace of its line. Its screens ask `line_is_free` before they paint."""

    def __init__(self) -> None:
        super().__init__()
        self._first_frames: FirstFrames | None = FirstFrames()

    def get_driver_class(self) -> type[Driver]:
        """Return the driver that keeps the pace of the line, where it is the usual one."""
        usual = super().get_driver_class()
        return PacedDriver if usual is LinuxDriver else usual

    def line_is_free(self) -> bool:
        """Return whether another frame may be sent."""
        return not isinstance(self._driver, PacedDriver) or self._driver.is_free

    def on_terminal_supports_synchronized_output(self) -> None:
        """Take note that the terminal has shown what was sent."""
        if isinstance(self._driver, PacedDriver):
            self._driver.answered()

    def on_resize(self) -> None:
        """Send everything again: terminals fold their lines in ways of their own.

        The driver tells the size after ctrl+z and fg, too, when the terminal is empty.
        """
        if self._first_frames is not None:
            self._first_frames.forget()

    def started(self) -> None:
        """Take note that nothing more is painted for the sake of the start."""
        self.set_timer(FIRST_FRAMES, self._end_of_start)

    def _end_of_start(self) -> None:
        if self.line_is_free():
            self._first_frames = None
        else:
            self.started()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if self._first_frames is not None and not self._batch_count:
            renderable = self._first_frames.news(renderable, self.console)
        super()._display(screen, renderable)
