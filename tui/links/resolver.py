"""The links of the watched tasks, and a fresh one in place of one that is about to end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from tui.engine import Backend
from tui.scenext.models import Task
from tui.scenext.signed_url import NEVER
from tui.wording import details
from tui.wording.details import Link
from tui.wording.tasks import clock_time, life

FRESH: Final = 60.0
"""Seconds that a link must still live to be used as it is."""
PATIENCE: Final = 10.0
"""Seconds to wait for a fresh link; the query goes through the schedule and may have to queue."""


@dataclass
class _Asked:
    """The last question for fresh links of a task."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the answer is under way: whoever else needs a fresh link waits for the same."""
    at: float = -FRESH
    task: Task | None = None
    """What was answered; None if nothing was."""


class Links:
    """Finds links by task and key, and has the service renew them."""

    def __init__(self, backend: Backend, say: Callable[[str], None]) -> None:
        """Prepare; `say` is told when something takes a while."""
        self._backend = backend
        self._say = say
        self._asked: dict[str, _Asked] = {}

    def find(self, task_id: str, key: str) -> Link | None:
        """Return a link of a task; its newest frame where `key` is empty."""
        record = self._backend.watchlist.get(task_id)
        if record is None:
            return None
        if not key:
            return details.newest_frame(record)
        return next((link for link in details.links(record) if link.key == key), None)

    def all_of(self, task_id: str) -> tuple[Link, ...]:
        """Return everything that can be saved of a task."""
        record = self._backend.watchlist.get(task_id)
        return () if record is None else details.links(record)

    async def fresh(self, task_id: str, key: str) -> Link | None:
        """Return a link that still lives for a minute, if the service renews it.

        The service is asked once, and at most once a minute for one task; a link that it does
        not renew is returned as it is.
        """
        link = self.find(task_id, key)
        if link is None or self.left(link) >= FRESH:
            return link
        return await self.renew(task_id, link)

    async def renew(self, task_id: str, link: Link) -> Link:
        """Return the link after asking the service about its task, unless that was just done.

        An answer that another one waits for already, or got within the last minute, serves too.
        """
        asked = self._asked.setdefault(task_id, _Asked())
        now = asyncio.get_running_loop().time
        async with asked.lock:
            if now() - asked.at >= FRESH:
                self._say("Asking the service for a fresh link.")
                asked.task = await self._ask(task_id)
                asked.at = now()
        known = self.find(task_id, link.key)
        record = self._backend.watchlist.get(task_id)
        if known is None or record is None or asked.task is None or known.url != link.url:
            return known or link
        # The watchlist takes the answer in by a message that may still be under way.
        answered = details.links(record._replace(task=asked.task))
        return next((new for new in answered if new.key == link.key), link)

    async def _ask(self, task_id: str) -> Task | None:
        try:
            async with asyncio.timeout(PATIENCE):
                return (await self._backend.ask(task_id)).task
        except TimeoutError:
            return None

    def left(self, link: Link) -> float:
        """Return the seconds that a link still lives, by the service's clock."""
        return NEVER if link.end is None else link.end - self._backend.server_clock.now()

    def lives(self, link: Link) -> str:
        """Return how long a link lives, as a sentence."""
        if link.end is None:
            return "When the link ends is not known."
        if link.end == NEVER:
            return "The link has no end."
        if self.left(link) > 0:
            return f"The link lives for {life(link.end, self._backend.server_clock.now())}."
        return self.ended(link)

    def ended(self, link: Link) -> str:
        """Return, as a sentence, that a link has ended, whatever it says of itself."""
        if link.end is None or self.left(link) > 0:
            return "The link has ended and the service did not renew it."
        end = clock_time(datetime.fromtimestamp(link.end, UTC), datetime.now(UTC))
        return f"The link ended at {end} and the service did not renew it."
