"""What the terminal has answered; see `questions`."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from tui.graphics import CellSize
from tui.sanitize import clean
from tui.terminal.graphics import cell_size
from tui.terminal.graphics.questions import KITTY_ID

_NAME: Final = r"(?s)\A\x1bP>\|(.*)\x1b\\"
_KITTY: Final = r"(?s)\A\x1b_G([^;]*);(.*)\x1b\\"
_CELL: Final = r"\x1b\[6;([0-9]{1,5});([0-9]{1,5})t"
_ATTRIBUTES: Final = r"\x1b\[\?([0-9;]*)c"
_SIXEL: Final = "4"
MAX_NAME: Final = 60


class Answers(NamedTuple):
    """All answers so far."""

    name: str = ""
    """The terminal's own name and version, cleaned; empty where it tells none."""
    has_kitty: bool = False
    """Whether it understands kitty's protocol; that it has placeholders, only the name says."""
    has_sixel: bool = False
    cell: CellSize | None = None
    """The size of a cell, if it was told and is possible."""
    any: bool = False
    """Whether anything was answered."""

    def add(self, text: str) -> Answers:
        """Return these with one more; `text` is a whole sequence. What was not asked changes none.

        Of two answers to the same question the later one counts.
        """
        if match := re.fullmatch(_NAME, text):
            return self._replace(name=clean(match[1].strip(), MAX_NAME), any=True)
        if match := re.fullmatch(_KITTY, text):
            if f"i={KITTY_ID}" not in match[1].split(","):
                return self
            return self._replace(has_kitty=match[2] == "OK", any=True)
        if match := re.fullmatch(_CELL, text):
            return self._replace(cell=cell_size.possible(int(match[2]), int(match[1])), any=True)
        if match := re.fullmatch(_ATTRIBUTES, text):
            return self._replace(has_sixel=_SIXEL in match[1].split(";")[1:], any=True)
        return self
