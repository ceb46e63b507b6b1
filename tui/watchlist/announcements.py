"""When to tell somebody that tasks ended, and of which ends. Pure: times are passed in.

What is told is an *announcement*: one for all ends of a burst. A burst is over after five seconds
without another end, and after half a minute in any case: what ends together is noticed within one
period of polling. So nothing is told earlier than five seconds after it was noticed.

While much is caught up with, because the machine has slept, the program was stopped or the service
was away, ends come in for as long as it takes to ask about all tasks. They are one burst.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, NamedTuple

from tui.config import NotifyOn
from tui.watchlist.events import Event, EventKind

BURST_SILENCE: Final = 5.0
"""Seconds without an end after which a burst is over."""
MAX_BURST: Final = 30.0
"""Seconds after which a burst is told of although it goes on."""
CATCH_UP_SILENCE: Final = 30.0
"""The same silence while it is caught up with: nothing ends, and no task is asked again."""
MAX_CATCH_UP: Final = 300.0
"""Seconds after which it is told what ended although not every task was asked again. As long after
the first of them was, no other is waited for."""
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
        self._ends: dict[str, Event] = {}
        """The last end of each task that is not told of yet."""
        self._first_at = self._last_at = math.nan
        """When the first and the last of them were noticed, by the monotonic clock."""
        self._looked_at = math.nan
        self._gap_at: float | None = None
        """From when on the tasks have to be asked again, while it is caught up with."""
        self._unasked: int | None = None
        """How many of them were not asked since; None where nobody has counted yet."""
        self._asked_from = math.inf
        self._asked_at = -math.inf
        """When the first and the last of them were found to be asked again."""

    def look(self, boot: float) -> None:
        """Look at the clock, often: a gap means that the program had not run."""
        if boot - self._looked_at > MAX_GAP:
            self.catch_up(self._looked_at)
            # What was to be told of before belongs to what is told of now.
            self._first_at = self._last_at = boot
        self._looked_at = boot

    def catch_up(self, gap_at: float) -> None:
        """Take all ends for one burst until every task was asked again after the time `gap_at`."""
        self._gap_at, self._unasked = gap_at, None
        self._asked_from, self._asked_at = math.inf, -math.inf

    def count_unasked(self, boot: float, count: Callable[[float], int]) -> None:
        """Look how far it is caught up; call before `take`.

        `count` returns how many of the tasks that may still end were not asked since a time.
        """
        if self._gap_at is None:
            return
        unasked = count(self._gap_at)
        if self._unasked is not None and unasked < self._unasked:
            self._asked_from, self._asked_at = min(self._asked_from, boot), boot
        self._unasked = unasked
        if not unasked or boot - self._asked_from > MAX_CATCH_UP:
            self._gap_at = None

    def note(self, event: Event, boot: float) -> None:
        """Note what happened at the time `boot`; whatever is no end is ignored."""
        if event.kind is EventKind.STARTED_AGAIN:
            self._ends.pop(event.task_id, None)
        if not event.is_news or event.kind not in (EventKind.COMPLETED, EventKind.FAILED):
            return
        if self._notify_on is NotifyOn.FAILED and event.kind is not EventKind.FAILED:
            return
        if not self._ends:
            self._first_at = boot
        self._ends[event.task_id] = event
        self._last_at = boot

    @property
    def due_at(self) -> float:
        """When to call `take`, by the monotonic clock; infinite where nothing is to be told."""
        if not self._ends:
            return math.inf
        if self._gap_at is not None:
            silence = max(self._last_at, self._asked_at) + CATCH_UP_SILENCE
            return min(silence, self._first_at + MAX_CATCH_UP)
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
        ends = tuple(self._ends.values())
        self._ends.clear()
        failed = sum(event.kind is EventKind.FAILED for event in ends)
        only = ends[0] if len(ends) == 1 else None
        return Announcement(len(ends) - failed, failed, only, is_all)
