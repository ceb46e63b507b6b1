"""Bring what the main screen shows up to date: put watchlist and polling into words."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from textual.timer import Timer

from tui.clock import Clock
from tui.dashboard import messages
from tui.dashboard.arrangement import Arrangement
from tui.dashboard.problems import ProblemPresenter
from tui.dashboard.screens.main import MainScreen
from tui.dashboard.screens.main_keys import OPEN_KEY
from tui.engine import Engine
from tui.watchlist.estimates import last_end
from tui.watchlist.records import Record
from tui.watchlist.sections import Standing
from tui.wording import summary

KEY_REPEAT: Final = 0.08
"""Seconds between two moves of the cursor below which a key counts as held: showing a task in full
takes longer than a held key leaves."""
CURSOR_DEBOUNCE: Final = 0.06
"""Seconds without a move after which the task is shown all the same."""

UPDATE_DELAY: Final = 0.25
"""Seconds from a change until all that has changed by then is shown, so that it is sent once."""
UPDATE_COST: Final = 20
"""How many times as long as an update takes the next one waits."""
ORDER_INTERVAL: Final = 1.0
"""Seconds between two renewals of the order, at least."""
ORDER_COST: Final = 200
"""How many times as long as a renewal of the order takes the next one waits: in the first round of
answers nearly all tasks move."""
MAX_INTERVAL: Final = 5.0
"""Seconds that either waits at most, however slow the machine is."""
ALL_DONE_INTERVAL: Final = 2.0
"""Seconds for which the time at which all is done is not computed again, which takes a walk over
all tasks that run."""


class _AllDone(NamedTuple):
    """When all is done, as it was shown last."""

    words: str
    until: float
    """When it is computed again, by the monotonic clock: at once where nothing was claimed."""


class Presenter:
    """The only one that sets the values of the main screen, but for problems and events.

    Most methods do nothing before the screen is complete, nor once the app is ending: messages
    arrive earlier and later, when there are no widgets to show anything.
    """

    def __init__(
        self,
        screen: MainScreen,
        engine: Engine,
        clock: Clock,
        arrangement: Arrangement,
        problems: ProblemPresenter,
        counted: Callable[[Mapping[Standing, int]], object],
    ) -> None:
        """Show the watchlist of `engine`; `counted` gets all counts whenever they are shown."""
        self._screen = screen
        self._arrangement = arrangement
        self._engine = engine
        self._watchlist = engine.watchlist
        self._clock = clock
        self._problems = problems
        self._counted = counted
        self._selected = ""
        self._cursor_moved_at = 0.0
        self._cursor_timer: Timer | None = None
        self._changed: dict[str, None] = {}
        self._update_timer: Timer | None = None
        self._update_delay = UPDATE_DELAY
        self._is_misplaced = False
        self._may_order_at = -math.inf
        self._all_done = _AllDone("", -math.inf)

    @property
    def _is_complete(self) -> bool:
        return self._screen.is_live and self._screen.deferred is not None

    def begin(self, select: str) -> None:
        """Show what was known before the screen was complete, with `select` selected."""
        self._problems.show_all()
        self.show_all(select)
        self._may_order_at = asyncio.get_running_loop().time() + ORDER_INTERVAL
        self.show_health()

    def show_all(self, select: str = "") -> None:
        """Show the watchlist as it is filtered, with `select` under the cursor if it is there."""
        if not self._is_complete:
            return
        self._arrangement.rebuild(self._clock.now(), self._clock.boot())
        self._show_lines()
        if self._screen.tasks.has(select):
            self._screen.tasks.cursor = select
            self._screen.tasks.stays_at_top = False
            self.show_ages(self._screen.tasks.keys_in_view())
        self.show_counts()
        self.show_details()

    def _show_lines(self) -> None:
        self._is_misplaced = False
        self._screen.set_tasks(self._arrangement.lines, empty=not len(self._watchlist))
        self.show_ages(self._screen.tasks.keys_in_view())

    def _renew_order(self) -> None:
        """Put the tasks in their order again; the cursor stays on its task."""
        selected, began = self._screen.selected, asyncio.get_running_loop().time()
        self._arrangement.renew(self._clock.now(), self._clock.boot())
        self._show_lines()
        if self._screen.selected != selected:
            self.show_details()
        ended = asyncio.get_running_loop().time()
        pause = max(ORDER_INTERVAL, ORDER_COST * (ended - began))
        self._may_order_at = ended + min(pause, MAX_INTERVAL)

    @property
    def is_up_to_date(self) -> bool:
        """Whether all that has changed is shown."""
        return self._update_timer is None

    def update_soon(self) -> None:
        """Have `update` called in a moment, once for all that changes by then."""
        if self._screen.is_live and self._update_timer is None:
            self._update_timer = self._screen.set_timer(
                self._update_delay,
                lambda: self._screen.post_message(messages.ViewExpired()),
            )

    def update(self) -> None:
        """Show all that has changed in the last moment; the order once a second at most."""
        self._update_timer = None
        if not self._screen.is_live:
            return
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._show_changed()
        if self._is_complete and self._is_misplaced and began >= self._may_order_at:
            self._renew_order()
        self.show_counts()
        self.show_health()
        delay = max(UPDATE_DELAY, UPDATE_COST * (loop.time() - began))
        self._update_delay = min(delay, MAX_INTERVAL)
        if self._is_misplaced:
            self.update_soon()

    def filter(self, query: str) -> None:
        """Show only the tasks that match a query; all where it is empty.

        The cursor goes to the first of them, unless it is on one; when no task had matched, back
        to where it was.
        """
        tasks = self._screen.tasks
        self._selected = self._screen.selected or self._selected
        self._arrangement.query = query
        self.show_all(self._selected)
        if tasks.keys and self._selected not in tasks.keys:
            tasks.cursor = tasks.keys[0]

    def show_record(self, record: Record) -> None:
        """Show what has changed about one task: at once, or with others that change in a moment."""
        self._changed[record.id] = None
        if self._update_timer is None:
            self._show_changed()
        self.update_soon()

    def _show_changed(self) -> None:
        """Show what has changed; the rows also before the screen is complete."""
        changed, self._changed = self._changed, {}
        if not self._screen.is_live:
            return
        now, boot, tasks = self._clock.now(), self._clock.boot(), self._screen.tasks
        for record in filter(None, map(self._watchlist.get, changed)):
            row = self._arrangement.update(record, now, boot)
            tasks.set_value(row)
            is_shown = tasks.has(record.id)
            if self._arrangement.is_misplaced(record.id) or (
                self._arrangement.matches(row) != is_shown
            ):
                self._is_misplaced = True
        if self._screen.selected in changed:
            self.show_details()

    def show_counts(self) -> None:
        """Show how many tasks are in which state."""
        if self._is_complete:
            status = self._screen.status
            status.data = status.data._replace(parts=self._parts(), all_done=self._when_all_done())
            self._counted(self._arrangement.standings)

    def _parts(self) -> tuple[summary.HeaderPart, ...]:
        arrangement = self._arrangement
        if not arrangement.query:
            return summary.header_parts(arrangement.standings)
        shown = Counter(map(arrangement.standing, self._screen.tasks.keys))
        return summary.header_parts(shown, len(self._watchlist))

    def _when_all_done(self) -> str:
        standings = self._arrangement.standings
        is_open = bool(standings[Standing.RUNNING] or standings[Standing.WAITING])
        boot = self._clock.boot()
        if is_open and boot < self._all_done.until:
            return self._all_done.words
        now = self._clock.now()
        expected = self._engine.estimates.all_done(now, boot) if is_open else None
        ended = None if is_open else last_end(self._watchlist)
        words = summary.all_done(standings, expected, ended, now)
        self._all_done = _AllDone(words, boot + ALL_DONE_INTERVAL if expected else -math.inf)
        return words

    def show_details(self) -> None:
        """Show the selected task in full."""
        if not self._is_complete:
            return
        # Not imported for the first paint.
        from tui.wording.details import task_details

        if (record := self._watchlist.get(self._screen.selected)) is not None:
            now, boot = self._clock.now(), self._clock.boot()
            details = task_details(
                record,
                now,
                boot,
                estimate=self._engine.estimates.expected_end(record, now, boot),
                quiet=self._engine.frame_gaps.quiet_since(record),
                health=self._arrangement.health,
                open_key=OPEN_KEY,
            )
            server_now = self._engine.server_clock.now()
            self._screen.show_details(details, server_now, self._engine.addresses)

    def follow_cursor(self) -> None:
        """Show the selected task: at once, or when a held key is released."""
        if not self._is_complete:
            return
        now = asyncio.get_running_loop().time()
        is_held, self._cursor_moved_at = now - self._cursor_moved_at < KEY_REPEAT, now
        if self._cursor_timer is not None:
            self._cursor_timer.stop()
        if is_held:
            self._cursor_timer = self._screen.set_timer(CURSOR_DEBOUNCE, self.show_details)
        else:
            self.show_details()

    def show_ages(self, task_ids: Iterable[str]) -> None:
        """Update what the passing of time changes about these tasks."""
        if not self._is_complete:
            return
        now, boot = self._clock.now(), self._clock.boot()
        for key in task_ids:
            if (record := self._watchlist.get(key)) is not None:
                self._screen.tasks.set_value(self._arrangement.update(record, now, boot))
                if self._arrangement.is_misplaced(key):
                    self._is_misplaced = True
                    self.update_soon()

    def show_health(self) -> None:
        """Show how polling is doing, once it has begun or is known to need a key."""
        health = self._problems.show_health()
        if health is not None and self._arrangement.set_health(health):
            # All rows at once, so that they are sent together.
            self.show_all()
