"""Hide environment variables from Textual that would break the program.

Textual reads some twenty. The rule: one that is listed here, since it only tunes what is drawn, is
kept if its value is in the range given. Every other one is removed, those of a later Textual too:
they press keys (`TEXTUAL_PRESS`), end the program (`TEXTUAL_DRIVER`), or write links into logs,
screenshots and other programs (`TEXTUAL_LOG`, `TEXTUAL_SCREENSHOT`, `TEXTUAL`). Pure.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, MutableMapping
from typing import Final

MAX_FPS: Final = 240
"""Frames a second that may be asked for; thousands leave no time for anything else."""

_NUMBERS: Final[Mapping[str, range]] = {
    "ESCDELAY": range(10_001),
    "TEXTUAL_DIM_FACTOR": range(101),
    "TEXTUAL_FPS": range(1, MAX_FPS + 1),
}
_WORDS: Final[Mapping[str, Container[str]]] = {
    "TEXTUAL_ANIMATIONS": ("none", "basic", "full"),
    # What Rich takes, except that of Windows.
    "TEXTUAL_COLOR_SYSTEM": ("auto", "standard", "256", "truecolor"),
}
_FREE: Final = frozenset(
    {
        "TEXTUAL_ALLOW_SIGNALS",
        "TEXTUAL_DISABLE_KITTY_KEY",
        "TEXTUAL_SPEEDUPS",
        "TEXTUAL_THEME",
    }
)


def settle(environ: MutableMapping[str, str], *, low_bandwidth: bool, plain: bool) -> None:
    """Remove what would break us, and set what we need.

    `plain` asks for no colours where the variables name no theme. Call it with the environment of
    the process, before Textual is imported.
    """
    for name in [name for name in environ if not _is_kept(name, environ[name])]:
        del environ[name]
    if low_bandwidth:
        environ["TEXTUAL_ANIMATIONS"] = "none"
        environ["TEXTUAL_FPS"] = "10"
    # Otherwise Textual has the terminal report its size and the mouse in pixels, and believes both.
    environ["TEXTUAL_SMOOTH_SCROLL"] = "0"
    # Paint twice as often as by default: a key that follows a frame waits half as long.
    environ.setdefault("TEXTUAL_FPS", "120")
    if plain:
        # Otherwise Textual answers NO_COLOR with greys in true colour.
        environ.setdefault("TEXTUAL_THEME", "ansi-dark")


def _is_kept(name: str, value: str) -> bool:
    if name in _NUMBERS:
        is_short = value.isascii() and value.isdigit() and len(value) < 10
        return is_short and int(value) in _NUMBERS[name]
    if name in _WORDS:
        return value.lower() in _WORDS[name]
    return name in _FREE or not name.startswith("TEXTUAL")
