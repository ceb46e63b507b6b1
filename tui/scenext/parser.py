"""Parse a response of the service into a `Task`: field by field, with all text sanitized.

Written by hand because schema libraries reject a whole response for one bad frame. A response is
refused only where the task's state cannot be read; whatever else is odd costs that field alone.

The contract is the provider's API reference, docs.scenext.cn, page *api-reference/get-status*;
`score`, `scoreDetail` and other shapes than the documented ones are what the provider's programs
write, parsed leniently. Whatever the bytes are, parsing them takes a few hundredths of a second.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final, TypeGuard

from tui.errors import ApiError, ErrorKind
from tui.redactor import without_queries
from tui.sanitize import MAX_BLOCK_LENGTH, MAX_LINE_LENGTH
from tui.scenext import error_words, failure, values
from tui.scenext.echoed_id import contradicts
from tui.scenext.error_words import is_about_a_key
from tui.scenext.json_body import NOT_THE_FORM, embedded, only, read_object
from tui.scenext.models import MAX_FRAMES, MAX_LINK_BYTES, Frame, Points, Result, Task, TaskStatus
from tui.scenext.values import TextBudget
from tui.signed_links.mending import is_link, mended
from tui.signed_links.signed_url import identity

MAX_RESULTS: Final = 200
_MAX_ERROR_BYTES: Final = 64_000
"""Bytes of a body that is looked at for the message of an error."""
_BLANK: Final = b" \t\r\n\x0b\x0c\xef\xbb\xbf\xff\xfe"
"""Bytes of white space and byte order marks."""
_FAILURES: Final = frozenset({"fail", "failed", "failure"})
"""Outer states that mean an error where no task's state is told."""
_MAX_FRAME_ID: Final = 60
_DOCUMENTED_STATES: Final = ("IN_PROGRESS", "COMPLETED", "FAILED")
_POINTS_KEYS: Final = ("consumption", "points", "points_consumption", "points_used", "credits")
_REASON_ABOUT_A_KEY: Final = "the service's words are about a key or a token, and not shown"
_MAX_SHOWN_ID: Final = 60
_MAX_KEY_LENGTH: Final = 60
_KEYS: Final = (
    *("status", "data", "task_id", "progress", "result", "title", "messages", "message"),
    *("created_at", "finish_at", *_POINTS_KEYS),
)
"""The names that the service uses, which count before the same in other case."""
_MAX_KEYS: Final = 200
"""Names of an object that are looked at for one in other case."""
_STATES: Final = {
    **{state.replace("_", ""): TaskStatus(state) for state in _DOCUMENTED_STATES},
    # The states on the provider's web site.
    **{
        "进行中": TaskStatus.IN_PROGRESS,
        "已完成": TaskStatus.COMPLETED,
        "已失败": TaskStatus.FAILED,
    },
}
_ENUM_ENDINGS: Final = ("status", "state")
"""How the name ends that Python writes before a state that is a member of an enumeration."""


def parse(body: bytes, task_id: str) -> Task:
    """Return the task described by `body`, which must not be about another task than `task_id`.

    Raises `ApiError`: `NOT_FOUND` if the service reports that it does not know the task, `SERVER`
    or `RATE_LIMITED` if it reports an error that passes by its words, `REJECTED` if it reports
    another, `OTHER_TASK` if it describes another task, `SERVER` also if there is no byte to read or
    its envelope holds no state, and `NOT_THE_API` if the bytes are not a response of the service.
    """
    if not body.strip(_BLANK):
        raise ApiError(ErrorKind.SERVER, "the answer is empty")
    envelope = _fields(read_object(body))
    if _is_error(envelope):
        message = _error_message(envelope)
        raise ApiError(error_words.kind(message), message or "the service reports an error")
    data = _data(envelope)
    if data is None:
        raise _without_state(envelope)
    _check_id(data.get("task_id"), task_id)
    status, status_sent = _status(data.get("status"))
    frames, dropped_frames = _frames(embedded(data.get("progress")))
    budget = TextBudget()
    title = without_queries(budget.text(_plain(data.get("title")), MAX_LINE_LENGTH))
    message = budget.text(_message(data.get("messages"), status), MAX_BLOCK_LENGTH)
    results = _results(embedded(data.get("result")), budget)
    if status is TaskStatus.FAILED:
        results += _reasons(envelope, data, results, message, budget)
        results = tuple(map(_without_queries, results))
    return Task(
        id=task_id,
        status=status,
        status_sent=status_sent,
        frames=frames,
        results=results,
        points=_points(data),
        message=message,
        title=title,
        created_at=values.time(data.get("created_at")),
        finished_at=values.time(data.get("finish_at")),
        dropped_frames=dropped_frames,
        is_cut=budget.is_cut,
    )


def _without_state(envelope: dict[str, object]) -> ApiError:
    """Return what an answer is that neither tells a state nor is the service's own error."""
    message = _error_message(envelope)
    if kind := error_words.passing_kind(message):
        return ApiError(kind, message)
    if "data" in envelope and _outer(envelope) == "success":
        return ApiError(ErrorKind.SERVER, "the answer tells no state of the task")
    return ApiError(ErrorKind.NOT_THE_API, NOT_THE_FORM)


def _check_id(sent: object, task_id: str) -> None:
    if contradicts(sent, task_id):
        named = values.text(sent, _MAX_SHOWN_ID)
        words = "the service answered about another task"
        raise ApiError(ErrorKind.OTHER_TASK, f"{words}, “{named}”" if named else words)


def _data(envelope: Mapping[str, object]) -> dict[str, object] | None:
    """Return the object that tells the task's state; None if there is none.

    It is `data`, or its only item; or the envelope itself, if that names a task and one of the
    service's states. Without an outer status, `data` must name either.
    """
    inner = only(embedded(envelope.get("data")))
    if isinstance(inner, dict):
        data = _fields(inner)
        known = isinstance(envelope.get("status"), str) or "task_id" in data or _is_known(data)
        return data if "status" in data and known else None
    return dict(envelope) if "task_id" in envelope and _is_known(envelope) else None


def _is_known(data: Mapping[str, object]) -> bool:
    return _status(data.get("status"))[0] is not TaskStatus.UNKNOWN


def _fields(value: Mapping[str, object]) -> dict[str, object]:
    """Return an object with its keys in lower case, those of the service as they are."""
    members = islice(value.items(), _MAX_KEYS)
    lowered = {key[:_MAX_KEY_LENGTH].strip().lower(): member for key, member in members}
    return lowered | {key: value[key] for key in _KEYS if key in value}


def error_message(body: bytes) -> str:
    """Return the message of an error response, on one line; empty if there is none."""
    return _error_message(_parse_error(body))


def is_whole(body: bytes) -> bool:
    """Return whether `body` holds an object from its first bracket to its last."""
    try:
        read_object(body)
    except ApiError:
        return False
    return True


def is_service_error(body: bytes) -> bool:
    """Return whether `body` has the format of the service's own errors."""
    return _is_error(_parse_error(body))


def is_unknown_task(body: bytes) -> bool:
    """Return whether `body` is the service's own error that it does not know the task."""
    envelope = _parse_error(body)
    return _is_error(envelope) and error_words.is_unknown_task(_error_message(envelope))


def refuses_key(body: bytes) -> bool:
    """Return whether `body` is the service's own error that it does not accept the key."""
    envelope = _parse_error(body)
    return _is_error(envelope) and error_words.refuses_key(_error_message(envelope))


def _parse_error(body: bytes) -> dict[str, object]:
    try:
        return _fields(read_object(body)) if len(body) <= _MAX_ERROR_BYTES else {}
    except ApiError:
        return {}


def _error_message(envelope: dict[str, object]) -> str:
    data = only(envelope.get("data"))
    inner = _fields(data) if isinstance(data, dict) else {"messages": data}
    for source in (inner, envelope):
        documented = [source.get("messages"), source.get("message")]
        for candidate in (*documented, failure.reason(source)):
            # Not shortened to a line: the caller redacts secrets first.
            if text := values.text(failure.plain_text(candidate), MAX_BLOCK_LENGTH):
                return without_queries(text)
    return ""


def _is_error(envelope: dict[str, object]) -> bool:
    outer = _outer(envelope)
    return outer == "error" or (outer in _FAILURES and _data(envelope) is None)


def _outer(envelope: dict[str, object]) -> str:
    outer = envelope.get("status")
    return outer[:20].strip().lower() if isinstance(outer, str) else ""


def _status(value: object) -> tuple[TaskStatus, str]:
    """Return the state of a task, and how it is to be shown.

    The documented words count in any case, with anything but letters and digits between and around
    them. Others, however alike, are shown as they were sent: an end is not guessed.
    """
    value = only(value)
    sent = values.text(value, 60)
    if isinstance(value, str):
        word = unicodedata.normalize("NFKC", sent)
        kind, _, member = word.rpartition(".")
        if kind.lower().endswith(_ENUM_ENDINGS):
            word = member
        state = _STATES.get(re.sub(r"[\W_]+", "", word).upper())
        if state is not None:
            return state, state.value
    return TaskStatus.UNKNOWN, without_queries(sent.strip()) or "(empty)"


def _frames(value: object) -> tuple[tuple[Frame, ...], int]:
    """Return the newest frames, in order, and how many older ones were left out."""
    sent = [item for item in _items(value, "image") if _has_picture(item)]
    newest: list[tuple[dict[str, Any], str]] = []
    room = MAX_LINK_BYTES
    for item in reversed(sent[-MAX_FRAMES:]):
        url = mended(item["image"])
        room -= len(url)
        if room < 0:
            break
        newest.append((item, url))
    dropped = len(sent) - len(newest)
    frames: dict[tuple[str, str], Frame] = {}
    number = dropped
    for item, url in reversed(newest):
        if not url:
            continue
        frame_id = _frame_id(item.get("id")) or f"frame{number + 1}"
        # A scene without a picture of its own repeats the previous URL under a new ID.
        key = (frame_id, identity(url))
        if key not in frames:
            frames[key] = Frame(frame_id, url)
            number += 1
    return tuple(frames.values()), dropped


def _has_picture(item: object) -> TypeGuard[dict[str, Any]]:
    url = item.get("image") if isinstance(item, dict) else None
    return isinstance(url, str) and not (url.isspace() or not url)


def _items(value: object, name: str) -> list[object]:
    """Return the items of a list; of an object, itself if it has `name`, else its members.

    PHP writes a list as an object when an item is missing.
    """
    if isinstance(value, dict):
        return [value] if name in value or not value else list(value.values())
    return value if isinstance(value, list) else [] if value is None else [value]


def _frame_id(value: object) -> str:
    # There may be a thousand, so each is kept cheap.
    value = value[:_MAX_FRAME_ID] if isinstance(value, str) else value
    return values.text(value, _MAX_FRAME_ID) if isinstance(value, str | int) else ""


def _results(value: object, budget: TextBudget) -> tuple[Result, ...]:
    items = _items(value, "content")
    budget.is_cut |= len(items) > MAX_RESULTS
    results: list[Result] = []
    room = MAX_LINK_BYTES
    for item in items[:MAX_RESULTS]:
        if (result := _result(item, budget)) is None:
            continue
        room -= len(result.content) if result.is_link else 0
        if room < 0:
            budget.is_cut = True
            break
        results.append(result)
    return tuple(results)


def _result(item: object, budget: TextBudget) -> Result | None:
    if isinstance(item, str):
        item = {"type": "text", "content": item}
    if not isinstance(item, dict):
        return None
    content = only(item.get("content"))
    kind = values.text(item.get("type"), 40) or "text"
    if isinstance(content, str) and is_link(content, with_spaces=kind.lower() != "text"):
        text, link = mended(content), True
    else:
        text, link = budget.text(content, lines=True), False
    score = budget.text(item.get("score"), 40)
    detail = budget.text(item.get("scoreDetail"), lines=True)
    return Result(kind, text, link, score, detail) if text or score or detail else None


def _without_queries(result: Result) -> Result:
    """Return a reason whose links are no secrets: it is told in the list and in the events."""
    return result if result.is_link else result._replace(content=without_queries(result.content))


def _reasons(
    envelope: Mapping[str, object],
    data: Mapping[str, object],
    results: tuple[Result, ...],
    message: str,
    budget: TextBudget,
) -> tuple[Result, ...]:
    """Return what a FAILED answer says outside its texts, if that is more than they say.

    What the envelope says is about the request, unless nothing else says anything.
    """
    known = [message, *(result.content for result in results if not result.is_link)]
    items = _items(data.get("result"), "content")[:MAX_RESULTS]
    untold = [item for item in items if isinstance(item, dict) and "content" not in item]
    reason = failure.reason({**data, "messages": None}, *untold, known=known)
    if not reason and not any(known):
        reason = failure.reason({**envelope, "data": None})
    if is_about_a_key(reason):
        reason = _REASON_ABOUT_A_KEY
    text = budget.text(reason, lines=True)
    return (Result("text", text, is_link=False),) if text else ()


def _message(value: object, status: TaskStatus) -> str:
    if status is not TaskStatus.FAILED:
        return failure.plain_text(value)
    message = failure.reason({"messages": value})
    return _REASON_ABOUT_A_KEY if is_about_a_key(message) else message


def _plain(value: object) -> object:
    """Return text and numbers as they are; nothing for anything else."""
    return None if isinstance(value, list | dict) else value


def _points(data: dict[str, object]) -> Points:
    read = (values.points(data.get(key)) for key in _POINTS_KEYS)
    return next((points for points in read if points != Points()), Points())
