"""The download that runs now: started, shown on the dashboard, cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from tui.dashboard.screens.link_panel import OpenPanel
from tui.dashboard.screens.main import Dashboard
from tui.engine import Backend
from tui.saving.saver import Saving
from tui.wording.details import Link

SHOWN: Final = 3
"""Downloads whose outcome is shown, of those that followed each other."""


class Downloads:
    """One download at a time; those that are asked for meanwhile follow it.

    What came of those before it stays to be read, up to `SHOWN` lines.
    """

    def __init__(self, dashboard: Dashboard, backend: Backend, saving: Saving) -> None:
        self._dashboard = dashboard
        self._backend = backend
        self._saving = saving
        self._waiting: list[tuple[str, Sequence[Link]]] = []
        self._running: asyncio.Task[None] | None = None

    def start(self, task_id: str, links: Sequence[Link]) -> None:
        """Save these links of a task."""
        if links:
            self._waiting.append((task_id, links))
            if self._running is None:
                self._running = self._backend.spawn(self._run())

    def cancel(self) -> None:
        """End what runs and forget what waits; or hide what came of the last one."""
        self._waiting.clear()
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            self._show("The download was cancelled.")
        else:
            self._show("")

    async def _run(self) -> None:
        path = ""
        words: list[str] = []
        while self._waiting:
            task_id, links = self._waiting.pop(0)
            saved = await self._saving.save(task_id, links, self._tell)
            path = str(saved.path) if saved.path else path
            words = [*words, saved.words][-SHOWN:]
        self._running = None
        self._show("\n".join(words), path=path)

    def _tell(self, words: str) -> None:
        more = f" ({len(self._waiting)} more to come)" if self._waiting else ""
        self._show(f"{words}{more}", running=True)

    def _show(self, words: str, *, path: str = "", running: bool = False) -> None:
        self._dashboard.show_transfer(words, path=path, running=running)
        # A small terminal has no room for the dashboard's line beside the panel.
        for screen in self._dashboard.app.screen_stack:
            if isinstance(screen, OpenPanel):
                screen.transfer = words
