"""Encodes pictures in a process of its own: `python -I -S worker.py FOLDER`, FOLDER being Pillow's.

Started by `tui/pictures/encoder.py`. It is told a picture's bytes and what is to become of them,
and knows no link and no key. It limits itself before it imports Pillow, so that a picture made to
exhaust memory or time ends this process instead of the dashboard. It ends when its standard input
does, however the dashboard ended.
"""

from __future__ import annotations

import importlib
import math
import os
import resource
import signal
import sys
import time
from contextlib import suppress
from typing import Final

MAX_MEMORY_BYTES: Final = 512 << 20
MAX_CPU_SECONDS: Final = 3
"""CPU time for each picture."""
MAX_OPEN_FILES: Final = 16


def main() -> None:
    """Answer requests until the input ends."""
    _limit_process()
    _find_packages(pillow=sys.argv[1])
    from tui.pictures.worker_protocol import REPLY, REQUEST, Result, unpack

    def send(result: Result, *numbers: int, data: bytes = b"") -> None:
        first, second = numbers or (0, 0)
        sys.stdout.buffer.write(REPLY.pack(result, first, second, len(data)) + data)
        sys.stdout.buffer.flush()

    try:
        from tui.pictures.decoding import TooLargeError
        from tui.pictures.rendering import render
    except Exception:
        send(Result.NO_PILLOW)
        return
    send(Result.READY)
    while header := sys.stdin.buffer.read(REQUEST.size):
        request, length = unpack(header)
        file = sys.stdin.buffer.read(length)
        _limit_cpu(MAX_CPU_SECONDS)
        try:
            picture = render(file, request)
        except TooLargeError as error:
            send(Result.TOO_LARGE, *error.args)
        except MemoryError:
            send(Result.TOO_MUCH_MEMORY)
        except Exception:  # Pillow's decoders raise exceptions of many types.
            send(Result.BROKEN)
        else:
            send(Result.DONE, picture.columns, picture.rows, data=picture.data)
        signal.setitimer(signal.ITIMER_PROF, 0)


def _limit_process() -> None:
    # Ignored signals and limits are inherited from whatever started the dashboard.
    for number in (signal.SIGPROF, signal.SIGXCPU):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for what, most in (
        (resource.RLIMIT_AS, MAX_MEMORY_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, MAX_OPEN_FILES),
    ):
        # macOS refuses to limit the address space; the dashboard's deadline still holds there.
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


def _find_packages(*, pillow: str) -> None:
    """Let `tui` be imported from where this file is and Pillow from its folder, and nothing else.

    Either folder may hold more, such as another version of the other package.
    """
    # Without pathlib, which takes as long to import as all of `tui.pictures`.
    ours = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120
    sys.path.append(ours)
    importlib.import_module("tui.pictures")
    sys.path[-1] = pillow


def _limit_cpu(seconds: int) -> None:
    """Have the kernel end this process after so much CPU time from now on."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    used = math.ceil(time.process_time())
    with suppress(ValueError, OSError):
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, hard))


if __name__ == "__main__":
    main()
