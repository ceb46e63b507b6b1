"""Parse a response of the service into a `Task`: field by field, with all text sanitized.

Written by hand because schema libraries reject a whole response for one bad frame.

The contract is the provider's API reference, docs.scenext.cn, page *api-reference/get-status*;
`score`, `scoreDetail` and `consumption` are what the provider's programs write, parsed leniently.
"""

from __future__ import annotations

import json
import math
from typing import Final

from tui.errors import ApiError, ErrorKind
from tui.sanitize import MAX_BLOCK_LENGTH, MAX_LINE_LENGTH, clean
from tui.scenext.models import Frame, Result, Task, TaskStatus
from tui.scenext.nesting import is_too_deep
from tui.scenext.signed_url import identity, is_link

MAX_FRAMES: Final = 2_000
MAX_RESULTS: Final = 200
_POINTS_KEYS: Final = ("consumption", "points", "points_consumption", "points_used", "credits")


def parse(body: bytes, task_id: str) -> Task:
    """Return the task described by `body`, which must be `task_id`.

    Raises `ApiError`: `REJECTED` if the service reports an error, `NOT_THE_API` if the bytes are
    not a response of the service or describe another task.
    """
    envelope = _parse_object(body)
    data = envelope.get("data")
    data = data if isinstance(data, dict) else {}
    if _is_error(envelope):
        raise ApiError(ErrorKind.REJECTED, error_message(body) or "the service reports an error")
    if not isinstance(envelope.get("status"), str) or "status" not in data:
        raise ApiError(ErrorKind.NOT_THE_API, "the answer is JSON, but not of the service's form")
    sent_id = data.get("task_id")
    if sent_id is not None and _id_text(sent_id) != task_id:
        raise ApiError(ErrorKind.NOT_THE_API, "the answer is about another task")
    status, status_sent = _status(data.get("status"))
    return Task(
        id=task_id,
        status=status,
        status_sent=status_sent,
        frames=_frames(data.get("progress")),
        results=_results(data.get("result")),
        points=_points(data),
        message=_text(data.get("messages"), MAX_BLOCK_LENGTH),
    )


def error_message(body: bytes) -> str:
    """Return the message of an error response, on one line; empty if there is none."""
    try:
        envelope = _parse_object(body)
    except ApiError:
        return ""
    data = envelope.get("data")
    candidates = [data.get("messages"), data.get("message")] if isinstance(data, dict) else [data]
    for candidate in (*candidates, envelope.get("messages"), envelope.get("message")):
        # Not shortened to a line: the caller redacts secrets first.
        if text := _text(candidate, MAX_BLOCK_LENGTH):
            return text
    return ""


def is_service_error(body: bytes) -> bool:
    """Return whether `body` has the format of the service's own errors."""
    try:
        return _is_error(_parse_object(body))
    except ApiError:
        return False


def _is_error(envelope: dict[str, object]) -> bool:
    outer = envelope.get("status")
    return isinstance(outer, str) and outer.strip().lower() == "error"


def _parse_object(body: bytes) -> dict[str, object]:
    if is_too_deep(body):
        raise ApiError(ErrorKind.NOT_THE_API, "the answer is nested too deeply")
    try:
        # Decoded strictly: given bytes, json.loads guesses UTF-16 and accepts surrogates.
        value: object = json.loads(body.decode("utf-8"), parse_constant=_reject_constant)
    except (ValueError, RecursionError):
        kind = "a page" if body.lstrip()[:1] == b"<" else "not JSON"
        raise ApiError(ErrorKind.NOT_THE_API, f"the answer is {kind}") from None
    if not isinstance(value, dict):
        raise ApiError(ErrorKind.NOT_THE_API, "the answer is JSON, but not of the service's form")
    return value


def _reject_constant(constant: str) -> float:
    raise ValueError(constant)


def _status(value: object) -> tuple[TaskStatus, str]:
    sent = _text(value, 60)
    name = sent.strip().upper()
    if name in ("IN_PROGRESS", "COMPLETED", "FAILED"):
        return TaskStatus(name), name
    return TaskStatus.UNKNOWN, sent.strip() or "(empty)"


def _frames(value: object) -> tuple[Frame, ...]:
    frames: list[Frame] = []
    seen: set[tuple[str, str]] = set()
    for item in value[:MAX_FRAMES] if isinstance(value, list) else []:
        if not isinstance(item, dict):
            continue
        url = item.get("image")
        if not isinstance(url, str) or not url.strip():
            continue
        frame = Frame(_text(item.get("id")) or f"frame{len(frames) + 1}", url)
        # A scene without a picture of its own repeats the previous URL under a new ID.
        key = (frame.id, identity(url))
        if key not in seen:
            seen.add(key)
            frames.append(frame)
    return tuple(frames)


def _results(value: object) -> tuple[Result, ...]:
    items = value if isinstance(value, list) else [] if value is None else [value]
    return tuple(result for item in items[:MAX_RESULTS] if (result := _result(item)) is not None)


def _result(item: object) -> Result | None:
    if isinstance(item, str):
        item = {"type": "text", "content": item}
    if not isinstance(item, dict):
        return None
    content = item.get("content")
    if isinstance(content, str) and is_link(content):
        text, link = content, True
    else:
        text, link = _text(content, MAX_BLOCK_LENGTH, lines=True), False
    kind = _text(item.get("type"), 40) or "text"
    score = _text(item.get("score"), 40)
    detail = _text(item.get("scoreDetail"), MAX_BLOCK_LENGTH, lines=True)
    return Result(kind, text, link, score, detail) if text or score or detail else None


def _points(data: dict[str, object]) -> str:
    for key in _POINTS_KEYS:
        value = data.get(key)
        if isinstance(value, list):
            parts = [_text(part) for part in value[:20]]
            if text := clean(", ".join(part for part in parts if part)):
                return text
        elif text := _text(value):
            return text
    return ""


def _id_text(value: object) -> str | None:
    if isinstance(value, str):
        return value
    return _number(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: object, limit: int = MAX_LINE_LENGTH, *, lines: bool = False) -> str:
    """Return any JSON value as sanitized text."""
    match value:
        case None | bool():
            return ""
        case str():
            return clean(value, limit, keep_lines=lines).strip()
        case int():
            return _number(value)
        case float():
            return f"{value:.12g}" if math.isfinite(value) else ""
        case dict():
            pairs = (f"{clean(str(key), 40)}: {_scalar(part)}" for key, part in value.items())
            return clean(", ".join(pairs), limit).strip()
        case _:
            return _nested(value, limit) if value else ""


def _nested(value: object, limit: int) -> str:
    try:
        return clean(json.dumps(value, ensure_ascii=False), limit)
    except RecursionError:
        return ""


def _number(value: int) -> str:
    # str() raises for integers with too many digits.
    return str(value) if value.bit_length() < 200 else f"{value.bit_length()} bits"


def _scalar(value: object) -> str:
    return "…" if isinstance(value, dict | list) else _text(value)
