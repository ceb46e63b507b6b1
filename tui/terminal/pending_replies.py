"""The replies to probes and to questions about pictures that are still to come.

The shell must not get them as input.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from tui.terminal.flow_control import MAX_REPLY_TIMEOUT, PROBE
from tui.terminal.input.line_jitter import LineJitter

LAST_REPLY_TIMEOUT: Final = 1.0
"""Seconds that the exit waits for replies; longer where they usually take longer."""
LAST_PLACE: Final = (2, 2)
"""Row and column of the cursor at the last probe, by which its reply is known among others."""
LAST_PROBE: Final = f"\x1b[{LAST_PLACE[0]};{LAST_PLACE[1]}H{PROBE}"
"""Sent at the exit, behind all that makes the terminal send anything."""


class PendingReplies:
    """Know which probes are unanswered. The thread that reads records the replies."""

    def __init__(self, jitter: LineJitter) -> None:
        """Expect nothing yet; `jitter` learns how long replies take."""
        self._jitter = jitter
        self._probed_at: deque[float] = deque()
        self._is_last = False
        self._questions_at: deque[float] = deque()

    def __bool__(self) -> bool:
        """Return whether any reply has not come, although it may have been lost."""
        return bool(self._probed_at)

    def record_question(self, now: float) -> None:
        """Note that the terminal is asked how it shows pictures."""
        self._questions_at.append(now)

    def record_answered(self) -> None:
        """Note that all answers to a question have come."""
        if self._questions_at:
            self._questions_at.popleft()

    def is_answer_due(self, now: float) -> bool:
        """Return whether answers to a question may still come."""
        return bool(self._questions_at) and now - self._questions_at[-1] < MAX_REPLY_TIMEOUT

    def is_due(self, now: float) -> bool:
        """Return whether anything may still come: a terminal silent for so long never answers.

        Silence is counted from the last probe or question on.
        """
        is_due = bool(self._probed_at) and now - self._probed_at[-1] < MAX_REPLY_TIMEOUT
        return is_due or self.is_answer_due(now)

    def record_probe(self, now: float, *, is_last: bool = False) -> None:
        """Note that a probe is sent; `LAST_PROBE` where it is the last one."""
        while self._probed_at and now - self._probed_at[0] > MAX_REPLY_TIMEOUT:
            self._probed_at.popleft()
        self._probed_at.append(now)
        self._is_last = is_last

    def record_reply(self, now: float, row: int, column: int) -> None:
        """Note a reply, which tells where the cursor was."""
        if not self._probed_at:
            return
        self._jitter.record(now - self._probed_at.popleft())
        if self._is_last and (row, column) == LAST_PLACE:
            # Those that are missing were lost: replies come in order.
            self.forget()

    def forget(self) -> None:
        """Expect no reply to what was probed and asked so far."""
        self._probed_at.clear()
        self._questions_at.clear()

    @property
    def exit_timeout(self) -> float:
        """Seconds that the exit waits for replies at most."""
        return min(MAX_REPLY_TIMEOUT, max(LAST_REPLY_TIMEOUT, 2 * self._jitter.round_trip))
