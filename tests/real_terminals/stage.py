"""What the program is shown with in a real terminal: a home, a service, and slides."""

from __future__ import annotations

import io
import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tests.real_terminals.display import Display
from tests.real_terminals.terminals import Kind
from tests.real_terminals.window import Window
from tests.support.home import COMMAND, Home
from tests.support.picture_host import PictureHost
from tests.support.service import ScriptedService, task
from tui.demo.server import Response

TASK = "48213"


@dataclass
class Stage:
    """A terminal in which `run` starts the program, and what stands behind it."""

    window: Window
    display: Display
    home: Home
    service: ScriptedService
    host: PictureHost

    def offer(self, slides: Mapping[str, Image.Image], *, state: str = "IN_PROGRESS") -> None:
        """Set the task's frames; the last one is the newest."""
        for name, slide in slides.items():
            file = io.BytesIO()
            slide.save(file, "PNG")
            answer = Response(200, file.getvalue(), {"Content-Type": "image/png"})
            self.host.answers[f"/{name}.png"] = answer
        links = [self.host.link(f"/{name}.png") for name in slides]
        self.service.script(TASK, task(TASK, state, frames=links))

    def resize_a_little(self) -> None:
        """Make more cells of it: the window larger, or where it fills all, the letters smaller."""
        if self.window.kind.name == "foot":
            self.window.press("ctrl+minus")
        else:
            self.window.resize(1270, 860)


@contextmanager
def on_stage(kind: Kind, folder: Path, *arguments: str) -> Iterator[Stage]:
    """Open a terminal of a kind, with everything that the program needs, in an empty folder."""
    with ExitStack() as stack:
        service = stack.enter_context(ScriptedService())
        host = stack.enter_context(PictureHost())
        home = Home(folder / "home")
        home.configure(base_url=service.base_url, api_key=service.api_key, poll_interval=1)
        home.config.chmod(0o600)
        own, pixels = folder / "terminal", folder / "display"
        own.mkdir(mode=0o700)
        pixels.mkdir()
        display = stack.enter_context(Display(pixels))
        program = command(home, *(arguments or ("watch", TASK)))
        window = stack.enter_context(Window(kind, display, own, program))
        yield Stage(window, display, home, service, host)


def command(home: Home, *arguments: str) -> str:
    """Return the shell command that starts the program in a home."""
    variables = [f"{name}={value}" for name, value in home.environment().items()]
    if path := os.environ.get("PYTHONPATH"):
        variables.append(f"PYTHONPATH={path}")
    return shlex.join(["env", *variables, *COMMAND, *arguments])
