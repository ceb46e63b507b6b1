"""Wait for a key on the terminal's normal screen, while the app is suspended."""

from __future__ import annotations

import os
import select
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SEQUENCE_TIMEOUT: Final = 0.25
"""Seconds within which the rest of an escape sequence follows its ESC; alone it is the key."""

_BACK: Final = (b"\r", b"\n", b"q", b"Q", b"\x03", b"\x04")
_SEQUENCE_STARTS: Final = (b"[", b"O")
_ESCAPE_KEY: Final = b"[27u"
"""What follows ESC where the terminal sends the key as a sequence of its own."""


def wait_for_back() -> None:
    """Block until enter, esc, q or ctrl+c is pressed, or the terminal is gone.

    Other keys do nothing. Their sequences are taken whole, since the app would take the rest of
    one for keys; what is typed after the key is the app's.
    """
    descriptor = sys.stdin.fileno()
    with _keys_at_once(descriptor):
        while key := os.read(descriptor, 1):
            if key in _BACK or (key == b"\x1b" and _is_escape(descriptor)):
                return


def _is_escape(descriptor: int) -> bool:
    """Return whether an ESC that was read is the key; take the rest of a sequence otherwise."""
    if not select.select([descriptor], [], [], SEQUENCE_TIMEOUT)[0]:
        return True
    rest = os.read(descriptor, 4096)
    return rest[:1] not in _SEQUENCE_STARTS or rest == _ESCAPE_KEY


@contextmanager
def _keys_at_once(descriptor: int) -> Iterator[None]:
    """Read keys without waiting for the end of a line, and do not show them.

    Ctrl+c is a key: as a signal it could not be told from one that is to end the program. Ctrl+z
    still suspends.
    """
    try:
        before = termios.tcgetattr(descriptor)
        # At once, since the default forgets what was typed ahead.
        tty.setcbreak(descriptor, termios.TCSANOW)
        attributes = termios.tcgetattr(descriptor)
        attributes[6][termios.VINTR] = bytes([os.fpathconf(descriptor, "PC_VDISABLE") & 0xFF])
        termios.tcsetattr(descriptor, termios.TCSANOW, attributes)
    except termios.error:
        yield
        return
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)
