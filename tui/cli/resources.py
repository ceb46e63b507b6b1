"""Refuse to start where the limits of the session leave too little to run on."""

from __future__ import annotations

import os
import resource
import threading
from contextlib import suppress
from typing import Final

from tui.errors import UserError
from tui.os_errors import shortage

MIN_FREE_FILES: Final = 10
"""Descriptors that the event loop, the terminal, a save and a first connection take."""
USUAL_FILES: Final = 256
"""Open files that are asked for where a session allows less at first: one for each connection."""
MIN_THREADS: Final = 6
"""Threads that read, write, watch the terminal, save, and prepare the connections."""
_FEW_PROCESSES: Final = 1000
"""A limit of processes below which it may already be reached."""


def require_resources() -> None:
    """Raise the limit of open files if it is low; check that there are files and threads enough.

    Textual would end with a traceback half way into its start. Raises `UserError`.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= soft < USUAL_FILES:
        wanted = min(USUAL_FILES, hard) if hard != resource.RLIM_INFINITY else USUAL_FILES
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    try:
        _try_files()
        if _has_few_threads():
            _try_threads()
    except (OSError, RuntimeError) as error:
        raise UserError(shortage(error) or str(error)) from None


def _has_few_threads() -> bool:
    """Return whether a limit may be reached; a thread takes address space as well."""
    processes, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    memory, _ = resource.getrlimit(resource.RLIMIT_AS)
    return memory != resource.RLIM_INFINITY or 0 <= processes < _FEW_PROCESSES


def _try_files() -> None:
    opened: list[int] = []
    try:
        while len(opened) < MIN_FREE_FILES:
            opened.append(os.dup(0))
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _try_threads() -> None:
    done = threading.Event()
    started: list[threading.Thread] = []
    try:
        while len(started) < MIN_THREADS:
            thread = threading.Thread(target=done.wait)
            thread.start()
            started.append(thread)
    finally:
        done.set()
        for thread in started:
            thread.join()
