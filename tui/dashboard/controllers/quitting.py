"""Quit: at once if everything is saved, otherwise once the user has decided what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tui.dependencies import Dependencies
from tui.engine import Engine
from tui.os_errors import os_error_reason
from tui.sanitize import display_path
from tui.terminal.input_queue import InputQueueApp
from tui.time_zone import local_time
from tui.wording.unsaved import unsaved_changes

if TYPE_CHECKING:
    from tui.dashboard.screens.unsaved import Answer, UnsavedChanges

_T = TypeVar("_T")

SAVE_TIMEOUT: Final = 1.0
"""Seconds that a quit waits for the last save before it asks."""
_STILL_SAVING: Final = "The last save has not ended yet: another program may hold the lock."


class QuitController:
    """Try the last save, and ask if it fails. End the app once everything is saved."""

    def __init__(
        self,
        app: InputQueueApp,
        engine: Engine,
        dependencies: Dependencies,
        notify: Callable[[str], None],
    ) -> None:
        """Act for an app; `notify` shows a line for a moment."""
        self._app = app
        self._engine = engine
        self._file, self._clock = dependencies.file.path, dependencies.clock
        self._notify = notify
        self._running: asyncio.Task[None] | None = None
        self._save: asyncio.Task[None] | None = None
        self._suggested: Path | None = None
        self._dialog: UnsavedChanges | None = None
        self.written_to: Path | None = None
        """Where the watchlist was written to at the user's request."""

    @property
    def _asking(self) -> UnsavedChanges | None:
        dialog = self._dialog
        return dialog if dialog is not None and dialog in self._app.screen_stack else None

    def request(self) -> None:
        """Save what is not saved and quit, or ask; do nothing while the user is being asked.

        An answer that is still being carried out comes first. What is typed while the save runs is
        held back: it is meant for the question, and must not reach the list before it.
        """
        if self._asking is not None or self._app.return_code is not None:
            return
        if self._running is not None and not self._running.done():
            self._running.add_done_callback(lambda _: self.request())
            return
        self._app.hold_input()
        self._run("Saving", self._save_or_ask)

    def answer(self, answer: Answer, path: str) -> None:
        """Do what the user has chosen; `path` is where to write to."""
        match answer:
            case "retry" if self._asking is not None:
                self._asking.problem = "Saving …"
                self._run("Saving", self._save_again)
            case "write":
                self._run("Writing", partial(self._write, path))
            case "leave":
                self._app.exit(return_code=1)

    def check(self) -> None:
        """Quit if the user is asked about changes that are saved by now; else say why not."""
        if self._asking is None or self._app.return_code is not None:
            return
        if not any(self._engine.unsaved):
            self._app.exit()
        else:
            self._asking.problem = self._problem

    def _run(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if self._running is None or self._running.done():
            self._running = self._engine.spawn_errand(name, work(), self._notify)

    async def _save_or_ask(self) -> None:
        try:
            await self._try_save()
            if any(self._engine.unsaved) and self._suggested is None:
                self._suggested = await self._suggest()
            if not any(unsaved := self._engine.unsaved):
                self._app.exit()
            elif self._suggested is not None:
                await self._ask(unsaved_changes(unsaved), self._suggested)
        finally:
            if self._app.return_code is None:
                self._app.release_input()

    async def _ask(self, changes: str, suggested: Path) -> None:
        from tui.dashboard.screens.unsaved import UnsavedChanges

        self._dialog = UnsavedChanges(changes, self._problem, suggested)
        await self._app.push_screen(self._dialog)

    async def _save_again(self) -> None:
        await self._try_save()
        self.check()

    async def _try_save(self) -> None:
        if self._save is None or self._save.done():
            self._save = self._engine.spawn(self._engine.save())
            self._save.add_done_callback(lambda _: self.check())
        await asyncio.wait((self._save,), timeout=SAVE_TIMEOUT)

    @property
    def _problem(self) -> str:
        is_saving = self._save is not None and not self._save.done()
        return _STILL_SAVING if is_saving else self._engine.save_problem

    async def _suggest(self) -> Path:
        from tui.watchlist.export import suggest_path

        watchlist, now = self._engine.watchlist, local_time(self._clock.now())
        entries, history = watchlist.entries(), watchlist.history
        return await self._in_thread(lambda: suggest_path(entries, self._file, now, history))

    async def _write(self, text: str) -> None:
        from tui.watchlist.export import export

        entries, history = self._engine.watchlist.entries(), self._engine.watchlist.history
        path = Path(text.strip())
        name = self._suggested.name if self._suggested is not None else path.name
        try:
            self.written_to = await self._in_thread(
                lambda: export(entries, path, self._file, name, history)
            )
        except FileExistsError:
            self._refuse("There is already a file of that name; choose another one.")
        except FileNotFoundError:
            self._refuse("There is no such folder; create it or name another.")
        except OSError as error:
            self._refuse(f"{display_path(path)}: {os_error_reason(error)}.")
        except (RuntimeError, ValueError):  # “~” of nobody, or what no path can hold.
            self._refuse("Give the path of a file that does not exist yet.")
        else:
            self._app.exit()

    def _refuse(self, fault: str) -> None:
        if self._asking is not None:
            self._asking.fault = fault

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._engine.threads, work)
