"""Save the frames and videos of a task, one after the other, in a folder per task."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from tui.errors import MediaError
from tui.links.link import Link, same_link
from tui.links.resolver import LinkResolver
from tui.saving import file_names, file_writer
from tui.saving.folder import SaveError
from tui.scenext.signed_url import identity

if TYPE_CHECKING:
    from tui.scenext.media import Media

PROGRESS_INTERVAL: Final = 0.5
"""Seconds between two progress reports of one file."""


class SaveProgress(NamedTuple):
    """The progress of a save."""

    number: int
    """The file being saved, counted from 1."""
    total: int
    name: str
    received: int | None = None
    """Bytes received; None before the first report."""
    length: int | None = None
    """Bytes of the file; None where unknown."""


class SaveReport(NamedTuple):
    """The result of a save."""

    folder: Path
    paths: tuple[Path, ...]
    failures: tuple[tuple[Link, Exception], ...]


class Saver:
    """Saves links as files."""

    def __init__(
        self, resolver: LinkResolver, media: Callable[[], Media], folder: Path, executor: Executor
    ) -> None:
        """Prepare; the tasks' folders are created inside `folder` when needed."""
        self._resolver = resolver
        self._media = media
        self._folder = folder
        self._executor = executor

    async def save(
        self, task_id: str, links: Sequence[Link], on_progress: Callable[[SaveProgress], None]
    ) -> SaveReport:
        """Save these links of a task. Cancelling keeps only the files that are complete."""
        folder = self._folder / file_names.safe_name(task_id, "task")
        paths: list[Path] = []
        failures: list[tuple[Link, Exception]] = []
        known = self._resolver.get_all(task_id)
        listed = {identity(link.url) for link in known}
        # What has another link by now must not be named as if it were another file.
        links = [
            link if identity(link.url) in listed else same_link(known, link) or link
            for link in links
        ]
        names = file_names.file_names((*known, *links))
        # A scene without a picture of its own repeats the one before it.
        unique = list({identity(link.url): link for link in links}.values())
        for number, link in enumerate(unique, 1):
            progress = SaveProgress(number, len(unique), link.name)
            on_progress(progress)
            try:
                path = folder / names[identity(link.url)]
                paths.append(await self._save_one(task_id, link, path, progress, on_progress))
            except (MediaError, SaveError) as error:
                failures.append((link, error))
        return SaveReport(folder, tuple(paths), tuple(failures))

    async def _save_one(
        self,
        task_id: str,
        link: Link,
        path: Path,
        progress: SaveProgress,
        on_progress: Callable[[SaveProgress], None],
    ) -> Path:
        loop = asyncio.get_running_loop()
        reported_at = loop.time()

        def report(received: int, length: int | None) -> None:
            nonlocal reported_at
            if loop.time() - reported_at >= PROGRESS_INTERVAL:
                reported_at = loop.time()
                on_progress(progress._replace(received=received, length=length))

        async def write(valid: Link) -> Path:
            async with self._media().stream(valid.url) as body:
                return await file_writer.save(body, path.parent, path.name, report, self._executor)

        return await self._resolver.fetch(task_id, link, write)
