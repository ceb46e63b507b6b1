"""A program in a pseudo-terminal whose output is timestamped but not drawn.

The terminal of `tests.support` draws every byte in Python, which takes longer than most of what is
measured here.
"""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import termios
import time
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.support.screen import Screen

COLUMNS: Final = 120
ROWS: Final = 40
FRAME_END: Final = b"\x1b[?2026l"
"""Ends a frame (synchronized output)."""
QUIT: Final = b"\x11"
"""Ctrl+Q, which quits every Textual app."""
_SYNC_QUERY: Final = b"\x1b[?2026$p"
_SYNC_REPLY: Final = b"\x1b[?2026;2$y"
_CURSOR_QUERY: Final = b"\x1b[6n"
_CURSOR_REPLY: Final = b"\x1b[1;1R"
_CPUCLOCK_SCHED: Final = 2
"""The kernel's per-process CPU clock, in nanoseconds; it includes threads that have ended."""


@dataclass(frozen=True)
class Usage:
    """Resources that a program has used so far."""

    cpu: float
    """Seconds, all threads."""
    memory: int
    """Resident bytes."""
    peak: int
    """Peak of the resident bytes."""


class PtyProcess:
    """One program in a pseudo-terminal."""

    def __init__(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        cwd: Path,
        size: tuple[int, int] = (COLUMNS, ROWS),
    ) -> None:
        """Start it in a terminal of `size` with true colour and synchronized output."""
        self.data = bytearray()
        """All output so far."""
        self._ends: list[int] = []
        self._times: list[float] = []
        self._closed = False
        self._master, slave = os.openpty()
        self._size = size
        termios.tcsetwinsize(slave, size[::-1])
        self.started = time.monotonic()
        try:
            self._process = subprocess.Popen(
                ["setsid", "--ctty", *argv],
                stdin=slave,
                stdout=slave,
                stderr=slave,
                env={
                    "PATH": os.environ.get("PATH", os.defpath),
                    "TERM": "xterm-256color",
                    "COLORTERM": "truecolor",
                    "LANG": "C.UTF-8",
                    **env,
                },
                cwd=cwd,
            )
        finally:
            os.close(slave)

    def __enter__(self) -> Self:
        """Return the process; it is killed at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Kill the program if it is still running."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
        os.close(self._master)

    # Output

    def read_for(self, seconds: float) -> int:
        """Read output for some time; return the number of bytes."""
        before = len(self.data)
        read_all([self], seconds)
        return len(self.data) - before

    def wait_for(self, data: bytes, *, since: int = 0, timeout: float = 30.0) -> float:
        """Read output until `data` has arrived; return its arrival time."""
        return self.wait_for_match(re.compile(re.escape(data)), since=since, timeout=timeout)

    def wait_for_match(
        self, pattern: re.Pattern[bytes], *, since: int = 0, timeout: float = 30.0
    ) -> float:
        """Read output until a pattern has arrived; return its arrival time."""
        deadline = time.monotonic() + timeout
        while (match := pattern.search(self.data, since)) is None:
            assert time.monotonic() < deadline, f"no {pattern.pattern!r} in {self.data[-500:]!r}"
            assert not self._closed, f"the program ended: {self.data[-2000:]!r}"
            read_all([self], 0.05, max_reads=1)
        return self.arrival_time(match.end())

    def wait_for_line(self, pattern: re.Pattern[str], *, timeout: float) -> None:
        """Read output until a line of the drawn screen matches.

        The output itself may not contain the line, since only changed cells are sent.
        """
        deadline = time.monotonic() + timeout
        while not any(map(pattern.search, self.lines())):
            assert time.monotonic() < deadline, f"no line matches {pattern.pattern!r}"
            self.read_for(0.05)

    def lines(self) -> list[str]:
        """Return the lines of the drawn screen."""
        screen = Screen(*self._size)
        screen.feed(bytes(self.data))
        return screen.lines()

    def arrival_time(self, position: int) -> float:
        """Return when the bytes before a position had arrived."""
        return self._times[bisect_left(self._ends, position)]

    def frame_end(self, position: int) -> int:
        """Return the end of the frame around a position; -1 if it has not arrived yet."""
        start = self.data.find(FRAME_END, position)
        return start + len(FRAME_END) if start >= 0 else -1

    def read_available(self) -> None:
        """Read the available output, and reply to the terminal queries in it."""
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:
            self._closed = True  # EIO: no process has the terminal open any more.
            return
        self.data += data
        self._ends.append(len(self.data))
        self._times.append(time.monotonic())
        if _SYNC_QUERY in data:
            os.write(self._master, _SYNC_REPLY)
        os.write(self._master, _CURSOR_REPLY * data.count(_CURSOR_QUERY))

    @property
    def closed(self) -> bool:
        """Whether the program has closed its terminal."""
        return self._closed

    def fileno(self) -> int:
        """Return the terminal's file descriptor."""
        return self._master

    # Input

    def press(self, keys: bytes) -> float:
        """Type some keys; return the time."""
        now = time.monotonic()
        os.write(self._master, keys)
        return now

    def quit(self) -> float:
        """Quit the program; return the seconds until it has ended."""
        pressed = self.press(QUIT)
        while self._process.poll() is None:
            assert time.monotonic() - pressed < 10, "the program does not quit"
            if self._closed:
                self._process.wait(10)
            else:
                read_all([self], 0.002, max_reads=1)
        return time.monotonic() - pressed

    # Resources

    @property
    def pid(self) -> int:
        """The process ID."""
        return self._process.pid

    def cpu(self) -> float:
        """Return the CPU seconds of all threads so far."""
        return time.clock_gettime((~self.pid << 3) | _CPUCLOCK_SCHED)

    def _busy_seconds(self) -> float:
        """Return how long the main thread has run or waited for a processor."""
        running, waiting, _ = Path(f"/proc/{self.pid}/schedstat").read_text().split()
        return (int(running) + int(waiting)) / 1e9

    def usage(self) -> Usage:
        """Return the resources used so far."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        kilobytes = dict(re.findall(r"(VmRSS|VmHWM):\s+(\d+) kB", status))
        return Usage(self.cpu(), int(kilobytes["VmRSS"]) * 1_024, int(kilobytes["VmHWM"]) * 1_024)

    def wait_idle(self, timeout: float = 60.0) -> float:
        """Read output until the main thread is idle; return the time from which it was."""
        deadline = time.monotonic() + timeout
        while True:
            before, began = self._busy_seconds(), time.monotonic()
            self.read_for(0.1)
            if self._busy_seconds() - before < 0.3 * (time.monotonic() - began):
                return began
            assert time.monotonic() < deadline, "the program stays busy"


def read_all(processes: Iterable[PtyProcess], seconds: float, *, max_reads: int = 0) -> None:
    """Read the output of several programs for some time, or until `max_reads` reads."""
    deadline = time.monotonic() + seconds
    reads = 0
    while (left := deadline - time.monotonic()) > 0 and not (max_reads and reads >= max_reads):
        running = [process for process in processes if not process.closed]
        for process in select.select(running, [], [], left)[0]:
            process.read_available()
            reads += 1
