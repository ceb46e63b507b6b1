"""Parse TOML: with rtoml, which is faster than `tomllib`, but with `tomllib`'s errors."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import rtoml


def loads(text: str) -> dict[str, Any]:
    """Return the table of a TOML document.

    A document that rtoml rejects is parsed by `tomllib`, whose errors quote no values, which may be
    secrets. Raises `ValueError`, and `RecursionError` for one that is nested too deeply.
    """
    with suppress(ValueError, OverflowError):
        return rtoml.loads(text)
    import tomllib

    return tomllib.loads(text)
