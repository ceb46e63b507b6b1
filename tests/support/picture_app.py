"""A small app that shows pictures: `python -m tests.support.picture_app PROTOCOL [SIZE]`.

Pictures are made up: `SIZE` bytes of data each, for 20 by 6 cells. Keys: `n` shows the next one in
the place of the last, `m` sends a thousand one after the other, `d` opens a dialog over the middle,
`escape` closes it, `x` removes the picture, `r` is ctrl+l, `t` another terminal, `c` crashes.
"""

from __future__ import annotations

import asyncio
import sys
from random import Random
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from tui.graphics import CellSize, Graphics, Protocol
from tui.pictures.encoding import EncodedPicture
from tui.terminal.app import TerminalApp
from tui.terminal.graphics.messages import GraphicsChanged
from tui.terminal.lifecycle import TerminalWatchdog
from tui.terminal.pictures.placement import Placement
from tui.terminal.process_end import end_now
from tui.terminal.run import run_to_its_end
from tui.terminal.screen import TerminalScreen

COLUMNS, ROWS = 20, 6
CELL = CellSize(10, 20)


def picture(protocol: Protocol, number: int, size: int) -> EncodedPicture:
    """Return the picture with a number, of about `size` bytes."""
    if protocol is Protocol.KITTY:
        data = f"picture {number} ".encode().ljust(size, b".")
    else:
        random, width = Random(number), COLUMNS * CELL.width
        count = ROWS * CELL.height // 6
        planes = max(1, size // (count * (width + 3)))
        noise = (bytes(random.choices(range(63, 127), k=width)) for _ in range(count * planes))
        bands = [
            b"$".join(b"#%d%s" % (plane % 8, next(noise)) for plane in range(planes))
            for _ in range(count)
        ]
        raster = b'"1;1;%d;%d' % (COLUMNS * CELL.width, ROWS * CELL.height)
        palette = b"".join(b"#%d;2;%d;0;0" % (colour, colour * 10) for colour in range(8))
        data = b"\x1bP0;1;0q" + raster + palette + b"-".join(bands) + b"\x1b\\"
    return EncodedPicture(protocol, Graphics().symbols, COLUMNS, ROWS, data)


class View(Widget):
    """Shows one placement in its corner."""

    DEFAULT_CSS = "View { width: 30; height: 8; }"
    placement: Placement | None = None

    def render_line(self, y: int) -> Strip:
        """Return a line of the picture, or a blank one."""
        placement, width = self.placement, self.size.width
        if placement is None or y >= placement.rows:
            return Strip.blank(width, self.rich_style)
        return placement.strip(y).adjust_cell_length(width, self.rich_style)


class Dialog(ModalScreen[None]):
    """Covers the middle of the picture."""

    DEFAULT_CSS = "Dialog Static { width: 8; height: 3; margin: 2 6; background: red; }"
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss")]

    def compose(self) -> ComposeResult:
        """Show a word to wait for."""
        yield Static("dialog")


class PictureApp(TerminalApp):
    """Show pictures and what was pressed."""

    CSS = "Static { height: 1; }"

    def __init__(self, protocol: Protocol, size: int) -> None:
        super().__init__()
        self._protocol, self._picture_size = protocol, size
        self._client = "1"
        self._number = 0
        self.last: asyncio.Future[None] | None = None

    @property
    def graphics(self) -> Graphics:
        """Return the way that was asked for."""
        return Graphics(self._protocol, cell=CELL, terminal="fake(1)", client=self._client)

    def get_default_screen(self) -> Any:  # noqa: ANN401 - a screen with a paint gate.
        """Paint as the dashboard does."""
        return TerminalScreen(self.line_is_free)

    def compose(self) -> ComposeResult:
        """Show words to wait for, and the picture between them."""
        yield Static("ready", id="word")
        yield View()
        yield Static("below")

    def show_next(self) -> None:
        """Send another picture, show it in the place of the last, and remove that."""
        layer, view = self.picture_layer, self.screen_stack[0].query_one(View)
        if layer is None:
            return
        self._number += 1
        number = self._number

        def swap(placement: Placement) -> None:
            old, view.placement = view.placement, placement
            view.refresh()
            if old is not None and layer is not None:
                layer.remove(old)
            self.tell(f"picture {number}")
            if number < self._until:
                self.show_next()

        layer.send(picture(self._protocol, number, self._picture_size), swap)

    _until = 0

    def tell(self, text: str) -> None:
        """Show a word to wait for."""
        self.screen_stack[0].query_one("#word", Static).update(text)

    def on_key(self, event: events.Key) -> None:
        """Do what the key says, and tell it."""
        view = self.screen_stack[0].query_one(View)
        match event.key:
            case "n":
                self.show_next()
            case "m":
                self._until = self._number + 1000
                self.show_next()
            case "x":
                old, view.placement = view.placement, None
                view.refresh()
                if old is not None and self.picture_layer is not None:
                    self.picture_layer.remove(old)
                self.tell("removed")
            case "d":
                self.push_screen(Dialog())
            case "r":
                self.action_redraw()
            case "t":
                self._client += "1"
                self.post_message(GraphicsChanged(self.graphics))
            case "c":
                raise ValueError("a crash")
            case "z":
                self.action_suspend_process()
            case "q":
                self.exit()
            case other:
                self.tell(f"key {other}")


def main() -> None:
    """Run the app."""
    protocol, size = Protocol(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    app = PictureApp(protocol, size)
    TerminalWatchdog(app.request_exit).install()
    end_now(run_to_its_end(app, mouse=True))


if __name__ == "__main__":
    main()
