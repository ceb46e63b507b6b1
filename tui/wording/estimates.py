"""When tasks are likely to end, in words. Pure.

`~` tells a time that is likely from one that is known.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from tui.time_zone import local_time
from tui.watchlist.estimates import Estimate
from tui.wording.times import clock_time, format_duration

_SOON: Final = timedelta(hours=20)
"""Within which a time of day alone can only mean the next such time."""


def expected_end(end: datetime, now: datetime) -> str:
    """Return a likely end, for rows: `~14:35`."""
    return f"~{_soon(end, now)}"


def middle_half(estimate: Estimate, now: datetime) -> str:
    """Return between which times half of such tasks end: `14:30 to 14:40`."""
    earliest, latest = _soon(estimate.earliest, now), _soon(estimate.latest, now)
    return earliest if earliest == latest else f"{earliest} to {latest}"


def likely_done(estimate: Estimate, now: datetime) -> str:
    """Return a likely end and how sure it is, for the details of a task."""
    # The end is rounded, and may have left the half of which it is the middle.
    earliest, latest = min(estimate.earliest, estimate.end), max(estimate.latest, estimate.end)
    half = middle_half(estimate._replace(earliest=earliest, latest=latest), now)
    preposition = "between" if " to " in half else "at about"
    return (
        f"{expected_end(estimate.end, now)}; half of such tasks end "
        f"{preposition} {half.replace(' to ', ' and ')}"
    )


def usual_time(seconds: float | None) -> str:
    """Return how long tasks usually take: `usual time 13 min`; empty where that is not known."""
    return "" if seconds is None else f"usual time {format_duration(seconds, running=False)}"


def all_done(end: datetime | None, now: datetime) -> str:
    """Return when all is likely to be done: `all done ~14:55`; empty where nobody can tell."""
    return "" if end is None else f"all done {expected_end(end, now)}"


def quiet_since(moment: datetime | None, now: datetime) -> str:
    """Return since when there was no new frame; empty where that is not unusual."""
    return "" if moment is None else f"no new frame since {clock_time(moment, now)}"


def _soon(moment: datetime, now: datetime) -> str:
    is_soon = abs(moment - now) < _SOON
    return f"{local_time(moment):%H:%M}" if is_soon else clock_time(moment, now)
