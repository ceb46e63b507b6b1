"""The number of examples of a property test: few by default, more on request."""

from __future__ import annotations

import os

VARIABLE = "SCENEXT_EXAMPLES"


def examples(default: int) -> int:
    """Return `default`, or the number in `SCENEXT_EXAMPLES` if that is larger."""
    return max(default, int(os.environ.get(VARIABLE, "0")))
