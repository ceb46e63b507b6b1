"""Saves one body in one go, as a download does that does not break."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path

from tui.saving.file_writer import PartialFile, append
from tui.scenext.media_response import Body


async def save(
    body: Body,
    path: Path,
    executor: Executor,
    progress: Callable[[int, int | None], None] = lambda received, length: None,
) -> Path:
    """Write `body` to `path`, or beside it, and return the path; leave nothing else behind."""
    run = asyncio.get_running_loop().run_in_executor
    file = PartialFile(path)
    try:
        await run(executor, file.open)
        return await append(body, file, progress, executor)
    finally:
        # Shielded, as in `saving.download`.
        await asyncio.shield(run(executor, file.discard))
