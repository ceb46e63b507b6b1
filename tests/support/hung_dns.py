"""The program with a hanging DNS resolver: `python -m tests.support.hung_dns ARGUMENTS...`.

The first SCENEXT_TEST_LOOKUPS look-ups succeed at once. Each later one blocks its thread, as a
resolver in C does when its server is dead. The arguments are those of the program.
"""

from __future__ import annotations

import itertools
import os
import socket
import time
from typing import Any

from tui.cli.main import run

HANG_SECONDS = 12.0
"""Duration of a hanging look-up."""


def main() -> None:
    """Replace the resolver and run the program."""
    working = int(os.environ["SCENEXT_TEST_LOOKUPS"])
    numbers, original = itertools.count(), socket.getaddrinfo

    def getaddrinfo(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as the original.
        if next(numbers) >= working:
            time.sleep(HANG_SECONDS)
        return original(*arguments, **options)

    socket.getaddrinfo = getaddrinfo
    run()


if __name__ == "__main__":
    main()
