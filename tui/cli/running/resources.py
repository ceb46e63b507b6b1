"""Refuse to start if the limits of the session are too low to run."""

from __future__ import annotations

import mmap
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
MIN_FREE_MEMORY: Final = 192 << 20
"""Bytes of address space that the stacks of the threads, modules and data take."""
_FEW_PROCESSES: Final = 1000
"""A limit of processes below which it may already be reached."""
_M_ARENA_MAX: Final = -8
"""`mallopt`'s number for it (malloc.h of glibc)."""


def require_resources() -> None:
    """Raise the limit of open files if it is low; check that files, threads and memory suffice.

    Otherwise Textual would fail with a traceback halfway through its start, or a thread would be
    missing and the screen would freeze. Call it before other threads run. Raises `UserError`.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= soft < USUAL_FILES:
        wanted = min(USUAL_FILES, hard) if hard != resource.RLIM_INFINITY else USUAL_FILES
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    try:
        _try_files()
        if _has_limited_memory():
            _share_one_arena()
            _try_memory()
            _try_threads()
        elif 0 <= resource.getrlimit(resource.RLIMIT_NPROC)[0] < _FEW_PROCESSES:
            _try_threads()
    except (OSError, RuntimeError, MemoryError) as error:
        raise UserError(shortage(error) or str(error)) from None


def _has_limited_memory() -> bool:
    limits = (resource.RLIMIT_AS, resource.RLIMIT_DATA)
    return any(resource.getrlimit(each)[0] != resource.RLIM_INFINITY for each in limits)


def _share_one_arena() -> None:
    """Have all threads allocate from one arena: glibc sets 64 MiB apart for each thread's own."""
    with suppress(ImportError, OSError, AttributeError):  # Other C libraries have no arenas.
        import ctypes

        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def _try_memory() -> None:
    mmap.mmap(-1, MIN_FREE_MEMORY, flags=mmap.MAP_PRIVATE).close()


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
