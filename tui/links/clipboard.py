"""Copy to the user's clipboard from afar: through tmux where there is one, else by OSC 52.

With a default configuration tmux swallows a program's own OSC 52, while `load-buffer -w` reaches
both its paste buffer and the terminal's clipboard (measured with 3.3a to 3.6b). Nothing confirms
an OSC 52, so the words claim no more than that it was sent.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from typing import Final

COPIED_BY_TMUX: Final = "copied by tmux"
SENT: Final = "sent to your terminal's clipboard (it cannot confirm)"


def copy(text: str, environ: Mapping[str, str], osc52: Callable[[str], None]) -> str:
    """Copy `text`, and return in words what became of it. Blocks for some milliseconds.

    Args:
        text: What to copy; short, since terminals drop long sequences (kitty above 6 kB).
        environ: The environment, for `TMUX`.
        osc52: Writes the sequence to the terminal; must be safe to call from this thread.
    """
    if environ.get("TMUX") and _tmux(text):
        return COPIED_BY_TMUX
    osc52(text)
    return SENT


def _tmux(text: str) -> bool:
    try:
        done = subprocess.run(
            ("tmux", "load-buffer", "-w", "-"),
            input=text.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=2.0,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
