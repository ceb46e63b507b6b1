"""Flow control: decide how much output may be in flight to the terminal.

An SSH connection accepts more than a slow line can carry and shows it seconds later, while the user
already presses keys at a screen that is out of date. So frames are followed by a probe: a request
for the cursor position (DSR 6), which every terminal answers once it has processed everything
before it. The congestion window grows while replies arrive as fast as ever and shrinks when they
come late, as in TCP Vegas. Pure: the time is passed in.

What an overdue reply means depends on the terminal. One that has never answered probably cannot,
and gets its frames regardless. One that has answered either lost a reply or is stalled somewhere
beyond the kernel: it gets one frame at a time, each with a probe behind it, at intervals that
double. It counts as caught up once all probes are answered, since a reply does not say which probe
it belongs to, or once the last reply is long past (`MAX_REPLY_GAP`).

Pieces of pictures go between frames, as many as fit into half of the window, but two at least. No
frame waits to be sent because of them: it is behind what is on its way already, and nothing else.
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
MIN_PICTURE_WINDOW: Final = 1 << 13
"""Bytes that may be in flight with a piece of a picture, however slow the line is: two pieces, so
that it has something to do while a reply is on its way."""
MAX_PICTURE_WINDOW: Final = 1 << 15
"""The same, however fast it is: it may have become slow since that was measured."""
DELAY_THRESHOLD: Final = 0.1
"""Seconds beyond the shortest round trip after which a reply counts as late."""
MAX_REPLY_TIMEOUT: Final = 3.0
"""Seconds after which a missing reply counts as lost and the probe is repeated. A longer round trip
contained a stall, and says nothing about the line."""
MIN_REPLY_TIMEOUT: Final = 0.5
"""The timeout if replies have been quick, or none has ever come: something in between may drop
them."""
MAX_REPLY_GAP: Final = 60.0
"""Seconds after a reply after which replies still missing count as lost, at the latest."""
GRACE_SECONDS: Final = 0.1
"""Seconds after a reply became overdue during which frames are still sent, if only one reply has
ever come."""
MIN_RETRY_SECONDS: Final = 1.0
"""The first interval between frames for a terminal that has stopped answering."""
MAX_RETRY_SECONDS: Final = 300.0
"""The longest such interval."""
KEY_RETRY_SECONDS: Final = 5.0
"""The longest interval after a key: somebody is watching."""
_SAMPLES: Final = 32
"""Number of recent round trips that the estimate is based on: the line may change."""


class FlowController:
    """Decide when the next frame may be sent. Sends and queues nothing itself."""

    def __init__(self) -> None:
        """Expect a probe before the first frame."""
        self._window = INITIAL_WINDOW
        self._has_replied = False
        self._overdue_since = math.nan
        """When the reply became overdue, while it is."""
        self._retry_interval = MIN_RETRY_SECONDS
        self._retry_at = 0.0
        self._round_trips: deque[float] = deque(maxlen=_SAMPLES)
        self._seconds_per_byte: deque[float] = deque(maxlen=_SAMPLES)
        """Overestimated for small frames, whose round trip is mostly latency."""
        self._probed_at = math.nan
        """When the first of the unanswered probes was sent."""
        self._unanswered = 0
        self._lost_at = math.inf
        """When missing replies count as lost."""
        self._in_flight = self._sent_since_probe = 0
        self._pictures_in_flight = self._pictures_since_probe = 0
        """The part of these that pictures have."""

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
        if self._has_replied and self._is_overdue:
            return self._sent_since_probe > 0
        return self._in_flight >= MIN_WINDOW // 2 and not self.awaiting_reply

    def record_sent(self, size: int, *, picture: bool = False) -> None:
        """Count the bytes of a frame, or of a piece of a picture."""
        if self.awaiting_reply:
            self._sent_since_probe += size
            self._pictures_since_probe += size * picture
        else:
            self._in_flight += size
            self._pictures_in_flight += size * picture

    def record_probe(self, now: float) -> None:
        """Note that a probe was sent."""
        if not self.awaiting_reply:
            self._probed_at = now
        self._unanswered += 1
        self._in_flight, self._sent_since_probe = self._in_flight + self._sent_since_probe, 0
        self._pictures_in_flight += self._pictures_since_probe
        self._pictures_since_probe = 0
        if self._is_retrying(now):
            self._retry_interval = min(MAX_RETRY_SECONDS, 2 * self._retry_interval)
            self._retry_at = now + self._retry_interval

    def record_drained(self, now: float) -> None:
        """Note that output had to wait, and that the probe behind it was sent only now."""
        if self.awaiting_reply:
            self._probed_at = now

    def retry_soon(self, now: float) -> None:
        """Send the next frame soon, even without a reply: somebody has pressed a key."""
        self._retry_interval = min(self._retry_interval, KEY_RETRY_SECONDS / 2)
        self._retry_at = min(self._retry_at, now + KEY_RETRY_SECONDS)

    def record_reply(self, now: float) -> bool:
        """Adjust the window to a reply; return whether to probe again for what was sent since."""
        self._has_replied = True
        if self._unanswered > 1:
            self._unanswered -= 1
            gap = max(MAX_REPLY_TIMEOUT, 2 * (now - self._probed_at))
            self._lost_at = now + min(MAX_REPLY_GAP, gap)
            self.retry_soon(now)
            return False
        if self.awaiting_reply:
            took = now - self._probed_at
            round_trip = min(MAX_REPLY_TIMEOUT, took)
            if took < MAX_REPLY_TIMEOUT or not self._round_trips:
                self._round_trips.append(round_trip)
                self._seconds_per_byte.append(round_trip / max(1, self._in_flight))
            else:
                # A very slow line, or a stall; after the latter the window soon grows again.
                self._window = min(self._window, int(self._in_flight / took))
            if round_trip > min(self._round_trips) + DELAY_THRESHOLD:
                self._window = max(MIN_WINDOW, self._window // 2)
            elif self._in_flight * 2 >= self._window:
                self._window = min(MAX_WINDOW, self._window * 2)
        self._forget_probes()
        return self.should_probe(now)

    def _forget_probes(self) -> None:
        self._overdue_since = self._probed_at = math.nan
        self._unanswered, self._lost_at = 0, math.inf
        self._retry_interval = MIN_RETRY_SECONDS
        self._in_flight, self._sent_since_probe = self._sent_since_probe, 0
        self._pictures_in_flight, self._pictures_since_probe = self._pictures_since_probe, 0

    @property
    def reply_timeout(self) -> float:
        """Seconds to wait for a reply to what is in flight."""
        expected = max(self._seconds_per_byte, default=0.0) * max(1, self._in_flight)
        return min(MAX_REPLY_TIMEOUT, max(MIN_REPLY_TIMEOUT, 4 * expected))

    def may_send(self, now: float) -> bool:
        """Return whether another frame may be sent."""
        if now >= self._lost_at:
            self._forget_probes()
        if not self.awaiting_reply:
            return True
        if not self._is_overdue:
            if now - self._probed_at <= self.reply_timeout:
                pictures = self._pictures_in_flight + self._pictures_since_probe
                return self._in_flight + self._sent_since_probe - pictures < self._window
            self._overdue_since = now
            self._retry_at = now
        return not self._is_retrying(now) or now >= self._retry_at

    def may_send_picture(self, size: int, now: float) -> bool:
        """Return whether a piece of a picture may be sent, of `size` bytes.

        A terminal that has stopped answering gets none before it answers again.
        """
        if not self.may_send(now) or self.is_stalled(now):
            return False
        if not self.awaiting_reply or self._is_overdue:
            return True
        in_flight = self._in_flight + self._sent_since_probe
        window = min(MAX_PICTURE_WINDOW, max(MIN_PICTURE_WINDOW, self._window // 2))
        return in_flight + size <= window

    def is_stalled(self, now: float) -> bool:
        """Return whether a terminal that has answered before owes an answer for too long.

        It does so also while another frame may be tried, which it may not get either.
        """
        self.may_send(now)
        return self.awaiting_reply and self._is_retrying(now)

    def retry_in(self, now: float) -> float:
        """Return the seconds after which `may_send` changes even without a reply."""
        if not self.awaiting_reply:
            return 0.0
        at = self._retry_at if self._is_overdue else self._probed_at + self.reply_timeout
        return max(0.0, min(at, self._lost_at) - now)

    @property
    def _is_overdue(self) -> bool:
        return not math.isnan(self._overdue_since)

    def _is_retrying(self, now: float) -> bool:
        """Return whether a terminal that can answer has not done so for too long."""
        if not self._has_replied or not self._is_overdue:
            return False
        return len(self._round_trips) > 1 or now - self._overdue_since > GRACE_SECONDS
