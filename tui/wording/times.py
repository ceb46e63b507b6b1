"""Durations and moments in words. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from tui.signed_links.signed_url import NEVER
from tui.time_zone import local_time

_MAX_DURATION: Final = 1e11
"""Seconds; more, or an infinite number, is not a duration of anything."""


def format_duration(seconds: float, *, running: bool = True) -> str:
    """Return a duration as `<1 min`, minutes, then hours, days.

    While the time is `running`, minutes go in steps of 5 from 10 on: each new text is a repaint.
    """
    minutes = int(min(max(0.0, seconds), _MAX_DURATION) // 60)
    if minutes < 1:
        return "<1 min"
    if minutes < 100:
        return f"{minutes - minutes % 5 if running and minutes >= 10 else minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"


def long_duration(seconds: float) -> str:
    """Return a duration in words that tell two tasks of hours apart: `12 min`, `2 h 5 min`."""
    minutes = int(min(max(0.0, seconds), _MAX_DURATION) // 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days:,} d {hours} h" if hours else f"{days:,} d"


def clock_time(moment: datetime, now: datetime) -> str:
    """Return a moment in the user's time zone, with the date where it was not today."""
    local, today = local_time(moment), local_time(now)
    return f"{local:%H:%M}" if local.date() == today.date() else f"{local:%Y-%m-%d %H:%M}"


def time_left(expires_at: float | None, server_now: float) -> str:
    """Return how long a link stays valid, by the service's time; both are Unix seconds.

    That it has ended is a guess: the service's clock may be wrong, and only the link's host knows.
    """
    if expires_at is None:
        return "?"
    if expires_at == NEVER:
        return "no end"
    left = expires_at - server_now
    if left <= 0:
        return "ended?"
    return "<1 min" if left < 60 else format_duration(left)
