"""What the list of tasks shows, line by line: each task's words, and their order. Knows no widget.

The order is that of `sections.arrange`; an answer changes one row's words and never walks over all.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from tui.polling.health import CALM, PollingHealth
from tui.watchlist.records import Record, Watchlist
from tui.watchlist.sections import (
    Section,
    SectionTasks,
    Standing,
    arrange,
    longest_sample,
    standing_of,
)
from tui.wording.estimates import usual_time
from tui.wording.points import points_sum
from tui.wording.rows import NO_FORECAST, Forecast, TaskRowData, brief_row, matcher, task_row
from tui.wording.section_lines import ListLine, section_row

FIRST_ROWS: Final = 200
"""Tasks that the first paint puts into words: more than there are lines on any usual screen."""


class Forecasts(NamedTuple):
    """What is known of tasks besides their records."""

    of_task: Callable[[Record, datetime, float], Forecast] = lambda *_: NO_FORECAST
    usual_seconds: Callable[[], float | None] = lambda: None
    """How long a task usually takes; None where too few have ended."""


NO_FORECASTS: Final = Forecasts()


class _Place(NamedTuple):
    """All that the order of the list depends on, of what may change about a task."""

    standing: Standing
    ended: datetime | None
    noticed: datetime | None


class Arrangement:
    """The rows of a watchlist's tasks, and the order in which they stand under their sections."""

    def __init__(self, watchlist: Watchlist, forecasts: Forecasts = NO_FORECASTS) -> None:
        """Arrange nothing yet; call `begin` or `rebuild`."""
        self.query = ""
        """What shown tasks match; all where it is empty."""
        self.standings: Counter[Standing] = Counter()
        """How many tasks are doing how: kept up to date, since counting takes a walk over all."""
        self.health = CALM
        """How polling as a whole is doing; see `set_health`."""
        self._watchlist = watchlist
        self._forecasts = forecasts
        self._rows: dict[str, TaskRowData] = {}
        self._records: dict[str, Record] = {}
        """The record that each row puts into words."""
        self._sections: Sequence[SectionTasks] = ()
        self._arranged: dict[str, _Place] = {}
        """The place of each task when all were put in order last."""
        self._current: dict[str, _Place] = {}
        """The place of each task by its last update."""
        self._longest = math.inf
        self._matches = matcher("", ())

    def begin(self, now: datetime) -> None:
        """Put all tasks in order, and as many into words as a screen may show at first."""
        self.renew(now, worded=FIRST_ROWS)

    def rebuild(self, now: datetime, boot: float | None = None) -> None:
        """Put all tasks into words and in order; without forecasts, which cost more.

        `boot` is the monotonic clock at the time `now`, here as elsewhere. Rows of records that are
        the same keep their words: those that the passing of time changes are for `update`.
        """
        self.renew(now, boot)
        self._matches = matcher(self.query, self._rows.values() if self.query else ())

    def renew(self, now: datetime, boot: float | None = None, *, worded: int = sys.maxsize) -> None:
        """Put all tasks in order; those that have changed, or are doing otherwise, into words.

        Only the first `worded` of them; the next renewal does so with the others.
        """
        self._longest = longest_sample(self._watchlist.history)
        self._arranged = {record.id: self._place(record) for record in self._watchlist}
        self._sections = arrange(
            (record, self._arranged[record.id].standing) for record in self._watchlist
        )
        old, records, before = self._rows, self._records, self._current
        self._rows, self._records, self._current = {}, {}, dict(self._arranged)
        ids = itertools.chain.from_iterable(section.ids for section in self._sections)
        for line, record in enumerate(filter(None, map(self._watchlist.get, ids))):
            key, standing = record.id, self._arranged[record.id].standing
            row = old.get(key)
            if row is not None and before[key].standing is standing and records.get(key) == record:
                self._rows[key], self._records[key] = row, record
            elif line < worded:
                self._rows[key] = task_row(record, standing, now, boot, health=self.health)
                self._records[key] = record
            else:
                self._rows[key] = brief_row(record, standing)
        self.standings = Counter(place.standing for place in self._arranged.values())

    def _place(self, record: Record) -> _Place:
        standing = standing_of(record, self._longest)
        return _Place(standing, record.entry.ended, record.entry.noticed)

    def update(self, record: Record, now: datetime, boot: float) -> TaskRowData:
        """Put one task into words, and return them; its place stays until `renew`."""
        key, place, before = record.id, self._place(record), self._current.get(record.id)
        if before is None or before.standing is not place.standing:
            self.standings[place.standing] += 1
            if before is not None:
                self.standings[before.standing] -= 1
        self._current[key], self._records[key] = place, record
        forecast = self._forecasts.of_task(record, now, boot)
        row = task_row(record, place.standing, now, boot, forecast, self.health)
        self._rows[key] = row
        return row

    def set_health(self, health: PollingHealth) -> bool:
        """Note how polling as a whole is doing; return whether rows must be put into other words.

        `rebuild` does that.
        """
        before, self.health = self.health, health
        if _look(before) == _look(health):
            return False
        self._rows.clear()
        return True

    def standing(self, task_id: str) -> Standing:
        """Return how a task is doing. Raises `KeyError` if it is not arranged."""
        return self._current[task_id].standing

    def is_misplaced(self, task_id: str) -> bool:
        """Return whether a task may belong elsewhere in the list than where it stands."""
        return self._arranged.get(task_id) != self._current.get(task_id)

    def matches(self, row: TaskRowData) -> bool:
        """Return whether the query lets a task be shown."""
        return self._matches(row)

    @property
    def lines(self) -> list[ListLine]:
        """The list from the top: each section of which a task matches, and its tasks."""
        lines: list[ListLine] = []
        for section, ids in self._sections:
            rows = [self._rows[task_id] for task_id in ids]
            if self.query:
                rows = list(filter(self._matches, rows))
            if rows:
                fact = self._fact(section, rows)
                lines += [section_row(section, len(ids), len(rows), fact), *rows]
        return lines

    def _fact(self, section: Section, rows: Iterable[TaskRowData]) -> str:
        """Return what is known of the shown tasks of a section in common; may be empty."""
        if section is Section.RUNNING:
            return usual_time(self._forecasts.usual_seconds())
        if section is Section.FINISHED:
            return points_sum(filter(None, (self._watchlist.get(row.key) for row in rows)))
        return ""


def _look(health: PollingHealth) -> tuple[bool, bool]:
    """Return what rows show of how polling is doing."""
    return health.kind.is_host_trouble, health.is_stale
