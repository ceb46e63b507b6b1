"""How many examples a property is tried with: few in the ordinary run, more when asked for."""

from __future__ import annotations

import os

VARIABLE = "SCENEXT_EXAMPLES"


def examples(few: int) -> int:
    """Return `few`, or the number in `SCENEXT_EXAMPLES` where that is larger."""
    return max(few, int(os.environ.get(VARIABLE, "0")))
