"""Run downloads one after the other, show them on the screen, and cancel them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from tui.dashboard.screens.gallery import GalleryScreen
from tui.dashboard.screens.link_panel import LinkPanel
from tui.dashboard.screens.main import MainScreen
from tui.engine import Engine
from tui.links.link import Link
from tui.links.resolver import ExpiredLinkError, LinkResolver
from tui.saving.file_names import quoted_path
from tui.saving.saver import SaveProgress, Saver, SaveReport
from tui.wording.transfers import save_outcome, save_progress, saved_before

MAX_OUTCOMES: Final = 3
"""Results shown, of downloads that followed each other."""


class DownloadController:
    """One download at a time; those requested meanwhile queue behind it."""

    def __init__(
        self, screen: MainScreen, engine: Engine, resolver: LinkResolver, saver: Saver
    ) -> None:
        self._screen = screen
        self._engine = engine
        self._resolver = resolver
        self._saver = saver
        self._queue: list[tuple[str, Sequence[Link]]] = []
        self._running: asyncio.Task[None] | None = None

    def start(self, task_id: str, key: str, *, everything: bool) -> None:
        """Save one link of a task, or all that there is of it."""
        link = self._resolver.find(task_id, key)
        links = self._resolver.get_all(task_id) if everything else [link] if link else []
        if links:
            self._queue.append((task_id, links))
            if self._running is None:
                self._spawn()

    async def show_saved(self, task_id: str, link: Link) -> None:
        """Name the file of a link that was saved before, unless a download needs the line."""
        path = await self._saver.find(task_id, link)
        if path is not None and self._running is None:
            self._show(saved_before(link, path), path=quoted_path(path))

    def cancel(self) -> None:
        """Cancel what is running and clear the queue; or hide the result of the last one."""
        self._queue.clear()
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
        self._show("The download was cancelled." if running else "")

    def _spawn(self) -> None:
        self._running = self._engine.spawn_errand("Saving", self._run(), self._failed)

    def _failed(self, message: str) -> None:
        self._running = None
        if self._queue:
            self._spawn()
        else:
            self._show(message)

    async def _run(self) -> None:
        path = ""
        outcomes: list[str] = []
        while self._queue:
            task_id, links = self._queue.pop(0)
            report = await self._saver.save(task_id, links, self._on_progress)
            if report.paths:
                path = quoted_path(report.paths[0] if len(report.paths) == 1 else report.folder)
            outcome = save_outcome(report, self._engine.server_clock.now())
            if (dead := _dead_link(report)) and (saved := await self._saver.find(task_id, dead)):
                path = quoted_path(saved)
                outcome = f"{outcome} {saved_before(dead, saved)}"
            outcomes = [*outcomes, outcome][-MAX_OUTCOMES:]
        self._running = None
        self._show("\n".join(outcomes), path=path)

    def _on_progress(self, progress: SaveProgress) -> None:
        more = f" ({len(self._queue)} more to come)" if self._queue else ""
        self._show(f"{save_progress(progress)}{more}", running=True)

    def _show(self, text: str, *, path: str = "", running: bool = False) -> None:
        self._screen.show_transfer(text, path=path, running=running)
        # On a small terminal the line of the main screen is hidden behind the panel, and behind
        # pictures on a screen of their own everywhere.
        for screen in self._screen.app.screen_stack:
            if isinstance(screen, LinkPanel | GalleryScreen):
                screen.transfer = text


def _dead_link(report: SaveReport) -> Link | None:
    """Return the link of a report that is about nothing else, if it has expired."""
    if report.paths or report.not_fetched or len(report.failures) != 1:
        return None
    ((link, error),) = report.failures
    return link if isinstance(error, ExpiredLinkError) else None
