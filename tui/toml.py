"""Parse TOML: with rtoml, which is faster than `tomllib`, but with `tomllib`'s errors."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import rtoml


def loads(text: str) -> dict[str, Any]:
    """Return the table of a TOML document.

    rtoml reads a large watchlist fast enough for the first paint. A document that it rejects is
    parsed by `tomllib`, whose errors do not quote values, which may be secrets.

    Raises:
        ValueError: not TOML (`tomllib.TOMLDecodeError`), or a number is out of range.
        RecursionError: nested too deeply.
    """
    with suppress(ValueError, OverflowError):
        return rtoml.loads(text)
    import tomllib

    return tomllib.loads(text)
