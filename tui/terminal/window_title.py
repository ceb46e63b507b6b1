"""The window's title, while the dashboard has the terminal."""

from __future__ import annotations

import os
from collections.abc import Callable

from tui.terminal import title
from tui.terminal.restore import TERMINAL


class WindowTitle:
    """Sets the title where the terminal is known to take one, and saves the one before."""

    def __init__(self, write: Callable[[str], None], may_write: Callable[[], bool]) -> None:
        """Write by `write` while `may_write` returns true; what was set meanwhile comes later."""
        self._write, self._may_write = write, may_write
        self._text = ""

    def set(self, text: str) -> None:
        """Set the title."""
        if text != self._text and title.takes_titles(os.environ):
            self._text = text
            self.write()

    def write(self) -> None:
        """Write the title, and save the one before: once for each start, and never in vain."""
        if not self._text or not self._may_write():
            return
        if not TERMINAL.title_is_saved:
            TERMINAL.title_is_saved = True
            self._write(title.SAVE)
        self._write(title.title(self._text))
