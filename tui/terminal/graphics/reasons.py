"""Why pictures are not shown in a better way, and what to do about it.

Short sentences: the help shows each on a line of its own.
"""

from __future__ import annotations

from typing import Final

from tui.terminal.graphics.known_terminals import Version

PASSTHROUGH_LINE: Final = "set -g allow-passthrough on"
"""What tmux's configuration needs, so that it passes pictures on."""

SET: Final = "The configuration says so."
OFF: Final = 'The configuration says so (pictures = "off").'
SILENT: Final = "The terminal does not answer when it is asked."
GNU_SCREEN: Final = "GNU screen passes no pictures on."
OUTER_TMUX: Final = "There is a tmux in between. It cannot be asked from here."
NO_PLACEHOLDERS: Final = "The terminal does not have kitty's Unicode placeholders."
NEITHER: Final = "It does not tell that it has kitty's pictures or sixel."
REFUSED: Final = "The terminal says that it shows no pictures now."
TMUX_SILENT: Final = "tmux does not answer when it is asked."
TMUX_DETACHED: Final = "No terminal is attached to tmux."
TMUX_NOT_UTF8: Final = "tmux believes that the terminal has no UTF-8. Start it as: tmux -u"
TMUX_PASSTHROUGH: Final = f"tmux passes no pictures on. Its ~/.tmux.conf needs: {PASSTHROUGH_LINE}"
TMUX_SIXEL: Final = "tmux passes on sixel. Kitty's pictures need a terminal that has them."
TMUX_NEITHER: Final = "tmux knows of no pictures in pixels in this terminal."


def not_known(term: str) -> str:
    """Return that a kind of terminal is not asked; `term` is the cleaned variable TERM."""
    return f"Terminals of the kind “{term}” (TERM) are not asked."


def too_old(name: str, since: Version) -> str:
    """Return that a terminal needs a newer version."""
    return f"{name} is too old for pictures in pixels. They need {_dotted(since)} or newer."


def old_tmux(since: Version) -> str:
    """Return that tmux needs a newer version."""
    return f"This tmux is too old to pass pictures on. That needs {_dotted(since)} or newer."


def _dotted(numbers: Version) -> str:
    return ".".join(map(str, numbers))
