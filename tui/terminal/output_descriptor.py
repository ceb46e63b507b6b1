"""A non-blocking descriptor for output that leaves the one shared with the shell alone.

O_NONBLOCK belongs to the open file description, which the shell and its other programs share: set
on standard error it would outlive this program and make their writes fail. So the terminal is
opened a second time.
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
    """A private, non-blocking descriptor of a terminal.

    Where it cannot be opened (after `su` its device belongs to another user, and it may not be the
    controlling terminal; in a container its device may have no name), a thread writes to the shared
    descriptor, fed by a pipe: a stall blocks that thread alone.
    """

    def __init__(self, terminal: int) -> None:
        """Open the terminal that the descriptor `terminal` refers to.

        Raises OSError only if the process is out of descriptors.
        """
        self._relay: threading.Thread | None = None
        self.fileno = _open_anew(terminal)
        """The descriptor: non-blocking, and not shared."""
        if self.fileno < 0:
            reader, self.fileno = os.pipe()
            os.set_blocking(self.fileno, False)
            with suppress(OSError, AttributeError):
                # As small as possible (Linux only): whatever is in the pipe counts as sent.
                fcntl.fcntl(self.fileno, fcntl.F_SETPIPE_SZ, _RELAY_PIECE)
            self._relay = threading.Thread(
                target=_relay, args=(reader, terminal), name="terminal output", daemon=True
            )
            self._relay.start()

    def close(self) -> None:
        """Close it; output that a stalled terminal has not taken is lost."""
        os.close(self.fileno)
        if self._relay is not None:
            self._relay.join(_JOIN_TIMEOUT)


def _open_anew(terminal: int) -> int:
    """Return a new descriptor of the same terminal; -1 if that is not possible."""
    for path in _paths(terminal):
        with suppress(OSError):
            return os.open(path, _FLAGS)
    return -1


def _paths(terminal: int) -> Iterator[str]:
    if not os.isatty(terminal):
        return
    # On Linux this name works even if the device has no other name here.
    yield f"/proc/self/fd/{terminal}"
    with suppress(OSError):
        yield os.ttyname(terminal)
    with suppress(OSError):
        # Succeeds only for the controlling terminal, which is the one that /dev/tty opens.
        os.tcgetpgrp(terminal)
        yield "/dev/tty"


def _relay(reader: int, terminal: int) -> None:
    """Copy to the terminal until the pipe is closed or the terminal is gone."""
    with suppress(OSError), os.fdopen(reader, "rb", buffering=0) as pipe:
        while data := pipe.read(_RELAY_PIECE):
            while data:
                data = data[os.write(terminal, data) :]
