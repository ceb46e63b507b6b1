"""The pictures of an app, from the first one on: nothing of them exists before."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from textual.app import ScreenStackError
from textual.filter import LineFilter
from textual.geometry import Size
from textual.screen import Screen

from tui.graphics import Graphics
from tui.terminal.restore import TERMINAL

if TYPE_CHECKING:
    from tui.terminal.app import TunedApp
    from tui.terminal.driver import TerminalDriver
    from tui.terminal.frame_diff import FrameDiff
    from tui.terminal.pictures.layer import PictureLayer


class PictureHost:
    """Creates the layer when it is first wanted, and tells it what happens in the app."""

    def __init__(self, app: TunedApp, frame_diff: FrameDiff) -> None:
        """Keep the app, and what knows which cells the terminal shows."""
        self._app, self._frame_diff = app, frame_diff
        self._layer: PictureLayer | None = None
        self._is_renewed = False
        self.filters: list[LineFilter] = []
        """What has to be the last line filter."""
        self._screen: Screen[Any] | None = None
        """The screen whose frame was sent last."""
        self._size = Size()
        """Its size."""

    def layer(self, driver: TerminalDriver) -> PictureLayer:
        """Return the layer that sends by `driver`."""
        if self._layer is None:
            import random

            from tui.terminal.pictures.cell_filter import PlaceholderFilter
            from tui.terminal.pictures.layer import PictureLayer
            from tui.terminal.pictures.slots import random_low

            few = self._app.console.color_system == "standard"
            low = random_low(random.Random(), few_colours=few)  # noqa: S311 - no secret.
            self.filters = [PlaceholderFilter(low)]
            self._layer = layer = PictureLayer(
                driver, self, lambda: self._app.graphics, low, self._note_cleanup
            )
            self._frame_diff.sixels = layer.sixels
        return self._layer

    def before_frame(self, screen: Screen[Any]) -> None:
        """Clear the screen before a frame where parts of sixel pictures would stay on it.

        foot keeps them in cells that are blank before and after, once the cells have another size,
        and Konsole also at a change of screen: seen in foot 1.21 and Konsole 25.04.
        """
        if self._layer is None:
            return
        is_resized, is_other = screen.size != self._size, screen is not self._screen
        self._screen, self._size = screen, screen.size
        drew = self._frame_diff.sixels is not None and self._frame_diff.sixels.screen.any_drawn
        is_konsole = self._app.graphics.terminal.lower().startswith("konsole")
        if drew and (is_resized or (is_other and is_konsole)):
            self._frame_diff.clear_first()

    def pump(self) -> None:
        """Send what the line has room for, unless a frame is held back, which goes first."""
        if self._layer is not None and not self._app.paint_gate.is_holding:
            self._layer.pump()

    def after_frame(self) -> None:
        """Send what belongs behind a frame."""
        if self._layer is not None:
            self._layer.after_frame()

    def send_anew(self) -> None:
        """Send everything again: the terminal may have lost it."""
        if self._layer is not None:
            self._layer.send_anew()

    def pause(self) -> None:
        """Send nothing more: the terminal is about to be given back."""
        if self._layer is not None:
            self._layer.pause()

    def resume(self, *, cut: bool) -> None:
        """Send again what was removed when the terminal was given back, or `cut` when it was left.

        To be called in front of the resize that each start tells; see `take_renewed`.
        """
        if self._layer is not None:
            self._is_renewed = self._layer.resume(cut=cut)

    def take_renewed(self) -> bool:
        """Return whether everything was sent again because of the last start; and forget that."""
        is_renewed, self._is_renewed = self._is_renewed, False
        return is_renewed

    def check(self) -> None:
        """Send again what the terminal lacks; it may be another one of the same kind."""
        if self._layer is not None:
            self._layer.check()

    def take_answer(self, text: str) -> None:
        """Take what the terminal says."""
        if self._layer is not None:
            self._layer.take_answer(text)

    def change_graphics(self, graphics: Graphics) -> None:
        """Drop what was sent for another terminal, or in another way.

        A sixel picture that was drawn again before new sizes of cells were known covers more cells
        than it has: the screen is cleared.
        """
        if self._layer is None:
            return
        drew = self._layer.sixels.screen.any_drawn
        self._layer.change_graphics(graphics)
        if drew:
            self._frame_diff.clear_first()
            with suppress(ScreenStackError):
                self._app.screen.refresh(layout=True)

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row of the cursor between two frames."""
        return self._app.cursor_position

    def shown_slots(self) -> set[int]:
        """Return the slots of the pictures whose cells are on the screen."""
        from tui.terminal.pictures.placement import slot_of

        return {slot_of(text) for text, _, _ in self._frame_diff.segments()} - {0}

    def draw_again(self, slot: int) -> None:
        """Send the cells of a picture again, though they have not changed."""
        from tui.terminal.pictures.placement import slot_of

        self._frame_diff.forget_where(lambda segment: slot_of(segment.text) == slot)
        with suppress(ScreenStackError):
            self._app.screen.refresh()

    @staticmethod
    def _note_cleanup(cleanup: str) -> None:
        TERMINAL.pictures = cleanup
