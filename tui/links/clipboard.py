"""Copy to the clipboard of the user's terminal, also over SSH: through tmux, or by OSC 52.

By default tmux drops a program's OSC 52, while `load-buffer -w` reaches both the paste buffer and
the terminal's clipboard (measured with tmux 3.3a to 3.6b). Terminals do not confirm OSC 52, so the
message only says that it was sent.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from typing import Final

from tui.child_environment import child_environment

COPIED_BY_TMUX: Final = "copied by tmux"
NO_TEXT: Final = "not copied: it is not UTF-8 text"
SENT: Final = "sent to your terminal's clipboard (it cannot confirm)"


def copy(text: str, environ: Mapping[str, str], osc52: Callable[[str], None]) -> str:
    """Copy `text`, by `osc52` outside tmux, and return a message. Blocks while tmux runs.

    The text must be short: terminals drop long sequences (kitty above 6 kB). A path may be any
    bytes, and hold lone surrogates in their place.
    """
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return NO_TEXT
    if environ.get("TMUX") and _copy_by_tmux(data):
        return COPIED_BY_TMUX
    osc52(text)
    return SENT


def _copy_by_tmux(data: bytes) -> bool:
    try:
        process = subprocess.run(
            ("tmux", "load-buffer", "-w", "-"),
            input=data,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=2.0,
            check=False,
            env=child_environment(),
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return process.returncode == 0
