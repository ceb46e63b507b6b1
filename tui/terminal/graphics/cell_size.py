"""The size of a cell in pixels: what is possible, and what the kernel knows."""

from __future__ import annotations

import fcntl
import struct
import termios
from typing import Final

from tui.graphics import DEFAULT_CELL, CellSize

_WIDTHS: Final = range(4, 41)
_MIN_RATIO: Final = 1.5
"""Height by width. OpenSSH on Windows always tells 640 by 480 pixels for the whole window."""
_MAX_RATIO: Final = 2.6
_WINSIZE: Final = struct.Struct("HHHH")


def possible(width: int, height: int) -> CellSize | None:
    """Return a size if a cell may have it; None where it was made up."""
    if width not in _WIDTHS or not _MIN_RATIO <= height / width <= _MAX_RATIO:
        return None
    return CellSize(width, height)


def of_window(rows: int, columns: int, width: int, height: int) -> CellSize | None:
    """Return the size of a cell of a window; sides are in cells and in pixels, 0 if unknown.

    Rounded down: a window may have a border, which is a part of its pixels.
    """
    if not rows or not columns:
        return None
    return possible(width // columns, height // rows)


def of_terminal(descriptor: int) -> CellSize | None:
    """Return what the kernel knows (TIOCGWINSZ). Never raises."""
    try:
        data = fcntl.ioctl(descriptor, termios.TIOCGWINSZ, bytes(_WINSIZE.size))
    except OSError:
        return None
    return of_window(*_WINSIZE.unpack(data))


def first_known(*sizes: CellSize | None) -> CellSize:
    """Return the first size that is known, or else the one that most terminals are near to."""
    return next((size for size in sizes if size is not None), DEFAULT_CELL)
