"""How fast the service may be queried, by all tasks together, and the pauses that it asks for.

All times are monotonic seconds and are passed in.
"""

from __future__ import annotations

import math
from random import Random
from typing import Final

DEFAULT_PAUSE: Final = 30.0
"""Seconds of pause after a 429 that does not say how long."""
MIN_RATE: Final = 0.1
"""Requests a second that remain after any number of 429s: enough to notice when it is over."""


class RateLimiter:
    """A token bucket with a burst of one, and the pauses that the service asks for."""

    def __init__(self, rate: float, random: Random) -> None:
        """Allow `rate` requests a second."""
        self.full_rate: Final = rate
        self.paused_until = -math.inf
        self._random = random
        self._rate, self._rate_since = rate, -math.inf
        self._next_token = -math.inf

    def wait(self, now: float) -> float:
        """Return the seconds until the next request may be sent."""
        return max(0.0, self._next_token - now, self.paused_until - now)

    def rate(self, now: float) -> float:
        """Return the requests a second that are allowed: half after a 429, then 1 more a minute."""
        return min(self.full_rate, self._rate + (now - self._rate_since) / 60)

    def record_sent(self, now: float) -> None:
        """Spend a token."""
        self._next_token = max(now, self._next_token) + 1 / self.rate(now)

    def pause(self, seconds: float | None, sent: float, now: float) -> None:
        """Hold everything back, as the answer to a request sent at `sent` asked for."""
        seconds = DEFAULT_PAUSE if seconds is None else seconds
        self.paused_until = max(self.paused_until, now + seconds * self._random.uniform(1.0, 1.1))
        if sent >= self._rate_since:
            # Halve once for all requests that were in flight together.
            floor = min(MIN_RATE, self.full_rate)
            self._rate, self._rate_since = max(self.rate(now) / 2, floor), now

    def resume(self, slept: float) -> None:
        """Count the `slept` seconds, which the monotonic clock did not, towards a pause."""
        self.paused_until -= slept
