"""What the commands print, on streams that may be closed, full, or unable to show the words.

Three kinds of words, and what becomes of them where they cannot be written:

- what was asked for (`print_result`: paths, help, version) ends with a line on standard error, 1;
- what was done and saved (`print_done`) is done all the same: the words go to standard error, 0;
- errors (`print_error`) are lost, and the exit code stays what it was.
"""

from __future__ import annotations

import os
import select
import sys
from contextlib import suppress
from typing import Final, TextIO

from tui.config import APP
from tui.errors import UserError
from tui.sanitize import clean

MAX_MESSAGE: Final = 4000
"""Characters of an error; some list what there is."""
_PROBE: Final = "Words, and more words. " * 5
"""What a text encoding can write; idna, for one, cannot."""


def prepare_streams() -> None:
    """Make the standard streams usable, whatever whoever started us left of them.

    A closed one becomes the null device. Python has no object for it, and the next file that is
    opened would get its number: what anything prints would be written into that file. What an
    encoding lacks is escaped, and an encoding that is none of text gives way to UTF-8.
    """
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        stream = getattr(sys, name)
        if stream is None:
            _open_null(number)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", errors="replace"))
        elif mode == "w":
            _reconfigure(stream)


def print_result(text: str) -> None:
    """Print what the command was asked for. Raises `UserError`, or `BrokenPipeError`.

    A broken pipe needs no words: whoever read our output has enough.
    """
    try:
        _write(sys.stdout, f"{text}\n")
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        raise UserError(f"output: {_reason(error)}") from None


def print_done(text: str) -> None:
    """Tell what was done, on standard error where standard output cannot be written."""
    try:
        _write(sys.stdout, f"{text}\n")
    except BrokenPipeError:
        pass
    except (OSError, ValueError) as error:
        print_error(f"{text} (output: {_reason(error)})")


def print_error(text: str) -> None:
    """Print a line on standard error, or lose it."""
    write_error(f"{APP}: {clean(text, MAX_MESSAGE)}\n")


def write_error(text: str) -> None:
    """Write a text to standard error, or lose it."""
    with suppress(OSError, ValueError):
        _write(sys.stderr, text)


def discard_unwritten() -> None:
    """Flush the streams, and discard what cannot be written.

    Python would complain at the exit, and change the exit code to 120.
    """
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        try:
            stream.flush()
        except (OSError, ValueError):
            _open_null(number)


def _write(stream: TextIO, text: str) -> None:
    """Write all of a text, unbuffered. Raises `OSError`, or `ValueError` for a closed stream."""
    stream.flush()
    descriptor = stream.fileno()
    data = memoryview(text.encode(stream.encoding, "backslashreplace"))
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except BlockingIOError:  # Whoever shares the stream made it non-blocking, as ssh does.
            select.select([], [descriptor], [])


def _open_null(number: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, number)
    if null != number:
        os.close(null)
    os.set_inheritable(number, True)


def _reconfigure(stream: TextIO) -> None:
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is None:
        return
    try:
        _PROBE.encode(stream.encoding, "backslashreplace")
    except (UnicodeError, LookupError):
        reconfigure(encoding="utf-8")
    reconfigure(errors="backslashreplace")


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else "it is closed"
