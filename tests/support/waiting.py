"""Wait for a state, not for time."""

from __future__ import annotations

import time
from collections.abc import Callable

TIMEOUT = 30.0
"""Seconds after which something does not come, however loaded the machine is."""


def wait_until(condition: Callable[[], object], description: str = "") -> None:
    """Wait until a condition holds.

    Raises:
        AssertionError: It did not within `TIMEOUT`; `description` names what was waited for.
    """
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, f"waited for {description or condition}"
        time.sleep(0.01)
