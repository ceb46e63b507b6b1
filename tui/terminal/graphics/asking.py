"""Whom the finder of graphics asks: this process's terminal and tmux."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import Final

from tui.graphics import Graphics
from tui.terminal.graphics import cell_size, tmux
from tui.terminal.graphics.finder import GraphicsFinder, Surroundings
from tui.terminal.graphics.settings import Settings
from tui.terminal.graphics.tmux import TmuxFacts

_DRAWN_ON: Final = 2
"""Textual draws on standard error."""


def make_finder(
    settings: Settings,
    ask_terminal: Callable[[str], None],
    changed: Callable[[Graphics], object],
    confirmed: Callable[[], object] = lambda: None,
    *,
    terminal: int = _DRAWN_ON,
) -> GraphicsFinder:
    """Return a finder for the terminal of a descriptor; `ask_terminal` sends it a question."""
    around = Surroundings(
        ask_terminal=ask_terminal,
        ask_tmux=_ask_tmux,
        window_cell=partial(cell_size.of_terminal, terminal),
        own_terminal=_path(terminal),
        environ=os.environ,
    )
    return GraphicsFinder(settings, around, changed, confirmed)


def _path(descriptor: int) -> str:
    """Return the path of a terminal; empty where it has none here, as in some containers."""
    with suppress(OSError):
        return os.ttyname(descriptor)
    return ""


def _ask_tmux(told: Callable[[TmuxFacts | None], None]) -> None:
    """Ask tmux in a thread that no end of the program waits for."""
    loop = asyncio.get_running_loop()

    def ask() -> None:
        facts = tmux.ask(os.environ)
        # The loop may be over by now.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(told, facts)

    Thread(target=ask, name="ask-tmux", daemon=True).start()
