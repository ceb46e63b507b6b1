"""A picture in the terminal, in whatever way it can show one, or words in its place.

Knows no task: whoever fills a view keeps in it what was wanted. What is symbols is drawn here; the
cells of everything else come from the terminal's picture layer, which sends the picture itself.
"""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.dashboard.widgets.symbol_cells import symbol_strip
from tui.graphics import Protocol
from tui.pictures.encoding import EncodedPicture, EncodingRequest
from tui.terminal.app import StockApp
from tui.terminal.pictures.layer import PictureLayer
from tui.terminal.pictures.placement import Placement


class Wanted(NamedTuple):
    """What a view is to show."""

    picture: str
    """Identity of the picture; its whole link, once that has been refused."""
    request: EncodingRequest


class PictureView(Widget):
    """Shows a picture, or a text in its place. Requests a picture when its size changes.

    The picture stays until the next one can be shown, so that nothing is blank in between.
    """

    ALLOW_SELECT = False

    text: reactive[str] = reactive("")
    """What stands in the picture's place."""
    progress: reactive[str] = reactive("", repaint=False)
    """What is being loaded behind a picture that is shown meanwhile, in words; empty for nothing.
    Whoever has a place for it watches it."""

    class Resized(Message):
        """The picture should be encoded in another size, or once more."""

    wanted: Wanted | None = None
    """What to show. Kept by whoever fills the view; hiding it and showing it again is a new
    request."""
    shown: tuple[str, str] | None = None
    """Task and link key of the picture; None where there is none."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._loads: dict[asyncio.Task[Any], str] = {}
        self._picture: EncodedPicture | None = None
        self._placement: Placement | None = None
        self._arriving: EncodedPicture | None = None
        """A picture that the terminal cannot show yet."""
        self._arriving_placement: Placement | None = None
        self._is_stale = False
        """Whether what is shown has to be sent anew, even if it is the same."""

    @property
    def picture(self) -> EncodedPicture | None:
        """The picture that is shown; None where there is none."""
        return self._picture

    @property
    def is_loading(self) -> bool:
        """Whether a picture is being loaded for it."""
        return bool(self._loads)

    def on_hide(self) -> None:
        """Forget what was wanted."""
        self.forget()

    def on_unmount(self) -> None:
        """Load nothing for a view that is gone, and free what the terminal holds for it."""
        self.cancel_loads()
        self._drop_arriving()
        self._drop_picture()

    def want(self, wanted: Wanted) -> None:
        """Stop loading and sending anything else."""
        # The same picture in another size is still useful.
        self.cancel_loads(but=wanted.picture)
        self._drop_arriving()
        self.wanted = wanted

    def forget(self) -> None:
        """Forget what was wanted, so that a picture that failed is tried again.

        Call this where a key hides the view: what is shown again at once is never hidden.
        """
        self.wanted = None
        self.cancel_loads()
        self._drop_arriving()

    def add_load(self, task: asyncio.Task[Any], picture: str) -> None:
        """Have `task`, which loads `picture`, cancelled when nobody waits for it here any more."""
        self._loads[task] = picture
        task.add_done_callback(lambda done: self._loads.pop(done, None))

    def cancel_loads(self, but: str = "") -> None:
        """Stop loading pictures other than `but`."""
        for task, picture in self._loads.items():
            if picture != but:
                task.cancel()

    def on_resize(self, event: events.Resize) -> None:
        """Request a picture of the new size."""
        if event.size.width and event.size.height:
            self.post_message(self.Resized())

    def show_text(self, text: str) -> None:
        """Show a text in place of a picture."""
        self._drop_arriving()
        if self._picture is not None:
            self._drop_picture()
            self.refresh()
        self.progress = ""
        self.text = text

    def show_progress(self, name: str, words: str = "") -> None:
        """Say how far the next picture is: in place of a picture, or else in `progress`."""
        if self._picture is None:
            self.text = f"Loading {name} … {words}".rstrip()
        else:
            self.progress = f"loading … {words}".rstrip()

    def show_picture(self, picture: EncodedPicture, shown: tuple[str, str] | None = None) -> None:
        """Show a picture as soon as the terminal can; `shown` is what it is by then.

        One that is shown already is not sent again.
        """
        if picture == self._arriving:
            return
        self._drop_arriving()
        if picture == self._picture and not self._is_stale:
            self.shown, self.progress = shown, ""
            return
        if picture.protocol is Protocol.SYMBOLS:
            self._replace(picture, None, shown)
            return

        def sent(placement: Placement) -> None:
            self._arriving = self._arriving_placement = None
            self._replace(picture, placement, shown)

        if (layer := self._layer) is not None:
            self._arriving = picture
            self._arriving_placement = layer.send(picture, sent, self._lost)

    def show_anew(self, *, keep: bool) -> None:
        """Request the picture once more, and send it even if it is the same.

        What is shown stays until then; but not where the terminal has lost it, and `keep` is false.
        """
        self.forget()
        self._is_stale = True
        if self._placement is not None and not keep:
            self._drop_picture()
            self.refresh()
        if self.size and self.is_attached:
            self.post_message(self.Resized())

    def _lost(self, placement: Placement) -> None:
        """Request the picture again if it is looked at: the terminal had no room for it."""
        if placement is self._placement:
            self.show_anew(keep=False)

    @property
    def _layer(self) -> PictureLayer | None:
        return self.app.picture_layer if isinstance(self.app, StockApp) else None

    def _replace(
        self, picture: EncodedPicture, placement: Placement | None, shown: tuple[str, str] | None
    ) -> None:
        self._drop_picture()
        self._picture, self._placement, self.shown = picture, placement, shown
        self._is_stale = False
        self.text = self.progress = ""
        self.refresh()

    def _drop_picture(self) -> None:
        layer, placement = self._layer, self._placement
        self._picture = self._placement = self.shown = None
        if layer is not None and placement is not None:
            layer.remove(placement)

    def _drop_arriving(self) -> None:
        layer, placement = self._layer, self._arriving_placement
        self._arriving = self._arriving_placement = None
        if layer is not None and placement is not None:
            layer.remove(placement)

    def render(self) -> Content:
        """Return the text; the picture is drawn line by line."""
        return Content(self.text)

    def render_line(self, y: int) -> Strip:
        """Return one line of cells; a picture stands in the middle."""
        picture = self._picture
        if picture is None:
            return super().render_line(y)
        width, height = self.size
        row = y - max(0, (height - picture.rows) // 2)
        if not 0 <= row < picture.rows:
            return Strip.blank(width, self.rich_style)
        cells = self._cells(picture, row)
        margin = Strip.blank(max(0, (width - picture.columns) // 2), self.rich_style)
        line = Strip.join([margin, cells]).crop(0, width)
        return line.extend_cell_length(width, self.rich_style)

    def _cells(self, picture: EncodedPicture, row: int) -> Strip:
        if self._placement is not None:
            return self._placement.strip(row)
        return symbol_strip(picture, row, few_colours=self.app.console.color_system == "256")
