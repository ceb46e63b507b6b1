"""End the process with its exit code even if threads hang, and without a core file."""

from __future__ import annotations

import os
import resource
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn

INTERRUPTED: Final = 130
"""Exit code after ctrl+c where it is a signal: 128 + SIGINT."""


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
    deadline = time.monotonic() + 0.5
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join(max(0.0, deadline - time.monotonic()))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
