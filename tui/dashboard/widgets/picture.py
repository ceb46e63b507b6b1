"""A picture in the terminal: half blocks, two pixels a cell.

It needs no answer from the terminal, so it works in tmux, in screen and under any TERM; colours
are reduced to what the terminal can show.
"""

from __future__ import annotations

import asyncio
from itertools import groupby
from typing import Any

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.pictures.cache import Pixels

_HALF = "▀"


class PictureView(Widget):
    """Shows pixels, or a text in their place. Requests a picture when its size changes."""

    pixels: reactive[Pixels | None] = reactive(None)
    """The picture; None while there is none."""
    text: reactive[str] = reactive("")
    """What stands in its place."""

    class Resized(Message):
        """The picture should be scaled to another size."""

    wanted: tuple[str, int, int] | None = None
    """What to show: a picture's identity (its whole link, once that has expired), columns and rows.
    Kept by whoever fills the preview; hiding it and showing it again is a new request."""
    shown: tuple[str, str] | None = None
    """Task and link key of the picture; None where there is none. Kept likewise."""

    def __init__(self) -> None:
        super().__init__()
        self._loads: dict[asyncio.Task[Any], str] = {}

    def on_hide(self) -> None:
        """Forget what was wanted."""
        self.forget()

    def forget(self) -> None:
        """Forget what was wanted, so that a picture that failed is tried again.

        Call this where a key hides the preview: what is shown again at once is never hidden.
        """
        self.wanted = None
        self.cancel_loads()

    def on_unmount(self) -> None:
        """Load nothing for a preview that is gone."""
        self.cancel_loads()

    @property
    def is_loading(self) -> bool:
        """Whether a picture is being loaded for it."""
        return bool(self._loads)

    def add_load(self, task: asyncio.Task[Any], picture: str) -> None:
        """Have `task`, which loads `picture`, cancelled when nobody waits for it here any more."""
        self._loads[task] = picture
        task.add_done_callback(lambda done: self._loads.pop(done, None))

    def cancel_loads(self, but: str = "") -> None:
        """Stop loading pictures other than `but`."""
        for task, picture in self._loads.items():
            if picture != but:
                task.cancel()

    def stop(self) -> bool:
        """Stop loading on the user's behalf; return whether anything was being loaded.

        It is not tried again before the preview was hidden.
        """
        stopped = self.is_loading
        if stopped:
            self.cancel_loads()
            self.show_text("Stopped. To try again, press p twice.")
        return stopped

    def on_resize(self, event: events.Resize) -> None:
        """Request a picture of the new size."""
        if event.size.width and event.size.height:
            self.post_message(self.Resized())

    def show_text(self, text: str) -> None:
        """Show a text in place of a picture."""
        self.pixels = self.shown = None
        self.text = text

    def show_pixels(self, pixels: Pixels) -> None:
        """Show a picture."""
        self.text = ""
        self.pixels = pixels

    def render(self) -> Content:
        """Return the text; the picture is drawn line by line."""
        return Content(self.text)

    def render_line(self, y: int) -> Strip:
        """Return one line of cells."""
        pixels = self.pixels
        if pixels is None:
            return super().render_line(y)
        width = self.size.width
        if y >= pixels.rows:
            return Strip.blank(width, self.rich_style)
        cells = _line(pixels, y)
        return Strip(cells, pixels.columns).extend_cell_length(width, self.rich_style)


def _line(pixels: Pixels, y: int) -> list[Segment]:
    stride = pixels.columns * 3
    upper = pixels.data[2 * y * stride : (2 * y + 1) * stride]
    lower = pixels.data[(2 * y + 1) * stride : (2 * y + 2) * stride]
    pairs = ((upper[x : x + 3], lower[x : x + 3]) for x in range(0, stride, 3))
    return [
        Segment(_HALF * sum(1 for _ in run), _style(top, bottom))
        for (top, bottom), run in groupby(pairs)
    ]


def _style(top: bytes, bottom: bytes) -> Style:
    return Style(color=Color.from_rgb(*top), bgcolor=Color.from_rgb(*bottom))
