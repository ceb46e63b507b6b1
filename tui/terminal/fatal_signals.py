"""The signals that end a process, and how to die by one from any thread.

The rule: every signal that Python can handle and whose default action ends the process restores
the terminal first. The exceptions: SIGKILL cannot be caught; after a fault (SIGSEGV, SIGBUS,
SIGFPE, SIGILL) the same instruction would fail again.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
from typing import Final, NoReturn

SAVING: Final = (signal.SIGTERM, signal.SIGINT)
"""They request an orderly exit: changes are saved, and the exit code is 128 + the number."""
_FAULTS: Final = frozenset({signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL})
_HARMLESS_NAMES: Final = (
    *("SIGCHLD", "SIGURG", "SIGWINCH", "SIGCONT", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGINFO"),
    # The BSDs ignore it.
    *(("SIGIO",) if sys.platform != "linux" else ()),
)
_UNSEEN: Final = frozenset({signal.SIGKILL, signal.SIGSTOP}) | _FAULTS


def fatal_signals() -> set[int]:
    """Return the numbers of all signals that end a process at once, real-time signals too."""
    harmless = {getattr(signal, name, None) for name in _HARMLESS_NAMES}
    return {int(each) for each in signal.valid_signals() - _UNSEEN - harmless - set(SAVING)}


def prepare(number: int) -> None:
    """Let `die_by` work for a signal. Call in the main thread, before a handler is set.

    The interpreter sets handlers only in the main thread, which may hang. `faulthandler` restores
    in any thread the action that it finds here, which is the default one.
    """
    if number != signal.SIGABRT:
        null = os.open(os.devnull, os.O_WRONLY)
        # Never written to, since our own handler takes the place of this one.
        faulthandler.register(number, file=null)
        os.close(null)


def die_by(number: int) -> NoReturn:
    """End the process by a signal's default action; its parent sees the signal. For any thread."""
    if number == signal.SIGABRT:
        # It restores the default action itself if there is a handler (POSIX).
        os.abort()
    faulthandler.unregister(number)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    signal.raise_signal(number)
    os._exit(128 + number)
