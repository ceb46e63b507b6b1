"""Bell and window title for a command that waits, on the terminal of standard error.

As the dashboard does it, but for the notice: the command prints a line for each end. The terminal
does not tell a command whether it has the focus, which counts as not having it.
"""

from __future__ import annotations

import os
import select
import signal
import termios
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from types import FrameType
from typing import Final, TextIO

from tui.cli.printing.window import in_background
from tui.clock import Clock
from tui.config import Config, Notify
from tui.terminal import title
from tui.terminal.fatal_signals import fatal_signals
from tui.watchlist.announcements import Announcements
from tui.watchlist.events import Event
from tui.watchlist.records import Record
from tui.watchlist.sections import Standing, is_unasked_since
from tui.wording.announcements import window_title

_BELL: Final = "\a"
_LOCAL_FLAGS: Final = 3
"""Where `termios.tcgetattr` has them."""


class Alerts:
    """Rings once for the ends of a burst; the title has the counts until `close`.

    Nothing is written where standard error is no terminal, and while the terminal takes nothing. In
    the background it belongs to the shell, and the title with it; the bell rings there as well. The
    bell needs no terminal that is known; the title does.
    """

    def __init__(self, stream: TextIO, environ: Mapping[str, str], clock: Clock) -> None:
        """Use `stream`, which is standard error; call `begin`."""
        self._descriptor = -1
        with suppress(OSError, ValueError):
            if stream.isatty() and environ.get("TERM", "dumb") != "dumb":
                self._descriptor = stream.fileno()
        self._takes_titles = title.takes_titles(environ)
        self._clock = clock
        self._announcements: Announcements | None = None
        self._runs = True
        self._title = ""
        self._title_at = -title.INTERVAL
        self._title_is_saved = False

    def begin(self, config: Config) -> None:
        """Tell of ends from now on, as `config` wants it."""
        if self._descriptor >= 0 and config.notify is not Notify.NEVER:
            self._announcements = Announcements(config.notify_on)

    def note(self, event: Event) -> None:
        """Note what happened to a task."""
        if self._announcements is not None:
            self._announcements.note(event, self._clock.boot())

    def update(
        self,
        count: Callable[[], Mapping[Standing, int]],
        open_records: Callable[[], Iterable[Record]],
        *,
        runs: bool,
    ) -> None:
        """Show the counts, and ring if a burst of ends is over; call every second, or more often.

        `count` returns how many tasks are doing how, and is called once a second; `open_records`
        returns the tasks that are waited for, and `runs` tells whether there are any.
        """
        if self._announcements is None:
            return
        now, self._runs = self._clock.boot(), runs
        self._announcements.look(now)
        self._announcements.count_unasked(
            now, lambda since: sum(is_unasked_since(record, since) for record in open_records())
        )
        if self._takes_titles and now >= self._title_at + title.INTERVAL:
            self._title_at = now
            self._set_title(window_title(count()))
        if now >= self._announcements.due_at and self._may_ring():
            self._ring(is_due=self._announcements.take(now, runs=runs) is not None)

    def close(self, *, rings: bool = True) -> None:
        """Ring for what was not told of yet, unless not `rings`, and give the title back."""
        if self._announcements is not None and rings:
            told = self._announcements.take_all(runs=self._runs)
            self._ring(is_due=told is not None and self._may_ring())
        self._announcements = None
        self.give_title_back()

    def give_title_back(self) -> None:
        """Put the title back that the window had; safe in any thread."""
        if self._title_is_saved and self._is_free():
            self._title_is_saved = False
            self._write(title.RESTORE)

    def _set_title(self, words: str) -> None:
        if words == self._title or not self._is_free():
            return
        self._title = words
        if self._title_is_saved:
            self._write(title.title(words))
            return
        self._title_is_saved = True
        for number in (*fatal_signals(), signal.SIGTSTP):
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, self._act_by)
        self._write(title.SAVE + title.title(words))

    def _ring(self, *, is_due: bool) -> None:
        if is_due:
            self._write(_BELL)

    def _is_free(self) -> bool:
        """Return whether the terminal is ours, and takes a few bytes at once."""
        return not in_background(self._descriptor) and self._takes_bytes()

    def _may_ring(self) -> bool:
        """Return whether a bell may be sent: from the background too, but where that stops us."""
        with suppress(termios.error):
            if termios.tcgetattr(self._descriptor)[_LOCAL_FLAGS] & termios.TOSTOP:
                return self._is_free()
        return self._takes_bytes()

    def _takes_bytes(self) -> bool:
        with suppress(OSError, ValueError):
            return bool(select.select([], [self._descriptor], [], 0)[1])
        return False

    def _write(self, text: str) -> None:
        with suppress(OSError):
            os.write(self._descriptor, text.encode("ascii"))

    def _act_by(self, number: int, frame: FrameType | None) -> None:
        """Give the title back, and end or stop as a signal does by default.

        A command that was stopped, as by ctrl+z, goes on here, and sets the title again once the
        terminal is its own.
        """
        self.give_title_back()
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)
        signal.signal(number, self._act_by)
        self._title = ""
