"""An X server without a screen, whose pixels are read from a file."""

from __future__ import annotations

import os
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from PIL import Image

SIZE: Final = (1280, 900)
"""Width and height in pixels: 120 by 40 cells of 10 by 20 and a margin."""

_HEADER: Final = struct.Struct(">25I")
"""Of a dump as xwd writes it: X11/XWDFile.h."""
_COLOUR_BYTES: Final = 12
_COMMAND_TIMEOUT: Final = 20
_EXIT_TIMEOUT: Final = 5


class Display:
    """Xvfb on a number that is free, as a context manager."""

    def __init__(self, folder: Path) -> None:
        """Keep the pixels in `folder`."""
        self._pixels = folder / "Xvfb_screen0"
        reader, writer = os.pipe()
        width, height = SIZE
        self._server = subprocess.Popen(
            [
                *("Xvfb", "-displayfd", str(writer), "-screen", "0", f"{width}x{height}x24"),
                *("-fbdir", str(folder), "-nolisten", "tcp", "-nocursor", "-noreset"),
            ],
            pass_fds=[writer],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(writer)
        with os.fdopen(reader) as told:
            number = told.readline().strip()
        assert number, "Xvfb does not start"
        self.name: Final = f":{number}"
        """As in the variable DISPLAY."""

    def __enter__(self) -> Self:
        """Return the display; it ends with the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the server, and so every window."""
        end(self._server)

    def screenshot(self) -> Image.Image:
        """Return all that is shown."""
        data = self._pixels.read_bytes()
        fields = _HEADER.unpack_from(data)
        start = fields[0] + fields[19] * _COLOUR_BYTES
        return Image.frombytes("RGB", SIZE, data[start:], "raw", "BGRX", fields[12])

    def run(self, *argv: str, env: Mapping[str, str] | None = None) -> str:
        """Run a program that uses the display, such as xdotool; return its output."""
        environment = {**os.environ, "DISPLAY": self.name, **(env or {})}
        return subprocess.run(
            argv,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_COMMAND_TIMEOUT,
        ).stdout


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process of ours, and wait until it is gone."""
    process.terminate()
    try:
        process.wait(_EXIT_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
