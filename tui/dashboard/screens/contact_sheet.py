"""All frames of a task side by side, a screenful of whole pictures at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from tui.dashboard import messages
from tui.dashboard.screens.gallery import LINK_KEYS, GalleryScreen
from tui.dashboard.widgets.key_line import KeyLine
from tui.dashboard.widgets.picture import PictureView
from tui.dashboard.widgets.sheet_grid import GRID_KEYS, SheetGrid
from tui.graphics import CellSize
from tui.links.repeats import Scene
from tui.wording.gallery import sheet_heading

_BACK = Binding("escape,w", "back", "back", tooltip="Back", id="sheet.back")
SHEET_KEYS = (*GRID_KEYS, *LINK_KEYS, _BACK)
"""For the help."""


class ContactSheet(GalleryScreen):
    """Shows the scenes of a task, and loads those that come into sight."""

    BINDINGS: ClassVar[list[BindingType]] = [_BACK]
    AUTO_FOCUS = "SheetGrid"
    HINTS = (
        ("back", ("sheet.back",)),
        ("enlarge", ("sheet.enlarge",)),
        ("keys", ("gallery.help",)),
        ("open", ("gallery.open",)),
        ("save", ("gallery.download",)),
        ("copy", ("gallery.copy",)),
    )

    class PicturesRequested(Message):
        """Show the pictures of the tiles in sight."""

        def __init__(self, screen: ContactSheet) -> None:
            super().__init__()
            self.screen = screen

    def __init__(
        self,
        task_id: str,
        name: str,
        scenes: tuple[Scene, ...],
        link_key: str,
        cell: CellSize,
        may_paint: Callable[[], bool],
    ) -> None:
        """Show these scenes, the cursor on `link_key` if it is one of theirs."""
        super().__init__(task_id, name, may_paint)
        self.grid = SheetGrid(scenes, link_key, cell)
        self._heading = KeyLine(id="gallery-heading")
        self._is_requested = False
        self._named = link_key
        """The frame that the line was about last."""

    def compose(self) -> ComposeResult:
        """Yield a heading, the pictures and the line."""
        yield self._heading
        yield self.grid
        yield self.line

    def on_screen_resume(self) -> None:
        """Request what has come into sight behind another screen."""
        self.request()

    @property
    def link_key(self) -> str:
        """The frame under the cursor; empty for none."""
        return self.grid.cursor

    def show_line(self) -> None:
        """Show what is in sight, and the keys."""
        self._heading.show((sheet_heading(self.grid.scenes, self.grid.in_sight),), self.task_name)
        self.show_words()

    @on(SheetGrid.ViewChanged)
    def _view_changed(self, event: SheetGrid.ViewChanged) -> None:
        event.stop()
        if self._named != self.link_key:
            self._named, self.transfer = self.link_key, ""
        self.request()

    @on(PictureView.Resized)
    def _picture_resized(self, event: PictureView.Resized) -> None:
        event.stop()
        self.request()

    def request(self) -> None:
        """Request the pictures in sight, once for all that changes with one layout."""
        self.show_line()
        if not self._is_requested:
            self._is_requested = True
            self.call_after_refresh(self._post_request)

    def _post_request(self) -> None:
        self._is_requested = False
        self.post_message(self.PicturesRequested(self))

    @on(SheetGrid.Selected)
    def _selected(self, event: SheetGrid.Selected) -> None:
        event.stop()
        self.post_message(messages.EnlargeRequested(self.task_id, self.link_key))
