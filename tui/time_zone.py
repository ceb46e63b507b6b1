"""The user's time zone; UTC if TZ does not name a valid one.

Everything that is shown in local time goes through `local_time`.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tui.sanitize import clean

_FOLDERS: Final = ("/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/usr/lib/zoneinfo")
"""Where the C libraries of Linux and macOS have their zones, unless TZDIR names another folder."""
_MAGIC: Final = b"TZif"
"""The first bytes of a compiled zone (tzfile(5))."""
_ALWAYS_UTC: Final = frozenset({"UTC", "GMT", "UCT", "Zulu", "Universal"})
"""Names that mean UTC without a file too, as in a container without zones."""
_ABBREVIATION: Final = r"(?:[A-Za-z]{3,32}|<[A-Za-z0-9+-]{3,32}>)"
_OFFSET: Final = r"[+-]?(?:2[0-4]|[01]?[0-9])(?::[0-5]?[0-9]){0,2}"
_DAY: Final = r"(?:J?[0-9]{1,3}|M(?:1[0-2]|0?[1-9])\.[1-5]\.[0-6])"
_RULE: Final = rf",{_DAY}(?:/[+-]?[0-9]{{1,3}}(?::[0-5]?[0-9]){{0,2}})?"
_POSIX: Final = f"{_ABBREVIATION}{_OFFSET}(?:{_ABBREVIATION}(?:{_OFFSET})?(?:{_RULE}{_RULE})?)?"
"""A zone that is written out, such as `CST-8` or `CET-1CEST,M3.5.0,M10.5.0/3` (tzset(3))."""
_SEASONS: Final = (datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC))


def settle(environ: MutableMapping[str, str]) -> str:
    """Have local time be UTC where the zone of the process cannot be used; return a warning.

    A TZ that names no zone is UTC to the C library too, but silently and under the name that it
    does not know; an offset of a day or more is an error of `datetime` at every time that is shown.
    Call it before other threads run, with the environment of the process.
    """
    name = environ.get("TZ", "")
    if (not name or is_zone(name, environ)) and _has_offsets():
        return ""
    environ["TZ"] = "UTC0"
    time.tzset()
    what = f"TZ names no time zone (“{clean(name, 40)}”)" if name else "The time zone is unusable"
    return f"{what}: times are in UTC."


def is_zone(name: str, environ: Mapping[str, str]) -> bool:
    """Return whether a value of TZ names a zone that is there, or is one that is written out."""
    name = name.removeprefix(":")
    folders = filter(None, (environ.get("TZDIR"), *_FOLDERS))
    # The pattern comes last: to compile it takes a millisecond of the start.
    return (
        name in _ALWAYS_UTC
        or any(_is_zone_file(Path(folder, name)) for folder in folders)
        or bool(re.fullmatch(_POSIX, name))
    )


def local_time(moment: datetime) -> datetime:
    """Return a moment in the user's time zone, in UTC where that is impossible. Never raises."""
    for zone in (None, UTC):
        # The first and last hours of the calendar, or an offset of a day or more.
        with suppress(OverflowError, ValueError, OSError):
            return moment.astimezone(zone)
    return moment


def _is_zone_file(path: Path) -> bool:
    with suppress(OSError, ValueError):
        # O_NONBLOCK: opening a FIFO of that name must not block for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
            return regular and os.read(descriptor, len(_MAGIC)) == _MAGIC
        finally:
            os.close(descriptor)
    return False


def _has_offsets() -> bool:
    try:
        for moment in _SEASONS:
            moment.astimezone()
    except (OverflowError, ValueError, OSError):
        return False
    return True
