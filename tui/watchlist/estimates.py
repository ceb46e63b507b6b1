"""When tasks are likely to end, from how long earlier ones took. Pure: the clock is passed in.

The service never tells how many scenes a task will have, so a percentage would be made up. What is
known is how long earlier tasks of the same watchlist took: of these, the ones that took longer than
a task has run tell when it is likely to end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from tui.scenext.models import TaskStatus
from tui.watchlist.answers import MAX_POLL_GAP
from tui.watchlist.records import Record, Watchlist
from tui.watchlist.sections import Section, longest_sample, standing_of

MIN_SAMPLES: Final = 9
"""Samples without which nothing is claimed."""
ROUNDED_TO: Final = 300
"""Seconds to which an expected end is rounded."""
MAX_CLOCK_STEP: Final = 60.0
"""Seconds by which the wall clock may be set before what it showed is computed afresh."""


class Estimate(NamedTuple):
    """When a task is likely to end; aware, UTC."""

    end: datetime
    """The median, rounded to 5 minutes."""
    earliest: datetime
    """A quarter of such tasks end before."""
    latest: datetime
    """A quarter of such tasks end after."""


class _Held(NamedTuple):
    """An estimate that was shown, and holds until its end has passed."""

    estimate: Estimate
    added: datetime
    """When the task was added, which tells it from one with the same ID that was added again."""
    offset: float
    """The wall clock less the monotonic one at that time."""


class Estimates:
    """The expected ends of the tasks of one watchlist.

    An estimate that was given stays the same until its end has passed: a time that wanders would
    be repainted for nothing. In all methods `boot` is the monotonic clock at the time `now`.
    """

    def __init__(self, watchlist: Watchlist) -> None:
        """Estimate from the history of `watchlist`."""
        self._watchlist = watchlist
        self._held: dict[str, _Held] = {}
        self._history = watchlist.history
        self._seconds: list[float] = []
        """What the samples took, the shortest first."""
        self._quartiles: dict[int, tuple[float, float, float]] = {}
        """The quartiles of the samples from each of these places on."""

    def expected_end(self, record: Record, now: datetime, boot: float) -> Estimate | None:
        """Return when a running task is likely to end; None where nobody can tell.

        That is so for a task that had frames in its first answer, since nobody knows for how long
        it had run by then, and where fewer than `MIN_SAMPLES` earlier tasks took longer. It is so,
        too, when nothing has been heard of it for long: it may have ended.
        """
        if record.status is not TaskStatus.IN_PROGRESS or record.entry.first_frames != 0:
            self._held.pop(record.id, None)
            return None
        is_current = record.polled_at is not None and boot - record.polled_at <= MAX_POLL_GAP
        return self._estimate(record, now, boot, is_current=is_current)

    def all_done(self, now: datetime, boot: float) -> datetime | None:
        """Return when the last of the running and waiting tasks is likely to end.

        None where there is none, or where that of any cannot be told. Those that need attention do
        not count: they are said to. One that waits counts as beginning when it was added, as long
        as that is a moment ago.
        """
        longest = longest_sample(self._watchlist.history)
        latest: datetime | None = None
        for record in self._watchlist:
            if record.status.terminal:
                continue
            section = standing_of(record, longest).section
            if section is Section.RUNNING:
                estimate = self.expected_end(record, now, boot)
            elif section is Section.WAITING:
                is_current = record.age(now, boot) <= MAX_POLL_GAP
                estimate = self._estimate(record, now, boot, is_current=is_current)
            else:
                continue
            if estimate is None:
                return None
            latest = estimate.end if latest is None else max(latest, estimate.end)
        return latest

    def usual_seconds(self) -> float | None:
        """Return the median of how long tasks took; None for fewer than `MIN_SAMPLES`."""
        self._learn()
        seconds, count = self._seconds, len(self._seconds)
        if count < MIN_SAMPLES:
            return None
        # The first paint shows it, and `statistics` takes long to import.
        return (seconds[(count - 1) // 2] + seconds[count // 2]) / 2

    def _estimate(
        self, record: Record, now: datetime, boot: float, *, is_current: bool
    ) -> Estimate | None:
        offset = now.timestamp() - boot
        held = self._held.get(record.id)
        if held is not None and held.added == record.entry.added:
            was_set = abs(held.offset - offset) > MAX_CLOCK_STEP
            if now < held.estimate.end and not was_set:
                return held.estimate
        estimate = self._compute(record, now, boot) if is_current and not record.reopened else None
        if estimate is None:
            self._held.pop(record.id, None)
        else:
            self._held[record.id] = _Held(estimate, record.entry.added, offset)
            self._forget_removed()
        return estimate

    def _compute(self, record: Record, now: datetime, boot: float) -> Estimate | None:
        self._learn()
        age = record.age(now, boot)
        if age < -MAX_CLOCK_STEP:
            return None  # The clock was set back since it was added.
        age = max(0.0, age)
        first_longer = bisect_right(self._seconds, age)
        if len(self._seconds) - first_longer < MIN_SAMPLES:
            return None
        lower, median, upper = self._quartiles_from(first_longer)
        began = now - timedelta(seconds=age)
        return Estimate(
            _rounded(began + timedelta(seconds=median), now),
            began + timedelta(seconds=lower),
            began + timedelta(seconds=upper),
        )

    def _learn(self) -> None:
        if self._history is not self._watchlist.history or not self._seconds:
            self._history = self._watchlist.history
            self._seconds = sorted(sample.seconds for sample in self._history)
            self._quartiles.clear()

    def _quartiles_from(self, index: int) -> tuple[float, float, float]:
        if index not in self._quartiles:
            from statistics import quantiles

            lower, median, upper = quantiles(self._seconds[index:], n=4, method="exclusive")
            self._quartiles[index] = lower, median, upper
        return self._quartiles[index]

    def _forget_removed(self) -> None:
        # Rarely: while there are fewer than tasks, most of them are of tasks.
        if len(self._held) > len(self._watchlist):
            watched = set(self._watchlist.ids)
            self._held = {key: held for key, held in self._held.items() if key in watched}


def last_end(records: Iterable[Record]) -> datetime | None:
    """Return when the last of some tasks ended, all of which have; None if nobody knows.

    An end that nobody saw may have been the last, unless it was noticed before another was seen.
    """
    ended: datetime | None = None
    unseen: datetime | None = None
    for record in records:
        entry = record.entry
        if entry.ended is not None:
            ended = entry.ended if ended is None else max(ended, entry.ended)
        elif entry.noticed is not None:
            unseen = entry.noticed if unseen is None else max(unseen, entry.noticed)
    if ended is None or (unseen is not None and unseen > ended):
        return None
    return ended


def _rounded(end: datetime, now: datetime) -> datetime:
    """Return `end` rounded to 5 minutes, never to what has passed."""
    # Every zone in use is a multiple of 15 minutes from UTC.
    nearest = round(end.timestamp() / ROUNDED_TO)
    first = int(now.timestamp() // ROUNDED_TO) + 1
    return datetime.fromtimestamp(max(nearest, first) * ROUNDED_TO, UTC)
