"""A shell in a terminal on a display: typed into as by a person, and looked at."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from PIL import Image, ImageChops

from tests.real_terminals.display import Display, end
from tests.real_terminals.terminals import Kind

PROMPT: Final = "ready>"

_TIMEOUT: Final = 30.0
_LOOK_INTERVAL: Final = 0.1
_STILL_SECONDS: Final = 0.8
"""For so long the picture has to be the same until it counts as complete."""
_POINTER: Final = ("1190", "790")
_XDOTOOL_NAMES: Final = {
    "enter": "Return",
    "escape": "Escape",
    "tab": "Tab",
    "space": "space",
    "up": "Up",
    "down": "Down",
    "left": "Left",
    "right": "Right",
    "home": "Home",
    "end": "End",
    "pageup": "Prior",
    "pagedown": "Next",
    "?": "question",
    "+": "plus",
    "-": "minus",
    "[": "bracketleft",
    "]": "bracketright",
    "/": "slash",
}


class Window:
    """One terminal with an interactive shell, whose prompt is `PROMPT`; a context manager.

    In the shell `run` starts the program under test.
    """

    def __init__(self, kind: Kind, display: Display, folder: Path, program: str) -> None:
        """Start the terminal.

        `program` is the shell command that `run` stands for; `folder` is for the terminal's files.
        """
        self.kind: Final = kind
        self._display = display
        self._folder = folder
        shell = folder / "shellrc"
        # The home of the window belongs to the terminal; the program gets the one under test.
        script = folder / "run"
        script.write_text(f"#!/bin/sh\nexec {program}\n", "utf-8")
        script.chmod(0o700)
        shell.write_text(f"PS1='{PROMPT} '\nPATH={folder}:$PATH\n", "utf-8")
        launch = kind.launch(folder, ["bash", "--rcfile", str(shell), "-i"])
        with (folder / "terminal.log").open("wb") as log:
            self._process = subprocess.Popen(
                launch.argv,
                env={**_environment(folder), "DISPLAY": display.name, **launch.env},
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        """Wait until the shell is there; return the window."""
        self._wait_for_window()
        # Keys go to the window under the pointer, which must not hide anything.
        self._display.run("xdotool", "mousemove", *_POINTER)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the terminal, and tmux's server where there is one."""
        socket = self._folder / "tmux"
        if socket.exists():
            self._display.run("tmux", "-S", str(socket), "kill-server")
        end(self._process)

    def press(self, *keys: str) -> None:
        """Press keys, such as `enter` or `ctrl+z`."""
        for key in keys:
            self._display.run("xdotool", "key", "--clearmodifiers", _XDOTOOL_NAMES.get(key, key))

    def type(self, text: str) -> None:
        """Type a text, and enter."""
        self._display.run("xdotool", "type", "--delay", "20", text)
        self.press("enter")

    def resize(self, width: int, height: int) -> None:
        """Change the size of the window, in pixels."""
        self._display.run("xdotool", "mousemove", "5", "5")
        told = self._display.run("xdotool", "getmouselocation", "--shell")
        self._display.run("xdotool", "mousemove", *_POINTER)
        found = re.search(r"WINDOW=(\d+)", told)
        assert found is not None, told
        self._display.run("xdotool", "windowsize", found[1], str(width), str(height))

    def screenshot(self) -> Image.Image:
        """Return what is shown now."""
        return self._display.screenshot()

    def wait_still(self, seconds: float = _STILL_SECONDS) -> Image.Image:
        """Wait until nothing has changed for some time; return what is shown."""
        shown, since = self.screenshot(), time.monotonic()
        deadline = since + _TIMEOUT
        while time.monotonic() < since + seconds:
            assert time.monotonic() < deadline, "the window keeps changing"
            time.sleep(_LOOK_INTERVAL)
            now = self.screenshot()
            if ImageChops.difference(now, shown).getbbox():
                shown, since = now, time.monotonic()
        return shown

    def wait_until(
        self, condition: Callable[[Image.Image], object], what: str, timeout: float = _TIMEOUT
    ) -> Image.Image:
        """Wait until what is shown, and stands still, satisfies a condition; return it."""
        deadline = time.monotonic() + timeout
        while True:
            shown = self.wait_still()
            if condition(shown):
                return shown
            if time.monotonic() > deadline:
                shown.save(self._folder / "failed.png")
                raise AssertionError(f"{self.kind.name}: {what}: see {self._folder}/failed.png")

    def _wait_for_window(self) -> None:
        """Wait until the terminal shows something."""
        blank = (0, 0, *self.screenshot().size)
        self.wait_until(
            lambda shown: (
                shown.convert("L").point(lambda value: 255 * (value > 100)).getbbox()
                not in (None, blank)
            ),
            "no window",
        )


def _environment(folder: Path) -> dict[str, str]:
    """Return a small environment: nothing of a session that the tests may run in."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {"LANG": "C.UTF-8", **kept, "HOME": str(folder), "SHELL": "/bin/sh"}
