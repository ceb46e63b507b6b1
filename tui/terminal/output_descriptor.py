"""A descriptor for output that does not block, without touching the one that the shell shares.

O_NONBLOCK belongs to the open file description, which the shell and its other programs share: set
on standard error it would outlive this program and fail their writes. So the terminal is opened
anew.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

_FLAGS: Final = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_RELAY_PIECE: Final = 1024
_JOIN_TIMEOUT: Final = 0.2


class OutputDescriptor:
    """An own, non-blocking way to a terminal.

    Where it cannot be opened (after `su` its device belongs to another user, and it may not be the
    controlling terminal; in a container its device may have no name), a thread writes to the shared
    descriptor, fed by a pipe: a stall blocks that thread alone.
    """

    def __init__(self, terminal: int) -> None:
        """Open the terminal that the descriptor `terminal` leads to. Raises nothing for a reason
        of the terminal's; OSError only where the process has no descriptor left."""
        self._relay: threading.Thread | None = None
        self.fileno = _open_anew(terminal)
        """Not blocking, and ours alone."""
        if self.fileno < 0:
            reader, self.fileno = os.pipe()
            os.set_blocking(self.fileno, False)
            with suppress(OSError, AttributeError):
                # As small as can be (Linux): what is in it counts as sent.
                fcntl.fcntl(self.fileno, fcntl.F_SETPIPE_SZ, _RELAY_PIECE)
            self._relay = threading.Thread(
                target=_relay, args=(reader, terminal), name="terminal output", daemon=True
            )
            self._relay.start()

    def close(self) -> None:
        """Close it; what a stalled terminal has not taken by then is lost."""
        os.close(self.fileno)
        if self._relay is not None:
            self._relay.join(_JOIN_TIMEOUT)


def _open_anew(terminal: int) -> int:
    """Return a new descriptor of the same terminal; -1 where that is not possible."""
    for path in _paths(terminal):
        with suppress(OSError):
            return os.open(path, _FLAGS)
    return -1


def _paths(terminal: int) -> Iterator[str]:
    if not os.isatty(terminal):
        return
    # Linux opens the same device behind this name even where it has no other here.
    yield f"/proc/self/fd/{terminal}"
    with suppress(OSError):
        yield os.ttyname(terminal)
    with suppress(OSError):
        # Answered for the controlling terminal alone, which is the one that /dev/tty opens.
        os.tcgetpgrp(terminal)
        yield "/dev/tty"


def _relay(reader: int, terminal: int) -> None:
    """Copy to the terminal until the pipe is closed or the terminal is gone."""
    with suppress(OSError), os.fdopen(reader, "rb", buffering=0) as pipe:
        while data := pipe.read(_RELAY_PIECE):
            while data:
                data = data[os.write(terminal, data) :]
