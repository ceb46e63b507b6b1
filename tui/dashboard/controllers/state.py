"""Remember how the dashboard was used, whenever that changes."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Final

from tui.engine import Engine
from tui.state_file import State, StateFile, Value

DEBOUNCE: Final = 0.5
"""Seconds from a save to the next one, at least: keys come faster than files should be written."""
FLUSH_TIMEOUT: Final = 0.3
"""Seconds that an orderly end waits for what is being saved."""

_log = logging.getLogger(__name__)


class StateController:
    """Reads and saves the state file, off the event loop. No fault in it is more than a line."""

    def __init__(self, engine: Engine, file: StateFile | None) -> None:
        """Prepare; without a file nothing is remembered."""
        self._engine = engine
        self._file = file
        self._changes: dict[str, Value] = {}
        self._saving: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()

    async def load(self) -> tuple[State, str]:
        """Return what is remembered, and a line for the user where that cannot be read."""
        if self._file is None:
            return State(), ""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._engine.threads, self._file.load)

    def remember(self, **changes: Value) -> None:
        """Save these keys: at once, or with others that change in a moment."""
        if self._file is not None:
            self._changes |= changes
            if self._saving is None:
                self._saving = self._engine.spawn(self._save())

    async def flush(self) -> None:
        """Save what waits for its moment, for an orderly end, which does not wait for long."""
        with suppress(TimeoutError, RuntimeError):  # The threads may have ended.
            async with asyncio.timeout(FLUSH_TIMEOUT):
                await self._write()

    async def _save(self) -> None:
        try:
            while self._changes:
                await self._write()
                await asyncio.sleep(DEBOUNCE)
        finally:
            self._saving = None

    async def _write(self) -> None:
        async with self._writing:
            changes, self._changes = self._changes, {}
            if changes and self._file is not None:
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._engine.threads, self._file.save, changes)
