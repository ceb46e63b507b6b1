"""Tell deeply nested JSON before it is parsed.

`json.loads` calls itself for each level, and since Python 3.14 it stops only where the stack ends:
a body of brackets would make the whole stack resident, for good. Earlier versions stop by count.
"""

from __future__ import annotations

import re
from typing import Final

MAX_DEPTH: Final = 10_000
"""Levels that certainly cost no more than two or three megabytes of stack."""
_LEVELS: Final = 8
"""Levels that more than `MAX_DEPTH` parts may share; the service's own responses have six."""

_STRING: Final = re.compile(rb'"[^"]*+"?')
_ROUND: Final = bytes.maketrans(b"[{]}", b"(())")
_OTHER_BYTES: Final = bytes(set(range(256)) - set(b'[{]}"'))


def is_too_deep(body: bytes) -> bool:
    """Return whether JSON may be nested more deeply than `MAX_DEPTH`; linear in its length.

    True as well for more than `MAX_DEPTH` parts that are nested in more than a few levels, which
    the service does not send.
    """
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return False
    unescaped = body.replace(rb"\\", b"").replace(rb"\"", b"")
    # Most strings have no bracket, and are gone before the pattern is asked.
    parts = unescaped.translate(_ROUND, _OTHER_BYTES).replace(b'""', b"")
    brackets = _STRING.sub(b"", parts)
    for _ in range(_LEVELS):
        # Removes the innermost level.
        brackets = brackets.replace(b"()", b"")
        if len(brackets) <= MAX_DEPTH:
            return False
    return True
