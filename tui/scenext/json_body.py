"""Read the JSON object that a response consists of, whatever is odd about a part of it.

The bytes are UTF-8, or UTF-16 or UTF-32 where they look like it, with or without a byte order mark;
what cannot be decoded becomes U+FFFD. What follows the object is ignored, what precedes it is not:
a page that begins with other text is somebody else's. Numbers that are none (`NaN`, `Infinity`,
`1e999`, thousands of digits) are None, and so is whatever else is no value of JSON.
"""

from __future__ import annotations

import json
import math
from typing import Final

from tui.errors import ApiError, ErrorKind
from tui.scenext.nesting import is_too_deep

MAX_VALUES: Final = 120_000
"""JSON values in an answer, counted from above; no task has a thousand frames."""
NOT_THE_FORM: Final = "the answer is JSON, but not of the service's form"

_MAX_EMBEDDED_LENGTH: Final = 1 << 17
"""Characters of a text that is read as JSON itself."""
_MAX_REREAD_BYTES: Final = 1 << 15
"""Bytes of an answer that is read once more, in a Chinese encoding."""
_MAX_FLOATS: Final = 2_000
"""Numbers with a fraction or an exponent that are read: they are the slowest values."""
_MAX_FLOAT_LENGTH: Final = 400
_AROUND: Final = "\ufeff \t\r\n\0\x0b\x0c"
_MOJIBAKE_MARK: Final = "ï»¿"
"""A byte order mark that was encoded twice."""


def read_object(body: bytes) -> dict[str, object]:
    """Return the object in `body`, or the only one in a list. Raises `ApiError` (`NOT_THE_API`).

    Takes a few hundredths of a second, whatever the bytes are.
    """
    text = body.decode(json.detect_encoding(body), "replace")
    try:
        return _read_text(text)
    except ApiError:
        if len(body) > _MAX_REREAD_BYTES or "\ufffd" not in text:
            raise
    # In Chinese encodings, a character may end in the byte of a backslash.
    return _read_text(body.decode("gb18030", "replace"))


def embedded(value: object) -> object:
    """Return the object, or the list of objects, that a text consists of; else `value` as it is.

    What a database keeps as text is sometimes sent as text.
    """
    if not isinstance(value, str) or len(value) > _MAX_EMBEDDED_LENGTH:
        return value
    text = value.strip()
    if text[:1] + text[-1:] not in ("{}", "[]"):
        return value
    try:
        _check_size(text)
        # Strictly: a text for people may stand in brackets.
        read = _decoder().decode(text)
    except (ApiError, ValueError, RecursionError):
        return value
    is_ours = isinstance(read, dict) or any(isinstance(item, dict) for item in read)
    return read if is_ours else value


def _read_text(text: str) -> dict[str, object]:
    text = text.strip(_AROUND).removeprefix(_MOJIBAKE_MARK).lstrip(_AROUND)
    if not text.startswith(("{", "[")):
        kind = "a page" if text.startswith("<") else "not JSON"
        raise ApiError(ErrorKind.NOT_THE_API, f"the answer is {kind}")
    _check_size(text)
    try:
        value = only(_parsed(text))
    except (ValueError, RecursionError):
        raise ApiError(ErrorKind.NOT_THE_API, "the answer is not JSON") from None
    if not isinstance(value, dict):
        raise ApiError(ErrorKind.NOT_THE_API, NOT_THE_FORM)
    return value


def _check_size(text: str) -> None:
    # json.loads cannot be interrupted, and takes longest for the smallest values.
    encoded = text.encode(errors="replace")
    if sum(map(encoded.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise ApiError(ErrorKind.NOT_THE_API, "the answer holds too many values")
    if is_too_deep(encoded):
        raise ApiError(ErrorKind.NOT_THE_API, "the answer is nested too deeply")


def only(value: object) -> object:
    """Return the only item of a list, and anything else as it is."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _parsed(text: str) -> object:
    try:
        return _decoder().raw_decode(text)[0]
    except (ValueError, RecursionError):
        # Imported only then: the service's own responses do not need it.
        from tui.scenext import lenient_json

        return lenient_json.loads(text)


def _decoder() -> json.JSONDecoder:
    count = 0

    def parse_float(text: str) -> float | None:
        nonlocal count
        count += 1
        if count > _MAX_FLOATS or len(text) > _MAX_FLOAT_LENGTH:
            return None
        number = float(text)
        return number if math.isfinite(number) else None

    return json.JSONDecoder(parse_float=parse_float, parse_constant=lambda _: None, strict=False)
