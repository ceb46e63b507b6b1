"""What is nested too deeply is told before it is parsed, and nothing else is."""

from __future__ import annotations

import json

import pytest

from tests.scenext.test_parser import parse_error
from tui.errors import ErrorKind
from tui.scenext.nesting import is_too_deep

MIB = 1 << 20
FRAME = {"id": "frame", "image": "https://oss.scenext.cn/frame_img/a/frame1.png?Signature=a%2Bb"}


@pytest.mark.parametrize(
    "body",
    [
        b"[" * MIB,
        b'{"a":' * 90_000 + b"1" + b"}" * 90_000,
        b"[" * 500_000 + b"]" * 500_000,
        # Brackets in strings are none, whichever way they are meant to mislead.
        b'["]",' * (MIB // 5),
        b'["\\"]",' * (MIB // 7),
        b'["\\\\",[' * (MIB // 8),
        b'{"data": ' + b'["", ' * (MIB // 6),
    ],
    ids=["open", "objects", "closed", "string", "escaped", "backslash", "empty strings"],
)
def test_what_is_nested_too_deeply_is_told(body: bytes) -> None:
    assert is_too_deep(body)
    assert parse_error(body).kind is ErrorKind.NOT_THE_API


@pytest.mark.parametrize(
    "value",
    [
        {"data": {"messages": "[" * 1_000_000}},
        {"data": {"messages": ['"[{\\' * 9, "{" * 500_000]}},
        {"data": {"progress": [FRAME] * 9_000}},
        {"data": {"progress": [[{}]] * 100_000}},
        json.loads("[" * 500 + "]" * 500),
    ],
    ids=["text", "escapes", "frames", "pairs", "deep"],
)
def test_nothing_else_is(value: object) -> None:
    assert not is_too_deep(json.dumps(value).encode())
