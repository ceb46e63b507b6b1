"""When garbage is collected: not before the first paint, and all of it while nobody waits.

Python looks at all that lives whenever a quarter of it is new: with 1,000 tasks 35 to 55 ms, in
the middle of whatever goes on, once in 30 keys that scroll (measured with Python 3.11). What died
young is collected all along; that takes 1 ms. Where somebody types for minutes on end all of it is
collected at last.
"""

from __future__ import annotations

import gc
from typing import Final

_NEVER: Final = 1 << 30
_DUE: Final = 10
"""Collections of what is young, of 7,000 things each, after which it is time to look at everything:
with 1,000 tasks half a minute, with 20 some minutes."""
_OVERDUE: Final = 25
"""The same where somebody waits: garbage takes some 50 MB by then."""


def put_off() -> None:
    """Collect nothing until `begin`."""
    gc.disable()


def begin() -> None:
    """Collect what dies young; take what was made so far for what stays."""
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _NEVER)
    gc.enable()


def collect(*, at_rest: bool) -> None:
    """Collect everything, if it is time; `at_rest` says that nobody waits."""
    if gc.get_count()[2] >= (_DUE if at_rest else _OVERDUE):
        gc.collect()
