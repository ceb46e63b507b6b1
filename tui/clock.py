"""The clocks that the program reads, as one value to pass in. Imports nothing of ours."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, NamedTuple

_SAMPLES: Final = 5
_TOLERATED: Final = 5.0


def _boot_time() -> float:
    # CLOCK_BOOTTIME counts the time that the machine slept, which time.monotonic() leaves out
    # (cpython #106940). macOS has no such clock, but its CLOCK_MONOTONIC counts sleep.
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Clock(NamedTuple):
    """Two ways to tell the time, in seconds; the third is the clock of asyncio's own loop, which
    stands still while the machine sleeps."""

    boot: Callable[[], float] = _boot_time
    """Never jumps, and goes on while the machine sleeps."""
    wall: Callable[[], float] = time.time
    """Unix time as this machine has it; may be wrong and may jump."""

    def now(self) -> datetime:
        """Return the wall clock's time in UTC."""
        return datetime.fromtimestamp(self.wall(), UTC)


class ServerClock:
    """The service's idea of the time, by which its links end.

    The offset is the median of the last answers' `Date`; up to 5 s of it are taken for latency.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offsets: deque[float] = deque(maxlen=_SAMPLES)

    def observe(self, server_time: float | None) -> None:
        """Take in the `Date` of an answer that has just come."""
        if server_time is not None:
            self._offsets.append(server_time - self._clock.wall())

    def now(self) -> float:
        """Return the service's time in Unix seconds."""
        from statistics import median

        offset = median(self._offsets) if self._offsets else 0.0
        return self._clock.wall() + (offset if abs(offset) > _TOLERATED else 0.0)
