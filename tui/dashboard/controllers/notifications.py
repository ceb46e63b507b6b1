"""Tell somebody who may look elsewhere that tasks ended: bell, notice and the window's title.

The bell rings and the notice is shown at the same time, for all ends of a burst; what tells when is
not imported for the first paint. Nothing is told while the terminal shows nothing: one
announcement follows then.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Final

from tui.clock import Clock
from tui.config import Config, Notify
from tui.dashboard.controllers.lasting_notice import LastingNotice
from tui.engine import Engine
from tui.terminal import title
from tui.terminal.app import StockApp
from tui.watchlist.sections import Standing, is_unasked_since, may_still_end

if TYPE_CHECKING:
    from tui.watchlist.announcements import Announcement, Announcements
    from tui.watchlist.events import Event

_TIMER_MARGIN: Final = 0.05


class NotificationController:
    """The only one that rings the bell for an end and sets the window's title."""

    def __init__(
        self, app: StockApp, engine: Engine, clock: Clock, config: Config, min_notice_seconds: float
    ) -> None:
        """Tell what the events of `engine` say, as `config` wants it.

        The notice of it stays for `min_notice_seconds` at least.
        """
        self._app = app
        self._engine = engine
        self._clock = clock
        self._config = config
        self._min_notice_seconds = min_notice_seconds
        self._knows_focus = False
        """Whether the terminal has told since the start, or a suspension, if it has the focus."""
        self._notice: LastingNotice | None = None
        self._shown: Announcement | None = None
        """What the notice tells."""
        self._standings: Mapping[Standing, int] = {}
        self._title = ""
        self._title_at = -math.inf
        self._title_is_due = False

    @cached_property
    def _announcements(self) -> Announcements:
        from tui.watchlist.announcements import Announcements

        return Announcements(self._config.notify_on)

    @property
    def _is_off(self) -> bool:
        return self._config.notify is Notify.NEVER

    def focus_reported(self) -> None:
        """Note that the terminal tells whether it has the focus."""
        self._knows_focus = True

    def suspended(self) -> None:
        """Forget the focus: what happens meanwhile to the window is not told."""
        self._knows_focus = False

    def note(self, event: Event) -> None:
        """Note what happened; an end is told of in a moment, once for all of a burst."""
        if self._is_off:
            return
        from tui.watchlist.events import EventKind

        boot = self._clock.boot()
        self._announcements.look(boot)
        was_due_at = self._announcements.due_at
        self._announcements.note(event, boot)
        if event.kind is EventKind.HOST_TROUBLE:
            self._announcements.catch_up(boot)
        due_at = self._announcements.due_at
        if due_at not in (was_due_at, math.inf):
            # A timer may fire a little early, and the next look is that of the tick.
            wait = due_at - boot + _TIMER_MARGIN
            self._app.set_timer(max(_TIMER_MARGIN, wait), self.update)

    def answered(self) -> None:
        """Note that a task was asked: the program runs."""
        if not self._is_off:
            self._announcements.look(self._clock.boot())

    def update(self) -> None:
        """Tell what is due, if the terminal shows it; call every few seconds."""
        if self._is_off:
            return
        boot = self._clock.boot()
        self._announcements.look(boot)
        self._announcements.count_unasked(boot, self._count_unasked)
        if boot < self._announcements.due_at or self._app.is_stalled:
            # What is sent to a terminal that stalls comes later, all of it at once.
            return
        if told := self._announcements.take(boot, runs=self._runs):
            self._announce(told)

    def _count_unasked(self, boot: float) -> int:
        return sum(is_unasked_since(record, boot) for record in self._engine.watchlist)

    @property
    def _runs(self) -> bool:
        return any(map(may_still_end, self._engine.watchlist))

    def _announce(self, told: Announcement) -> None:
        is_focused = self._knows_focus and self._app.app_focus
        if self._config.notify is Notify.UNFOCUSED and is_focused:
            # Who looks sees it in the line of events.
            return
        from tui.wording.announcements import announcement

        self._app.bell()
        if self._notice is not None and self._notice.is_shown:
            # Nobody has acted since: together with what nobody has read.
            self._notice.close()
            told = self._shown | told if self._shown is not None else told
        self._shown = told
        self._notice = LastingNotice(
            self._app, self._clock, announcement(told), self._min_notice_seconds
        )
        self._notice.show()

    def show_again(self) -> None:
        """Show the notice again after all were cleared, unless it was read."""
        if self._notice is not None:
            self._notice.show()

    def user_acted(self) -> None:
        """Take the notice away if there was time to read it."""
        if self._notice is not None:
            self._notice.user_acted()

    def show_counts(self, standings: Mapping[Standing, int]) -> None:
        """Show the counts in the window's title, which changes once a second at most."""
        self._standings = standings
        if self._is_off or self._title_is_due:
            return
        wait = self._title_at + title.INTERVAL - asyncio.get_running_loop().time()
        if wait > 0:
            self._title_is_due = True
            self._app.set_timer(wait, self._show_title)
        else:
            self._show_title()

    def _show_title(self) -> None:
        self._title_is_due = False
        if self._app.is_stalled:
            # The counts are shown again at one of the next ticks.
            return
        from tui.wording.announcements import window_title

        words = window_title(self._standings)
        if words != self._title:
            self._title, self._title_at = words, asyncio.get_running_loop().time()
            self._app.set_window_title(words)
