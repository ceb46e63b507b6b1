"""The base of the app: what a terminal at the far end of a slow line needs.

`StockApp` uses Textual's public API alone. `TunedApp` adds the private overrides, all of them or
none: `overrides` decides which of the two is `TerminalApp`.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from textual.app import ScreenStackError
from textual.driver import Driver
from textual.events import AppFocus, Event, InputEvent, Resize
from textual.filter import LineFilter
from textual.geometry import Size
from textual.screen import Screen

from tui.graphics import Graphics
from tui.terminal import overrides
from tui.terminal.stock_app import StockApp

__all__ = ["StockApp", "TerminalApp", "TunedApp"]

if TYPE_CHECKING:
    from textual.events import CursorPosition

    from tui.terminal.driver import TerminalDriver
    from tui.terminal.graphics.finder import GraphicsFinder
    from tui.terminal.graphics.messages import GraphicsChanged
    from tui.terminal.input.events import GraphicsAnswer
    from tui.terminal.pictures.layer import PictureLayer


class TunedApp(StockApp):
    """Overrides private names of Textual; see `overrides`."""

    def __init__(self) -> None:
        from tui.terminal.frame_diff import FrameDiff
        from tui.terminal.paint_gate import PaintGate
        from tui.terminal.pictures.host import PictureHost

        self.paint_gate = PaintGate(self._line_is_free, self._retry_in, self._paint_held)
        self.terminal_driver: TerminalDriver | None = None
        """Set by the driver itself, which Textual creates."""
        self._frame_diff = FrameDiff()
        self.pictures = PictureHost(self, self._frame_diff)
        super().__init__()
        self._frame_size = Size()
        """The size of the screen whose frame was sent last."""
        self._finder: GraphicsFinder | None = None
        """Made once the first paint is over."""
        self._asks_next = False
        """Whether to make it behind the next frame."""

    def get_driver_class(self) -> type[Driver]:
        """Return our driver where Textual would use its Linux driver."""
        from textual.drivers.linux_driver import LinuxDriver

        from tui.terminal.driver import TerminalDriver

        usual = super().get_driver_class()
        return TerminalDriver if usual is LinuxDriver else usual

    def get_line_filters(self) -> list[LineFilter]:
        """Return those filters, and the one without which no picture is found."""
        return [*super().get_line_filters(), *self.pictures.filters]

    @property
    def picture_layer(self) -> PictureLayer | None:
        """What sends pictures to the terminal; None where there is none."""
        if self.terminal_driver is None:
            return None
        return self.pictures.layer(self.terminal_driver)

    def on_graphics_changed(self, event: GraphicsChanged) -> None:
        """Drop the pictures of another terminal."""
        self.pictures.change_graphics(event.graphics)

    def on_line_free(self) -> None:
        """Paint what was held back, or else send what there is of pictures."""
        self.paint_gate.open()
        self.pictures.pump()

    def line_is_free(self) -> bool:
        """Return whether another frame may be rendered; otherwise one will be, once it may."""
        return self.paint_gate.may_paint()

    @property
    def takes_output(self) -> bool:
        """Whether the terminal takes what is written to it now; writing would block otherwise."""
        return self.terminal_driver is None or self.terminal_driver.takes_output

    @property
    def is_stalled(self) -> bool:
        """Whether what is sent now is not shown now, but who knows when."""
        return self.terminal_driver is not None and self.terminal_driver.is_stalled

    def set_window_title(self, text: str) -> None:
        """Set the title of the terminal's window, which gets back its own at the end."""
        if self.terminal_driver is not None:
            self.terminal_driver.title.set(text)

    def show_until_back(self, text: str) -> None:
        """Wait for that key with what reads all other input, too."""
        if self.terminal_driver is None:
            super().show_until_back(text)
        else:
            self.terminal_driver.show_until_back(text)

    @property
    def graphics(self) -> Graphics:
        """How pictures are shown now; `GraphicsChanged` tells when that changes."""
        return super().graphics if self._finder is None else self._finder.graphics

    def find_graphics(self) -> None:
        """Ask the terminal, or tmux, how pictures can be shown, behind the frame that is next."""
        self._asks_next = self.terminal_driver is not None and self._finder is None

    def _begin_finding(self) -> None:
        if self.terminal_driver is None:
            return
        from tui.terminal.graphics.asking import make_finder
        from tui.terminal.graphics.messages import GraphicsChanged

        self._finder = make_finder(
            self.graphics_settings,
            self.terminal_driver.ask,
            lambda graphics: self.post_message(GraphicsChanged(graphics)),
            self.pictures.check,
        )
        self._finder.wide_ambiguous = self._frame_diff.wide_ambiguous
        self._finder.ask()

    def on_graphics_answer(self, event: GraphicsAnswer) -> None:
        """Take an answer of the terminal about pictures."""
        if self._finder is not None:
            self._finder.take_answer(event.text)
        self.pictures.take_answer(event.text)

    def _line_is_free(self) -> bool:
        return self.terminal_driver is None or self.terminal_driver.is_free

    def _retry_in(self) -> float:
        return 0.0 if self.terminal_driver is None else self.terminal_driver.retry_in

    def _paint_held(self, dropped: bool) -> None:
        """Paint what was held back: all of the screen where a frame was dropped."""
        with suppress(ScreenStackError):
            if dropped:
                self.screen.refresh()
            self.screen.check_idle()

    def post_display_hook(self) -> None:
        """Send the frame, with a probe behind it, to learn when the terminal has shown it."""
        if self.terminal_driver is not None:
            self.terminal_driver.end_frame()
            self.pictures.after_frame()
        if self._asks_next:
            self._asks_next = False
            self.call_later(self._begin_finding)

    def on_cursor_position(self, event: CursorPosition) -> None:
        """Take the terminal's reply to a probe."""
        if self.terminal_driver is None:
            return
        self.terminal_driver.record_reply()
        self.on_line_free()
        wide = self.terminal_driver.width_probe.record_reply(event.x, event.y)
        if wide is not None and wide is not self._frame_diff.wide_ambiguous:
            self._frame_diff.wide_ambiguous = wide
            if self._finder is not None:
                self._finder.wide_ambiguous = wide
            self.action_redraw()

    def look_at_window(self) -> None:
        """Lay out again if the window has another size, although no signal told; call it often.

        The signal may be blocked, or go to another process group only.
        """
        if self.terminal_driver is not None:
            self.terminal_driver.resizes.look()
        if self._finder is not None:
            self._finder.look()

    async def on_event(self, event: Event) -> None:
        """Note input, which somebody wants to see the effect of."""
        if isinstance(event, InputEvent) and self.terminal_driver is not None:
            self.terminal_driver.record_key()
        elif isinstance(event, AppFocus) and self._finder is not None:
            self._finder.on_focus()
        await super().on_event(event)

    def on_resize(self, event: Resize) -> None:
        """Send everything again if the size is the one of the last frame, and else the modes alone.

        The terminal had another size for a moment, and cut or wrapped what was sent meanwhile; or
        the program was suspended, and the screen is empty; or another terminal was attached. A new
        size is noticed by `_display`.
        """
        was_renewed = self.pictures.take_renewed()
        if event.size == self._frame_size:
            self._redraw(with_pictures=not was_renewed)
        elif self._frame_size and self.terminal_driver is not None:
            self.terminal_driver.renew_modes()
            if self._finder is not None:
                self._finder.on_resize()

    def action_redraw(self) -> None:
        """Send modes and screen again: another program may have changed them."""
        self._redraw(with_pictures=True)

    def _redraw(self, *, with_pictures: bool) -> None:
        self._frame_diff.forget()
        if self.terminal_driver is not None:
            self.terminal_driver.renew_modes()
        if with_pictures:
            self.pictures.send_anew()
        if self._finder is not None:
            self._finder.ask()
        super().action_redraw()

    def collect_garbage(self) -> None:
        """Collect everything if it is due, including what Textual caches for removed widgets."""
        from textual._styles_cache import StylesCache

        StylesCache.get_inner_outer.cache_clear()
        super().collect_garbage()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if renderable is None or not self.paint_gate.may_send():
            return
        if screen.outer_size != self._frame_size:
            self._frame_diff.forget()
        self.pictures.before_frame(screen)
        self._frame_diff.hides_pictures = screen.is_modal
        changes = self._frame_diff.diff(renderable)
        if self.terminal_driver is not None:
            self.terminal_driver.begin_frame()
        super()._display(screen, changes)
        if self._frame_diff.settle():
            self._frame_size = screen.outer_size
        self.pictures.pump()


if TYPE_CHECKING:
    TerminalApp = TunedApp
else:
    TerminalApp = StockApp if overrides.misfit() else TunedApp
