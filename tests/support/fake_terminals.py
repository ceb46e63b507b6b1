"""How terminals answer when they are asked, as a table; and a tmux that answers for itself.

Measured with kitty 0.41.1, Konsole 25.04, foot 1.21, xterm 398, tmux 3.3a and 3.5a, and mosh 1.4;
the others answer as their documentation says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

_QUESTION = re.compile(
    rb"\x1b(?:\[(?P<cursor>6n)|\[0?(?P<attributes>c)|\[>0?(?P<name>q)|\[(?P<cell>16t)"
    rb"|_G(?P<kitty>[^;\x1b]*)(?:;[^\x1b]*)?\x1b\\)"
)
_HALF = re.compile(rb"\x1b(?:\[[>0-9]*|_[^\x1b]*\x1b?)?\Z")


class FakeTerminal(NamedTuple):
    """What a terminal answers to each question; what it does not know, it ignores."""

    name: str = ""
    """The answer to XTVERSION; empty: none."""
    attributes: str = "62;22"
    """The answer to DA1; empty: none."""
    cell: tuple[int, int] | None = None
    """Width and height of a cell in pixels."""
    kitty: str = ""
    """The answer to a question of kitty's protocol (`a=q`); empty: none."""
    lacks_pictures: bool = False
    """Whether it says of each picture that it is asked about (`a=p`) that there is none."""
    cursor: bool = True
    """Whether it answers questions for the cursor."""
    env: Mapping[str, str] = {}
    """What it puts into the environment."""
    delay: float = 0.0
    """Seconds before each answer."""
    cut: int = 0
    """At which byte answers are cut; what is behind it comes `cut_pause` later. Not those that tell
    where the cursor is alone."""
    cut_pause: float = 0.0

    def answer(self, data: bytes, cursor: tuple[int, int]) -> bytes:
        """Return the answers to all questions in some output, in their order."""
        return b"".join(self._answer(match, cursor) for match in _QUESTION.finditer(data))

    def _answer(self, match: re.Match[bytes], cursor: tuple[int, int]) -> bytes:
        text = ""
        match match.lastgroup:
            case "cursor" if self.cursor:
                text = f"\x1b[{cursor[1] + 1};{cursor[0] + 1}R"
            case "attributes" if self.attributes:
                text = f"\x1b[?{self.attributes}c"
            case "name" if self.name:
                text = f"\x1bP>|{self.name}\x1b\\"
            case "cell" if self.cell:
                text = f"\x1b[6;{self.cell[1]};{self.cell[0]}t"
            case "kitty" if self.kitty:
                keys = dict(key.split("=") for key in match["kitty"].decode().split(","))
                if keys.get("a") == "q":
                    text = f"\x1b_Gi={keys['i']};{self.kitty}\x1b\\"
                elif keys.get("a") == "p" and self.lacks_pictures:
                    text = f"\x1b_Gi={keys['i']},p={keys['p']};ENOENT:no such image\x1b\\"
        return text.encode()


def unfinished(data: bytes) -> bytes:
    """Return the end of some output that may be the beginning of a question."""
    match = _HALF.search(data)
    return match[0] if match else b""


PLAIN = FakeTerminal()
"""Answers questions for the cursor and for its attributes, as all terminals do."""
SILENT = FakeTerminal(attributes="", cursor=False)
KITTY = FakeTerminal("kitty(0.41.1)", "62;52", (10, 20), "OK", env={"TERM": "xterm-kitty"})
KITTY_WITHOUT_OCTANTS = KITTY._replace(name="kitty(0.28.1)")
KITTY_WITHOUT_PLACEHOLDERS = KITTY._replace(name="kitty(0.26.5)")
GHOSTTY = FakeTerminal("ghostty 1.2.3", "62;22", (9, 19), "OK", env={"TERM": "xterm-ghostty"})
RIO = FakeTerminal("rio 0.2.30", "62;4;6;22", (10, 21), "OK", env={"TERM": "rio"})
KONSOLE = FakeTerminal("Konsole 25.04.2", "62;1;4", (10, 20), "OK")
FOOT = FakeTerminal("foot(1.21.0)", "62;4;22;28", (10, 20), env={"TERM": "foot"})
FOOT_WITHOUT_OCTANTS = FOOT._replace(name="foot(1.13.1)")
XTERM = FakeTerminal("XTerm(398)", "64;1;2;6;9;15;16;17;18;21;22;28", (6, 13))
XTERM_VT340 = XTERM._replace(attributes="63;1;2;4;6;9;15;16;22;28")
WEZTERM = FakeTerminal("WezTerm 20240203-110809-5046fc22", "65;4;6;18;22", (10, 22), "OK")
ITERM = FakeTerminal("iTerm2 3.6.5", "64;4;22;52", (8, 17), "OK")
VS_CODE = FakeTerminal("xterm.js(6.0.0)", "1;2", (9, 18))
VTE = FakeTerminal("VTE(8200)", "65;1;9", (9, 18))
ALACRITTY = FakeTerminal(attributes="6", cell=(10, 20), env={"TERM": "alacritty"})
APPLE = FakeTerminal(attributes="1;2")
WINDOWS_TERMINAL = FakeTerminal(attributes="61;4;6;7;14;21;22;23;24;28;32;42", cell=(10, 20))
MOSH = FakeTerminal(attributes="62")
LINUX_CONSOLE = FakeTerminal(attributes="6", env={"TERM": "linux"})
REMOTE_TMUX = FakeTerminal("tmux 3.5a", "1;2;4", (10, 20), env={"TERM": "xterm-256color"})
"""tmux on another machine, from which somebody came by SSH: there is no variable TMUX."""


class FakeTmux:
    """A program `tmux` that answers what a real one of some version would, and what is shown in it.

    The terminal that it makes for its pane answers for itself: `terminal`.
    """

    def __init__(
        self, folder: Path, version: str, outer: FakeTerminal, *, features: str = "", client: str
    ) -> None:
        """Pass nothing through; `client` is the ID of an existing process, empty if detached."""
        self._folder = folder
        self._outer = outer
        self._client = client
        attributes = "1;2;4" if version >= "3.4" else "1;2"
        self.terminal = FakeTerminal(f"tmux {version}", attributes, (10, 20))
        folder.mkdir(exist_ok=True)
        program = folder / "tmux"
        program.write_text(
            "#!/bin/sh\n"
            f"echo asked >>{folder}/asked\n"
            f"pane=$(readlink /proc/$PPID/fd/2); . {folder}/facts\n"
            f'echo "{version}|$pane|$passthrough|{features}|$facts"\n',
            "utf-8",
        )
        program.chmod(0o755)
        self.configure(client=client)

    @property
    def env(self) -> dict[str, str]:
        """The environment of its pane."""
        return {
            "PATH": f"{self._folder}:/usr/bin:/bin",
            "TMUX": f"{self._folder}/socket,1,0",
            "TMUX_PANE": "%0",
            "TERM": "tmux-256color",
        }

    @property
    def times_asked(self) -> int:
        """How often the program was started."""
        asked = self._folder / "asked"
        return asked.read_text("utf-8").count("\n") if asked.exists() else 0

    def configure(self, *, passthrough: str = "0", client: str | None = None) -> None:
        """Set what the option's format gives, and by which process it is shown, from now on."""
        self._client = self._client if client is None else client
        width, height = self._outer.cell or ("", "")
        facts = "||||"
        if self._client:
            facts = f"{width}|{height}|{self._client}|1|{self._outer.name}"
        text = f"passthrough={passthrough}; facts='{facts}'\n"
        (self._folder / "facts").write_text(text, "utf-8")
