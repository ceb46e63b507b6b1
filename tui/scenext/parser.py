"""Parse a response of the service into a `Task`: field by field, with all text sanitized.

Written by hand because schema libraries reject a whole response for one bad frame.

The contract is the provider's API reference, docs.scenext.cn, page *api-reference/get-status*;
`score`, `scoreDetail` and other shapes than the documented ones are what the provider's programs
write, parsed leniently. Whatever the bytes are, parsing them takes a few hundredths of a second.
"""

from __future__ import annotations

import json
import re
from typing import Final

from tui.errors import ApiError, ErrorKind
from tui.sanitize import MAX_BLOCK_LENGTH, MAX_LINE_LENGTH
from tui.scenext import values
from tui.scenext.mending import is_link, mended
from tui.scenext.models import MAX_FRAMES, Frame, Points, Result, Task, TaskStatus
from tui.scenext.nesting import is_too_deep
from tui.scenext.signed_url import identity
from tui.scenext.values import TextBudget

MAX_RESULTS: Final = 200
MAX_VALUES: Final = 120_000
"""JSON values in an answer, counted from above; no task has a thousand frames."""
_MAX_FLOATS: Final = 2_000
_MAX_ERROR_BYTES: Final = 64_000
"""Bytes of a body that is looked at for the message of an error."""
_MAX_FRAME_ID: Final = 60
_POINTS_KEYS: Final = ("consumption", "points", "points_consumption", "points_used", "credits")
_UNKNOWN_TASK: Final = r"(?i)not found|not exist|不存在|index out of range"
_ABOUT_A_KEY: Final = (
    r"(?i)api.?key|\bkeys?\b|token|authori[sz]|authentic|bearer|secret|credential|"
    r"access.denied|forbidden|密钥|秘钥|密匙|令牌|凭证|凭据|认证|验证|鉴权|授权|权限"
)
_NOT_THE_FORM: Final = "the answer is JSON, but not of the service's form"


def parse(body: bytes, task_id: str) -> Task:
    """Return the task described by `body`, which must be `task_id`.

    Raises `ApiError`: `NOT_FOUND` if the service reports that it does not know the task, `REJECTED`
    if it reports another error, `NOT_THE_API` if the bytes are not a response of the service or
    describe another task.
    """
    envelope = _parse_object(body)
    data = envelope.get("data")
    data = data if isinstance(data, dict) else {}
    if _is_error(envelope):
        message = _error_message(envelope)
        kind = ErrorKind.NOT_FOUND if _is_unknown_task(message) else ErrorKind.REJECTED
        raise ApiError(kind, message or "the service reports an error")
    if not isinstance(envelope.get("status"), str) or "status" not in data:
        raise ApiError(ErrorKind.NOT_THE_API, _NOT_THE_FORM)
    sent_id = data.get("task_id")
    if sent_id is not None and values.id_text(sent_id) != task_id:
        raise ApiError(ErrorKind.NOT_THE_API, "the answer is about another task")
    status, status_sent = _status(data.get("status"))
    frames, dropped_frames = _frames(data.get("progress"))
    budget = TextBudget()
    title = budget.text(data.get("title"), MAX_LINE_LENGTH)
    message = budget.text(data.get("messages"), MAX_BLOCK_LENGTH)
    return Task(
        id=task_id,
        status=status,
        status_sent=status_sent,
        frames=frames,
        results=_results(data.get("result"), budget),
        points=_points(data),
        message=message,
        title=title,
        created_at=values.time(data.get("created_at")),
        finished_at=values.time(data.get("finish_at")),
        dropped_frames=dropped_frames,
        is_cut=budget.is_cut,
    )


def error_message(body: bytes) -> str:
    """Return the message of an error response, on one line; empty if there is none."""
    return _error_message(_parse_error(body))


def is_service_error(body: bytes) -> bool:
    """Return whether `body` has the format of the service's own errors."""
    return _is_error(_parse_error(body))


def is_unknown_task(body: bytes) -> bool:
    """Return whether `body` is the service's own error that it does not know the task."""
    envelope = _parse_error(body)
    return _is_error(envelope) and _is_unknown_task(_error_message(envelope))


def is_about_a_key(message: str) -> bool:
    """Return whether a message of the service may be about a key, which it may quote then."""
    return bool(re.search(_ABOUT_A_KEY, message))


def _parse_error(body: bytes) -> dict[str, object]:
    try:
        return _parse_object(body) if len(body) <= _MAX_ERROR_BYTES else {}
    except ApiError:
        return {}


def _error_message(envelope: dict[str, object]) -> str:
    data = envelope.get("data")
    candidates = [data.get("messages"), data.get("message")] if isinstance(data, dict) else [data]
    for candidate in (*candidates, envelope.get("messages"), envelope.get("message")):
        # Not shortened to a line: the caller redacts secrets first.
        if text := values.text(candidate, MAX_BLOCK_LENGTH):
            return text
    return ""


def _is_unknown_task(message: str) -> bool:
    return bool(re.search(_UNKNOWN_TASK, message)) and not is_about_a_key(message)


def _is_error(envelope: dict[str, object]) -> bool:
    outer = envelope.get("status")
    return isinstance(outer, str) and outer[:20].strip().lower() == "error"


def _parse_object(body: bytes) -> dict[str, object]:
    if sum(map(body.count, (b",", b"[", b"{"))) > MAX_VALUES:
        # json.loads cannot be interrupted, and takes longest for the smallest values.
        raise ApiError(ErrorKind.NOT_THE_API, "the answer holds too many values")
    if is_too_deep(body):
        raise ApiError(ErrorKind.NOT_THE_API, "the answer is nested too deeply")
    floats = 0

    def parse_float(text: str) -> float:
        nonlocal floats
        floats += 1
        if floats > _MAX_FLOATS:  # The slowest values.
            raise ValueError(text[:20])
        return float(text)

    try:
        # Decoded strictly: given bytes, json.loads guesses UTF-16 and accepts surrogates.
        value: object = json.loads(
            body.decode("utf-8"), parse_constant=_reject_constant, parse_float=parse_float
        )
    except (ValueError, RecursionError):
        kind = "a page" if body[:1_000].lstrip()[:1] == b"<" else "not JSON"
        raise ApiError(ErrorKind.NOT_THE_API, f"the answer is {kind}") from None
    if not isinstance(value, dict):
        raise ApiError(ErrorKind.NOT_THE_API, _NOT_THE_FORM)
    return value


def _reject_constant(constant: str) -> float:
    raise ValueError(constant)


def _status(value: object) -> tuple[TaskStatus, str]:
    sent = values.text(value, 60)
    name = sent.strip().upper()
    if name in ("IN_PROGRESS", "COMPLETED", "FAILED"):
        return TaskStatus(name), name
    return TaskStatus.UNKNOWN, sent.strip() or "(empty)"


def _frames(value: object) -> tuple[tuple[Frame, ...], int]:
    """Return the newest frames, in order, and how many older ones were left out."""
    sent = value if isinstance(value, list) else []
    dropped = max(0, len(sent) - MAX_FRAMES)
    frames: dict[tuple[str, str], Frame] = {}
    number = dropped
    for item in sent[dropped:]:
        if not isinstance(item, dict):
            continue
        url = item.get("image")
        if not isinstance(url, str) or not (url := mended(url)):
            continue
        frame_id = _frame_id(item.get("id")) or f"frame{number + 1}"
        # A scene without a picture of its own repeats the previous URL under a new ID.
        key = (frame_id, identity(url))
        if key not in frames:
            frames[key] = Frame(frame_id, url)
            number += 1
    return tuple(frames.values()), dropped


def _frame_id(value: object) -> str:
    # There may be a thousand, so each is kept cheap.
    value = value[:_MAX_FRAME_ID] if isinstance(value, str) else value
    return values.text(value, _MAX_FRAME_ID) if isinstance(value, str | int) else ""


def _results(value: object, budget: TextBudget) -> tuple[Result, ...]:
    items = value if isinstance(value, list) else [] if value is None else [value]
    budget.is_cut |= len(items) > MAX_RESULTS
    read = (_result(item, budget) for item in items[:MAX_RESULTS])
    return tuple(result for result in read if result is not None)


def _result(item: object, budget: TextBudget) -> Result | None:
    if isinstance(item, str):
        item = {"type": "text", "content": item}
    if not isinstance(item, dict):
        return None
    content = item.get("content")
    kind = values.text(item.get("type"), 40) or "text"
    if isinstance(content, str) and is_link(content, with_spaces=kind.lower() != "text"):
        text, link = mended(content), True
    else:
        text, link = budget.text(content, lines=True), False
    score = budget.text(item.get("score"), 40)
    detail = budget.text(item.get("scoreDetail"), lines=True)
    return Result(kind, text, link, score, detail) if text or score or detail else None


def _points(data: dict[str, object]) -> Points:
    read = (values.points(data.get(key)) for key in _POINTS_KEYS)
    return next((points for points in read if points != Points()), Points())
