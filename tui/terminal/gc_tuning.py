"""Garbage collection: none before the first paint, full collections only while nobody waits.

With many tasks a full collection blocks the loop for several frames, and Python would start one in
the middle of scrolling. Young garbage is collected all along, which is cheap; if somebody types for
minutes on end, a full collection happens anyway.
"""

from __future__ import annotations

import gc
from typing import Final

_YOUNG: Final = 700
"""New objects after which the young generation is collected; Python's own number varies."""
_MIDDLE: Final = 10
"""Collections of the young generation after which the middle one is collected."""
_NEVER: Final = 1 << 30
_DUE: Final = 10
"""Collections of the middle generation after which a full one is due."""
_OVERDUE: Final = 25
"""The same while somebody is typing."""


def postpone() -> None:
    """Collect nothing until `begin`."""
    gc.disable()


def begin() -> None:
    """Collect young garbage from now on; treat what exists already as permanent."""
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _NEVER)
    gc.enable()


def collect(*, at_rest: bool) -> None:
    """Collect everything if it is due; `at_rest` says that nobody is waiting."""
    if gc.get_count()[2] >= (_DUE if at_rest else _OVERDUE):
        gc.collect()
