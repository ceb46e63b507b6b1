"""The program on a machine whose resolver hangs: `python -m tests.support.hung_names …`.

The first `LEFT` look-ups of a name are answered, as SCENEXT_TEST_LOOKUPS says; each later one takes
twelve seconds, as a dead resolver does, and like one in C it cannot be interrupted. The rest of
the arguments are the program's own.
"""

from __future__ import annotations

import itertools
import os
import socket
import time
from typing import Any

from tui.cli.main import run

HANGS = 12.0
"""Seconds that a look-up takes."""


def main() -> None:
    """Run the program."""
    answered = int(os.environ["SCENEXT_TEST_LOOKUPS"])
    numbers, real = itertools.count(), socket.getaddrinfo

    def hanging(*arguments: Any, **more: Any) -> Any:  # noqa: ANN401 - as the real one.
        if next(numbers) >= answered:
            time.sleep(HANGS)
        return real(*arguments, **more)

    socket.getaddrinfo = hanging
    run()


if __name__ == "__main__":
    main()
