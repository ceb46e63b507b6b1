"""Show a text on the normal screen until a key leads back, while the app is suspended."""

from __future__ import annotations

import os
import re
import select
import sys
import termios
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tui.terminal.input.input_filter import InputFilter
from tui.terminal.input.pieces import Kind, Piece

_BACK: Final = frozenset("\r\nqQ\x03\x04")
_BACK_SEQUENCES: Final = re.compile(r"\x1b\[(?:27|13)(?:;1?)?u|\x1b\[(?:99|100);5u|\x1bOM")
"""Esc, enter, ctrl+c and ctrl+d, where the terminal sends them as sequences; the keypad's enter."""


def show_until_back(text: str, keys: InputFilter) -> None:
    """Show a text; block until enter, esc, q or ctrl+c is pressed, or the terminal is gone.

    Other keys do nothing. Their sequences are taken whole, in however many pieces they come, since
    the app would take the rest of one for keys; what is typed after the key is the app's. So `keys`
    is the filter that the app reads with, before and after: the rest of a paste that came before
    leads nowhere, and an esc whose rest comes later was the beginning of another key.
    """
    descriptor = sys.stdin.fileno()
    with _keys_at_once(descriptor):
        # Not earlier: ctrl+c would still be a signal, which ends the program.
        print(text, flush=True)  # noqa: T201
        while True:
            deadline = keys.deadline
            wait = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not select.select([descriptor], [], [], wait)[0]:
                pieces = keys.tick(time.monotonic())
            elif data := os.read(descriptor, 1):
                pieces = keys.feed(data, time.monotonic())
            else:
                return
            if any(map(_is_back, pieces)):
                return


def _is_back(piece: Piece) -> bool:
    match piece.kind:
        case Kind.ESCAPE | Kind.ALT:
            return True
        case Kind.TEXT | Kind.LINE_BREAK:
            return not _BACK.isdisjoint(piece.text)
        case Kind.SEQUENCE:
            return _BACK_SEQUENCES.fullmatch(piece.text) is not None
    return False


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
