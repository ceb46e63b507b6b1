"""The app by Textual's public API alone: what is used where an override does not fit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, cast

from rich.console import RenderableType
from rich.text import Text
from textual.events import Event, InputEvent, MouseEvent, MouseMove, Resize
from textual.filter import LineFilter

from tui.graphics import Graphics, SymbolSet
from tui.terminal import crash_report, gc_tuning
from tui.terminal.control_filter import ControlFilter
from tui.terminal.graphics.settings import Settings
from tui.terminal.input_queue import InputQueueApp
from tui.terminal.restore import TERMINAL
from tui.terminal.scroll_memory import ScrollMemory

if TYPE_CHECKING:
    from tui.terminal.pictures.layer import PictureLayer


class StockApp(InputQueueApp):
    """Queue input, filter control characters, exit from any thread, crash without secrets."""

    _control_filter = ControlFilter()
    """Shared by all apps: Textual caches what a filter made of a line under the filter."""

    def __init__(self) -> None:
        super().__init__()
        self._event_loop: asyncio.AbstractEventLoop | None = None
        self._had_input = False
        """Whether somebody has typed since the last look."""
        self._scroll_memory = ScrollMemory()
        self._has_told = False
        """Whether `exit` has had a message."""
        self.graphics_settings = Settings()
        """How the user wants pictures to be shown; to be set before the app runs."""
        # Textual animates the scrolling by a dragged scrollbar unless this is true: ten frames for
        # each report of the mouse.
        self.supports_smooth_scrolling = True
        self.error_console.file = cast("IO[str]", crash_report.RedactedStderr())

    def on_load(self) -> None:
        """Keep the loop for `request_exit`; what it is told of a callback's error is a crash."""
        self._event_loop = loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._on_loop_error)
        TERMINAL.take()

    def _on_loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """End because of an error in a callback: what it was to do has not been done.

        Others are logged alone, since they may come from a host: of a connection's protocol, or of
        a task that a library has given up.
        """
        error = context.get("exception")
        if "handle" in context and error is not None:
            self.crash(error)
        else:
            loop.default_exception_handler(context)

    @contextmanager
    def suspend(self) -> Iterator[None]:
        """Give the terminal away for the length of a block."""
        with super().suspend():
            TERMINAL.release()
            try:
                yield
            finally:
                TERMINAL.take()

    def show_until_back(self, text: str) -> None:
        """Show a text on the terminal's normal screen, while suspended, until a key leads back."""
        from tui.terminal.input.input_filter import InputFilter
        from tui.terminal.normal_screen import show_until_back

        show_until_back(text, InputFilter())

    def request_exit(self, code: int) -> None:
        """Exit with a code; safe to call from any thread and from a signal handler."""
        loop = self._event_loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self.exit_orderly, code)

    def exit_orderly(self, code: int) -> None:
        """Exit because of a signal, or since the terminal is gone; nothing can be asked."""
        self.exit(return_code=code)

    def exit(
        self, result: None = None, return_code: int = 0, message: RenderableType | None = None
    ) -> None:
        """Exit; of several messages show the first, the cause. Where there is one, never with 0."""
        if self._has_told:
            message, return_code = None, return_code or 1
        self._has_told = self._has_told or message is not None
        super().exit(result, return_code, message)

    def get_line_filters(self) -> list[LineFilter]:
        """Return Textual's filters, and ours as the last defence against hostile text."""
        return [*super().get_line_filters(), self._control_filter]

    def line_is_free(self) -> bool:
        """Return whether another frame may be sent."""
        return True

    @property
    def takes_output(self) -> bool:
        """Whether the terminal takes what is written to it now; writing would block otherwise."""
        return True

    @property
    def is_stalled(self) -> bool:
        """Whether what is sent now is not shown now, but who knows when."""
        return False

    def set_window_title(self, text: str) -> None:
        """Set the title of the terminal's window; stock Textual has no way to do so."""

    @property
    def picture_layer(self) -> PictureLayer | None:
        """What sends pictures to the terminal; stock Textual has no way to do so."""
        return None

    @property
    def graphics(self) -> Graphics:
        """How pictures are shown now; `GraphicsChanged` tells when that changes."""
        return Graphics(symbols=self.graphics_settings.symbol_set(SymbolSet.QUADRANTS))

    def find_graphics(self) -> None:
        """Find out how pictures can be shown; stock Textual takes no answers of the terminal."""

    def action_redraw(self) -> None:
        """Send the whole screen again: another program may have written over it."""
        self.refresh()

    async def on_event(self, event: Event) -> None:
        """Note input, so that garbage is collected while nobody types.

        A mouse beyond the window does nothing: Textual would take the focus away. Only what has
        captured the mouse, as a dragged scrollbar has, follows it there.
        """
        if isinstance(event, InputEvent):
            self._had_input = True
            if not isinstance(event, MouseMove):
                self._scroll_memory.forget()
        elif isinstance(event, Resize):
            self._remember_scrolling()
        if isinstance(event, MouseEvent) and not event.is_forwarded and self._is_beyond(event):
            return
        await super().on_event(event)

    def _remember_scrolling(self) -> None:
        for screen in self.screen_stack:
            signal = screen.screen_layout_refresh_signal
            signal.unsubscribe(self)
            signal.subscribe(self, self._scroll_memory.restore, immediate=True)
        self._scroll_memory.remember(self.screen_stack)

    def _is_beyond(self, event: MouseEvent) -> bool:
        """Return whether a mouse event is outside of the window, and nothing has captured it."""
        inside = self.size.region.contains(int(event.screen_x), int(event.screen_y))
        return not inside and self.mouse_captured is None

    def look_at_window(self) -> None:
        """Lay out again if the window has another size, although no signal told; call it often."""

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
