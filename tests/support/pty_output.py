"""Read what a pseudo-terminal has got by now."""

from __future__ import annotations

import os
import select


def drain(master: int, terminal: int) -> bytes:
    """Return all that was written to `terminal` since the last call.

    The kernel hands it on when it finds the time: a mark is written behind it, and read for.
    """
    data = b""
    while not select.select([], [terminal], [], 0)[1]:
        data += os.read(master, 1 << 16)  # It is full.
    os.write(terminal, b"\0")
    while not data.endswith(b"\0"):
        data += os.read(master, 1 << 16)
    return data[:-1]
