"""A thin line to try the program behind: slow, and far away.

`python -m tests.support.thin_line --rate 20000 --delay 0.2 -- COMMAND ...` runs a command in a
pseudo-terminal of its own and passes on what it writes at `rate` bytes a second; each way takes
`delay` seconds more. What does not fit on the line waits, 64 KiB of it in buffers, the rest in the
program: as it is with SSH.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import select
import signal
import subprocess
import sys
import termios
import time
import tty
from collections import deque
from collections.abc import Sequence
from typing import Final

BUFFERS: Final = 1 << 16
"""Bytes that the sockets on the way hold."""
_CHUNK: Final = 512


class Way:
    """One direction of the line: bytes come out in order, late and no faster than the rate."""

    def __init__(self, rate: float, delay: float) -> None:
        """Be empty; `rate` is in bytes a second, `delay` in seconds."""
        self._rate, self._delay = rate, delay
        self._free = 0.0
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._held = 0

    @property
    def has_room(self) -> bool:
        """Whether the buffers take more."""
        return self._held < BUFFERS

    def put(self, data: bytes, now: float) -> None:
        """Send bytes at a moment (seconds)."""
        for start in range(0, len(data), _CHUNK):
            piece = data[start : start + _CHUNK]
            self._free = max(self._free, now) + len(piece) / self._rate
            self._waiting.append((self._free + self._delay, piece))
            self._held += len(piece)

    def take(self, now: float) -> bytes:
        """Return what has arrived by a moment."""
        arrived = bytearray()
        while self._waiting and self._waiting[0][0] <= now:
            arrived += self._waiting.popleft()[1]
        self._held -= len(arrived)
        return bytes(arrived)

    def next(self) -> float | None:
        """Return the moment at which something arrives; None while nothing is under way."""
        return self._waiting[0][0] if self._waiting else None


def run(command: Sequence[str], rate: float, delay: float) -> int:
    """Run a command at the far end of the line; return its exit code."""
    master, slave = os.openpty()
    _copy_size(master)
    program = subprocess.Popen(
        ["setsid", "--ctty", *command], stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    signal.signal(signal.SIGWINCH, lambda *_: _copy_size(master))
    before = termios.tcgetattr(0) if os.isatty(0) else None
    if before is not None:
        tty.setraw(0)
    try:
        _relay(master, Way(rate, delay), Way(1e9, delay))
    finally:
        if before is not None:
            termios.tcsetattr(0, termios.TCSADRAIN, before)
        os.close(master)
    return program.wait()


def _copy_size(master: int) -> None:
    if os.isatty(1):
        size = fcntl.ioctl(1, termios.TIOCGWINSZ, b"\0" * 8)
        fcntl.ioctl(master, termios.TIOCSWINSZ, size)


def _relay(master: int, down: Way, up: Way) -> None:
    open_ends = {0, master}
    while master in open_ends or down.next() is not None:
        listening = [end for end in open_ends if end == 0 or down.has_room]
        moments = [moment for way in (down, up) if (moment := way.next()) is not None]
        wait = max(0.0, min(moments) - time.monotonic()) if moments else None
        ready, _, _ = select.select(listening, [], [], wait)
        now = time.monotonic()
        for end in ready:
            data = _read(end)
            if not data:
                open_ends.discard(end)
            (up if end == 0 else down).put(data, now)
        _write(1, down.take(now))
        if master in open_ends:
            _write(master, up.take(now))


def _read(end: int) -> bytes:
    try:
        return os.read(end, 1 << 14)
    except OSError:  # The program ended.
        return b""


def _write(end: int, data: bytes) -> None:
    while data:
        data = data[os.write(end, data) :]


def main() -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rate", type=float, default=20_000, help="bytes a second")
    parser.add_argument("--delay", type=float, default=0.2, help="seconds, each way")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    return run(options.command, options.rate, options.delay)


if __name__ == "__main__":
    sys.exit(main())
