"""Fill views with the picture of a link, or say why there is none."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

from textual.geometry import Size

from tui.config import Config
from tui.dashboard.screens.link_panel import LinkPanel
from tui.dashboard.widgets.picture import PictureView, Wanted
from tui.dashboard.widgets.task_detail import TaskDetail
from tui.engine import Engine
from tui.errors import MediaError, UnreachableError, UnsafeLinkError
from tui.graphics import Graphics
from tui.links.link import Link, picture_link
from tui.links.resolver import ExpiredLinkError, LinkResolver
from tui.pictures.cache import PictureCache, PictureError
from tui.pictures.encoding import WHOLE, Area, EncodedPicture, request_for
from tui.signed_links.signed_url import identity
from tui.terminal.app import StockApp
from tui.wording.links import link_expired
from tui.wording.pictures import heading, link_refused, off_reason
from tui.wording.transfers import received_of, try_again

DEBOUNCE: Final = 0.1
"""Seconds for which a picture must be wanted before it is fetched: a cursor may run past many."""
PROGRESS_INTERVAL: Final = 1.0
"""Seconds between two words on how far a picture is, and before the first ones."""
RETRY_INTERVAL: Final = 60.0
"""Seconds before a picture that could not be fetched for the moment is fetched again, where it is
still wanted."""


class _Filling(NamedTuple):
    """What a view shows."""

    task_id: str
    key: str
    """Of the link; empty for the newest frame."""
    area: Area
    asked: bool
    """Whether somebody asked for it, so that the service may be asked for another link."""


class _Failure(NamedTuple):
    """Why a view shows words, as far as that may change."""

    retry_at: float
    """When it is tried again, by the loop's clock; infinite for never."""
    may_ask: bool
    """Whether the service was not asked for another link, which it might have."""


class PictureController:
    """Shows pictures; loading one is cancelled when another is wanted in its place."""

    def __init__(
        self,
        app: StockApp,
        engine: Engine,
        resolver: LinkResolver,
        *,
        config: Config,
        environ: Mapping[str, str],
    ) -> None:
        self._app = app
        self._graphics = app.graphics
        self._engine = engine
        self._resolver = resolver
        self._cache = PictureCache(engine.fetch, engine.threads)
        self._setting = config.pictures
        self._has_colours = "NO_COLOR" not in environ
        self._fillings: WeakKeyDictionary[PictureView, _Filling] = WeakKeyDictionary()
        self._failures: WeakKeyDictionary[PictureView, _Failure] = WeakKeyDictionary()

    def show(self, detail: TaskDetail, task_id: str, key: str, *, asked: bool) -> None:
        """Show the picture of the selected frame beside the list; see `fill`."""
        links = self._resolver.get_all(task_id)
        link = picture_link(links, key)
        frames = [each.key for each in links if not each.is_result]
        if link is not None:
            position = frames.index(link.key) + 1 if link.key in frames else 0
            detail.picture_heading = heading(link.name, position, len(frames))
        self._begin(detail.preview, _Filling(task_id, key, WHOLE, asked), link)

    def show_in_panel(self, panel: LinkPanel) -> None:
        """Show the picture of a panel's link in the panel."""
        self.fill(panel.preview, panel.link.task_id, panel.link.link_key)

    def fill(
        self, view: PictureView, task_id: str, key: str, area: Area = WHOLE, *, asked: bool = True
    ) -> asyncio.Task[None]:
        """Show the picture of a link in a view, as large as fits, or words in its place.

        Without a key, or for a video, that of the task's newest frame. Nothing is loaded that the
        view shows or loads already. Only where somebody `asked` for it, the service is asked for
        another link in place of one that has ended; a view that only got its size is meant too.
        What is returned ends when nothing more is done about it.
        """
        link = self._resolver.find_picture(task_id, key)
        return self._begin(view, _Filling(task_id, key, area, asked), link)

    def _begin(self, view: PictureView, filling: _Filling, link: Link | None) -> asyncio.Task[None]:
        before = self._fillings.get(view)
        if before is not None and before._replace(asked=False) == filling:
            filling = before
        self._fillings[view] = filling
        filled = self._fill(view, filling, link)
        name = f"The picture of {filling.task_id}"
        return self._engine.spawn_errand(name, filled, view.show_text)

    def is_outdated(self, view: PictureView, task_id: str, key: str) -> bool:
        """Return whether `fill` would load or say something for a view."""
        if reason := self._off_reason():
            return view.text != reason
        link = self._resolver.find_picture(task_id, key)
        if link is None or not view.is_attached:
            return False
        wanted = _wanted(view.content_size, link, WHOLE, self._graphics)
        return wanted is not None and self._is_to_load(view, link, wanted)

    def close(self) -> None:
        """End the child that encodes, once nothing is being loaded any more."""
        self._cache.close()

    def digest(self, link: Link) -> str:
        """Return what equal files have in common; empty for a link whose file is not cached."""
        return self._cache.digest(link.url)

    def _off_reason(self) -> str:
        return off_reason(self._setting, self._graphics, has_colours=self._has_colours)

    def graphics_changed(self) -> None:
        """Show all pictures anew: in another way, with other cells, or in another terminal."""
        before, self._graphics = self._graphics, self._app.graphics
        if before == self._graphics:
            return
        keep = before._replace(cell=self._graphics.cell) == self._graphics
        for view in tuple(self._fillings):
            if view.is_attached:
                view.show_anew(keep=keep)

    async def _fill(self, view: PictureView, filling: _Filling, link: Link | None) -> None:
        if reason := self._off_reason():
            view.show_text(reason)
            return
        if link is None:
            view.forget()
            view.show_text("There is no frame to show." if filling.task_id else "")
            return
        wanted = _wanted(view.content_size, link, filling.area, self._graphics)
        if wanted is None or not view.is_attached or not self._is_to_load(view, link, wanted):
            return
        if self._cache.has(link.url):
            # Nothing is lost with what is encoded for a part that was left meanwhile.
            view.cancel_loads()
        view.want(wanted)
        if task := asyncio.current_task():
            view.add_load(task, wanted.picture)
        try:
            picture = await self._load(view, filling, link, wanted)
        except (MediaError, PictureError) as error:
            if view.wanted == wanted:
                self._failed(view, filling, link, error)
            return
        if view.wanted == wanted:
            view.show_picture(picture, (filling.task_id, link.key))

    def _is_to_load(self, view: PictureView, link: Link, wanted: Wanted) -> bool:
        if view.wanted not in (wanted, wanted._replace(picture=link.url)):
            self._failures.pop(view, None)
            return True
        failure = self._failures.get(view)
        if failure is None or view.is_loading:
            return False
        asks_now = failure.may_ask and self._fillings[view].asked
        return asks_now or asyncio.get_running_loop().time() >= failure.retry_at

    async def _load(
        self, view: PictureView, filling: _Filling, link: Link, wanted: Wanted
    ) -> EncodedPicture:
        def say(words: str) -> None:
            if view.wanted == wanted:
                view.show_progress(link.name, words)

        async def encode(valid: Link) -> EncodedPicture:
            progress = _Throttled(lambda *received: say(received_of(*received)))
            fetch = partial(self._engine.fetch, progress=progress)
            return await self._cache.encode(valid.url, wanted.request, fetch)

        if view.shown is not None and view.shown[0] != filling.task_id:
            # Another task's picture would be taken for this one's.
            view.show_text("")
        is_other = view.shown != (filling.task_id, link.key) and view not in self._failures
        if self._cache.has(link.url):
            if is_other and view.picture is not None:
                say("")
            return await encode(link)
        if is_other:
            say("")
        await asyncio.sleep(DEBOUNCE)
        retries = self._resolver.retries(lambda error, delay: say(try_again(str(error), delay)))
        return await self._resolver.fetch(
            filling.task_id, link, encode, retries, may_ask=filling.asked
        )

    def _failed(
        self, view: PictureView, filling: _Filling, link: Link, error: MediaError | PictureError
    ) -> None:
        view.show_text(self._describe(link, error, asked=filling.asked))
        is_refused = isinstance(error, MediaError) and error.refused
        is_temporary = isinstance(error, UnreachableError) or (
            isinstance(error, MediaError) and error.retry_after is not None
        )
        now = asyncio.get_running_loop().time()
        retry_at = now + RETRY_INTERVAL if is_temporary else math.inf
        self._failures[view] = _Failure(retry_at, may_ask=is_refused and not filling.asked)
        if is_refused and view.wanted is not None:
            # Another signature may bring the picture after all.
            view.wanted = view.wanted._replace(picture=link.url)

    def _describe(self, link: Link, error: MediaError | PictureError, *, asked: bool) -> str:
        now = self._engine.server_clock.now()
        match error:
            case UnsafeLinkError():
                return f"Not loaded: {error}."
            case ExpiredLinkError():
                return link_expired(error.link, now, asked=error.asked)
            case MediaError() if error.refused and not asked:
                return link_refused(link, error, now)
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


def _wanted(size: Size, link: Link, area: Area, graphics: Graphics) -> Wanted | None:
    """Return what a view of a size is to show; None while it has none."""
    if not size:
        return None
    return Wanted(identity(link.url), request_for(graphics, size.width, size.height, area))
