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
MAX_SURE_BYTES: Final = 3_000
"""Bytes that every terminal takes: some take no more than 4 kB of base64, kitty once took 6 kB."""
SENT_LONG: Final = "sent to your terminal's clipboard, which may be too small for it"
SENT: Final = "sent to your terminal's clipboard (it cannot confirm)"


def copy(text: str, environ: Mapping[str, str], osc52: Callable[[str], None]) -> str:
    """Copy `text`, by `osc52` outside tmux, and return a message. Blocks while tmux runs.

    Terminals drop long sequences, of which the message warns. A path may be any bytes, and hold
    lone surrogates in their place.
    """
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return NO_TEXT
    if environ.get("TMUX") and _copy_by_tmux(data):
        return COPIED_BY_TMUX
    osc52(text)
    return SENT if len(data) <= MAX_SURE_BYTES else SENT_LONG


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
