"""How much may be on its way to the terminal: no more than a slow line shows while one waits.

An SSH connection takes what it gets into its buffers, and shows it seconds later; keys that were
pressed meanwhile act on what is seen then. So frames are followed by a question that every terminal
answers once it has come so far, where its cursor is (DSR 6), and the next frame waits while too
much is unanswered. As in TCP Vegas the amount grows while answers come as fast as ever, and shrinks
when they come late. Pure: time is passed in.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

QUESTION: Final = "\x1b[6n"
LEAST: Final = 1 << 11
"""Bytes that may always be under way."""
FIRST: Final = 1 << 15
"""Bytes that may be at the beginning: a start, of 25 kB, waits for no answer."""
MOST: Final = 1 << 18
LATE: Final = 0.1
"""Seconds by which an answer is late when the line is full."""
PATIENCE: Final = 3.0
"""Seconds without an answer after which nothing is held back until one comes, at most; and after
which the answer is taken for lost, and asked for again."""
PATIENCE_AT_LEAST: Final = 0.5
"""The same where answers came at once so far, or none at all: something may stand between that lets
no answer through."""
_REMEMBERED: Final = 32
"""Answers by which the line is judged: it may become another one."""


class Pacer:
    """Says when the next frame may be sent. Sends and holds nothing itself."""

    def __init__(self) -> None:
        """Expect a first question, before there is any frame."""
        self._window = FIRST
        self._gave_up = False
        self._took: deque[float] = deque(maxlen=_REMEMBERED)
        self._took_each: deque[float] = deque(maxlen=_REMEMBERED)
        """Seconds for each byte: what is small makes it long."""
        self._asked = math.nan
        self._under_way = self._since = 0

    @property
    def waits(self) -> bool:
        """Whether a question is unanswered."""
        return not math.isnan(self._asked)

    def is_to_ask(self, now: float) -> bool:
        """Return whether the question is worth its bytes."""
        lost = bool(self._took) and now - self._asked > PATIENCE
        return (self._since if lost else self._under_way) >= LEAST // 2 and (lost or not self.waits)

    def sent(self, size: int) -> None:
        """Take note of the bytes of a frame."""
        if self.waits:
            self._since += size
        else:
            self._under_way += size

    def asked(self, now: float) -> None:
        """Take note that the question was sent."""
        self._asked = now
        self._under_way, self._since = self._under_way + self._since, 0

    def answered(self, now: float) -> bool:
        """Take note of an answer; return whether to ask again, about what was sent since."""
        if self.waits:
            took = now - self._asked
            self._took.append(took)
            self._took_each.append(took / max(1, self._under_way))
            if took > min(self._took) + LATE:
                self._window = max(LEAST, self._window // 2)
            elif self._under_way * 2 >= self._window:
                self._window = min(MOST, self._window * 2)
        self._gave_up = False
        self._asked, self._under_way, self._since = math.nan, self._since, 0
        return self.is_to_ask(now)

    @property
    def patience(self) -> float:
        """The seconds for which an answer is waited for."""
        expected = max(self._took_each, default=0.0) * max(1, self._under_way)
        return min(PATIENCE, max(PATIENCE_AT_LEAST, 4 * expected))

    def is_free(self, now: float) -> bool:
        """Return whether another frame may be sent."""
        if not self.waits:
            return True
        if now - self._asked > self.patience:
            self._gave_up = True
        return self._gave_up or self._under_way + self._since < self._window
