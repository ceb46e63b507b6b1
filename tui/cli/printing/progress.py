"""One line on standard error that is rewritten, where that is a terminal."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TextIO

from tui.cli.printing.output import write_error


class ProgressLine:
    """Shows a line until it is cleared. Uses no escape sequence, so any terminal can show it.

    Nothing is written where standard error is no terminal, or a dumb one, nor in the background:
    there the terminal belongs to the shell.
    """

    def __init__(self, stream: TextIO) -> None:
        """Write to `stream`, which is standard error."""
        self._stream = stream
        self.is_shown = stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        """Whether anything is ever written."""
        self._text = ""
        self._width = 0

    def show(self, text: str) -> None:
        """Show another text in place of the last; the same one is not written again."""
        if not self.is_shown or text == self._text or _in_background(self._stream):
            return
        from rich.cells import cell_len

        from tui.wording.cells import fit

        # The last column stays free: some terminals wrap as soon as it is written.
        shown = fit(text, min(cell_len(text), _columns(self._stream) - 1))
        width = cell_len(shown)
        write_error(f"\r{shown}{' ' * (self._width - width)}{chr(8) * (self._width - width)}")
        self._text, self._width = text, width

    def clear(self) -> None:
        """Leave the line empty, for something else to be printed on it."""
        if self._text and not _in_background(self._stream):
            write_error(f"\r{' ' * self._width}\r")
        self._text, self._width = "", 0


def _columns(stream: TextIO) -> int:
    with suppress(OSError, ValueError):
        return os.get_terminal_size(stream.fileno()).columns or 80
    return 80


def _in_background(stream: TextIO) -> bool:
    with suppress(OSError, ValueError):
        return os.tcgetpgrp(stream.fileno()) != os.getpgrp()
    return False


def standard_error() -> ProgressLine:
    """Return the line on standard error."""
    return ProgressLine(sys.stderr)
