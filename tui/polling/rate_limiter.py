"""How fast the service may be queried, by all tasks together.

All times are monotonic seconds and are passed in.
"""

from __future__ import annotations

import math
from typing import Final

SETTLING: Final = 10.0
"""Seconds for which a rate is tried before it is halved once more."""
MIN_RATE: Final = 0.1
"""Requests a second that remain after any number of 429s: enough to notice when it is over."""


class RateLimiter:
    """A token bucket with a burst of one."""

    def __init__(self, rate: float) -> None:
        """Allow `rate` requests a second."""
        self.full_rate: Final = rate
        self._rate, self._rate_since = rate, -math.inf
        self._next_token = -math.inf

    def wait(self, now: float) -> float:
        """Return the seconds until the next request may be sent."""
        return max(0.0, self._next_token - now)

    def rate(self, now: float) -> float:
        """Return the requests a second that are allowed: half after a 429, then 1 more a minute."""
        return min(self.full_rate, self._rate + (now - self._rate_since) / 60)

    def record_sent(self, now: float) -> None:
        """Spend a token."""
        self._next_token = max(now, self._next_token) + 1 / self.rate(now)

    def slow_down(self, sent: float, now: float) -> None:
        """Halve the rate, once for all requests that were told so together.

        `sent` is when the request left whose answer asks for that.
        """
        if sent >= self._rate_since + SETTLING:
            floor = min(MIN_RATE, self.full_rate)
            self._rate, self._rate_since = max(self.rate(now) / 2, floor), now
