"""The life of the program on its terminal: refuse an unsuitable one, end when it goes away.

Nothing here depends on the event loop: while an SSH connection stalls, Textual blocks the loop, and
a signal handler of the loop never runs. Whatever must survive was saved when it changed, so ending
at once loses nothing.
"""

from __future__ import annotations

import os
import platform
import select
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import FrameType
from typing import Final, NoReturn

HANG_UP: Final = 129
"""Exit code after the terminal went away: 128 + SIGHUP."""
TERMINATED: Final = 143
"""Exit code after SIGTERM: 128 + SIGTERM."""

_HANG_UP_GRACE_SECONDS: Final = 2.0
_TERMINATE_GRACE_SECONDS: Final = 0.7
# Mouse, focus and paste reports off, kitty keys off, alternate screen off, cursor on, style off.
_RESTORE: Final = (
    b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1004l\x1b[?2004l"
    b"\x1b[<u\x1b[?1049l\x1b[?7h\x1b[?25h\x1b[0m\r\n"
)


def unsupported_reason(environ: Mapping[str, str], hint: str) -> str:
    """Return why the dashboard cannot start on this terminal; empty where it can.

    Textual draws on standard error. `hint` says what works without a terminal.
    """
    for name, stream in (("input", sys.stdin), ("output", sys.stdout), ("error", sys.__stderr__)):
        try:
            terminal = stream is not None and stream.isatty()
        except ValueError:
            terminal = False
        if not terminal:
            return f"The dashboard needs a terminal, and standard {name} is none. {hint}"
    if environ.get("TERM", "") == "dumb":
        return "The dashboard cannot draw on a terminal of the kind “dumb” (the variable TERM)."
    return ""


class TerminalWatchdog:
    """End the program when its terminal hangs up or SIGTERM arrives, whatever the loop does."""

    def __init__(self, request_exit: Callable[[int], None]) -> None:
        """Watch nothing yet; `request_exit` may be called from any thread."""
        self._request_exit = request_exit
        self._modes: list[object] | None = None

    def install(self) -> None:
        """Handle the signals and start to watch the terminal. Call before the app runs."""
        # Undo nohup: a program whose terminal is gone would live on at full CPU
        # (Textualize/textual#6690). The default action ends it even while output is stalled.
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, self._on_terminate)
        with suppress(termios.error):
            self._modes = list(termios.tcgetattr(0))
        threading.Thread(target=self._watch_terminal, name="terminal watch", daemon=True).start()

    def _on_terminate(self, number: int, frame: FrameType | None) -> None:
        if _in_background():
            # After ctrl+z the shell owns the terminal, and writing to it would stop us again.
            os._exit(TERMINATED)
        threading.Thread(target=self._end_after_grace, name="SIGTERM watchdog", daemon=True).start()
        self._request_exit(TERMINATED)

    def _end_after_grace(self) -> None:
        time.sleep(_TERMINATE_GRACE_SECONDS)
        self._restore_terminal()
        os._exit(TERMINATED)

    def _restore_terminal(self) -> None:
        with suppress(OSError):
            terminal = os.open("/dev/tty", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
            os.write(terminal, _RESTORE)
        if self._modes is not None:
            with suppress(termios.error):
                termios.tcsetattr(0, termios.TCSANOW, self._modes)  # type: ignore[arg-type]

    def _watch_terminal(self) -> None:
        _wait_for_hang_up()
        self._request_exit(HANG_UP)
        time.sleep(_HANG_UP_GRACE_SECONDS)
        os._exit(HANG_UP)


def _in_background() -> bool:
    try:
        return os.tcgetpgrp(0) != os.getpgrp()
    except OSError:
        return False


def _wait_for_hang_up() -> None:
    if platform.system() == "Linux":
        # With no events requested, poll returns on hang-up alone, and at once.
        poll = select.poll()
        poll.register(0, 0)
        while not any(event & (select.POLLHUP | select.POLLERR) for _, event in poll.poll()):
            time.sleep(1.0)
        return
    with suppress(OSError):
        while os.get_terminal_size(0):
            time.sleep(2.0)


def end_now(code: int) -> NoReturn:
    """End the process even if threads hang, as a name look-up can for many seconds."""
    deadline = time.monotonic() + 0.5
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join(max(0.0, deadline - time.monotonic()))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
