"""The window behind a standard stream."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Final, TextIO

DEFAULT_COLUMNS: Final = 80
"""Where the terminal tells no width, and where there is none."""


def columns(stream: TextIO) -> int:
    """Return the width of the stream's window in cells."""
    with suppress(OSError, ValueError):
        return os.get_terminal_size(stream.fileno()).columns or DEFAULT_COLUMNS
    return DEFAULT_COLUMNS


def in_background(descriptor: int) -> bool:
    """Return whether another job has the terminal; False where `descriptor` is none."""
    with suppress(OSError):
        return os.tcgetpgrp(descriptor) != os.getpgrp()
    return False
