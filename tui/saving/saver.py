"""Saves frames and videos for the app: one after the other, with a word about each step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import NamedTuple

from rich.filesize import decimal as size

from tui.addresses import unsafe_reason
from tui.engine import Media
from tui.errors import MediaError
from tui.links.resolver import Links
from tui.saving import file_writer
from tui.saving.file_writer import SaveError
from tui.scenext.signed_url import identity
from tui.wording.details import Link


class Saved(NamedTuple):
    """What came of a download."""

    words: str
    path: Path | None = None
    """The file, or the folder of several; None where nothing was saved."""


class Saving:
    """Saves what it is asked to, into a folder for each task."""

    def __init__(
        self, links: Links, media: Callable[[], Media], folder: Path, threads: Executor
    ) -> None:
        """Prepare; `folder` is where the tasks' folders are made, when they are needed."""
        self._links = links
        self._media = media
        self._folder = folder
        self._threads = threads

    async def save(self, task_id: str, links: Sequence[Link], tell: Callable[[str], None]) -> Saved:
        """Save these links of a task, and say what came of it; `tell` hears of each step.

        Cancelling leaves the files that are whole, and no others.
        """
        folder = self._folder / file_writer.safe_name(task_id, "task")
        done: list[Path] = []
        wrong: list[str] = []
        # A scene without a picture of its own repeats the one before it.
        unique = list({identity(link.url): link for link in links}.values())
        for number, link in enumerate(unique, 1):
            which = f"{number} of {len(unique)}: {link.name}"
            try:
                done.append(await self._save_one(task_id, link, folder, which, tell))
            except (MediaError, SaveError) as error:
                wrong.append(f"{link.name}: {error}")
        return _result(done, wrong, folder)

    async def _save_one(
        self, task_id: str, link: Link, folder: Path, which: str, tell: Callable[[str], None]
    ) -> Path:
        if why := unsafe_reason(link.url):
            raise MediaError(f"not saved, {why}.")
        tell(f"Saving {which}")
        fresh = await self._links.fresh(task_id, link.key) or link
        try:
            return await self._write(fresh, folder, which, tell)
        except MediaError as error:
            if not error.ended:
                raise
        renewed = await self._links.renew(task_id, fresh)
        if renewed.url == fresh.url:
            raise MediaError(self._links.ended(fresh), ended=True)
        return await self._write(renewed, folder, which, tell)

    async def _write(
        self, link: Link, folder: Path, which: str, tell: Callable[[str], None]
    ) -> Path:
        loop = asyncio.get_running_loop()
        told = loop.time()

        def progress(received: int, length: int | None) -> None:
            nonlocal told
            if loop.time() - told >= 0.5:
                told = loop.time()
                total = f" of {size(length)}" if length else ""
                tell(f"Saving {which}, {size(received)}{total}")

        async with self._media().stream(link.url) as body:
            name = file_writer.name_of(link.url, file_writer.safe_name(link.name, "file"))
            return await file_writer.save(body, folder, name, progress, self._threads)


def _result(done: Sequence[Path], wrong: Sequence[str], folder: Path) -> Saved:
    problems = f" {len(wrong)} not saved: {wrong[0]}" if wrong else ""
    if not done:
        return Saved(wrong[0] if len(wrong) == 1 else f"Nothing saved.{problems}")
    if len(done) == 1:
        return Saved(f"Saved {done[0]}.{problems}", done[0])
    return Saved(f"Saved {len(set(done))} files in {folder}.{problems}", folder)
