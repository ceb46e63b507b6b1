"""Find the links of watched tasks, and refresh those that are about to expire."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from tui.errors import ApiError, ErrorKind, MediaError
from tui.links.link import Link, main_link, picture_link, same_link, task_links
from tui.links.retry import Retries, Sleep
from tui.scenext.models import PollResult, Task
from tui.watchlist.records import Record

MIN_VALIDITY: Final = 60.0
"""Seconds that a link must stay valid to be used without a refresh."""
REFRESH_TIMEOUT: Final = 10.0
"""Seconds to wait for a refreshed link; its query may have to wait in the schedule."""

T = TypeVar("T")


class ExpiredLinkError(MediaError):
    """A link has expired and the service did not renew it."""

    def __init__(self, link: Link, *, asked: bool = True) -> None:
        super().__init__("the link has expired", expired=True)
        self.link = link
        self.asked = asked
        """Whether the service could be asked for another one."""


@dataclass
class _Refresh:
    """The last refresh of a task's links."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Single flight: held while the query is in flight, so that all callers share its result."""
    finished_at: float = -MIN_VALIDITY
    """Seconds by the loop's clock."""
    task: Task | None = None
    """The result; None if the query failed."""
    answered: bool = False
    """Whether the service answered, be it with an error."""


class LinkResolver:
    """Finds links by task and key, and refreshes them by polling the task."""

    def __init__(
        self,
        *,
        get_record: Callable[[str], Record | None],
        ask: Callable[[str], Awaitable[PollResult]],
        now: Callable[[], float],
        on_refresh: Callable[[], None],
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Poll tasks with `ask`; `now` returns the service's time. A refresh may take seconds."""
        self._get_record = get_record
        self._ask = ask
        self._now = now
        self._on_refresh = on_refresh
        self._sleep = sleep
        self._refreshes: dict[str, _Refresh] = {}

    def find(self, task_id: str, key: str) -> Link | None:
        """Return a link of a task by key; if that is empty, its `main_link`."""
        links = self.get_all(task_id)
        if not key:
            return main_link(links)
        return next((link for link in links if link.key == key), None)

    def find_picture(self, task_id: str, key: str) -> Link | None:
        """Return the picture to show for a link of a task, as `picture_link` says."""
        return picture_link(self.get_all(task_id), key)

    def get_all(self, task_id: str) -> tuple[Link, ...]:
        """Return all links of a task."""
        record = self._get_record(task_id)
        return () if record is None else task_links(record.results, record.frames)

    async def get_valid(self, task_id: str, key: str) -> Link | None:
        """Return a link, refreshed unless it stays valid for `MIN_VALIDITY` seconds.

        One whose end is not known is refreshed, too. What is returned may have ended by the
        service's clock, which may be wrong: it is to be tried all the same.
        """
        link = self.find(task_id, key)
        if link is None or link.seconds_left(self._now()) >= MIN_VALIDITY:
            return link
        return await self.refresh(task_id, link)

    async def refresh(self, task_id: str, link: Link) -> Link:
        """Return the link after polling its task, at most once per `MIN_VALIDITY` seconds."""
        refresh = self._refreshes.setdefault(task_id, _Refresh())
        loop_time = asyncio.get_running_loop().time
        async with refresh.lock:
            if loop_time() - refresh.finished_at >= MIN_VALIDITY:
                self._on_refresh()
                result = await self._query(task_id)
                refresh.task = result.task
                refresh.answered = result.error is None or not result.error.kind.transport
                refresh.finished_at = loop_time()
        current = same_link(self.get_all(task_id), link)
        record = self._get_record(task_id)
        if current is None or record is None or refresh.task is None or current.url != link.url:
            return current or link
        # The watchlist gets the result by a message, which may still be queued.
        refreshed = record._replace(task=refresh.task)
        return same_link(task_links(refreshed.results, refreshed.frames), link) or link

    def retries(self, on_wait: Callable[[MediaError, float], object]) -> Retries:
        """Return what tries again for one errand; `on_wait` is told each time."""
        return Retries(on_wait, self._sleep)

    async def fetch(
        self,
        task_id: str,
        link: Link,
        fetch: Callable[[Link], Awaitable[T]],
        retries: Retries,
        *,
        may_ask: bool = True,
    ) -> T:
        """Return the result of `fetch` for a valid link; retry what failed for a moment.

        A link that its host refuses, for whatever reason, is refreshed once: who signed it may have
        lost the right before the end that it names. Where that end is not known, the host is asked
        first. Unless it `may_ask`, the service is never asked, and the link is used as it is.

        Raises `ExpiredLinkError` if the link has ended and the service gave no other one, or could
        not be asked, and whatever `fetch` raises, such as `UnsafeLinkError`.
        """
        valid = same_link(self.get_all(task_id), link) or link
        if may_ask and valid.expires_at is not None:
            valid = await self.get_valid(task_id, valid.key) or valid
        try:
            return await retries.run(lambda: fetch(valid))
        except MediaError as error:
            if not error.refused or not may_ask:
                raise
            refusal = error
        refreshed = await self.refresh(task_id, valid)
        if refreshed.url == valid.url:
            asked = self._refreshes[task_id].answered
            if refusal.expired or valid.seconds_left(self._now()) <= 0 < (valid.expires_at or 0):
                raise ExpiredLinkError(valid, asked=asked)
            words = "gave no other link" if asked else "could not be asked for another link"
            raise MediaError(f"{refusal} The service {words}.", refused=True)
        return await retries.run(lambda: fetch(refreshed))

    async def _query(self, task_id: str) -> PollResult:
        try:
            async with asyncio.timeout(REFRESH_TIMEOUT):
                return await self._ask(task_id)
        except TimeoutError:
            return PollResult(task_id, error=ApiError(ErrorKind.TIMEOUT, "no answer in time"))
