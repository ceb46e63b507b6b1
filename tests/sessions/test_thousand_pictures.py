"""A thousand pictures one after the other, in a terminal that answers as kitty does."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from tests.pictures.test_encoder import NEEDS_PROC
from tests.support.fake_terminals import KITTY
from tests.support.figures import figure
from tests.support.home import Home
from tests.support.picture_host import PictureHost
from tests.support.service import ScriptedService, task
from tui.demo.server import Request, Response

pytestmark = [pytest.mark.soak, NEEDS_PROC]

FRAMES = 250
"""More than the files that are kept. The list of frames has grown to its full size after them."""
ROUNDS = 4
MAX_LIVE = 24
_BEGIN = b"\x1b_Ga=T"
_SENT = re.compile(rb"\x1b_Ga=T,[^;]*\bi=(\d+)|\x1b_Ga=d,d=I,i=(\d+)")


def slide(request: Request) -> Response:
    """Return a picture that is soon encoded but large as a file, another one for each path."""
    picture = Image.new("RGB", (480, 270), "navy")
    words = f"Scene {request.path[1:-4]}"
    ImageDraw.Draw(picture).text((240, 135), words, "white", ImageFont.load_default(60), "mm")
    padding = PngInfo()
    padding.add(b"paDd", os.urandom(150_000))
    file = io.BytesIO()
    picture.save(file, "PNG", pnginfo=padding)
    return Response(200, file.getvalue(), {"Content-Type": "image/png"})


def resident(pid: int) -> int:
    """Return the bytes of memory that a process has."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) * 1024


def most_live(output: bytes) -> int:
    """Return how many pictures the terminal held at most."""
    live: set[bytes] = set()
    most = 0
    for sent, deleted in _SENT.findall(output):
        live = live | {sent} if sent else live - {deleted}
        most = max(most, len(live))
    return most


def test_memory_is_flat_and_the_terminal_holds_few(
    home: Home, service: ScriptedService, capsys: pytest.CaptureFixture[str]
) -> None:
    home.state.unlink()
    with PictureHost() as host:
        paths = [f"/{number}.png" for number in range(FRAMES)]
        host.answers = dict.fromkeys(paths, slide)
        service.script("t", task("t", "COMPLETED", frames=[host.link(path) for path in paths]))
        with home.open("watch", "t", answers=KITTY) as terminal:
            terminal.wait_for_text(f"the newest of {FRAMES}")
            terminal.press("l", "end")
            sizes = []
            for turn in range(ROUNDS):
                for _ in range(FRAMES - 1):
                    sent = terminal.raw.count(_BEGIN)
                    terminal.press("down" if turn % 2 else "up")
                    while terminal.raw.count(_BEGIN) == sent:
                        terminal.read_for(0.02)
                sizes.append(resident(terminal.pid) / 1e6)
            output = terminal.raw
    figure(capsys, "memory after each 250 pictures, MB", ", ".join(f"{size:.1f}" for size in sizes))
    figure(capsys, "pictures that the terminal held at most", most_live(output))
    assert output.count(_BEGIN) >= ROUNDS * (FRAMES - 1)
    # By the end of the second round each of the terminal's 255 slots was used.
    assert sizes[-1] - sizes[1] < 2
    assert most_live(output) <= MAX_LIVE
