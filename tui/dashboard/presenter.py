"""Brings what the dashboard shows up to date: the watchlist and the schedule, put into words.

Reads the services, writes the screen's values; decides nothing and does no I/O.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Concatenate, Final, ParamSpec

from textual.timer import Timer

from tui.clock import Clock
from tui.dashboard.screens.main import Dashboard
from tui.engine import Backend
from tui.polling.limiter import PulseKind
from tui.watchlist.records import Record
from tui.wording import tasks as wording

HELD: Final = 0.08
"""Seconds from one move of the cursor to the next under which a key is held, or a list run through:
a task in full costs more than a key's repeat leaves time for."""
RESTS: Final = 0.06
"""Seconds without a move after which it is shown all the same."""

P = ParamSpec("P")


def _while_shown(
    method: Callable[Concatenate[Presenter, P], None],
) -> Callable[Concatenate[Presenter, P], None]:
    """Do nothing before the dashboard is complete, nor once the app is ending.

    Messages come earlier and later, when there are no widgets to tell.
    """

    def guarded(self: Presenter, /, *args: P.args, **kwargs: P.kwargs) -> None:
        if self.shown and self.complete:
            method(self, *args, **kwargs)

    return guarded


class Presenter:
    """The one that sets the values of a dashboard."""

    def __init__(
        self,
        dashboard: Dashboard,
        backend: Backend,
        clock: Clock,
    ) -> None:
        self._dashboard = dashboard
        self._backend = backend
        self._watchlist = backend.watchlist
        self._schedule = backend.schedule
        self._clock = clock
        self._server_clock = backend.server_clock
        self._filter = self._selected = ""
        self._meant = wording.meant("", ())
        self._cursor_moved = 0.0
        self._rest: Timer | None = None
        self._troubles: dict[str, str] = {}

    @property
    def shown(self) -> bool:
        """Whether the dashboard is there to show anything."""
        return self._dashboard.is_attached and self._dashboard.app.is_running

    @property
    def complete(self) -> bool:
        """Whether it shows more than the list by now."""
        return self._dashboard.complete

    def begin(self, select: str) -> None:
        """Show what was known before the dashboard was complete, with `select` selected."""
        self._show_troubles()
        self.show_all(select)
        self.show_pulse()

    @_while_shown
    def show_all(self, select: str = "") -> None:
        """Show the watchlist as it is filtered, with `select` under the cursor if it is there."""
        now = self._clock.now()
        words = [wording.task_words(record, now) for record in self._watchlist]
        self._meant = wording.meant(self._filter, words)
        self._dashboard.set_tasks(list(filter(self._meant, words)), empty=not len(self._watchlist))
        if select in self._dashboard.tasks.keys:
            self._dashboard.tasks.cursor = select
        self.show_counts()
        self.show_detail()

    def filter(self, words: str) -> None:
        """Show the tasks alone that these words mean; all where there are none.

        The cursor goes to the first of them, unless it is on one; where there was none to go to,
        back to where it was.
        """
        tasks = self._dashboard.tasks
        self._selected = self._dashboard.selected or self._selected
        self._filter = words
        self.show_all(self._selected)
        if tasks.keys and self._selected not in tasks.keys:
            tasks.cursor = tasks.keys[0]

    def show_record(self, record: Record) -> None:
        """Show what has changed about one task; its row, while the dashboard is not complete."""
        if not self.shown:
            return
        words = wording.task_words(record, self._clock.now())
        if self._meant(words) != self._dashboard.tasks.has(record.id):
            self.show_all()
            return
        self._dashboard.tasks.set_value(words)
        if record.id == self._dashboard.selected:
            self.show_detail()

    @_while_shown
    def show_counts(self) -> None:
        """Say how many tasks are in which state."""
        shown = len(self._dashboard.tasks.keys) if self._filter else None
        self._dashboard.status.counts = wording.counts(self._watchlist.counts(), shown)

    @_while_shown
    def show_detail(self) -> None:
        """Show the selected task in full."""
        # Not for the first paint.
        from tui.wording import details

        record = self._watchlist.get(self._dashboard.selected)
        if record is not None:
            shown = details.detail(record, self._clock.now())
            self._dashboard.show_detail(shown, self._server_clock.now())

    @_while_shown
    def follow_cursor(self) -> None:
        """Show the task that was selected: with the cursor, or once a key that is held rests."""
        now = asyncio.get_running_loop().time()
        held, self._cursor_moved = now - self._cursor_moved < HELD, now
        if self._rest is not None:
            self._rest.stop()
        if held:
            self._rest = self._dashboard.set_timer(RESTS, self.show_detail)
        else:
            self.show_detail()

    @_while_shown
    def show_ages(self, task_ids: Iterable[str]) -> None:
        """Bring what the time changes about these tasks up to date."""
        now = self._clock.now()
        for key in task_ids:
            record = self._watchlist.get(key)
            if record is not None:
                self._dashboard.tasks.set_value(wording.task_words(record, now))

    @_while_shown
    def show_pulse(self) -> None:
        """Say how polling stands, once it does anything."""
        if not self._backend.connected:
            return
        loop_now = asyncio.get_running_loop().time()
        pulse = self._schedule.pulse(loop_now)
        until: datetime | None = None
        if pulse.kind is PulseKind.PAUSED:
            # Rounded, so that the words do not change by a wandering fraction.
            until = self._clock.now() + timedelta(seconds=round(pulse.until - loop_now))
        self._dashboard.status.polling = wording.pulse(pulse, until)

    def trouble(self, what: str, words: str) -> None:
        """Say in the banner what is wrong about `what`, until it is told "" about it."""
        self._troubles[what] = words
        self._show_troubles()

    @_while_shown
    def _show_troubles(self) -> None:
        self._dashboard.banner.words = "\n".join(filter(None, self._troubles.values()))
