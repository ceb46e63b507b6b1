"""Read spans of time on the command line: `90s`, `45m`, `2h`, `1h30m`, `1d`, or plain seconds."""

from __future__ import annotations

import argparse
import re
from typing import Final

from tui.sanitize import clean

MAX_SECONDS: Final = 366 * 86_400
"""More is a mistake: no task runs for a year."""

_SECONDS: Final = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
# Not \d, which is any script's digits; and no number that takes long to read.
_SPAN: Final = re.compile(
    r"(?=[0-9])(?:([0-9]{1,15})d)?(?:([0-9]{1,15})h)?(?:([0-9]{1,15})m)?(?:([0-9]{1,15})s)?"
)


def parse_duration(text: str) -> float:
    """Return the seconds of a span of time. Raises `argparse.ArgumentTypeError`."""
    span = text.strip().lower()
    shown = clean(text, 40)
    match = _SPAN.fullmatch(f"{span}s" if span.isdecimal() else span)
    if match is None:
        raise argparse.ArgumentTypeError(
            f"“{shown}” is not a duration: write 90s, 45m, 2h, 1h30m or 1d"
        )
    seconds = sum(
        int(number) * unit
        for number, unit in zip(match.groups(), _SECONDS.values(), strict=True)
        if number
    )
    if not 0 < seconds <= MAX_SECONDS:
        bound = "too short: at least 1s" if seconds <= 0 else "too long: at most 366d"
        raise argparse.ArgumentTypeError(f"“{shown}” is {bound}")
    return float(seconds)


def format_duration(seconds: float) -> str:
    """Return a span of time as `parse_duration` reads it."""
    rest, parts = int(seconds), []
    for letter, unit in _SECONDS.items():
        number, rest = divmod(rest, unit)
        if number:
            parts.append(f"{number}{letter}")
    return "".join(parts)
