"""One frame over the whole screen: the next and the previous one, closer, and from side to side."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import ClassVar, Final, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.timer import Timer

from tui.dashboard.screens.gallery import LINK_KEYS, GalleryScreen, Hints
from tui.dashboard.widgets.picture import PictureView
from tui.pictures.encoding import WHOLE, Area
from tui.pictures.viewport import Filled, Viewport
from tui.wording import gallery

KEY_REPEAT: Final = 0.08
"""Seconds between two keys below which they count as one that is held."""
DEBOUNCE: Final = 0.15
"""Seconds after the last of them until the picture is requested: only where it ends is sent."""

_STEP_KEYS: Final = (
    Binding("h", "step(-1)", "previous", tooltip="Previous frame", id="picture.previous"),
    Binding("l", "step(1)", "next", tooltip="Next frame", id="picture.next"),
    Binding(
        "left_square_bracket",
        "step(-1)",
        tooltip="Previous frame",
        show=False,
        id="picture.previous_zoomed",
    ),
    Binding(
        "right_square_bracket",
        "step(1)",
        tooltip="Next frame",
        show=False,
        id="picture.next_zoomed",
    ),
    Binding("g,home", "edge(0)", tooltip="First frame", show=False, id="picture.first"),
    Binding("G,end", "edge(-1)", tooltip="Newest frame", show=False, id="picture.last"),
)
_MOVES: Final = "To another frame; while zoomed, move in the picture"
_ZOOM_KEYS: Final = (
    Binding(
        "plus,equals_sign",
        "zoom(1)",
        "closer",
        tooltip="Zoom in",
        key_display="+",
        id="picture.zoom_in",
    ),
    Binding(
        "minus",
        "zoom(-1)",
        "smaller",
        tooltip="Zoom out, or back to the small picture",
        key_display="-",
        id="picture.zoom_out",
    ),
    Binding("left", "arrow(-1, 0)", tooltip=_MOVES, show=False, id="picture.left"),
    Binding("right", "arrow(1, 0)", tooltip=_MOVES, show=False, id="picture.right"),
    Binding("up", "arrow(0, -1)", tooltip=_MOVES, show=False, id="picture.up"),
    Binding("down", "arrow(0, 1)", tooltip=_MOVES, show=False, id="picture.down"),
)
_BACK: Final = Binding("escape", "back", "back", tooltip="Back", id="picture.back")
ENLARGED_KEYS: Final = (*_STEP_KEYS, *_ZOOM_KEYS, *LINK_KEYS, _BACK)
"""For the help."""


class NamedFrame(NamedTuple):
    """A frame as this screen knows it: no link."""

    key: str
    name: str


class EnlargedPicture(GalleryScreen):
    """Shows one frame. It stays on it when others arrive; zoom and place stay from frame to frame,
    so that the same corner of several can be compared."""

    BINDINGS: ClassVar[list[BindingType]] = [*_STEP_KEYS, *_ZOOM_KEYS, _BACK]
    HINTS = (
        ("back", ("picture.back",)),
        ("frames", ("picture.previous", "picture.next")),
        ("zoom", ("picture.zoom_in", "picture.zoom_out")),
        ("keys", ("gallery.help",)),
        ("open", ("gallery.open",)),
        ("save", ("gallery.download",)),
    )

    ZOOMED_HINTS: ClassVar[Hints] = (
        HINTS[0],
        ("move", ("picture.left", "picture.right")),
        HINTS[2],
        ("frames", ("picture.previous_zoomed", "picture.next_zoomed")),
        *HINTS[3:],
    )

    class Requested(Message):
        """Show the frame `link_key` in `view`, as much of it as `area` says."""

        def __init__(self, screen: EnlargedPicture) -> None:
            super().__init__()
            self.screen = screen

    frames: reactive[tuple[NamedFrame, ...]] = reactive((), init=False)
    """The frames of the task, in order."""

    def __init__(
        self,
        task_id: str,
        name: str,
        frames: tuple[NamedFrame, ...],
        link_key: str,
        may_paint: Callable[[], bool],
    ) -> None:
        """Show the frame `link_key` of these."""
        super().__init__(task_id, name, may_paint)
        self.view = PictureView()
        self._link_key = link_key
        self._viewport = Viewport()
        self._proportion = 0.0
        """Columns of the whole picture by its rows; 0 where it is not known yet."""
        self._known = len(frames)
        """How many frames there were when the newest of them was shown, or at the beginning."""
        self._timer: Timer | None = None
        self._requested_at = -math.inf
        self.set_reactive(EnlargedPicture.frames, frames)

    def compose(self) -> ComposeResult:
        """Yield the picture and the line."""
        yield self.view
        yield self.line

    def on_mount(self) -> None:
        """Show what is loaded behind the picture."""
        self.watch(self.view, "progress", self.show_line)

    @property
    def link_key(self) -> str:
        """The frame that is shown; empty for none."""
        return self._link_key

    @property
    def hints(self) -> Hints:
        """What keys do now; see `GalleryScreen.hints`."""
        return self.ZOOMED_HINTS if self._viewport.is_zoomed else self.HINTS

    @property
    def area(self) -> Area:
        """The part of it that is wanted."""
        return self._viewport.area(self._filled) if self._viewport.is_zoomed else WHOLE

    @property
    def _filled(self) -> Filled:
        return Filled.by(self._proportion, *self.view.content_size)

    @property
    def _index(self) -> int:
        keys = [frame.key for frame in self.frames]
        return keys.index(self._link_key) if self._link_key in keys else 0

    def watch_frames(self, old: tuple[NamedFrame, ...], new: tuple[NamedFrame, ...]) -> None:
        """Stay on the frame; where it is gone, on what stands in its place."""
        keys = [frame.key for frame in new]
        if self._link_key not in keys:
            before = [frame.key for frame in old]
            index = before.index(self._link_key) if self._link_key in before else 0
            self._link_key = keys[min(index, len(keys) - 1)] if keys else ""
        self._known = min(self._known, len(new))
        self.request()

    def show_line(self) -> None:
        """Show which frame it is, how close, and what has come meanwhile."""
        if not self.frames:
            self.show_words(gallery.NO_FRAMES, name=self.task_name)
            return
        index, total = self._index, len(self.frames)
        self.show_words(
            gallery.position(self.frames[index].name, index + 1, total),
            gallery.zoom(self._viewport.zoom),
            gallery.newer(total - self._known, self.key("picture.last")),
            self.view.progress,
            name=self.task_name,
        )

    def request(self) -> None:
        """Request what is to be shown now: at once, or when a held key is released."""
        if self.frames and self._index == len(self.frames) - 1:
            self._known = len(self.frames)
        self.show_line()
        now = asyncio.get_running_loop().time()
        is_held, self._requested_at = now - self._requested_at < KEY_REPEAT, now
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if is_held:
            self._timer = self.set_timer(DEBOUNCE, self._post_request)
        else:
            self._post_request()

    def _post_request(self) -> None:
        self.post_message(self.Requested(self))

    @on(PictureView.Resized)
    def _view_resized(self, event: PictureView.Resized) -> None:
        event.stop()
        self.show_line()
        self._post_request()

    def action_step(self, frames: int) -> None:
        """Show another frame, so many further."""
        self._go(self._index + frames)

    def action_edge(self, index: int) -> None:
        """Show the first frame (0) or the newest (-1)."""
        self._go(index % max(1, len(self.frames)))

    def _go(self, index: int) -> None:
        self.transfer = ""
        if 0 <= index < len(self.frames) and index != self._index:
            self._learn_proportion()
            self._link_key = self.frames[index].key
            self.request()

    def action_zoom(self, steps: int) -> None:
        """Come closer or go away; from the whole picture back to the small one."""
        self.transfer = ""
        if steps < 0 and not self._viewport.is_zoomed:
            self.action_back()
            return
        self._learn_proportion()
        self._look(self._viewport.zoomed(steps))

    def action_arrow(self, across: int, down: int) -> None:
        """Move in a picture that is zoomed; else to the frame beside it."""
        if self._viewport.is_zoomed:
            self.transfer = ""
            self._look(self._viewport.moved(across, down, self._filled))
        elif across:
            self.action_step(across)

    def _look(self, viewport: Viewport) -> None:
        if viewport != self._viewport:
            self._viewport = viewport
            self.request()

    def _learn_proportion(self) -> None:
        """Note the whole picture's proportion, which a part of it does not tell."""
        picture, wanted = self.view.picture, self.view.wanted
        if picture is not None and wanted is not None and wanted.request.area == WHOLE:
            self._proportion = picture.columns / picture.rows
