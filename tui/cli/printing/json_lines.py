"""What the commands print with `--json`: one object a line, as `schema.json` describes it.

In ASCII, so that the lines are the same in every locale, and nothing in them can be taken for a
control sequence. What is not known is null. Keys are added, never renamed or removed, while the
number under `schema` stays.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from math import isfinite
from typing import Final

from tui.cli.errors import ErrorCode
from tui.errors import ApiError, ErrorKind
from tui.scenext.models import Result, TaskStatus
from tui.watchlist import facts
from tui.watchlist.records import Record
from tui.wording.states import STATES

SCHEMA: Final = 1
"""The version of the objects; another one would be another meaning of a key."""

_ERROR_CODES: Final[Mapping[ErrorKind, ErrorCode]] = {
    ErrorKind.KEY_REFUSED: ErrorCode.KEY_REFUSED,
    ErrorKind.NOT_FOUND: ErrorCode.UNKNOWN_TASK,
    ErrorKind.UNEXPECTED: ErrorCode.INTERNAL,
}
"""The codes of failed requests; for any other kind there was no answer."""


def to_line(value: Mapping[str, object]) -> str:
    """Return an object as one line of JSON, in ASCII."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(", ", ": "))


def task_object(
    record: Record, now: datetime, *, links: bool = False, watched: bool = True
) -> dict[str, object]:
    """Return what is known of a task, as values of JSON.

    `links` adds the signed links, which are secrets. `watched` tells whether the watchlist holds
    the task: the record of another one has no time at which it was added.
    """
    entry, task, status = record.entry, record.task, record.status
    has_ended = status.terminal
    took = facts.duration(record) if has_ended and watched else None
    if has_ended and task is not None and task.duration is not None:
        took = task.duration
    created = None if task is None else task.created_at
    finished = None if task is None else task.finished_at
    scored = _scored(record)
    shown: dict[str, object] = {
        "schema": SCHEMA,
        "task_id": record.id,
        "watched": watched,
        "state": STATES[status],
        "state_sent": (record.status_sent or None) if status is TaskStatus.UNKNOWN else None,
        "label": entry.label or None,
        "title": record.title or None,
        "added_at": _time(entry.added) if watched else None,
        "created_at": _zoned_time(created),
        "ended_at": (_zoned_time(finished) or _time(entry.ended)) if has_ended else None,
        "seconds": None if took is None else round(took.total_seconds()),
        "age_seconds": _age(record, now) if watched and not has_ended else None,
        "frames": facts.frame_count(record),
        "points": _number(facts.points(record)),
        "score": None if scored is None else _score(scored.score),
        "score_detail": None if scored is None else scored.score_detail or None,
        "reason": (facts.failure_reason(record) or None) if status is TaskStatus.FAILED else None,
        "answered_at": _time(record.answered_at),
        "error": None if record.error is None else _error(record.error),
    }
    if links:
        shown["video_url"] = _video_url(record)
        shown["frame_urls"] = [{"id": frame.id, "url": frame.url} for frame in record.frames]
    return shown


def error_code(error: ApiError) -> ErrorCode:
    """Return the code of a failed request."""
    if error.is_strange:  # Somebody else answers in the place of the service.
        return ErrorCode.NO_ANSWER
    return _ERROR_CODES.get(error.kind, ErrorCode.NO_ANSWER)


def _error(error: ApiError) -> dict[str, object]:
    code, status = error_code(error).value, error.http_status
    return {"code": code, "message": error.message, "http_status": status}


def _age(record: Record, now: datetime) -> int:
    # Not below 0 where the clock was set back since it was added.
    return max(0, round(record.age(now, None)))


def _video_url(record: Record) -> str | None:
    links = (item for item in record.results if item.is_link)
    return next((item.content for item in links if item.kind.casefold() == "video"), None)


def _scored(record: Record) -> Result | None:
    return next((item for item in record.results if item.score or item.score_detail), None)


def _score(sent: str) -> float | int | None:
    with suppress(ValueError):
        number = float(sent)
        return _number(number) if isfinite(number) else None
    return None


def _number(value: float | None) -> float | int | None:
    # Larger ones have no exact value, and hundreds of digits as integers.
    is_whole = value is not None and value.is_integer() and abs(value) < 2**53
    return int(value) if value is not None and is_whole else value


def _zoned_time(moment: datetime | None) -> str | None:
    # One that the service sent without a zone is no moment.
    return None if moment is None or moment.tzinfo is None else _time(moment)


def _time(moment: datetime | None) -> str | None:
    """Return a moment as `2026-11-29T14:55:00Z`."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
