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
from tui.links.retry import Retries
from tui.saving import file_names
from tui.saving.download import Download
from tui.saving.folder import SaveError
from tui.saving.saved_files import find_saved
from tui.signed_links.signed_url import identity

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
    trouble: str = ""
    """What failed for a moment, while it waits; a sentence."""
    delay: float = 0.0
    """Seconds after which it is tried again, where there is trouble."""


class SaveReport(NamedTuple):
    """The result of a save."""

    folder: Path
    paths: tuple[Path, ...]
    failures: tuple[tuple[Link, Exception], ...]
    not_fetched: int = 0
    """Files that were not asked for, since the last failure would have met them, too."""


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
        """Save these links of a task. Cancelling keeps only the files that are complete.

        A disk or a folder that takes no file ends it: nothing is fetched in vain.
        """
        folder, links, names = self._plan(task_id, links)
        paths: list[Path] = []
        failures: list[tuple[Link, Exception]] = []
        # A scene without a picture of its own repeats the one before it.
        unique = list({identity(link.url): link for link in links}.values())
        # The frames may find room on a disk that is too full for the video.
        unique.sort(key=lambda link: link.is_result)
        progress = SaveProgress(0, len(unique), "")
        retries = self._resolver.retries(
            lambda error, delay: on_progress(progress._replace(trouble=str(error), delay=delay))
        )
        for number, link in enumerate(unique, 1):
            progress = SaveProgress(number, len(unique), link.name)
            report = _Report(progress, on_progress)
            download = Download(
                folder / names[identity(link.url)], self._media, self._executor, report
            )
            try:
                paths.append(await self._save_one(task_id, link, download, report, retries))
            except (MediaError, SaveError) as error:
                failures.append((link, error))
                if isinstance(error, SaveError) and error.ends_all:
                    break
            finally:
                await download.discard()
        not_fetched = len(unique) - len(paths) - len(failures)
        return SaveReport(folder, tuple(paths), tuple(failures), not_fetched)

    async def find(self, task_id: str, link: Link) -> Path | None:
        """Return where the file of a link was saved before, by its name; None where it was not."""
        folder, (link,), names = self._plan(task_id, [link])
        path = folder / names[identity(link.url)]
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, lambda: _find(path))

    def _plan(self, task_id: str, links: Sequence[Link]) -> tuple[Path, list[Link], dict[str, str]]:
        """Return the task's folder, the links as they are by now, and their files' names."""
        folder = self._folder / file_names.safe_name(task_id, "task")
        known = self._resolver.get_all(task_id)
        listed = {identity(link.url) for link in known}
        # What has another link by now must not be named as if it were another file.
        links = [
            link if identity(link.url) in listed else same_link(known, link) or link
            for link in links
        ]
        return folder, links, file_names.file_names((*known, *links))

    async def _save_one(
        self, task_id: str, link: Link, download: Download, report: _Report, retries: Retries
    ) -> Path:
        async def receive(valid: Link) -> Path:
            report.start()
            return await download.receive(valid.url)

        return await self._resolver.fetch(task_id, link, receive, retries)


def _find(path: Path) -> Path | None:
    found = find_saved(path, min_size=1)
    for file in found:
        file.close()
    paths = [file.path for file in found]
    # Of several with a number appended, nobody knows which one it is.
    return path if path in paths else next(iter(paths), None)


class _Report:
    """Reports the progress of one file, at most once per `PROGRESS_INTERVAL`."""

    def __init__(self, progress: SaveProgress, on_progress: Callable[[SaveProgress], None]) -> None:
        self._progress = progress
        self._on_progress = on_progress
        self._reported_at = 0.0

    def start(self) -> None:
        """Report that the file is requested."""
        self._reported_at = asyncio.get_running_loop().time()
        self._on_progress(self._progress)

    def __call__(self, received: int, length: int | None) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._reported_at >= PROGRESS_INTERVAL:
            self._reported_at = now
            self._on_progress(self._progress._replace(received=received, length=length))
