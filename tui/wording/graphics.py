"""How pictures are shown in this terminal, in words. Pure."""

from __future__ import annotations

import re
from typing import Final

from tui.graphics import Graphics, PictureSetting, Protocol

_PROTOCOLS: Final = {
    Protocol.KITTY: "in real pixels, by kitty's protocol",
    Protocol.SIXEL: "in real pixels, by sixel",
}
NOT_ASKED: Final = "not asked: keys are waiting for the shell, or it takes no output now"
_NEXT_SENTENCE: Final = r"(?<=\.) (?=[A-Z])"
KEYS_LOST: Final = "Keys that were typed while the terminal was asked are lost."


def graphics_lines(graphics: Graphics, setting: PictureSetting) -> list[tuple[str, str]]:
    """Return names and values: what was found of the terminal, and why nothing better."""
    lines = [("terminal", _terminal(graphics)), ("pictures", _way(graphics, setting))]
    sentences = re.split(_NEXT_SENTENCE, graphics.reason) if graphics.reason else []
    lines += zip(("why", *("" for _ in sentences[1:])), sentences, strict=False)
    lines.append(("cell", f"{graphics.cell.width} by {graphics.cell.height} pixels"))
    return lines


def _terminal(graphics: Graphics) -> str:
    name = graphics.terminal or "one that does not tell its name"
    return f"{name}, in tmux" if graphics.in_tmux else name


def _way(graphics: Graphics, setting: PictureSetting) -> str:
    if setting is PictureSetting.OFF:
        return "off"
    symbols = f"in block characters ({graphics.symbols.value})"
    return _PROTOCOLS.get(graphics.protocol, symbols)
