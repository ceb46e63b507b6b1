"""The clocks of the program, as a value to pass in."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, NamedTuple

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
"""The moments that a date from outside may name. Others are mistakes, or meant to overflow: none is
as much as a day from the ends of the calendar, so that any zone and any lifetime may be added."""

_SAMPLE_COUNT: Final = 5
_MIN_OFFSET_SECONDS: Final = 5.0
"""Smaller offsets are attributed to latency and ignored."""


def _boot_time() -> float:
    # CLOCK_BOOTTIME includes the time that the machine slept, unlike time.monotonic() (cpython
    # #106940). macOS does not have it, but its CLOCK_MONOTONIC includes sleep.
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def is_plausible(moment: datetime) -> bool:
    """Return whether a date from outside can be meant; a naive one is taken as UTC."""
    return EARLIEST <= (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) <= LATEST


def from_unix(seconds: float) -> datetime:
    """Return the moment of a time in Unix seconds, the nearest plausible one for any other."""
    return datetime.fromtimestamp(min(max(seconds, EARLIEST.timestamp()), LATEST.timestamp()), UTC)


class Clock(NamedTuple):
    """Two clocks, in seconds. The clock of asyncio's loop differs: it stops during sleep."""

    boot: Callable[[], float] = _boot_time
    """Monotonic, and includes the time that the machine slept."""
    wall: Callable[[], float] = time.time
    """The machine's Unix time; may be wrong and may jump."""

    def now(self) -> datetime:
        """Return the time of the wall clock in UTC."""
        return datetime.fromtimestamp(self.wall(), UTC)


class ServerClock:
    """The service's time: the monotonic clock plus the median offset of the latest `Date` headers.

    So it stays right when the machine's own clock is set.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offsets: deque[float] = deque(maxlen=_SAMPLE_COUNT)

    def observe(self, server_time: float | None) -> None:
        """Record the `Date` of a response that has just arrived, in Unix seconds."""
        if server_time is not None and 0 <= server_time <= LATEST.timestamp():
            self._offsets.append(server_time - self._clock.boot())

    def now(self) -> float:
        """Return the service's time in Unix seconds; the machine's where it is unknown or close."""
        from statistics import median

        wall = self._clock.wall()
        if not self._offsets:
            return wall
        server = self._clock.boot() + median(self._offsets)
        return server if abs(server - wall) > _MIN_OFFSET_SECONDS else wall
