"""Flow control: decide how much output may be in flight to the terminal.

An SSH connection accepts more than a slow line can carry and shows it seconds later, while the user
already presses keys at a screen that is out of date. So frames are followed by a probe: a request
for the cursor position (DSR 6), which every terminal answers once it has processed everything
before it. The congestion window grows while replies arrive as fast as ever and shrinks when they
come late, as in TCP Vegas. Pure: the time is passed in.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

PROBE: Final = "\x1b[6n"
MIN_WINDOW: Final = 1 << 11
"""Bytes that may always be in flight."""
INITIAL_WINDOW: Final = 1 << 15
"""Bytes that may be in flight at first: enough for the first paint to wait for no reply."""
MAX_WINDOW: Final = 1 << 18
DELAY_THRESHOLD: Final = 0.1
"""Seconds above the shortest round trip from which on a reply counts as late."""
MAX_REPLY_TIMEOUT: Final = 3.0
"""Seconds without a reply after which frames are sent regardless; a reply that is overdue by then
counts as lost, and the probe is repeated."""
MIN_REPLY_TIMEOUT: Final = 0.5
"""The timeout where replies have been quick, or none has ever come: something in between may drop
them."""
_SAMPLES: Final = 32
"""Round trips that the estimate of the line is based on: the line may change."""


class FlowController:
    """Decide when the next frame may be sent. Sends and queues nothing itself."""

    def __init__(self) -> None:
        """Expect a probe before the first frame."""
        self._window = INITIAL_WINDOW
        self._timed_out = False
        self._round_trips: deque[float] = deque(maxlen=_SAMPLES)
        self._seconds_per_byte: deque[float] = deque(maxlen=_SAMPLES)
        """Overestimated for small frames, whose round trip is mostly latency."""
        self._probed_at = math.nan
        self._in_flight = self._sent_since_probe = 0

    @property
    def awaiting_reply(self) -> bool:
        """Whether a probe is unanswered."""
        return not math.isnan(self._probed_at)

    @property
    def is_answered(self) -> bool:
        """Whether the terminal answers probes at all."""
        return bool(self._round_trips)

    def should_probe(self, now: float) -> bool:
        """Return whether enough was sent to be worth the bytes of a probe."""
        lost = bool(self._round_trips) and now - self._probed_at > MAX_REPLY_TIMEOUT
        size = self._sent_since_probe if lost else self._in_flight
        return size >= MIN_WINDOW // 2 and (lost or not self.awaiting_reply)

    def record_sent(self, size: int) -> None:
        """Count the bytes of a frame."""
        if self.awaiting_reply:
            self._sent_since_probe += size
        else:
            self._in_flight += size

    def record_probe(self, now: float) -> None:
        """Note that a probe was sent."""
        self._probed_at = now
        self._in_flight, self._sent_since_probe = self._in_flight + self._sent_since_probe, 0

    def record_reply(self, now: float) -> bool:
        """Adjust the window to a reply; return whether to probe again for what was sent since."""
        if self.awaiting_reply:
            round_trip = now - self._probed_at
            self._round_trips.append(round_trip)
            self._seconds_per_byte.append(round_trip / max(1, self._in_flight))
            if round_trip > min(self._round_trips) + DELAY_THRESHOLD:
                self._window = max(MIN_WINDOW, self._window // 2)
            elif self._in_flight * 2 >= self._window:
                self._window = min(MAX_WINDOW, self._window * 2)
        self._timed_out = False
        self._probed_at = math.nan
        self._in_flight, self._sent_since_probe = self._sent_since_probe, 0
        return self.should_probe(now)

    @property
    def reply_timeout(self) -> float:
        """Seconds to wait for a reply to what is in flight."""
        expected = max(self._seconds_per_byte, default=0.0) * max(1, self._in_flight)
        return min(MAX_REPLY_TIMEOUT, max(MIN_REPLY_TIMEOUT, 4 * expected))

    def may_send(self, now: float) -> bool:
        """Return whether another frame may be sent."""
        if not self.awaiting_reply:
            return True
        if now - self._probed_at > self.reply_timeout:
            self._timed_out = True
        return self._timed_out or self._in_flight + self._sent_since_probe < self._window
