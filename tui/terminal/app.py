"""The base of the app: what a terminal at the far end of a slow line needs.

`StockApp` uses Textual's public API alone. `TunedApp` adds the private overrides, all of them or
none: `overrides` decides which of the two is `TerminalApp`.
"""

from __future__ import annotations

import asyncio
from typing import IO, TYPE_CHECKING, Any, cast

from rich.console import RenderableType
from rich.text import Text
from textual.driver import Driver
from textual.events import Event, InputEvent, Resize
from textual.filter import LineFilter
from textual.geometry import Size
from textual.screen import Screen

from tui.terminal import crash_report, gc_tuning, overrides
from tui.terminal.control_filter import ControlFilter
from tui.terminal.input_queue import InputQueueApp

if TYPE_CHECKING:
    from tui.terminal.driver import TerminalDriver


class StockApp(InputQueueApp):
    """Queue input, filter control characters, exit from any thread, crash without secrets."""

    _control_filter = ControlFilter()
    """Shared by all apps: Textual caches what a filter made of a line under the filter."""

    def __init__(self) -> None:
        super().__init__()
        self._event_loop: asyncio.AbstractEventLoop | None = None
        self._had_input = False
        """Whether somebody has typed since the last look."""
        self.error_console.file = cast("IO[str]", crash_report.RedactedStderr())

    def on_load(self) -> None:
        """Keep the loop for `request_exit`."""
        self._event_loop = asyncio.get_running_loop()

    def request_exit(self, code: int) -> None:
        """Exit with a code; safe to call from any thread and from a signal handler."""
        loop = self._event_loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(lambda: self.exit(return_code=code))

    def get_line_filters(self) -> list[LineFilter]:
        """Return Textual's filters, and ours as the last defence against hostile text."""
        return [*super().get_line_filters(), self._control_filter]

    def line_is_free(self) -> bool:
        """Return whether another frame may be sent."""
        return True

    def action_redraw(self) -> None:
        """Send the whole screen again: another program may have written over it."""
        self.refresh()

    async def on_event(self, event: Event) -> None:
        """Note input, so that garbage is collected while nobody types."""
        if isinstance(event, InputEvent):
            self._had_input = True
        await super().on_event(event)

    def collect_garbage(self) -> None:
        """Collect everything if it is due; call it every few seconds."""
        gc_tuning.collect(at_rest=not self._had_input)
        self._had_input = False

    def action_command_palette(self) -> None:
        """Open the palette, without an ID: the last one may still have it while it closes."""
        from tui.terminal.command_palette import TerminalPalette

        if not isinstance(self.screen, TerminalPalette):
            self.push_screen(TerminalPalette())

    def search_themes(self) -> None:
        """Open the palette of themes."""
        from textual.theme import ThemeProvider

        from tui.terminal.command_palette import TerminalPalette

        self.push_screen(TerminalPalette([ThemeProvider], placeholder="Search for themes"))

    def crash(self, error: BaseException) -> None:
        """Exit because of an unexpected error, and show its traceback without secrets."""
        self.bell()
        self.exit(return_code=1, message=Text(crash_report.log_crash(error)))

    def panic(self, *renderables: RenderableType) -> None:
        """Exit and show these, as plain text without secrets."""
        text = Text("\n".join(map(crash_report.to_plain_text, renderables)))
        if self.return_code is None:
            # Textual leaves the exit code at 0 if its input thread has crashed.
            self.exit(return_code=1, message=text)
        else:
            super().panic(text)


class TunedApp(StockApp):
    """Overrides private names of Textual; see `overrides`."""

    def __init__(self) -> None:
        from tui.terminal.frame_diff import FrameDiff

        self.terminal_driver: TerminalDriver | None = None
        """Set by the driver itself, which Textual creates."""
        super().__init__()
        self._frame_diff = FrameDiff()
        self._frame_size = Size()
        """The size of the screen whose frame was sent last."""

    def get_driver_class(self) -> type[Driver]:
        """Return our driver where Textual would use its Linux driver."""
        from textual.drivers.linux_driver import LinuxDriver

        from tui.terminal.driver import TerminalDriver

        usual = super().get_driver_class()
        return TerminalDriver if usual is LinuxDriver else usual

    def line_is_free(self) -> bool:
        """Return whether another frame may be sent."""
        return self.terminal_driver is None or self.terminal_driver.is_free

    def post_display_hook(self) -> None:
        """Probe behind a frame, to learn when the terminal has shown it."""
        if self.terminal_driver is not None:
            self.terminal_driver.end_frame()

    def on_cursor_position(self) -> None:
        """Take the terminal's reply to a probe."""
        if self.terminal_driver is not None:
            self.terminal_driver.record_reply()

    def on_resize(self, event: Resize) -> None:
        """Send everything again if the size is the one of the last frame, and else the modes alone.

        The terminal had another size for a moment, and cut or wrapped what was sent meanwhile; or
        the program was suspended, and the screen is empty; or another terminal was attached. A new
        size is noticed by `_display`.
        """
        if event.size == self._frame_size:
            self.action_redraw()
        elif self._frame_size and self.terminal_driver is not None:
            self.terminal_driver.renew_modes()

    def action_redraw(self) -> None:
        """Send modes and screen again: another program may have changed them."""
        self._frame_diff.forget()
        if self.terminal_driver is not None:
            self.terminal_driver.renew_modes()
        super().action_redraw()

    def collect_garbage(self) -> None:
        """Collect everything if it is due, including what Textual caches for removed widgets."""
        from textual._styles_cache import StylesCache

        StylesCache.get_inner_outer.cache_clear()
        super().collect_garbage()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if screen.outer_size != self._frame_size:
            self._frame_diff.forget()
        super()._display(screen, self._frame_diff.diff(renderable))
        if self._frame_diff.settle():
            self._frame_size = screen.outer_size


if TYPE_CHECKING:
    TerminalApp = TunedApp
else:
    TerminalApp = StockApp if overrides.misfit() else TunedApp
