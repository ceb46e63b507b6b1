"""Read single values of the watchlist's file leniently; None for one that is damaged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from tui.clock import is_plausible
from tui.errors import UserError
from tui.scenext.task_ids import is_task_id, parse_task_ids
from tui.watchlist.entries import MAX_FRAME_COUNT, MAX_POINTS
from tui.watchlist.history import MAX_SECONDS


def text(value: object) -> str | None:
    """Return a text, or a whole number as the text of its digits."""
    # Not a number with a point: how it was written is lost.
    return str(value) if isinstance(value, str) or type(value) is int else None


def task_id(value: object) -> str:
    """Return the ID that a value is meant to be; empty if there is none, or more than one."""
    sent = text(value) or ""
    if is_task_id(sent):
        return sent
    with suppress(UserError):
        ids = parse_task_ids([sent])
        return ids[0] if len(ids) == 1 else ""
    return ""


def moment(value: object) -> datetime | None:
    """Return a date with a time and a zone, in UTC, that can be meant."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        with suppress(OverflowError):
            # First, since its comparisons are slow in the zone that rtoml gives it.
            value = value.astimezone(UTC)
            return value if is_plausible(value) else None
    return None


def _number(limit: float, *types: type) -> Callable[[object], Any]:
    """Return what reads a number between 0 and `limit`."""

    def read(value: Any) -> Any:  # noqa: ANN401
        # By the exact type, since a truth value is an integer as well.
        return value if type(value) in types and 0 <= value <= limit else None

    return read


seconds: Final = _number(MAX_SECONDS, float, int)
"""Read how long something took."""
READERS: Final[Mapping[str, Callable[[object], Any]]] = {
    **dict.fromkeys(("label", "status", "status_sent", "title"), text),
    **dict.fromkeys(("added", "ended", "noticed", "seen"), moment),
    **{"took": seconds, "points": _number(MAX_POINTS, float, int)},
    **dict.fromkeys(("frames", "first_frames"), _number(MAX_FRAME_COUNT, int)),
}
"""The keys of a task but its ID, with what reads their values."""
