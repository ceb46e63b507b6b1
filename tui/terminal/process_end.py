"""End the process with its exit code, by a signal or although threads hang; no core file."""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

from tui import key_command

INTERRUPTED: Final = 130
"""Exit code after ctrl+c where it is a signal: 128 + SIGINT."""
TERMINATED: Final = 143
"""Exit code after SIGTERM: 128 + SIGTERM."""


def exit_on_sigterm() -> None:
    """Have SIGTERM raise `SystemExit`, as SIGINT raises `KeyboardInterrupt`.

    So the process ends with a code of its own, where a shell alone would make one of the signal,
    and with everything tidied up. What needs another way, such as the dashboard, replaces this.
    """
    signal.signal(signal.SIGTERM, _exit)


def _exit(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(TERMINATED)


def disable_core_files() -> None:
    """Let no signal write the memory of this process to a file: it holds the API key.

    Nor that of a program that it starts: one of them prints the key. Both limits, so that nothing
    raises it again. A program that receives core files through a pipe (systemd-coredump, apport)
    gets them regardless of the limit (core(5)), so no memory is to be part of one.
    """
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):
        Path("/proc/self/coredump_filter").write_text("0", "ascii")


def end_now(code: int) -> NoReturn:
    """End the process even if threads hang, as a name look-up can for many seconds."""
    key_command.end_running()
    deadline = time.monotonic() + 0.5
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join(max(0.0, deadline - time.monotonic()))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
