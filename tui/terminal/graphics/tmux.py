"""What tmux says of itself and of the terminal that it is shown in.

The terminal itself is not asked: its answers would go to whichever pane is active.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from tui.child_environment import child_environment
from tui.graphics import CellSize
from tui.sanitize import clean
from tui.terminal.graphics import cell_size
from tui.terminal.graphics.answers import MAX_NAME
from tui.terminal.graphics.known_terminals import Version

TIMEOUT: Final = 1.0
"""Seconds for tmux to answer, which takes it some milliseconds."""
# What a version does not know is empty. The terminal's name comes last, since it may hold anything.
_FIELDS: Final = (
    *("version", "pane_tty", "allow-passthrough", "client_termfeatures", "client_cell_width"),
    *("client_cell_height", "client_pid", "client_utf8", "client_termtype"),
)
_FORMAT: Final = "|".join(f"#{{{field}}}" for field in _FIELDS)
_VERSION: Final = re.compile(r"\A(?:[a-z]+-)?([0-9]{1,6})\.([0-9]{1,6})")


class TmuxFacts(NamedTuple):
    """What tmux has told."""

    version: Version = ()
    """The first two numbers; empty where it tells none, as its unreleased versions may."""
    pane: str = ""
    """The path of the pane's own terminal."""
    passes_through: bool = False
    """Whether it passes wrapped sequences on to the terminal."""
    features: frozenset[str] = frozenset()
    cell: CellSize | None = None
    client: str = ""
    """The process that shows it; empty while it is detached."""
    is_utf8: bool = False
    """Whether that client takes other characters than those of ASCII."""
    terminal: str = ""
    """The name and version of the terminal, as it has told tmux; cleaned."""


def parse(output: str) -> TmuxFacts | None:
    """Return what the answer to `_FORMAT` says; None if it is none."""
    parts = output.rstrip("\n").split("|", len(_FIELDS) - 1)
    if len(parts) != len(_FIELDS):
        return None
    found = dict(zip(_FIELDS, parts, strict=True))
    match = _VERSION.match(found["version"])
    return TmuxFacts(
        version=(int(match[1]), int(match[2])) if match else (),
        pane=found["pane_tty"],
        passes_through=found["allow-passthrough"] in ("1", "on", "all"),
        features=frozenset(found["client_termfeatures"].split(",")),
        cell=cell_size.possible(
            _number(found["client_cell_width"]), _number(found["client_cell_height"])
        ),
        client=found["client_pid"] if _number(found["client_pid"]) else "",
        is_utf8=found["client_utf8"] == "1",
        terminal=clean(found["client_termtype"].strip(), MAX_NAME),
    )


def ask(environ: Mapping[str, str]) -> TmuxFacts | None:
    """Ask tmux; return None where there is no answer. Blocks for `TIMEOUT` seconds at most."""
    target = ("-t", environ["TMUX_PANE"]) if environ.get("TMUX_PANE") else ()
    try:
        done = subprocess.run(
            ("tmux", "display-message", "-p", *target, _FORMAT),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=child_environment(),
            timeout=TIMEOUT,
            check=False,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return parse(done.stdout.decode("utf-8", "replace")) if done.returncode == 0 else None


def is_gone(client: str) -> bool:
    """Return whether a client's process has ended: tmux was detached. Starts no process."""
    try:
        os.kill(int(client), 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass
    return False


def may_be_attached(environ: Mapping[str, str]) -> bool:
    """Return whether tmux may have a client again. Starts no process.

    tmux marks its socket as executable while any of its sessions is attached.
    """
    with suppress(OSError):
        socket = environ.get("TMUX", "").rsplit(",", 2)[0]
        return bool(Path(socket).stat().st_mode & stat.S_IXUSR)
    return False


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
