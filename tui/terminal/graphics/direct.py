"""Find out how pictures can be shown, for a command: ask, wait for the answers, and leave.

Every key that is typed before stays for the shell, and so does what comes behind the last answer;
nothing can give back what is typed in between. The terminal is given back at any end: signals wait
until that is done.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import termios
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final, NamedTuple

from tui.graphics import Graphics
from tui.terminal.graphics.asking import make_finder
from tui.terminal.graphics.settings import Settings
from tui.terminal.input.input_filter import InputFilter
from tui.terminal.input.line_jitter import MAX_ESCAPE_DELAY
from tui.terminal.input.pieces import Kind
from tui.terminal.restore import in_background

TIMEOUT: Final = 2.0
"""Seconds for all answers, which take milliseconds, or more than a second on a very slow line."""
_CHECK_INTERVAL: Final = 0.005
_INPUT, _OUTPUT = 0, 1
_PATIENT: Final = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}
"""The signals that wait: all that may end or stop the program."""


class Found(NamedTuple):
    """What was found out."""

    graphics: Graphics
    keys_lost: bool = False
    """Whether keys were typed meanwhile."""


def find_now(settings: Settings) -> Found | None:
    """Ask the terminal of the standard streams, or tmux; return None where neither may be asked.

    That is so in the background, while keys are waiting for the shell, and if the terminal takes
    nothing.
    """
    if in_background():
        return None
    try:
        with _quiet_terminal():
            if select.select([_INPUT], [], [], 0)[0]:
                return None
            return asyncio.run(_find(settings))
    except (OSError, termios.error):
        return None


async def _find(settings: Settings) -> Found:
    loop = asyncio.get_running_loop()
    finder = make_finder(settings, partial(_write, _OUTPUT), lambda _: None, terminal=_OUTPUT)
    answers = _AnswerReader(finder.take_answer)
    deadline = loop.time() + TIMEOUT
    finder.ask()
    while finder.is_asking and loop.time() < deadline:
        # Byte by byte, so that what comes behind the last answer is left to the shell.
        if not answers.read_byte():
            await asyncio.sleep(_CHECK_INTERVAL)
        else:
            await asyncio.sleep(0)
    if finder.is_asking:
        finder.conclude()
    return Found(finder.graphics, answers.keys_lost)


class _AnswerReader:
    """Reads the terminal's answers among keys."""

    def __init__(self, take: Callable[[str], None]) -> None:
        self._take = take
        self._filter = InputFilter()
        self._filter.takes_graphics = True
        self._filter.escape_delay = MAX_ESCAPE_DELAY
        self.keys_lost = False

    def read_byte(self) -> bool:
        """Read one byte; return whether there was one."""
        if not select.select([_INPUT], [], [], 0)[0]:
            return False
        data = os.read(_INPUT, 1)
        for piece in self._filter.feed(data, time.monotonic()):
            if piece.kind is Kind.GRAPHICS:
                self._take(piece.text)
            else:
                self.keys_lost = True
        return bool(data)


def _write(descriptor: int, text: str) -> None:
    if not select.select([], [descriptor], [], 0)[1]:
        # As after ctrl+s: no signal could end a wait for it.
        raise BlockingIOError
    os.write(descriptor, text.encode("ascii"))


@contextmanager
def _quiet_terminal() -> Iterator[None]:
    """Have the terminal hand over what comes at once, and not show it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _PATIENT)
    try:
        attributes = termios.tcgetattr(_INPUT)
        # At once, since the default forgets what was typed ahead.
        tty.setcbreak(_INPUT, termios.TCSANOW)
        try:
            yield
        finally:
            termios.tcsetattr(_INPUT, termios.TCSANOW, attributes)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
