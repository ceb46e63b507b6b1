"""One answer of the service -> one `Task`: parsed field by field, scrubbed at this edge.

By hand rather than by a schema library: those reject a whole answer for one bad frame. Nothing
leaves this module that is not checked, and no `Any` gets past it.

The contract is the provider's API reference, docs.scenext.cn, page *api-reference/get-status*;
`score`, `scoreDetail` and `consumption` are what the provider's programs write, parsed leniently.
"""

from __future__ import annotations

import json
import math
from typing import Final

from tui.errors import ApiError, ErrorKind
from tui.sanitize import BLOCK, LINE, clean
from tui.scenext.models import Frame, Result, Task, TaskStatus
from tui.scenext.signed_url import identity, is_link

MAX_FRAMES: Final = 2_000
MAX_RESULTS: Final = 200
_POINTS_NAMES: Final = ("consumption", "points", "points_consumption", "points_used", "credits")


def parse(body: bytes, task_id: str) -> Task:
    """Return the task that `body` tells of, which must be `task_id`.

    Raises:
        ApiError: `REJECTED` when the service says that the request failed, `NOT_THE_API` when
            the bytes are no answer of the service or tell of another task.
    """
    envelope = _object(body)
    data = envelope.get("data")
    data = data if isinstance(data, dict) else {}
    if _says_error(envelope):
        raise ApiError(ErrorKind.REJECTED, error_message(body) or "the service reports an error")
    if not isinstance(envelope.get("status"), str) or "status" not in data:
        raise ApiError(ErrorKind.NOT_THE_API, "the answer is JSON, but not of the service's form")
    sent_id = data.get("task_id")
    if sent_id is not None and _plain(sent_id) != task_id:
        raise ApiError(ErrorKind.NOT_THE_API, "the answer is about another task")
    status, status_sent = _status(data.get("status"))
    return Task(
        id=task_id,
        status=status,
        status_sent=status_sent,
        frames=_frames(data.get("progress")),
        results=_results(data.get("result")),
        points=_points(data),
        message=_text(data.get("messages"), BLOCK),
    )


def error_message(body: bytes) -> str:
    """Return what an error answer of the service says, on one line; empty where it says nothing."""
    try:
        envelope = _object(body)
    except ApiError:
        return ""
    data = envelope.get("data")
    candidates = [data.get("messages"), data.get("message")] if isinstance(data, dict) else [data]
    for candidate in (*candidates, envelope.get("messages"), envelope.get("message")):
        # Whole: the caller takes secrets out before it is cut.
        if text := _text(candidate, BLOCK):
            return text
    return ""


def is_service_error(body: bytes) -> bool:
    """Return whether `body` has the form in which the service itself reports an error."""
    try:
        return _says_error(_object(body))
    except ApiError:
        return False


def _says_error(envelope: dict[str, object]) -> bool:
    outer = envelope.get("status")
    return isinstance(outer, str) and outer.strip().lower() == "error"


def _object(body: bytes) -> dict[str, object]:
    try:
        # Decoded here, strictly: json.loads would guess UTF-16 and swallow surrogates.
        value: object = json.loads(body.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        kind = "a page" if body.lstrip()[:1] == b"<" else "not JSON"
        raise ApiError(ErrorKind.NOT_THE_API, f"the answer is {kind}") from None
    if not isinstance(value, dict):
        raise ApiError(ErrorKind.NOT_THE_API, "the answer is JSON, but not of the service's form")
    return value


def _refuse(constant: str) -> float:
    raise ValueError(constant)


def _status(value: object) -> tuple[TaskStatus, str]:
    sent = _text(value, 60)
    word = sent.strip().upper()
    if word in ("IN_PROGRESS", "COMPLETED", "FAILED"):
        return TaskStatus(word), word
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
        # A scene without a picture of its own repeats the URL before it under a new id.
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
    link = isinstance(content, str) and is_link(content)
    text = content if link and isinstance(content, str) else _text(content, BLOCK, lines=True)
    kind = _text(item.get("type"), 40) or "text"
    score = _text(item.get("score"), 40)
    detail = _text(item.get("scoreDetail"), BLOCK, lines=True)
    return Result(kind, text, link, score, detail) if text or score or detail else None


def _points(data: dict[str, object]) -> str:
    for name in _POINTS_NAMES:
        value = data.get(name)
        if isinstance(value, list):
            parts = [_text(part) for part in value[:20]]
            if text := clean(", ".join(part for part in parts if part)):
                return text
        elif text := _text(value):
            return text
    return ""


def _plain(value: object) -> str | None:
    if isinstance(value, str):
        return value
    return _number(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: object, limit: int = LINE, *, lines: bool = False) -> str:
    """Any JSON value in the plain shape in which it came, cleaned."""
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
    # str() refuses integers of more than 4,300 digits, and nobody reads more than a few.
    return str(value) if value.bit_length() < 200 else f"{value.bit_length()} bits"


def _scalar(value: object) -> str:
    return "…" if isinstance(value, dict | list) else _text(value)
