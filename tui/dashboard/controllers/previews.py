"""Fills a preview with the picture of a link, and says why where there is none."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from weakref import WeakKeyDictionary

from tui.addresses import unsafe_reason
from tui.dashboard.widgets.frame_preview import FramePreview
from tui.errors import MediaError
from tui.links.resolver import Links
from tui.pictures.decoding import PictureError, Pictures, Pixels
from tui.scenext.signed_url import identity
from tui.wording.details import Link

SETTLE: Final = 0.1
"""Seconds for which a picture must be wanted before it is fetched: a cursor may run past many."""


class Previewing:
    """Shows pictures; one that comes after another was asked for is given up."""

    def __init__(self, links: Links, pictures: Pictures, *, off: str = "") -> None:
        """Prepare; `off` says why no picture is to be shown at all, empty where they are."""
        self._off = off
        self._links = links
        self._pictures = pictures
        self._loading: WeakKeyDictionary[FramePreview, tuple[str, asyncio.Task[Any]]] = (
            WeakKeyDictionary()
        )

    async def fill(self, preview: FramePreview, task_id: str, key: str) -> None:
        """Show the picture of a link (of the newest frame where `key` is empty)."""
        if self._off:
            preview.say(self._off)
            return
        size = preview.content_size
        link = self._links.find(task_id, key)
        if link is None:
            preview.wanted = None
            preview.say("There is no frame yet." if task_id else "")
            return
        wanted = (identity(link.url), size.width, size.height)
        same = preview.wanted in (wanted, (link.url, size.width, size.height))
        if same or not size.width or not size.height:
            return
        self._give_up_another(preview, wanted[0])
        preview.wanted = wanted
        try:
            pixels = await self._pixels(preview, task_id, link, size.width, size.height)
        except (MediaError, PictureError) as error:
            if preview.wanted == wanted:
                preview.say(str(error))
                if isinstance(error, MediaError) and error.ended:
                    # Another signature may bring the picture after all.
                    preview.wanted = (link.url, size.width, size.height)
            return
        if preview.wanted == wanted:
            preview.draw(pixels)

    def _give_up_another(self, preview: FramePreview, picture: str) -> None:
        """End the loading of another picture; the same one in another size is still of use."""
        before = self._loading.get(preview)
        if before is not None and before[0] != picture:
            before[1].cancel()
        task = asyncio.current_task()
        if task is not None:
            self._loading[preview] = picture, task

    async def _pixels(
        self, preview: FramePreview, task_id: str, link: Link, columns: int, rows: int
    ) -> Pixels:
        if why := unsafe_reason(link.url):
            raise MediaError(f"Not loaded: {why}.")
        if self._pictures.has(link.url):
            return await self._pictures.pixels(link.url, columns, rows)
        preview.say(f"Loading {link.name} …")
        await asyncio.sleep(SETTLE)
        fresh = await self._links.fresh(task_id, link.key) or link
        try:
            return await self._pictures.pixels(fresh.url, columns, rows)
        except MediaError as error:
            if not error.ended:
                raise
        renewed = await self._links.renew(task_id, fresh)
        if renewed.url == fresh.url:
            raise MediaError(self._links.ended(fresh), ended=True)
        return await self._pictures.pixels(renewed.url, columns, rows)
