"""`python -m tui.demo`: run the fake service alone, until SIGINT or SIGTERM.

Prints exactly three lines: the base URL, the API key, the task IDs separated by spaces.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Final

from tui.demo.service import DemoService

_STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def main() -> int:
    """Serve until a signal arrives, and return the exit code."""
    if sys.stdout is None:  # Whatever is opened next would be standard output.
        sys.exit("output: it is closed")
    for number in _STOP_SIGNALS:
        # Shells start background jobs with SIGINT ignored.
        signal.signal(number, signal.SIG_DFL)
    # Blocked in all threads and waited for: a handler could deadlock on a lock that it interrupted.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    with DemoService() as service:
        lines = (service.base_url, service.api_key, " ".join(service.task_ids))
        try:
            # Unbuffered: Python would complain once more at its exit.
            os.write(sys.stdout.fileno(), "".join(f"{line}\n" for line in lines).encode())
        except OSError as error:
            sys.exit(f"output: {error.strerror}")
        signal.sigwait(_STOP_SIGNALS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
