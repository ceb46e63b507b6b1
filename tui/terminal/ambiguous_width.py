"""Ask the terminal how wide it shows characters of ambiguous width (UAX 11).

Most give them one column; terminals set up for East Asian text give them two (mintty, `xterm
-cjk_width`, GNU screen's `cjkwidth`, an option of VTE). None reports it, but the
position of the cursor behind such a character shows it. tmux and GNU screen answer for themselves,
rightly: they place what is drawn.
"""

from __future__ import annotations

from typing import Final

# Neither in the first row, whose reports may be modified F3 keys (`CSI 1 ; 2 R`), nor at an edge.
# What was printed is erased up to the cursor, which stays where the answer says that it is.
PROBE: Final = "\x1b[3;3H·\x1b[6n\x1b[1K"
"""Prints an ambiguous character, asks where the cursor is, and erases it in the same write."""
_COLUMN, _ROW = 3, 2
"""Where the cursor is behind an ambiguous character of one column, zero-based."""


class WidthProbe:
    """Tell the answer to `PROBE` from those to other probes: it is the first one."""

    def __init__(self) -> None:
        """Expect no answer."""
        self._awaited = False

    def ask(self) -> str:
        """Return what to write; the next answer is the one to it."""
        self._awaited = True
        return PROBE

    def record_reply(self, x: int, y: int) -> bool | None:
        """Return whether ambiguous characters are wide, by the zero-based position of the cursor.

        None where the answer is that to another probe. A position that `PROBE` cannot lead to, as
        in a window too small for it, counts as one column.
        """
        if not self._awaited:
            return None
        self._awaited = False
        return (x, y) == (_COLUMN + 1, _ROW)
