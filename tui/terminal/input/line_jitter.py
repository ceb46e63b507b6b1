"""How far apart the bytes of one key may come, judged by the answers of the terminal."""

from __future__ import annotations

from collections import deque
from typing import Final

MIN_ESCAPE_DELAY: Final = 0.1
"""Seconds after which a lone ESC is the key, on a steady line; Textual's own delay."""
MAX_ESCAPE_DELAY: Final = 1.0
"""As long as anybody waits for esc."""
AWAITING_DELAY: Final = 0.5
"""The least delay while an answer is due: the ESC is rather its first byte than a key."""
_SAMPLES: Final = 8
"""Round trips that are compared: the line may change."""


class LineJitter:
    """Estimate how unsteady the line is.

    A line that is slow but steady brings the bytes of a key as close together as they were sent:
    it is the differences between round trips that can come between them. One that took long is
    chance, or a large frame; the second longest is the line.
    """

    def __init__(self) -> None:
        self._round_trips: deque[float] = deque(maxlen=_SAMPLES)

    def record(self, round_trip: float) -> None:
        """Note how long an answer took, in seconds."""
        self._round_trips.append(max(0.0, round_trip))

    @property
    def round_trip(self) -> float:
        """Seconds that an answer takes: the second longest of the last ones; 0 if too few came."""
        return sorted(self._round_trips)[-2] if len(self._round_trips) > 2 else 0.0

    @property
    def seconds(self) -> float:
        """By how much round trips differ; 0 while too few are known."""
        if len(self._round_trips) < 3:
            return 0.0
        return self.round_trip - min(self._round_trips)

    def escape_delay(self, *, awaiting: bool) -> float:
        """Return after how long a lone ESC is the key; `awaiting` says if an answer is due."""
        least = AWAITING_DELAY if awaiting else MIN_ESCAPE_DELAY
        return min(MAX_ESCAPE_DELAY, max(least, 2 * self.seconds))
