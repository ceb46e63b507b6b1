"""Find the links of watched tasks, and get a fresh one in place of one that is about to expire.

Returns facts and raises errors of one kind; what the screen says about them is `wording`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from tui.addresses import unsafe_reason
from tui.errors import MediaError
from tui.links.link import Link, frame_links, task_links
from tui.scenext.models import PollResult, Task
from tui.watchlist.records import Record

MIN_VALIDITY: Final = 60.0
"""Seconds that a link must still be valid to be used as it is."""
REFRESH_TIMEOUT: Final = 10.0
"""Seconds to wait for a fresh link; the query goes through the schedule and may have to queue."""

T = TypeVar("T")


class UnsafeLinkError(MediaError):
    """A link that must not be fetched; the message says why and fits into a sentence."""


class ExpiredLinkError(MediaError):
    """A link that has expired, and that the service did not renew."""

    def __init__(self, link: Link) -> None:
        super().__init__("the link has expired", expired=True)
        self.link = link


@dataclass
class _Refresh:
    """The last query for fresh links of a task."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Single flight: held while the query is in flight, so that all callers share one answer."""
    at: float = -MIN_VALIDITY
    task: Task | None = None
    """The answer; None if there was none."""


class LinkResolver:
    """Finds links by task and key, and asks the service to renew them."""

    def __init__(
        self,
        *,
        get_record: Callable[[str], Record | None],
        ask: Callable[[str], Awaitable[PollResult]],
        now: Callable[[], float],
        on_refresh: Callable[[], None],
    ) -> None:
        """Prepare.

        Args:
            get_record: Returns the record of a watched task.
            ask: Queries a task now and returns the result.
            now: The time in Unix seconds by the service's clock.
            on_refresh: Called when the service is asked, which takes a while.
        """
        self._get_record = get_record
        self._ask = ask
        self._now = now
        self._on_refresh = on_refresh
        self._refreshes: dict[str, _Refresh] = {}

    def find(self, task_id: str, key: str) -> Link | None:
        """Return a link of a task; its newest frame where `key` is empty."""
        record = self._get_record(task_id)
        if record is None:
            return None
        if not key:
            frames = frame_links(record.frames)
            return frames[-1] if frames else None
        return _by_key(task_links(record.results, record.frames), key)

    def all_of(self, task_id: str) -> tuple[Link, ...]:
        """Return everything that can be saved of a task."""
        record = self._get_record(task_id)
        return () if record is None else task_links(record.results, record.frames)

    async def get_valid(self, task_id: str, key: str) -> Link | None:
        """Return a link that is valid for another minute, if the service renews it.

        The service is asked once, and at most once a minute for one task; a link that it does not
        renew is returned as it is.
        """
        link = self.find(task_id, key)
        if link is None or link.seconds_left(self._now()) >= MIN_VALIDITY:
            return link
        return await self.refresh(task_id, link)

    async def refresh(self, task_id: str, link: Link) -> Link:
        """Return the link after querying its task, unless that was done within the last minute."""
        refresh = self._refreshes.setdefault(task_id, _Refresh())
        loop_time = asyncio.get_running_loop().time
        async with refresh.lock:
            if loop_time() - refresh.at >= MIN_VALIDITY:
                self._on_refresh()
                refresh.task = await self._query(task_id)
                refresh.at = loop_time()
        known = self.find(task_id, link.key)
        record = self._get_record(task_id)
        if known is None or record is None or refresh.task is None or known.url != link.url:
            return known or link
        # The watchlist takes the answer from a message that may still be queued.
        answered = record._replace(task=refresh.task)
        return _by_key(task_links(answered.results, answered.frames), link.key) or link

    async def fetch(self, task_id: str, link: Link, fetch: Callable[[Link], Awaitable[T]]) -> T:
        """Return what `fetch` returns for a valid link, with one retry after it has expired.

        Every address is checked, also that of a renewed link, right before it is fetched.

        Raises:
            UnsafeLinkError: the link must not be fetched.
            ExpiredLinkError: it has expired and the service did not renew it.
            Exception: whatever `fetch` raises.
        """
        _check(link)
        valid = await self.get_valid(task_id, link.key) or link
        _check(valid)
        try:
            return await fetch(valid)
        except MediaError as error:
            if not error.expired:
                raise
        renewed = await self.refresh(task_id, valid)
        if renewed.url == valid.url:
            raise ExpiredLinkError(valid)
        _check(renewed)
        return await fetch(renewed)

    async def _query(self, task_id: str) -> Task | None:
        try:
            async with asyncio.timeout(REFRESH_TIMEOUT):
                return (await self._ask(task_id)).task
        except TimeoutError:
            return None


def _check(link: Link) -> None:
    if reason := unsafe_reason(link.url):
        raise UnsafeLinkError(reason)


def _by_key(links: tuple[Link, ...], key: str) -> Link | None:
    return next((link for link in links if link.key == key), None)
