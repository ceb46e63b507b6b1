"""One line on standard error that is rewritten, where that is a terminal."""

from __future__ import annotations

import os
import sys
from typing import Final, TextIO

from tui.cli.printing.output import write_error
from tui.cli.printing.window import columns, in_background

_ECHO: Final = len("^C")
"""Cells behind the line in which the terminal shows the key that ends the command."""


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
        self._shown = ""
        self._width = 0

    def show(self, text: str) -> None:
        """Show another text in place of the last; the same one is not written again."""
        if not self.is_shown or in_background(self._stream.fileno()):
            return
        from rich.cells import cell_len

        from tui.wording.cells import fit

        # The last column stays free: some terminals wrap as soon as it is written.
        room = columns(self._stream) - 1
        shown = fit(text, min(cell_len(text), room))
        if shown == self._shown:
            return
        width = cell_len(shown)
        # The window may have become narrower.
        rest = min(self._width, room) - width
        write_error(f"\r{shown}{' ' * rest}{chr(8) * rest}")
        self._shown, self._width = shown, width

    def clear(self) -> None:
        """Leave the line empty, for something else to be printed on it."""
        if self._shown and not in_background(self._stream.fileno()):
            width = min(self._width + _ECHO, columns(self._stream) - 1)
            write_error(f"\r{' ' * width}\r")
        self.forget()

    def forget(self) -> None:
        """Write the line anew when it is shown next: the shell has written since, after ctrl+z."""
        self._shown, self._width = "", 0


def standard_error() -> ProgressLine:
    """Return the line on standard error."""
    return ProgressLine(sys.stderr)
