"""What ends the program from outside: signals, and the loss of its terminal.

Nothing here depends on the event loop or the main thread: while an SSH connection stalls, Textual
may block both, so that signal handlers never run. The interpreter writes the number of each signal
to a descriptor as soon as it arrives, in any thread, and a thread of ours reads it.
"""

from __future__ import annotations

import math
import os
import platform
import select
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Final, NoReturn

from tui import key_command
from tui.terminal import crash_report
from tui.terminal.fatal_signals import SAVING, die_by, fatal_signals, prepare
from tui.terminal.restore import TERMINAL, in_background

HANG_UP: Final = 129
"""Exit code after the terminal went away: 128 + SIGHUP."""
CRASHED: Final = 1
"""Exit code after a thread has crashed."""

_HANG_UP_GRACE_SECONDS: Final = 2.0
_SIGNAL_GRACE_SECONDS: Final = 0.7
_SIZE_CHECK_INTERVAL: Final = 2.0
_CRASH: Final = 0
"""Sent in place of a signal's number when a thread has crashed."""


class TerminalWatchdog:
    """End the program when a signal says so or its terminal hangs up, whatever hangs.

    | what | how it ends | with |
    | --- | --- | --- |
    | SIGTERM, SIGINT (`kill -INT`) | saved first; after 0.7 s regardless | 143, 130 |
    | any other signal that ends a process | at once, the terminal given back | that signal |
    | the terminal is gone | saved first; after 2 s regardless | 129 |
    | an error ended a thread | saved first; after 2 s regardless | 1, with its traceback |

    Signals ignored at the start stay ignored, except SIGTERM and SIGHUP: under `nohup`, without its
    terminal, the program would otherwise live on at full CPU (Textualize/textual#6690).
    """

    def __init__(self, request_exit: Callable[[int], None]) -> None:
        """Start without watching; `request_exit` must be safe to call from any thread."""
        self._request_exit = request_exit
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        self._fatal: set[int] = set()
        self._code: int | None = None
        """The exit code, once an end was requested."""
        self._deadline = 0.0

    def install(self) -> None:
        """Handle the signals and start to watch the terminal. Call before the app runs."""
        TERMINAL.remember()
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        for number in fatal_signals():
            if signal.getsignal(number) is signal.SIG_DFL:
                self._fatal.add(number)
                prepare(number)
                signal.signal(number, self._on_signal)
        signal.signal(signal.SIGTERM, self._on_signal)
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            # Not asyncio's, which would cancel the app instead.
            signal.signal(signal.SIGINT, self._on_signal)
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        crash_report.notify_of_thread_crash(self._on_thread_crash)
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """End a process in the background; the watching thread does everything else.

        A shell's `kill` continues the program that it stopped, and Textual's handler of SIGCONT,
        which is the next to run, would stop it again for touching the terminal.
        """
        if in_background():
            _end_in_background(number)

    def _on_thread_crash(self) -> None:
        with suppress(BlockingIOError):
            os.write(self._writer, bytes([_CRASH]))

    def _watch(self) -> None:
        """Wait for signals and for the terminal, for as long as the process lives."""
        events = _Events(self._reader)
        while True:
            left = None if self._code is None else max(0.0, self._deadline - time.monotonic())
            hung_up, numbers = events.wait(left)
            for number in numbers:
                self._act_on(number)
            if hung_up:
                self._request(HANG_UP, _HANG_UP_GRACE_SECONDS)
            if self._code is not None and time.monotonic() >= self._deadline:
                TERMINAL.restore(crash_report.held_text())
                key_command.end_running()
                os._exit(self._code)

    def _act_on(self, number: int) -> None:
        if number == _CRASH:
            self._request(CRASHED, _HANG_UP_GRACE_SECONDS)
        elif number in SAVING or number in self._fatal:
            if in_background():
                _end_in_background(number)
            if number in self._fatal:
                TERMINAL.restore()
                die_by(number)
            self._request(128 + number, _SIGNAL_GRACE_SECONDS)

    def _request(self, code: int, grace: float) -> None:
        """Request an orderly exit, once; of all requests the shortest `grace` (seconds) counts."""
        deadline = time.monotonic() + grace
        self._deadline = deadline if self._code is None else min(self._deadline, deadline)
        if self._code is None:
            self._code = code
            with suppress(RuntimeError):  # The loop was closed just now.
                self._request_exit(code)


class _Events:
    """Waits for the numbers of signals, and for the loss of the terminal on descriptor 0."""

    def __init__(self, reader: int) -> None:
        self._reader = reader
        self._watches_terminal = True
        self._poll = select.poll()
        self._poll.register(reader, select.POLLIN)
        # With no events requested, poll returns on hang-up alone, and at once.
        self._polls_terminal = platform.system() == "Linux"
        if self._polls_terminal:
            self._poll.register(0, 0)

    def wait(self, seconds: float | None) -> tuple[bool, bytes]:
        """Return whether the terminal was lost (reported once), and which signals came."""
        if self._watches_terminal and not self._polls_terminal:
            seconds = min(_SIZE_CHECK_INTERVAL, math.inf if seconds is None else seconds)
        ready = dict(self._poll.poll(None if seconds is None else seconds * 1000))
        lost = self._watches_terminal and (0 in ready if self._polls_terminal else not _has_size())
        if lost:
            self._watches_terminal = False
            if self._polls_terminal:
                self._poll.unregister(0)
        return lost, os.read(self._reader, 4096) if self._reader in ready else b""


def _has_size() -> bool:
    try:
        os.get_terminal_size(0)
    except OSError:
        return False
    return True


def _end_in_background(number: int) -> NoReturn:
    """End without writing: the terminal belongs to the shell or to another job."""
    if number in SAVING:
        os._exit(128 + number)
    die_by(number)
