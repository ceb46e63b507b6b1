"""A program in a pseudo-terminal, read raw: what comes is timed, and drawn by nobody.

The terminal of `tests.support` draws each byte in Python, which takes longer than most of what is
to be timed here.
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
"""Ends each of the frames that a terminal shows at once."""
QUIT: Final = b"\x11"
"""ctrl+q, which ends every Textual app."""
_ASKED_SYNC: Final = b"\x1b[?2026$p"
_HAS_SYNC: Final = b"\x1b[?2026;2$y"
_ASKED_WHERE: Final = b"\x1b[6n"
_IS_THERE: Final = b"\x1b[1;1R"
_CPU_OF_PROCESS: Final = 2
"""CPUCLOCK_SCHED of the kernel: nanoseconds, and threads that ended are counted too."""


@dataclass(frozen=True)
class Usage:
    """What a program has used so far."""

    cpu: float
    """Seconds, all threads."""
    memory: int
    """Bytes that are resident now."""
    peak: int
    """The most of them so far."""


class Wire:
    """One program at the far end of a wire."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], cwd: Path) -> None:
        """Start it, in a terminal of 120x40 with true colour and synchronized output."""
        self.data = bytearray()
        """All that it wrote."""
        self._ends: list[int] = []
        self._times: list[float] = []
        self._gone = False
        self._master, slave = os.openpty()
        termios.tcsetwinsize(slave, (ROWS, COLUMNS))
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
        """Use it; it is ended at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End it, if it has not ended."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
        os.close(self._master)

    # What it wrote

    def listen(self, seconds: float) -> int:
        """Take in what comes for some time; return how many bytes that were."""
        before = len(self.data)
        listen([self], seconds)
        return len(self.data) - before

    def wait_for(self, what: bytes, *, since: int = 0, timeout: float = 30.0) -> float:
        """Take in what comes until `what` has come; return the moment at which it had."""
        return self.wait_for_match(re.compile(re.escape(what)), since=since, timeout=timeout)

    def wait_for_match(
        self, what: re.Pattern[bytes], *, since: int = 0, timeout: float = 30.0
    ) -> float:
        """Take in what comes until a pattern has come; return the moment at which it had."""
        deadline = time.monotonic() + timeout
        while (found := what.search(self.data, since)) is None:
            assert time.monotonic() < deadline, f"{what.pattern!r} never came: {self.data[-500:]!r}"
            assert not self._gone, f"it ended: {self.data[-2000:]!r}"
            listen([self], 0.05, most=1)
        return self.moment(found.end())

    def wait_to_show(self, what: re.Pattern[str], *, timeout: float) -> None:
        """Take in what comes until a line of the screen matches: a change is sent in pieces."""
        deadline = time.monotonic() + timeout
        while not any(map(what.search, self._drawn())):
            assert time.monotonic() < deadline, f"{what.pattern!r} never came"
            self.listen(0.05)

    def _drawn(self) -> list[str]:
        screen = Screen(COLUMNS, ROWS)
        screen.feed(bytes(self.data))
        return screen.lines()

    def moment(self, position: int) -> float:
        """Return when the bytes in front of a position had come."""
        return self._times[bisect_left(self._ends, position)]

    def frame_end(self, position: int) -> int:
        """Return where the frame ends that is under way at a position; -1 if it does not yet."""
        found = self.data.find(FRAME_END, position)
        return found + len(FRAME_END) if found >= 0 else -1

    def take(self) -> None:
        """Take in what is there now."""
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:
            self._gone = True  # EIO: nobody holds the program's side any more.
            return
        self.data += data
        self._ends.append(len(self.data))
        self._times.append(time.monotonic())
        if _ASKED_SYNC in data:
            os.write(self._master, _HAS_SYNC)
        os.write(self._master, _IS_THERE * data.count(_ASKED_WHERE))

    @property
    def gone(self) -> bool:
        """Whether nothing more can come."""
        return self._gone

    def fileno(self) -> int:
        """Return the terminal's descriptor."""
        return self._master

    # What is done to it

    def press(self, keys: bytes) -> float:
        """Type something; return when."""
        now = time.monotonic()
        os.write(self._master, keys)
        return now

    def quit(self) -> float:
        """Quit, and return the seconds until the program had ended."""
        pressed = self.press(QUIT)
        while self._process.poll() is None:
            assert time.monotonic() - pressed < 10, "it does not end"
            if self._gone:
                self._process.wait(10)
            else:
                listen([self], 0.002, most=1)
        return time.monotonic() - pressed

    # What it uses

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def cpu(self) -> float:
        """Return the CPU seconds that it has used, with all threads."""
        return time.clock_gettime((~self.pid << 3) | _CPU_OF_PROCESS)

    def _busy(self) -> float:
        """The seconds that its main thread has run, or waited for a processor."""
        running, waiting, _ = Path(f"/proc/{self.pid}/schedstat").read_text().split()
        return (int(running) + int(waiting)) / 1e9

    def usage(self) -> Usage:
        """Return what it has used so far."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        kilobytes = dict(re.findall(r"(VmRSS|VmHWM):\s+(\d+) kB", status))
        return Usage(self.cpu(), int(kilobytes["VmRSS"]) * 1_024, int(kilobytes["VmHWM"]) * 1_024)

    def settle(self, timeout: float = 60.0) -> float:
        """Take in what comes until it is busy no more; return the moment at which it was not."""
        deadline = time.monotonic() + timeout
        while True:
            before, began = self._busy(), time.monotonic()
            self.listen(0.1)
            if self._busy() - before < 0.3 * (time.monotonic() - began):
                return began
            assert time.monotonic() < deadline, "it is busy for ever"


def listen(wires: Iterable[Wire], seconds: float, *, most: int = 0) -> None:
    """Take in what several programs write for some time, or the first `most` pieces of it."""
    deadline = time.monotonic() + seconds
    taken = 0
    while (left := deadline - time.monotonic()) > 0 and not (most and taken >= most):
        living = [wire for wire in wires if not wire.gone]
        for wire in select.select(living, [], [], left)[0]:
            wire.take()
            taken += 1
