"""Show what happened: the newest on the main screen, all on one of their own.

What puts events into words is not imported for the first paint.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from tui.clock import Clock
from tui.dashboard.screens.main import MainScreen
from tui.dashboard.screens.pane_layout import BOX_LINES
from tui.engine import Engine
from tui.terminal.app import StockApp
from tui.time_zone import local_time

if TYPE_CHECKING:
    from tui.dashboard.controllers.lasting_notice import LastingNotice
    from tui.watchlist.events import Event


class EventController:
    """The only one that sets what is shown of events; the notice of an absence is one of them."""

    def __init__(
        self,
        app: StockApp,
        screen: MainScreen,
        engine: Engine,
        clock: Clock,
        min_notice_seconds: float,
    ) -> None:
        """Show the events of `engine`; a notice of an absence for `min_notice_seconds` at least."""
        self._app = app
        self._screen = screen
        self._engine = engine
        self._clock = clock
        self._min_notice_seconds = min_notice_seconds
        self._is_outdated = False
        self._absence: LastingNotice | None = None
        """Says what ended while nobody watched, once that is known."""
        self._words: dict[Event, str] = {}
        """The words of all events, once they were asked for."""
        self._day: date | None = None
        """The day on which they are told."""

    def note(self, event: Event) -> None:
        """Have `update` show an event; what ended while nobody watched is shown at once."""
        self._is_outdated = True
        from tui.watchlist.events import EventKind
        from tui.wording.events import event_words

        if event.kind is EventKind.AWAY:
            from tui.dashboard.controllers.lasting_notice import LastingNotice

            self._absence = LastingNotice(
                self._app, self._clock, event_words(event), self._min_notice_seconds
            )
            self.show_absence()

    def show_absence(self) -> None:
        """Show what ended while nobody watched, if anything has and the screen is complete."""
        if self._absence is not None and self._screen.deferred is not None:
            self._absence.show()

    def key_pressed(self) -> None:
        """Take the notice of an absence away if there was time to read it."""
        if self._absence is not None:
            self._absence.user_acted()

    def update(self) -> None:
        """Show what happened since it was shown last, if anything has."""
        if self._is_outdated:
            self.show()

    def show(self) -> None:
        """Show what happened, wherever that is shown now."""
        from tui.dashboard.screens.events import EventsScreen

        self._is_outdated = False
        self.show_newest()
        if isinstance(self._app.screen, EventsScreen):
            self._app.screen.show(self._all())

    def show_newest(self) -> None:
        """Show what happened last on the main screen."""
        deferred = self._screen.deferred
        if deferred is None or not self._screen.is_live:
            return
        from tui.wording.events import event_line

        lines, now = deferred.events, self._clock.now()
        lines.lines = tuple(
            event_line(event, now, lines.size.width or None)
            for event in self._engine.events.newest(BOX_LINES)
        )

    def open(self) -> None:
        """Open the list of all events."""
        from tui.dashboard.screens.events import EventsScreen

        if self._app.screen is self._screen:
            self._app.push_screen(EventsScreen(self._all()))

    def _all(self) -> list[str]:
        """Return what happened since the start, in words; the newest first."""
        from tui.wording.events import event_line

        now = self._clock.now()
        if (day := local_time(now).date()) != self._day:
            self._day = day
            self._words.clear()
        # A list that is open is renewed at each event: only the new ones are put into words.
        known, events = self._words, self._engine.events.all[::-1]
        lines = [known.get(event) or event_line(event, now) for event in events]
        self._words = dict(zip(events, lines, strict=True))
        return lines
