"""When to tell somebody that tasks ended, and of which ends. Pure: times are passed in.

What is told is an *announcement*: one for all ends of a burst. A burst is over after five seconds
without another end, and after half a minute in any case: what ends together is noticed within one
period of polling. So nothing is told earlier than five seconds after it was noticed.

While much is caught up with, because the machine has slept, the program was stopped or the service
was away, ends come in for as long as it takes to ask about all tasks. They are one burst.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from tui.config import NotifyOn
from tui.watchlist.events import Event, EventKind

BURST_SILENCE: Final = 5.0
"""Seconds without an end after which a burst is over."""
MAX_BURST: Final = 30.0
"""Seconds after which a burst is told of although it goes on."""
CATCH_UP_SILENCE: Final = 30.0
"""The same silence while it is caught up with: the next round of queries may still be under way."""
MAX_CATCH_UP: Final = 300.0
"""Seconds after which it is told what ended although not every task was asked again."""
MAX_GAP: Final = 15.0
"""Seconds between two looks at the clock beyond which the program had not run in between."""


class Announcement(NamedTuple):
    """What ended; the counts of several are added up."""

    completed: int = 0
    failed: int = 0
    event: Event | None = None
    """The end, where there is only one."""
    is_all: bool = False
    """Whether nothing runs any more, where that is what was waited for."""

    def __or__(self, newer: Announcement) -> Announcement:
        """Return what both tell together."""
        return Announcement(
            self.completed + newer.completed, self.failed + newer.failed, None, newer.is_all
        )


class Announcements:
    """Collects ends until they are to be told of.

    An end counts if its task was watched before it, by this session: neither what had ended before
    the start nor what could not be asked is an end.
    """

    def __init__(self, notify_on: NotifyOn) -> None:
        """Tell of the ends that `notify_on` names."""
        self._notify_on = notify_on
        self._ends: list[Event] = []
        self._first_at = self._last_at = math.nan
        """When the first and the last of them were noticed, by the monotonic clock."""
        self._unanswered: set[str] = set()
        """Tasks that were not asked again since there was a gap."""
        self._looked_at = math.nan

    def look(self, boot: float, open_tasks: Callable[[], Iterable[str]]) -> None:
        """Look at the clock, often: a gap means that the program had not run.

        `open_tasks` returns the tasks that have not ended.
        """
        if boot - self._looked_at > MAX_GAP:
            self.catch_up(open_tasks())
            # What was to be told of before belongs to what is told of now.
            self._first_at = self._last_at = boot
        self._looked_at = boot

    def catch_up(self, task_ids: Iterable[str]) -> None:
        """Take all ends for one burst until these tasks were asked again."""
        self._unanswered.update(task_ids)

    def answered(self, task_id: str) -> None:
        """Note that a task was asked again, or that it is not watched any more."""
        self._unanswered.discard(task_id)

    def note(self, event: Event, boot: float) -> None:
        """Note what happened at the time `boot`; whatever is no end is ignored."""
        if not event.is_news or event.kind not in (EventKind.COMPLETED, EventKind.FAILED):
            return
        if self._notify_on is NotifyOn.FAILED and event.kind is not EventKind.FAILED:
            return
        if not self._ends:
            self._first_at = boot
        self._ends.append(event)
        self._last_at = boot

    @property
    def due_at(self) -> float:
        """When to call `take`, by the monotonic clock; infinite where nothing is to be told."""
        if not self._ends:
            return math.inf
        if self._unanswered:
            return min(self._last_at + CATCH_UP_SILENCE, self._first_at + MAX_CATCH_UP)
        if self._notify_on is NotifyOn.ALL:
            # The first of them may be hours ago.
            return self._last_at + BURST_SILENCE
        return min(self._last_at + BURST_SILENCE, self._first_at + MAX_BURST)

    def take(self, boot: float, *, runs: bool) -> Announcement | None:
        """Return what is to be told now, once; None for nothing. `runs`: a task may still end."""
        if boot < self.due_at:
            return None
        return self.take_all(runs=runs)

    def take_all(self, *, runs: bool) -> Announcement | None:
        """Return what is to be told, without waiting for the end of a burst."""
        is_all = self._notify_on is NotifyOn.ALL
        if not self._ends or (is_all and runs):
            return None
        ends, self._ends = self._ends, []
        failed = sum(event.kind is EventKind.FAILED for event in ends)
        only = ends[0] if len(ends) == 1 else None
        return Announcement(len(ends) - failed, failed, only, is_all)
