"""A parent that watches how its child dies: `python -m tests.support.signalled HANGS`.

For each number that is typed it starts a child, which takes over the terminal as a dashboard does
and then hangs; the child gets that signal. The parent prints how the child ended, and whether it
left a core file. HANGS says where the child's main thread is: `lock` or `sleep`, or `output` for a
terminal that takes no more; `frames` draws all the time; `ignored` ignores the signal before.
"""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys
import termios
import threading
import time
import tty
from typing import NoReturn

from tui.terminal.lifecycle import TerminalWatchdog
from tui.terminal.output import OutputWriter
from tui.terminal.process_end import disable_core_files
from tui.terminal.restore import TERMINAL

TURNED_ON = (
    *(f"\x1b[?{mode}h" for mode in (1049, 1000, 1002, 1003, 1006, 1015, 1016, 1004, 2004, 2048)),
    *("\x1b[?25l", "\x1b[>25u", "\x1b[?7l", "\x1b[?6h", "\x1b[4h", "\x1b[3;5r", "\x1b[31;44m"),
    *("taken", "\x1b[?2026h", "\x1b]8;;https://example.com/half"),
)
"""What a dashboard may have turned on by then: it was in the middle of a link."""


async def draw() -> NoReturn:
    """Draw frames as fast as the terminal takes them."""
    writer = OutputWriter(2, lambda: None)
    writer.start()
    TERMINAL.drawn_by(lambda: writer.fileno)
    while True:
        if not writer.unsent:
            writer.begin_frame()
            writer.write("frame " * 20_000)
            writer.end_frame()
            writer.flush()
        await asyncio.sleep(0)


def hang(where: str) -> NoReturn:
    """Keep the main thread where handlers run late or never."""
    if where == "frames":
        asyncio.run(draw())
    if where == "output":
        while True:
            os.write(2, b"x" * 65536)
    lock = threading.Lock()
    lock.acquire()
    while True:
        time.sleep(60) if where == "sleep" else lock.acquire()


def child(where: str, number: int) -> NoReturn:
    """Take over the terminal, and wait for the end."""
    resource.setrlimit(resource.RLIMIT_CORE, resource.getrlimit(resource.RLIMIT_CORE)[1:] * 2)
    disable_core_files()
    if where == "ignored":
        signal.signal(number, signal.SIG_IGN)
    TerminalWatchdog(lambda code: None).install()
    TERMINAL.take()
    tty.setraw(0, termios.TCSANOW)
    os.write(2, "".join(TURNED_ON).encode())
    if where == "output":
        termios.tcflow(1, termios.TCOOFF)
    threading.Timer(0.02, os.kill, (os.getpid(), number)).start()
    if where == "ignored":
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
    hang(where)


def main(where: str) -> None:
    """Read numbers, and report ends."""
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            child(where, int(line))
        _, status = os.waitpid(pid, 0)
        core = ", with a core file" if os.WCOREDUMP(status) else ""
        code = os.waitstatus_to_exitcode(status)
        os.write(1, f"{line.strip()} ended with {code}{core}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1])
