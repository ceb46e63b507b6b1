"""Read JSON that `json` refuses, as far as it can be read.

What is no value of JSON is None: a bare word such as `nan` or `undefined`, a number of thousands
of digits, a string with an unknown escape, what is nested too deeply. Commas too many are ignored.
What is not whole (a bracket or a quote that is never closed) is refused.
"""

from __future__ import annotations

import math
import re
from functools import cached_property
from json import JSONDecodeError, JSONDecoder
from typing import Final

MAX_LEVELS: Final = 64
"""Levels of lists and objects that are kept; the service's own responses have six."""
MAX_TOKENS: Final = 25_000
"""Tokens that are read: each takes a microsecond, and a frame has eleven."""
_MAX_ODD_STRINGS: Final = 2_000
"""Strings with unknown escapes that are skipped: they are the slowest tokens."""

_TOKEN: Final = re.compile(r'\s*+([\[\]{}:,"]|[^\s\[\]{}:,"]++)')
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,300}")
_FLOAT: Final = re.compile(r"[+-]?[0-9.]{1,400}(?:[eE][+-]?[0-9]{1,10})?")
_WORDS: Final = {"true": True, "false": False}
_STRINGS: Final = JSONDecoder(strict=False)
_CLOSING: Final = {"{": "}", "[": "]"}


def number(text: str) -> int | float | None:
    """Return a number, also with a sign or zeros that JSON does not allow; None if it is none."""
    if _INTEGER.fullmatch(text):
        return int(text)
    if not _FLOAT.fullmatch(text):
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def loads(text: str) -> object:
    """Return the first value in `text`, a list or an object; what follows it is ignored.

    Without recursion, and bounded in its work. Raises `ValueError` if it is not whole.
    """
    return _Reader(text).read()


class _Container:
    """A list or an object that is being read."""

    def __init__(self, opening: str) -> None:
        self.closing = _CLOSING[opening]
        self.value: list[object] | dict[str, object] = [] if opening == "[" else {}
        self._key: str | None = None
        self._awaits_value = opening == "["

    def colon(self) -> None:
        if self._key is None:
            raise ValueError("a colon without a key")
        self._awaits_value = True

    def comma(self) -> None:
        if isinstance(self.value, dict):
            self._key, self._awaits_value = None, False

    def add(self, item: object) -> None:
        if isinstance(self.value, list):
            self.value.append(item)
        elif self._awaits_value and self._key is not None:
            self.value[self._key] = item
            self._key, self._awaits_value = None, False
        elif item is None or isinstance(item, str):
            self._key = item or ""
        else:
            raise ValueError("a key that is no string")


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._odd_strings = 0

    def read(self) -> object:
        """Return the first list or object."""
        stack: list[_Container] = []
        for _ in range(MAX_TOKENS):
            part = self._next()
            if part in _CLOSING:
                stack.append(_Container(part))
            elif not stack:
                raise ValueError("neither a list nor an object")
            elif part in "]}":
                container = stack.pop()
                if part != container.closing:
                    raise ValueError("the wrong bracket")
                if not stack:
                    return container.value
                stack[-1].add(container.value if len(stack) < MAX_LEVELS else None)
            elif part == ":":
                stack[-1].colon()
            elif part == ",":
                stack[-1].comma()
            else:
                stack[-1].add(self._string() if part == '"' else _scalar(part))
        raise ValueError("too many tokens")

    def _next(self) -> str:
        match = _TOKEN.match(self._text, self._position)
        if match is None:
            raise ValueError("cut short")
        self._position = match.end()
        return match[1]

    def _string(self) -> str | None:
        """Return the string whose quote was read last; None if it has an unknown escape."""
        begin, self._position = self._position - 1, self._unescaped.index('"', self._position) + 1
        try:
            # Of the string alone: json counts the lines before each error.
            return str(_STRINGS.raw_decode(self._text[begin : self._position])[0])
        except JSONDecodeError:
            self._odd_strings += 1
            if self._odd_strings > _MAX_ODD_STRINGS:
                raise ValueError("too many odd strings") from None
            return None

    @cached_property
    def _unescaped(self) -> str:
        """The text, as long as it was, with all escaped backslashes and quotes blotted out."""
        return self._text.replace(r"\\", "..").replace(r"\"", "..")


def _scalar(token: str) -> object:
    return _WORDS.get(token.lower(), number(token))
