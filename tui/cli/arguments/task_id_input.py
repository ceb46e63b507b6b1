"""The task IDs in the arguments of a command, or on standard input."""

from __future__ import annotations

import os
import re
import select
import sys
from collections.abc import Sequence
from typing import Final

from tui.config import APP
from tui.errors import UserError
from tui.os_errors import os_error_reason
from tui.sanitize import clean
from tui.scenext.task_ids import MAX_ID_LENGTH, parse_task_ids

STANDARD_INPUT: Final = "-"
"""The argument that stands for the lines of standard input."""
MAX_INPUT_BYTES: Final = 16 << 20
"""Bytes of standard input; a million IDs are less."""

_COMMENT: Final = re.compile(r"(?:^|\s)#")
"""Begins a comment: a `#` inside an ID or a URL is a part of it."""


class InputError(UserError):
    """Standard input cannot be read, or holds what is no task ID."""


def parse_ids(words: Sequence[str]) -> list[str]:
    """Return the IDs that arguments hold, each once; a lone `-` is standard input.

    Raises `UserError`: `InputError` where it is about standard input.
    """
    if list(words) == [STANDARD_INPUT]:
        return read_ids()
    if STANDARD_INPUT in words:
        raise UserError("“-” is standard input, and cannot be combined with IDs")
    return parse_task_ids(words)


def refuse_files(words: Sequence[str]) -> None:
    """Raise `UserError` for the name of a file, which would be added as a task of that name."""
    for word in words:
        name = word.removeprefix("@")
        # No ID of the service has a suffix or is a path. `Path.is_file` fails for a long name.
        if ("." in name or "/" in name) and os.path.isfile(name):  # noqa: PTH113
            import shlex

            shown = clean(name, MAX_ID_LENGTH)
            command = f"{APP} add - < {shlex.quote(shown)}"
            raise UserError(f"“{shown}” is a file; to add the IDs in it: {command}")


def read_ids() -> list[str]:
    """Return the IDs on standard input, each once. Raises `InputError` with the line's number."""
    try:
        lines = _read_input(sys.stdin.fileno()).decode("utf-8-sig").splitlines()
    except OSError as error:
        raise InputError(f"standard input cannot be read: {os_error_reason(error)}") from None
    except UnicodeDecodeError:
        raise InputError("standard input is not UTF-8 text") from None
    ids: list[str] = []
    for number, line in enumerate(lines, 1):
        try:
            ids += parse_task_ids([_COMMENT.split(line)[0]])
        except UserError as error:
            raise InputError(f"line {number}: {error}") from None
    return list(dict.fromkeys(ids))


def _read_input(descriptor: int) -> bytes:
    """Read all there is. Raises `InputError` for input that is too long, or has no end."""
    data = bytearray()
    while len(data) <= MAX_INPUT_BYTES:
        try:
            chunk = os.read(descriptor, 1 << 16)
        except BlockingIOError:  # Whoever shares the stream made it non-blocking, as ssh does.
            select.select([descriptor], [], [])
            continue
        if not chunk:
            return bytes(data)
        data += chunk
    raise InputError(f"standard input is longer than {MAX_INPUT_BYTES >> 20} MiB")
