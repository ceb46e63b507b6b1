"""Estimate how far apart the bytes of one key may arrive, from the round trips of probes."""

from __future__ import annotations

from collections import deque
from typing import Final

MIN_ESCAPE_DELAY: Final = 0.1
"""Seconds after which a lone ESC is the esc key on a steady line; Textual's own delay."""
MAX_ESCAPE_DELAY: Final = 1.0
"""The longest wait for esc that a user accepts."""
AWAITING_DELAY: Final = 0.5
"""The minimum while an answer is due: the ESC is more likely its first byte than a key."""
_SAMPLES: Final = 8
"""Number of recent round trips compared: the line may change."""


class LineJitter:
    """Estimate how unsteady the line is.

    A slow but steady line delivers the bytes of a key as close together as they were sent; only
    variation in the round trip can pull them apart. A single long round trip may be chance or a
    large frame, so the second longest is used.
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
