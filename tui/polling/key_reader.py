"""Look for another key, and report why there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor

from tui.credentials import CurrentKey
from tui.errors import UserError
from tui.redactor import Redactor


class KeyReader:
    """Reads the key in a thread, since the command for it may take long."""

    def __init__(
        self,
        key: CurrentKey,
        redact: Redactor,
        threads: Executor,
        problem_changed: Callable[[str], object],
    ) -> None:
        """Read `key`; `problem_changed` gets why it cannot be read, empty once it can."""
        self._key = key
        self._redact = redact
        self._threads = threads
        self._problem_changed = problem_changed

    async def read(self, *, always: bool = False) -> bool:
        """Read the key as `CurrentKey.reload` does; return whether there is another one."""
        loop, key = asyncio.get_running_loop(), self._key
        try:
            changed = await loop.run_in_executor(self._threads, lambda: key.reload(always=always))
        except UserError as error:
            self._report(str(error))
            return False
        if key.key is not None:
            self._redact.learn(key.key.secret)
        if always or changed:
            self._problem_changed("")
        return changed

    def report_missing(self) -> None:
        """Report why there is no key, if there is none."""
        if self._key.key is None:
            self._report(self._key.problem)

    def _report(self, problem: str) -> None:
        # It quotes what the command for the key says, which may name the key.
        self._problem_changed(self._redact(problem))
