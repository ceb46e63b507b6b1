"""What the list of tasks shows, line by line: each task's words, and their order. Knows no widget.

The order is that of `sections.arrange`; an answer changes one row's words and never walks over all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from tui.polling.health import CALM
from tui.watchlist.records import Record, Watchlist
from tui.watchlist.sections import (
    SectionTasks,
    Standing,
    arrange,
    longest_sample,
    standing_of,
)
from tui.wording.rows import NO_FORECAST, Forecast, TaskRowData, matcher, task_row
from tui.wording.section_lines import ListLine, section_row


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
        """Arrange nothing yet; call `rebuild`."""
        self.query = ""
        """What shown tasks match; all where it is empty."""
        self.health = CALM
        """How polling as a whole is doing."""
        self._watchlist = watchlist
        self._forecasts = forecasts
        self._rows: dict[str, TaskRowData] = {}
        self._sections: Sequence[SectionTasks] = ()
        self._places: dict[str, _Place] = {}
        self._longest = math.inf
        self._matches = matcher("", ())

    def rebuild(self, now: datetime, boot: float | None = None) -> None:
        """Put all tasks into words and in order; without forecasts, which cost more.

        `boot` is the monotonic clock at the time `now`, here as elsewhere.
        """
        self._rows.clear()
        self.renew(now, boot)
        self._matches = matcher(self.query, self._rows.values() if self.query else ())

    def renew(self, now: datetime, boot: float | None = None) -> None:
        """Put all tasks in order; those that are in another section now also into words."""
        history = self._watchlist.history
        self._longest = longest_sample(history)
        self._sections = arrange(self._watchlist, history)
        rows, places = {}, {}
        for record in self._watchlist:
            places[record.id] = place = self._place(record)
            row = self._rows.get(record.id)
            if row is None or row.section is not place.standing.section:
                row = task_row(record, place.standing, now, boot, health=self.health)
            rows[record.id] = row
        self._rows, self._places = rows, places

    def _place(self, record: Record) -> _Place:
        standing = standing_of(record, self._longest)
        return _Place(standing, record.entry.ended, record.entry.noticed)

    def update(self, record: Record, now: datetime, boot: float) -> TaskRowData:
        """Put one task into words, and return them; its place stays until `renew`."""
        standing = standing_of(record, self._longest)
        forecast = self._forecasts.of_task(record, now, boot)
        row = self._rows[record.id] = task_row(record, standing, now, boot, forecast, self.health)
        return row

    def is_misplaced(self, record: Record) -> bool:
        """Return whether a task may belong elsewhere in the list than where it stands."""
        return self._places.get(record.id) != self._place(record)

    def matches(self, row: TaskRowData) -> bool:
        """Return whether the query lets a task be shown."""
        return self._matches(row)

    @property
    def rows(self) -> Iterable[TaskRowData]:
        """All tasks that match, in the order of the list."""
        return (
            row
            for _, ids in self._sections
            for task_id in ids
            if self._matches(row := self._rows[task_id])
        )

    @property
    def lines(self) -> list[ListLine]:
        """The list from the top: each section of which a task matches, and its tasks."""
        usual = self._forecasts.usual_seconds()
        lines: list[ListLine] = []
        for section, ids in self._sections:
            rows = [self._rows[task_id] for task_id in ids]
            if self.query:
                rows = list(filter(self._matches, rows))
            if rows:
                lines += [section_row(section, len(ids), len(rows), usual), *rows]
        return lines
