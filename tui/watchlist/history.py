"""How long tasks took: the samples that estimates are made from. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

MAX_SAMPLES: Final = 200
"""Samples that are kept: the newest."""
MAX_SECONDS: Final = 366 * 86_400.0
"""Seconds that a task may have taken: more is a mistake."""


class Sample(NamedTuple):
    """One completed task that was watched from its beginning."""

    id: str
    end: datetime
    """When it ended: aware, UTC."""
    seconds: float
    """How long it took."""


def join(*histories: Iterable[Sample]) -> tuple[Sample, ...]:
    """Return the newest samples of all histories, by their end; of one task the first stays."""
    by_id: dict[str, Sample] = {}
    for history in histories:
        for sample in history:
            by_id.setdefault(sample.id, sample)
    return tuple(sorted(by_id.values(), key=lambda sample: (sample.end, sample.id))[-MAX_SAMPLES:])
