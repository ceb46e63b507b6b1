"""What is asked of the terminal, outside tmux.

The first question is made of control sequences (CSI) alone, which terminals that do not know them
ignore. The second one is a string (APC), which not all of them swallow: tmux takes it for the
pane's title, GNU screen for its status line. So it goes only to a terminal that has told its name.
Each question ends in the fence, which every terminal answers, after all that came before it.

Sources: xterm's ctlseqs; https://sw.kovidgoyal.net/kitty/graphics-protocol/
"""

from __future__ import annotations

from typing import Final

FENCE: Final = "\x1b[c"
"""The primary device attributes (DA1), which also tell of sixel."""
FIRST: Final = f"\x1b[>0q\x1b[16t{FENCE}"
"""Asks for name and version (XTVERSION) and for the size of a cell in pixels."""
KITTY_ID: Final = 31415
"""The number of the picture that is asked about, by which the answer is known."""
KITTY: Final = f"\x1b_Gi={KITTY_ID},s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\{FENCE}"
"""Asks whether kitty's graphics protocol is understood, with one pixel that is not shown."""


def is_fence(answer: str) -> bool:
    """Return whether an answer is the last one to a question."""
    return answer.startswith("\x1b[?") and answer.endswith("c")
