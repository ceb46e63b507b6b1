"""A simulated slow connection between a program and the terminal.

`python -m tests.support.slow_link --rate 20000 --delay 0.2 -- COMMAND ...` runs a command in a
pseudo-terminal of its own and forwards its output at `rate` bytes per second, with a latency of
`delay` seconds each way. As with SSH, the link buffers 64 KiB; beyond that the program's writes
block.
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

BUFFER_BYTES: Final = 1 << 16
"""Capacity of the link's buffer."""
_CHUNK: Final = 512


class Channel:
    """One direction of the link, with limited throughput and a latency."""

    def __init__(self, rate: float, delay: float) -> None:
        """Create an empty channel; `rate` is in bytes per second, `delay` in seconds."""
        self._rate, self._delay = rate, delay
        self._free_at = 0.0
        self._in_flight: deque[tuple[float, bytes]] = deque()
        self._size = 0

    @property
    def has_room(self) -> bool:
        """Whether the buffer has room."""
        return self._size < BUFFER_BYTES

    def send(self, data: bytes, now: float) -> None:
        """Send bytes at the time `now`."""
        for start in range(0, len(data), _CHUNK):
            piece = data[start : start + _CHUNK]
            self._free_at = max(self._free_at, now) + len(piece) / self._rate
            self._in_flight.append((self._free_at + self._delay, piece))
            self._size += len(piece)

    def receive(self, now: float) -> bytes:
        """Return the bytes that have arrived by the time `now`."""
        arrived = bytearray()
        while self._in_flight and self._in_flight[0][0] <= now:
            arrived += self._in_flight.popleft()[1]
        self._size -= len(arrived)
        return bytes(arrived)

    def next_arrival(self) -> float | None:
        """Return the time of the next arrival; None if nothing is in flight."""
        return self._in_flight[0][0] if self._in_flight else None


def run(command: Sequence[str], rate: float, delay: float) -> int:
    """Run a command behind the link; return its exit code."""
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
        _relay(master, Channel(rate, delay), Channel(1e9, delay))
    finally:
        if before is not None:
            termios.tcsetattr(0, termios.TCSADRAIN, before)
        os.close(master)
    return program.wait()


def _copy_size(master: int) -> None:
    if os.isatty(1):
        size = fcntl.ioctl(1, termios.TIOCGWINSZ, b"\0" * 8)
        fcntl.ioctl(master, termios.TIOCSWINSZ, size)


def _relay(master: int, down: Channel, up: Channel) -> None:
    open_fds = {0, master}
    while master in open_fds or down.next_arrival() is not None:
        readable = [fd for fd in open_fds if fd == 0 or down.has_room]
        arrivals = [at for channel in (down, up) if (at := channel.next_arrival()) is not None]
        timeout = max(0.0, min(arrivals) - time.monotonic()) if arrivals else None
        ready, _, _ = select.select(readable, [], [], timeout)
        now = time.monotonic()
        for fd in ready:
            data = _read(fd)
            if not data:
                open_fds.discard(fd)
            (up if fd == 0 else down).send(data, now)
        _write(1, down.receive(now))
        if master in open_fds:
            _write(master, up.receive(now))


def _read(fd: int) -> bytes:
    try:
        return os.read(fd, 1 << 14)
    except OSError:  # EIO: the program has ended.
        return b""


def _write(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


def main() -> int:
    """Parse the arguments and run the command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rate", type=float, default=20_000, help="bytes per second")
    parser.add_argument("--delay", type=float, default=0.2, help="seconds, each way")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    return run(options.command, options.rate, options.delay)


if __name__ == "__main__":
    sys.exit(main())
