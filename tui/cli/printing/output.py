"""What the commands print, on streams that may be closed, full, or unable to show the text.

The rule, whether the stream is closed, full or broken:

- Output that is the job (`print_result`: paths, help, version): exit code 1 and a line on standard
  error. A broken pipe needs no line.
- A report of what was saved (`print_done`): exit code 0, since it is saved. The text goes to
  standard error instead.
- Errors (`print_error`, `print_error_object`) are lost; the exit code stays the same.
"""

from __future__ import annotations

import errno
import os
import select
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final, TextIO

from tui.cli.errors import CommandError, ErrorCode
from tui.config import APP
from tui.sanitize import clean

MAX_MESSAGE: Final = 4000
"""Maximum number of characters of an error; some errors list all possible values."""
_PROBE: Final = "Words, and more words. " * 5
"""Any text encoding can write this; idna, for example, cannot."""


def prepare_streams() -> None:
    """Make the standard streams usable, however the parent process left them.

    A closed stream becomes the null device: otherwise the next file to be opened would get its
    number, and whatever is printed would be written into that file. Writing to standard output
    still fails, so that lost output is noticed. Characters that the encoding lacks are escaped;
    an encoding that is not for text is replaced by UTF-8.
    """
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        stream = getattr(sys, name)
        if stream is None:
            _open_null(number, os.O_RDONLY if name == "stdout" else os.O_RDWR)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", errors="replace"))
        elif mode == "w":
            _reconfigure(stream)


def print_result(text: str) -> None:
    """Print what the command was asked for. Raises `CommandError`, or `BrokenPipeError`.

    A broken pipe needs no error message: the reader has read enough.
    """
    try:
        _write(sys.stdout, f"{text}\n")
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        raise CommandError(f"output: {_reason(error)}", ErrorCode.OUTPUT) from None


def print_done(text: str) -> None:
    """Say what was done, on standard error if standard output cannot be written."""
    try:
        _write(sys.stdout, f"{text}\n")
    except BrokenPipeError:
        pass
    except (OSError, ValueError) as error:
        print_error(f"{text} (output: {_reason(error)})")


def print_error(text: str) -> None:
    """Print a line on standard error; it is lost if that fails."""
    write_error(f"{APP}: {clean(text, MAX_MESSAGE)}\n")


def print_errors(errors: Sequence[CommandError], *, as_json: bool) -> None:
    """Print each error: as an object on a line, or as a line for people, with each hint once."""
    for number, error in enumerate(errors, 1):
        if as_json:
            print_error_object(error.code, str(error), error.task_id, error.hint)
            continue
        is_last = number == len(errors) or errors[number].hint != error.hint
        message = str(error)
        if error.hint and is_last:
            message += f"{'' if message.endswith(tuple('.?!')) else '.'} {error.hint}"
        print_error(message)


def print_error_object(code: ErrorCode, message: str, task_id: str = "", hint: str = "") -> None:
    """Print an error as one JSON object on standard error; it is lost if that fails.

    `task_id` is empty where the error is about no task, or about several.
    """
    from tui.cli.printing.json_lines import SCHEMA, to_line

    error = {
        "schema": SCHEMA,
        "code": code.value,
        "task_id": task_id or None,
        "message": clean(message, MAX_MESSAGE),
        "hint": clean(hint, MAX_MESSAGE) or None,
    }
    write_error(f"{to_line(error)}\n")


def write_error(text: str) -> None:
    """Write text to standard error; it is lost if that fails."""
    with suppress(OSError, ValueError):
        _write(sys.stderr, text)


@contextmanager
def ending_with_the_reader(on_closed: Callable[[], object]) -> Iterator[None]:
    """Call `on_closed` on the running event loop once nobody reads standard output any more.

    Known for a pipe and a socket alone; for anything else, the next line to be printed fails.
    """
    import asyncio

    loop, descriptor = asyncio.get_running_loop(), -1
    with suppress(OSError, ValueError):
        number = sys.stdout.fileno()
        mode = os.fstat(number).st_mode
        # Some programs give their children a socket in the place of a pipe, as Node.js does.
        descriptor = number if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) else -1

    def closed() -> None:
        loop.remove_reader(descriptor)
        if _has_no_reader(descriptor):
            on_closed()

    if descriptor < 0:
        yield
        return
    # The end of a pipe that is written to is never readable: all that is told is an error.
    loop.add_reader(descriptor, closed)
    try:
        yield
    finally:
        loop.remove_reader(descriptor)


def _has_no_reader(pipe: int) -> bool:
    poll = select.poll()
    poll.register(pipe, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


def discard_unwritten() -> None:
    """Flush the streams and discard what cannot be written.

    Otherwise Python would print an error at exit and change the exit code to 120.
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
        except (
            BlockingIOError
        ):  # Another process that shares the stream has made it non-blocking, as ssh does.
            select.select([], [descriptor], [])


def _open_null(number: int, flags: int = os.O_RDWR) -> None:
    null = os.open(os.devnull, flags)
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
    if not isinstance(error, OSError) or error.errno == errno.EBADF:
        return "it is closed"
    return error.strerror or str(error)
