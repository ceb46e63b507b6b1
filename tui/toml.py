"""Reads TOML: in a fifth of `tomllib`'s time, and with its judgement of what is wrong."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import rtoml


def loads(text: str) -> dict[str, Any]:
    """Return what a TOML document holds.

    1,000 tasks take `tomllib` 22 ms to read and rtoml 4 ms, in front of the first paint. What rtoml
    will not read is read by `tomllib`, whose errors quote no value: one may be a key.

    Raises:
        ValueError: it is not TOML (`tomllib.TOMLDecodeError`), or a number in it is out of range.
        RecursionError: it is nested too deeply.
    """
    with suppress(ValueError, OverflowError):
        return rtoml.loads(text)
    import tomllib

    return tomllib.loads(text)
