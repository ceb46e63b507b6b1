"""A watchlist in one short line, for the status bar of tmux. Pure.

It holds nothing from outside: tmux takes `#` in a status line for a command of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from tui.watchlist.estimates import Estimates
from tui.watchlist.records import Watchlist
from tui.watchlist.sections import Standing, longest_sample, standing_of
from tui.wording.estimates import expected_end

_NOBODY_ASKS: Final = "?"
_TROUBLE: Final = "!"
_GLYPHS: Final[Mapping[Standing, str]] = {
    Standing.FAILED: "✗",
    Standing.TROUBLE: _TROUBLE,
    Standing.UNKNOWN: _TROUBLE,
    Standing.OVERDUE: _TROUBLE,
    Standing.RUNNING: "»",
    Standing.WAITING: "-",
    Standing.FINISHED: "✓",
}


def status_line(watchlist: Watchlist, now: datetime, boot: float, *, is_asked: bool) -> str:
    """Return a line such as `✗1 »6 ✓9 ~14:55`; empty for an empty watchlist.

    `is_asked` tells whether any program asks about the tasks: what is stored counts as an answer of
    this moment then. Otherwise there is no expected end, and a `?` where a task has not ended.
    `boot` is the monotonic clock at the time `now`.
    """
    if is_asked:
        watchlist.assume_polled(now, boot)
    longest = longest_sample(watchlist.history)
    counts: Counter[str] = Counter()
    for record in watchlist:
        counts[_GLYPHS[standing_of(record, longest)]] += 1
    parts = [
        f"{glyph}{counts[glyph]}" for glyph in dict.fromkeys(_GLYPHS.values()) if counts[glyph]
    ]
    if not all(record.status.terminal for record in watchlist):
        if not is_asked:
            parts.append(_NOBODY_ASKS)
        elif end := Estimates(watchlist).all_done(now, boot):
            parts.append(expected_end(end, now))
    return " ".join(parts)
