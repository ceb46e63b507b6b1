"""Fill previews with the picture of a link, or say why there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from textual.content import Content

from tui.config import Config
from tui.dashboard.screens.link_panel import LinkPanel
from tui.dashboard.widgets.picture import PictureView
from tui.dashboard.widgets.task_detail import TaskDetail
from tui.engine import Engine
from tui.errors import MediaError, UnsafeLinkError
from tui.links.link import Link
from tui.links.resolver import ExpiredLinkError, LinkResolver
from tui.pictures.cache import PictureCache, PictureError, Pixels
from tui.signed_links.signed_url import identity
from tui.wording.links import link_expired
from tui.wording.transfers import received_of, try_again

DEBOUNCE: Final = 0.1
"""Seconds for which a picture must be wanted before it is fetched: a cursor may run past many."""
PROGRESS_INTERVAL: Final = 1.0
"""Seconds between two words on how far a picture is, and before the first ones."""


class PictureController:
    """Shows pictures; loading one is cancelled when another is wanted in its place."""

    def __init__(
        self, engine: Engine, resolver: LinkResolver, *, config: Config, environ: Mapping[str, str]
    ) -> None:
        self._engine = engine
        self._resolver = resolver
        self._pictures = PictureCache(engine.fetch, engine.threads)
        self._off_reason = _off_reason(config, environ)

    def show(self, detail: TaskDetail, task_id: str, key: str) -> None:
        """Show the picture of the selected frame beside the list."""
        link = self._resolver.find_picture(task_id, key)
        detail.preview_heading.update(Content(f"Preview of {link.name}" if link else "Preview"))
        self._start(detail.preview, task_id, key)

    def show_in_panel(self, panel: LinkPanel) -> None:
        """Show the picture of a panel's link in the panel."""
        self._start(panel.preview, panel.link.task_id, panel.link.link_key)

    def _start(self, preview: PictureView, task_id: str, key: str) -> None:
        filling = self._fill(preview, task_id, key)
        self._engine.spawn_errand(f"The preview of {task_id}", filling, preview.show_text)

    async def _fill(self, preview: PictureView, task_id: str, key: str) -> None:
        if self._off_reason:
            preview.show_text(self._off_reason)
            return
        size = preview.content_size
        link = self._resolver.find_picture(task_id, key)
        if link is None:
            preview.cancel_loads()
            preview.wanted = None
            preview.show_text("There is no frame to show." if task_id else "")
            return
        wanted = (identity(link.url), size.width, size.height)
        same = preview.wanted in (wanted, (link.url, size.width, size.height))
        if same or not size.width or not size.height or not preview.is_attached:
            return
        # The same picture in another size is still useful.
        preview.cancel_loads(but=wanted[0])
        preview.wanted = wanted
        if task := asyncio.current_task():
            preview.add_load(task, wanted[0])
        try:
            pixels = await self._load(preview, task_id, link, size.width, size.height)
        except (MediaError, PictureError) as error:
            if preview.wanted == wanted:
                preview.show_text(self._describe(error))
                if isinstance(error, MediaError) and error.refused:
                    # Another signature may bring the picture after all.
                    preview.wanted = (link.url, size.width, size.height)
            return
        if preview.wanted == wanted:
            preview.show_pixels(pixels)
            preview.shown = task_id, link.key

    async def _load(
        self, preview: PictureView, task_id: str, link: Link, columns: int, rows: int
    ) -> Pixels:
        def say(words: str) -> None:
            if preview.wanted == (identity(link.url), columns, rows):
                preview.show_text(f"Loading {link.name} … {words}")

        def say_progress(received: int, length: int | None) -> None:
            if preview.shown is None:
                say(received_of(received, length))

        async def pixels(valid: Link) -> Pixels:
            progress = _Throttled(say_progress)
            fetch = partial(self._engine.fetch, progress=progress)
            return await self._pictures.pixels(valid.url, columns, rows, fetch)

        if self._pictures.has(link.url):
            return await pixels(link)
        if preview.shown != (task_id, link.key):
            # The old picture of a frame that is drawn anew stays until the new one is there.
            preview.show_text(f"Loading {link.name} …")
        await asyncio.sleep(DEBOUNCE)
        retries = self._resolver.retries(lambda error, delay: say(try_again(str(error), delay)))
        return await self._resolver.fetch(task_id, link, pixels, retries)

    def _describe(self, error: MediaError | PictureError) -> str:
        match error:
            case UnsafeLinkError():
                return f"Not loaded: {error}."
            case ExpiredLinkError():
                now = self._engine.server_clock.now()
                return link_expired(error.link, now, asked=error.asked)
        return str(error)


class _Throttled:
    """Passes on how far a picture is, at most once per `PROGRESS_INTERVAL`."""

    def __init__(self, report: Callable[[int, int | None], None]) -> None:
        self._report = report
        self._now = asyncio.get_running_loop().time
        self._reported_at = self._now()

    def __call__(self, received: int, length: int | None) -> None:
        if self._now() - self._reported_at >= PROGRESS_INTERVAL:
            self._reported_at = self._now()
            self._report(received, length)


def _off_reason(config: Config, environ: Mapping[str, str]) -> str:
    if config.low_bandwidth:
        return "Pictures are off, to save bandwidth (--low-bandwidth)."
    return "Pictures need colours, and NO_COLOR is set." if "NO_COLOR" in environ else ""
