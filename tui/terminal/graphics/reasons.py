"""Why pictures are not shown in a better way, as sentences, which say what to do about it."""

from __future__ import annotations

from typing import Final

from tui.terminal.graphics.known_terminals import Version

PASSTHROUGH_LINE: Final = "set -g allow-passthrough on"
"""What tmux's configuration needs, so that it passes pictures on."""

SET: Final = "The configuration says so."
OFF: Final = 'The configuration says so (pictures = "off").'
SILENT: Final = "The terminal does not answer when it is asked."
GNU_SCREEN: Final = "GNU screen passes no pictures on."
OUTER_TMUX: Final = "There is a tmux in between that cannot be asked from here."
NO_PLACEHOLDERS: Final = "The terminal does not have kitty's Unicode placeholders."
NEITHER: Final = "As far as it tells, it has neither kitty's Unicode placeholders nor sixel."
REFUSED: Final = "The terminal says that it shows no pictures now."
TMUX_SILENT: Final = "tmux does not answer when it is asked."
TMUX_DETACHED: Final = "No terminal is attached to tmux."
TMUX_NOT_UTF8: Final = "tmux takes the terminal for one without UTF-8: start it as tmux -u."
TMUX_PASSTHROUGH: Final = (
    f"tmux passes no pictures on. Its ~/.tmux.conf needs the line: {PASSTHROUGH_LINE}"
)
TMUX_SIXEL: Final = "tmux passes sixel on, and kitty's pictures only to terminals that have those."
TMUX_NEITHER: Final = (
    "As far as tmux knows, the terminal has no pictures in pixels that it passes on."
)


def not_known(term: str) -> str:
    """Return that a kind of terminal is not asked; `term` is the cleaned variable TERM."""
    return f"It is not known that terminals of the kind “{term}” (TERM) may be asked for more."


def too_old(name: str, since: Version) -> str:
    """Return that a terminal needs a newer version."""
    return f"{name} is too old for pictures in pixels: they need {_dotted(since)} or newer."


def old_tmux(since: Version) -> str:
    """Return that tmux needs a newer version."""
    return f"This tmux is too old to pass pictures on: that needs {_dotted(since)} or newer."


def _dotted(numbers: Version) -> str:
    return ".".join(map(str, numbers))
