"""Fill the enlarged picture and the contact sheet, and keep them up to date."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Final

from tui.dashboard.controllers.pictures import PictureController
from tui.dashboard.screens.contact_sheet import ContactSheet
from tui.dashboard.screens.enlarged import EnlargedPicture, NamedFrame
from tui.dashboard.screens.gallery import GalleryScreen
from tui.dashboard.widgets.picture import PictureView
from tui.engine import Engine
from tui.links.link import Link, frame_links
from tui.links.repeats import Scene, group_frames
from tui.signed_links.signed_url import identity
from tui.terminal.app import StockApp
from tui.watchlist.records import Record
from tui.wording.gallery import NO_FRAMES
from tui.wording.tasks import task_name

MAX_LOADS: Final = 3
"""Pictures of a contact sheet that are loaded at once."""


class GalleryController:
    """Opens the screens for a task's frames; the only one that sets what they show."""

    def __init__(
        self,
        app: StockApp,
        engine: Engine,
        pictures: PictureController,
        notify: Callable[[str], None],
    ) -> None:
        """Show frames of the tasks of `engine`; `notify` shows a line for a moment."""
        self._app = app
        self._engine = engine
        self._pictures = pictures
        self._notify = notify
        self._records: dict[GalleryScreen, Record | None] = {}
        """What was shown last, by the screens that are open."""
        self._digests: dict[str, str] = {}
        """What equal files have in common, by the identity of their links; of the last sheet."""
        self._loads: dict[PictureView, asyncio.Task[None]] = {}

    def enlarge(self, task_id: str, key: str) -> None:
        """Show a frame over the whole screen: the newest one where no other is named."""
        links = self._links(task_id)
        if not links:
            self._notify(NO_FRAMES)
            return
        keys = [link.key for link in links]
        shown = key if key in keys else keys[-1]
        self._push(
            EnlargedPicture(
                task_id, self._name(task_id), _named(links), shown, self._app.line_is_free
            )
        )

    def open_sheet(self, task_id: str, key: str) -> None:
        """Show all frames of a task side by side, the cursor on one of them or on the first."""
        if not self._links(task_id):
            self._notify(NO_FRAMES)
            return
        self._digests.clear()
        self._push(
            ContactSheet(
                task_id,
                self._name(task_id),
                self._scenes(task_id),
                key,
                self._app.graphics.cell,
                self._app.line_is_free,
            )
        )

    def _push(self, screen: GalleryScreen) -> None:
        if any(isinstance(each, type(screen)) for each in self._app.screen_stack):
            # Its key was pressed twice before the screen was there.
            return
        self._records[screen] = self._engine.watchlist.get(screen.task_id)
        # They would lie over the line, and name other keys.
        self._app.clear_notifications()
        self._app.push_screen(screen, lambda _: self._forget(screen))

    def _forget(self, screen: GalleryScreen) -> None:
        self._records.pop(screen, None)

    def update(self) -> None:
        """Show what has changed about the tasks whose frames are shown."""
        for screen, shown in tuple(self._records.items()):
            record = self._engine.watchlist.get(screen.task_id)
            if record is not shown and screen.is_attached:
                self._records[screen] = record
                self._show(screen)
                # A frame may have been drawn anew, or have got another link.
                screen.request()

    def _show(self, screen: GalleryScreen) -> None:
        if isinstance(screen, EnlargedPicture):
            screen.frames = _named(self._links(screen.task_id))
        elif isinstance(screen, ContactSheet):
            screen.grid.scenes = self._scenes(screen.task_id)

    def fill_enlarged(self, screen: EnlargedPicture) -> None:
        """Show the picture that the screen is about."""
        if screen.is_attached:
            self._pictures.fill(screen.view, screen.task_id, screen.link_key, screen.area)

    def fill_sheet(self, sheet: ContactSheet) -> None:
        """Load the pictures in sight, the one under the cursor first, a few at a time.

        Behind another screen none is in sight: they are requested again once that has gone.
        """
        if not sheet.is_active:
            return
        sheet.grid.set_cell(self._app.graphics.cell)
        self._note_repeats(sheet)
        for view, key in self._wanted(sheet):
            if len(self._loads) >= MAX_LOADS:
                return
            if view not in self._loads:
                self._load(sheet, view, key)

    def _wanted(self, sheet: ContactSheet) -> Iterator[tuple[PictureView, str]]:
        """Yield the views that have no picture yet, or not the one of now."""
        for tile in sheet.grid.tiles_in_sight:
            view, scene = tile.view, tile.scene
            if not scene.repeats and self._pictures.is_outdated(view, sheet.task_id, scene.key):
                yield view, scene.key

    def _load(self, sheet: ContactSheet, view: PictureView, key: str) -> None:
        def done(_: asyncio.Task[None]) -> None:
            self._loads.pop(view, None)
            if sheet.is_attached:
                sheet.request()

        load = self._pictures.fill(view, sheet.task_id, key)
        self._loads[view] = load
        load.add_done_callback(done)

    def _note_repeats(self, sheet: ContactSheet) -> None:
        """Show which of the pictures in sight repeat others, as far as their files are known."""
        in_sight = {tile.scene.key for tile in sheet.grid.tiles_in_sight}
        for link in self._links(sheet.task_id):
            file = identity(link.url)
            is_new = link.key in in_sight and file not in self._digests
            if is_new and (digest := self._pictures.digest(link)):
                self._digests[file] = digest
        sheet.grid.scenes = self._scenes(sheet.task_id)

    def _scenes(self, task_id: str) -> tuple[Scene, ...]:
        return group_frames(
            self._links(task_id), lambda link: self._digests.get(identity(link.url), "")
        )

    def _links(self, task_id: str) -> tuple[Link, ...]:
        record = self._engine.watchlist.get(task_id)
        return frame_links(record.frames) if record is not None else ()

    def _name(self, task_id: str) -> str:
        record = self._engine.watchlist.get(task_id)
        return task_name(record) if record is not None else task_id


def _named(links: tuple[Link, ...]) -> tuple[NamedFrame, ...]:
    return tuple(NamedFrame(link.key, link.name) for link in links)
