"""The pictures of a contact sheet: whole rows of tiles, with a cursor.

A tile keeps its picture while it moves, so that scrolling sends cells but no picture again; so do
some that are out of sight. Those are placed nowhere, which hides them and ends what they load.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from tui.dashboard.widgets.picture import PictureView
from tui.dashboard.widgets.sheet_layout import Grid, lay_out
from tui.graphics import CellSize
from tui.links.repeats import Scene
from tui.wording.gallery import caption, same_as

MAX_KEPT: Final = 20
"""Tiles at most, those out of sight included: what the terminal holds has a limit."""

GRID_KEYS: Final = (
    Binding("left,h", "move(-1, 0)", "Left", show=False, id="sheet.left"),
    Binding("right,l", "move(1, 0)", "Right", show=False, id="sheet.right"),
    Binding("up,k", "move(0, -1)", "Up", show=False, id="sheet.up"),
    Binding("down,j", "move(0, 1)", "Down", show=False, id="sheet.down"),
    Binding("pageup,ctrl+b,ctrl+u", "page(-1)", "Page up", show=False, id="sheet.page_up"),
    Binding("pagedown,ctrl+f,ctrl+d", "page(1)", "Page down", show=False, id="sheet.page_down"),
    Binding("home,g", "edge(0)", "First", show=False, id="sheet.first"),
    Binding("end,G", "edge(-1)", "Newest", show=False, id="sheet.last"),
    Binding("enter", "select", "enlarge", tooltip="Enlarge the frame", id="sheet.enlarge"),
)


class Tile(Vertical):
    """A picture, and which frames it stands for."""

    under_cursor: reactive[bool] = reactive(False, toggle_class="-cursor")
    """Whether it is marked as the selected one."""

    class Clicked(Message):
        """The tile was clicked."""

        def __init__(self, key: str, chain: int) -> None:
            super().__init__()
            self.key = key
            self.chain = chain

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self.view = PictureView()
        self._caption = Static(classes="caption")
        self.scene = scene

    def compose(self) -> ComposeResult:
        """Yield the picture and its caption."""
        yield self.view
        yield self._caption

    def on_mount(self) -> None:
        """Say what it shows."""
        self._show_words()

    def show(self, scene: Scene) -> None:
        """Show another scene, or the same one with other words."""
        if scene.key != self.scene.key:
            self.view.forget()
            self.view.show_text("")
        if scene != self.scene:
            self.scene = scene
            self._show_words()

    def watch_under_cursor(self) -> None:
        """Mark the caption, also without colours."""
        self._show_words()

    def on_resize(self) -> None:
        """Cut the caption to the width."""
        self._show_words()

    def on_click(self, event: events.Click) -> None:
        """Report a click; with a modifier it is for the terminal."""
        if not (event.ctrl or event.meta or event.shift):
            self.post_message(self.Clicked(self.scene.key, event.chain))

    def _show_words(self) -> None:
        mark = "> " if self.under_cursor else "  "
        words = Content(mark + caption(self.scene, max(0, self.content_size.width - len(mark))))
        if self._caption.content != words:
            self._caption.update(words, layout=False)
        if self.scene.repeats:
            self.view.forget()
            self.view.show_text(same_as(self.scene))


class SheetGrid(Widget, can_focus=True):
    """Tiles of scenes, as many as there is room for; the cursor stays on its scene."""

    BINDINGS: ClassVar[list[BindingType]] = [*GRID_KEYS]
    BINDING_GROUP_TITLE = "The contact sheet"
    ALLOW_SELECT = False

    scenes: reactive[tuple[Scene, ...]] = reactive((), init=False, repaint=False)
    """All scenes, in order."""
    cursor: reactive[str] = reactive("", init=False, repaint=False)
    """The key of the scene under the cursor; empty only while there are none."""

    class ViewChanged(Message):
        """Other scenes are in sight, the cursor has moved, or words about them have changed."""

    class Selected(Message):
        """A scene was chosen, by enter or by a double click."""

    def __init__(self, scenes: tuple[Scene, ...], cursor: str, cell: CellSize) -> None:
        """Show these scenes, on a terminal with cells of a size in pixels."""
        super().__init__()
        self._tiles: dict[str, Tile] = {}
        """By the keys of their scenes; the one that was in sight last stands last."""
        self._cell = cell
        self._grid = lay_out(0, 0)
        self._top = 0
        """The row of tiles that is the first one in sight."""
        self._first = 0
        """The scene that was the first one in sight when the cursor moved last: a window that
        becomes small and large again shows what it showed."""
        self._places: dict[Widget, Region] = {}
        """Where the tiles in sight stand."""
        self._tile_layout = _TileLayout(self._places)
        self.set_reactive(SheetGrid.scenes, scenes)
        self.set_reactive(SheetGrid.cursor, _near(scenes, cursor, 0))

    @property
    def in_sight(self) -> range:
        """The numbers of the scenes in sight."""
        return self._grid.visible(self._top, len(self.scenes))

    @property
    def tiles_in_sight(self) -> Sequence[Tile]:
        """The tiles in sight, in order; the one under the cursor first."""
        keys = [self.scenes[number].key for number in self.in_sight]
        tiles = [self._tiles[key] for key in keys if key in self._tiles]
        return sorted(tiles, key=lambda tile: tile.scene.key != self.cursor)

    @property
    def layout(self) -> Layout:
        """The layout of the tiles."""
        return self._tile_layout

    def set_cell(self, cell: CellSize) -> None:
        """Lay out for cells of another size in pixels."""
        if cell != self._cell:
            self._cell = cell
            self._arrange()

    def watch_scenes(self, old: tuple[Scene, ...], new: tuple[Scene, ...]) -> None:
        """Keep the cursor on its scene, or what stands in its place."""
        number = next((n for n, scene in enumerate(old) if scene.key == self.cursor), 0)
        self.set_reactive(SheetGrid.cursor, _near(new, self.cursor, number))
        self._arrange()

    def watch_cursor(self) -> None:
        """Bring the cursor into sight."""
        self._arrange()
        self._first = self.in_sight.start

    def on_resize(self) -> None:
        """Show as many as have room."""
        self._arrange()

    def _arrange(self) -> None:
        """Give each scene in sight a tile, with the cursor among them, and report it."""
        self._grid = lay_out(*self.size, self._cell, len(self.scenes))
        top = min(self._first // self._grid.columns, self._grid.last_top(len(self.scenes)))
        self._top = self._grid.top_with(self._cursor_number(), top)
        self._show_tiles()

    def _show_tiles(self) -> None:
        if not self.is_attached or not self.size:
            return
        scenes = [self.scenes[number] for number in self.in_sight]
        missing = [scene for scene in scenes if scene.key not in self._tiles]
        keys = {scene.key for scene in scenes}
        known = {scene.key for scene in self.scenes}
        spare = [key for key in self._tiles if key not in keys]
        spare.sort(key=lambda key: key in known)
        new: list[Tile] = []
        for scene in missing:
            if spare and len(self._tiles) >= MAX_KEPT:
                self._tiles[scene.key] = self._tiles.pop(spare.pop(0))
            else:
                self._tiles[scene.key] = Tile(scene)
                new.append(self._tiles[scene.key])
        before = dict(self._places)
        self._places.clear()
        for place, scene in enumerate(scenes):
            # The one that was in sight last is the last to be taken for another scene.
            tile = self._tiles[scene.key] = self._tiles.pop(scene.key)
            tile.show(scene)
            tile.under_cursor = scene.key == self.cursor
            self._places[tile] = _region(self._grid, place)
        if new:
            self.mount_all(new)
        if self._tiles and self._places != before:
            # By one of them: for a widget's own request Textual takes what it arranged before.
            next(iter(self._tiles.values())).refresh(layout=True)
        self.post_message(self.ViewChanged())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the keys do something: not without scenes."""
        return bool(self.cursor)

    def _cursor_number(self) -> int:
        return next((n for n, scene in enumerate(self.scenes) if scene.key == self.cursor), 0)

    def _go(self, number: int) -> None:
        if self.scenes:
            self.cursor = self.scenes[max(0, min(number, len(self.scenes) - 1))].key

    def action_move(self, across: int, down: int) -> None:
        """Move the cursor by one; sideways on to the next row, down to the last one."""
        number = self._cursor_number() + across + down * self._grid.columns
        rows = -(-len(self.scenes) // self._grid.columns)
        if not down or number < len(self.scenes):
            self._go(number if number >= 0 or not down else self._cursor_number())
        elif self._cursor_number() // self._grid.columns < rows - 1:
            self._go(number)

    def action_page(self, direction: int) -> None:
        """Move the cursor, and what is in sight, by a screenful."""
        top = self._top + direction * self._grid.rows
        top = max(0, min(top, self._grid.last_top(len(self.scenes))))
        self._first = top * self._grid.columns
        self._go(self._cursor_number() + direction * self._grid.tiles)

    def action_edge(self, index: int) -> None:
        """Move the cursor to the first (0) or the newest (-1)."""
        self._go(index % max(1, len(self.scenes)))

    def action_select(self) -> None:
        """Choose the scene under the cursor."""
        if self.cursor:
            self.post_message(self.Selected())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move on by a row."""
        event.stop()
        self.action_move(0, 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move back by a row."""
        event.stop()
        self.action_move(0, -1)

    @on(Tile.Clicked)
    def _tile_clicked(self, event: Tile.Clicked) -> None:
        event.stop()
        self.cursor = event.key
        if event.chain == 2:
            self.action_select()


def _near(scenes: Sequence[Scene], key: str, number: int) -> str:
    """Return the key of the scene that shows the frame `key`, else of the one of that number."""
    if any(scene.key == key for scene in scenes):
        return key
    return scenes[min(number, len(scenes) - 1)].key if scenes else ""


def _region(grid: Grid, place: int) -> Region:
    row, column = divmod(place, grid.columns)
    width, height = grid.tile_width, grid.tile_height
    return Region(column * width, row * height, width, height)


class _TileLayout(Layout):
    """Places the tiles in sight; the others get no place at all."""

    name = "tiles"

    def __init__(self, places: Mapping[Widget, Region]) -> None:
        self._places = places

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        """Return the placements."""
        return [
            WidgetPlacement(self._places[child], NULL_OFFSET, NULL_SPACING, child)
            for child in children
            if child in self._places
        ]
