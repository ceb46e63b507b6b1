"""Costly pictures in a real terminal: one line, keys that are answered, and nothing left behind."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.pictures.costly import claiming_webp, jpeg_of_scans
from tests.pictures.test_encoder import NEEDS_PROC, is_alive, workers
from tests.sessions.test_open_frame import wait_until
from tests.support.home import Home
from tests.support.picture_host import BLOCKS, RED, PictureHost, png
from tests.support.service import ScriptedService, task
from tests.support.terminal import Terminal
from tui.demo.server import Response

pytestmark = NEEDS_PROC
WIDE, NARROW = (120, 40), (80, 24)
SECRETS = (b"sk-", b"Signature", b"OSSAccessKeyId", b"SCENEXT", b"http")


def answer(data: bytes) -> Response:
    return Response(200, data, {"Content-Type": "image/png"})


@pytest.fixture
def host(service: ScriptedService) -> Iterator[PictureHost]:
    """The first frame is costly, the second one claims to be huge, the third one is fine."""
    with PictureHost() as running:
        running.answers = {
            "/1.jpg": answer(jpeg_of_scans(500)),
            "/2.webp": answer(claiming_webp(16383, 16383)),
            "/3.png": answer(png(RED)),
        }
        links = [running.link(path) for path in running.answers]
        service.script("t", task("t", "COMPLETED", frames=links))
        yield running


def decoding(terminal: Terminal) -> int:
    """Wait until a picture is being decoded; return the process that does it."""
    found: list[int] = []

    def is_busy() -> bool:
        # Another size of the picture may be wanted at once: then the first process is replaced.
        found[:] = workers(terminal.pid)
        with suppress(FileNotFoundError, ProcessLookupError):
            return len(found) == 1 and _cpu_ticks(found[0]) > 20
        return False

    wait_until(is_busy, terminal)
    return found[0]


def _cpu_ticks(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[11])


def to_first_frame(terminal: Terminal) -> None:
    terminal.wait_for("3 frames| 3 t")
    terminal.press("enter")
    terminal.wait_for(r"esc +back")
    terminal.press("home")


def text(terminal: Terminal) -> str:
    return " ".join(terminal.text().replace("│", " ").split())


def test_keys_are_answered_meanwhile_and_p_ends_it_but_not_esc(
    home: Home, host: PictureHost
) -> None:
    with home.open("watch", "t") as terminal:
        to_first_frame(terminal)
        terminal.press("p")
        decoding(terminal)
        terminal.press("?")
        terminal.wait_for_text("esc: close")
        terminal.press("escape")
        terminal.wait_gone("esc: close")
        assert len(workers(terminal.pid)) == 1, "closing the help stops no picture"
        terminal.press("p")
        wait_until(lambda: not workers(terminal.pid), terminal)
        terminal.press("p")
        decoding(terminal)


def test_back_in_the_list_it_is_ended_and_the_newest_is_shown(
    home: Home, service: ScriptedService, host: PictureHost
) -> None:
    with home.open("watch", "t", env={"SCENEXT_API_KEY": service.api_key}) as terminal:
        to_first_frame(terminal)
        terminal.press("escape", "p")
        terminal.wait_for(BLOCKS)
        terminal.press("enter", "home")
        first = decoding(terminal)
        child = Path(f"/proc/{first}")
        known = child.joinpath("environ").read_bytes() + child.joinpath("cmdline").read_bytes()
        secrets = (*SECRETS, service.api_key.encode())
        assert [secret for secret in secrets if secret in known] == []
        terminal.press("escape")
        # From the list the newest frame is meant.
        terminal.wait_for("frame3, the newest of 3")
        wait_until(lambda: first not in workers(terminal.pid), terminal)
        terminal.wait_for(BLOCKS)


def test_where_the_list_takes_its_place_it_is_ended(home: Home, host: PictureHost) -> None:
    with home.open("watch", "t", cols=NARROW[0], rows=NARROW[1]) as terminal:
        to_first_frame(terminal)
        terminal.press("p")
        decoding(terminal)
        terminal.press("escape")
        wait_until(lambda: not workers(terminal.pid), terminal)


def test_another_frame_ends_it_and_is_shown(home: Home, host: PictureHost) -> None:
    with home.open("watch", "t") as terminal:
        to_first_frame(terminal)
        terminal.press("p")
        first = decoding(terminal)
        terminal.press("down")
        wait_until(lambda: "too large to show: 16383 by 16383." in text(terminal), terminal)
        assert first not in workers(terminal.pid)
        terminal.press("down")
        terminal.wait_for(BLOCKS)
        # Pillow is loaded where pictures are decoded, and nowhere else.
        (child,) = workers(terminal.pid)
        assert "PIL/_imaging" in Path(f"/proc/{child}/maps").read_text()
        assert "PIL/_imaging" not in Path(f"/proc/{terminal.pid}/maps").read_text()


@pytest.mark.soak
def test_its_deadline_ends_it(home: Home, host: PictureHost) -> None:
    with home.open("watch", "t") as terminal:
        to_first_frame(terminal)
        terminal.press("p")
        wait_until(lambda: "The picture takes too long to decode." in text(terminal), terminal)
        assert workers(terminal.pid) == []
        terminal.press("end")
        terminal.wait_for(BLOCKS)


def test_the_panel_ends_it_as_it_closes(home: Home, host: PictureHost) -> None:
    with home.open("watch", "t", env={"SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}) as terminal:
        to_first_frame(terminal)
        terminal.press("o")
        terminal.wait_for_text("copy again")
        terminal.press("p")
        decoding(terminal)
        terminal.press("escape")
        terminal.wait_gone("copy again")
        wait_until(lambda: not workers(terminal.pid), terminal)


@pytest.mark.parametrize("end", ["q", "SIGTERM", "SIGKILL", "hang up"])
def test_the_child_ends_with_the_program(home: Home, host: PictureHost, end: str) -> None:
    # No more than to be busy still: a program that was killed cannot kill, and then its child
    # decodes this picture to the end.
    host.answers["/1.jpg"] = answer(jpeg_of_scans(100))
    with home.open("watch", "t") as terminal:
        to_first_frame(terminal)
        terminal.press("p")
        child = decoding(terminal)
        match end:
            case "q":
                terminal.press("q")
            case "hang up":
                terminal.hang_up()
            case _:
                terminal.signal(signal.Signals[end])
        terminal.wait_exit(10)
        began = time.monotonic()
        while is_alive(child):
            assert time.monotonic() - began < 60
            time.sleep(0.05)
