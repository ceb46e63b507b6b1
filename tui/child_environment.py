"""The environment of every program that this one starts."""

from __future__ import annotations

import os
from typing import Final

_OWN_PREFIX: Final = "SCENEXT_"


def child_environment() -> dict[str, str]:
    """Return our environment without the variables that are meant for this program alone.

    The key is one of them. No matter how they are written: nothing that begins like them is passed.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(_OWN_PREFIX)
    }
