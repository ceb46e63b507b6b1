"""Restore the terminal at once, without waiting and without the event loop, whatever hangs."""

from __future__ import annotations

import os
import select
import termios
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from tui.terminal import modes

RESTORE_TIMEOUT: Final = 0.15
"""Maximum seconds to spend on a terminal that takes nothing."""
_RETRY_INTERVAL: Final = 0.005
_INPUT: Final = 0
_OUTPUT: Final = 2
"""Textual draws on standard error."""
_Attributes = list[int | list[bytes | int]]


class TerminalRestorer:
    """Knows how the terminal was found, and whether the dashboard has it.

    Rules: restore it only while the dashboard has it, since otherwise a shell or another program
    owns it; never from the background, where it belongs to another job; and never wait for it.
    O_NONBLOCK applies to everyone who shares an open file, including the shell, so the terminal is
    opened a second time.
    """

    def __init__(self) -> None:
        """Start without knowing the terminal."""
        self._taken = False
        self.title_is_saved = False
        """Whether the window's title was saved by the dashboard, which has set another."""
        self.pictures = ""
        """The bytes that remove the pictures that the terminal has; empty where it has none."""
        self._attributes: _Attributes | None = None
        self._terminal = -1
        self._drawing_descriptor: Callable[[], int] = lambda: -1

    @property
    def taken(self) -> bool:
        """Whether the dashboard has the terminal."""
        return self._taken

    @property
    def reset(self) -> str:
        """The bytes that put everything back."""
        return modes.reset(self.pictures, with_title=self.title_is_saved)

    def remember(self) -> None:
        """Note the terminal's attributes, and open it. Call before anything changes them."""
        self._attributes = _attributes()
        # Now, since the process may be out of descriptors later.
        self._open()

    def take(self) -> None:
        """Note that the dashboard is about to turn on what `modes` lists."""
        if not self._taken:
            self._attributes = _attributes() or self._attributes
            self._taken = True

    def release(self) -> None:
        """Note that everything was put back, and that the bytes were sent."""
        self._taken = self.title_is_saved = False
        self.pictures = ""

    def drawn_by(self, descriptor: Callable[[], int]) -> None:
        """Note that frames go to a descriptor of their own; `descriptor` returns it, or -1."""
        self._drawing_descriptor = descriptor

    def restore(self, message: str = "") -> None:
        """Put everything back at the very end of the process, and write a message below.

        Safe in any thread. Whatever other threads write from now on is discarded, since a frame
        would land on the shell's screen. Never raises, never blocks.
        """
        if in_background():
            return
        with suppress(OSError):
            # Before the others are silenced: this one may be a copy of one of them.
            self._open()
            self._silence_others()
        self.give_back(message)

    def give_back(self, message: str = "") -> None:
        """Put everything back, and write a message below; the program may go on.

        Output that a stalled terminal has not taken is dropped. Never raises, never blocks.
        """
        if in_background():
            return
        with suppress(OSError):
            self._open()
            self._write(self.reset.encode() if self._taken else b"")
        with suppress(termios.error):
            # What was typed or pasted for the dashboard is no command for a shell.
            termios.tcflush(_INPUT, termios.TCIFLUSH)
            if self._attributes is not None:
                termios.tcsetattr(_INPUT, termios.TCSANOW, self._attributes)
        self.tell(message)
        self.release()

    def repeat(self) -> None:
        """Put back once more what stock Textual leaves on; the screen was restored already."""
        with suppress(OSError):
            self._open()
            self._write(modes.AGAIN.encode())

    def tell(self, message: str) -> None:
        """Write a message on a terminal that was given back. Never raises, never blocks."""
        if not in_background():
            with suppress(OSError):
                self._open()
                self._write(message.replace("\n", "\r\n").encode(errors="replace"))

    def _open(self) -> None:
        if self._terminal < 0:
            self._terminal = _open_terminal()

    def _silence_others(self) -> None:
        """Discard what other threads still write: a frame would land on the shell's screen."""
        null = os.open(os.devnull, os.O_WRONLY)
        for number in (1, _OUTPUT, self._drawing_descriptor()):
            if number >= 0:
                os.dup2(null, number)

    def _write(self, data: bytes) -> None:
        """Write everything. Raises `OSError` if the terminal does not take it in time."""
        deadline = time.monotonic() + RESTORE_TIMEOUT
        while data:
            try:
                data = data[self._write_some(data) :]
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise
                # Output is stopped, or nobody reads it. The kernel holds part of a frame, which is
                # useless now. A thread that waits to write the rest of it blocks all other writers;
                # on Linux only a start that follows a stop wakes it.
                with suppress(termios.error):
                    termios.tcflush(self._terminal, termios.TCOFLUSH)
                    termios.tcflow(self._terminal, termios.TCOOFF)
                    termios.tcflow(self._terminal, termios.TCOON)
                time.sleep(_RETRY_INTERVAL)

    def _write_some(self, data: bytes) -> int:
        if not os.get_blocking(self._terminal):
            return os.write(self._terminal, data)
        # It could not be opened a second time. A single byte never blocks if there is room.
        if not select.select([], [self._terminal], [], 0)[1]:
            raise BlockingIOError
        return os.write(self._terminal, data[:1])


TERMINAL: Final = TerminalRestorer()
"""The terminal of this process, which has only one, as it has one set of signals."""


def in_background() -> bool:
    """Return whether a shell has given the terminal to another job, as after ctrl+z.

    Writing to it would stop this program, or disturb the other job.
    """
    try:
        return os.tcgetpgrp(_INPUT) != os.getpgrp()
    except OSError:
        return False


def _attributes() -> _Attributes | None:
    try:
        return termios.tcgetattr(_INPUT)
    except termios.error:
        return None


def _open_terminal() -> int:
    """Open the terminal that is drawn on a second time, or else the controlling terminal."""
    flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY
    with suppress(OSError):
        return os.open(os.ttyname(_OUTPUT), flags)
    with suppress(OSError):
        return os.open("/dev/tty", flags)
    # As after su, or in a container. It may block; `_write_some` prevents that.
    return os.dup(_OUTPUT)
