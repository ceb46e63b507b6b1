"""`python -m tui.demo`: the stand-in alone, until SIGINT or SIGTERM.

Prints three lines and nothing else: the base URL, the API key, the task IDs with spaces between.
"""

from __future__ import annotations

import signal
import sys
from typing import Final

from tui.demo.service import DemoService

_ENDS: Final = (signal.SIGINT, signal.SIGTERM)


def main() -> int:
    """Serve until interrupted, and return the exit code."""
    for number in _ENDS:
        # A shell starts background jobs with SIGINT ignored.
        signal.signal(number, signal.SIG_DFL)
    # Blocked and waited for, in every thread: a handler could interrupt a lock that it needs.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)
    with DemoService() as service:
        lines = (service.base_url, service.api_key, " ".join(service.task_ids))
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()
        signal.sigwait(_ENDS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
