"""The enlarged picture and the contact sheet in a terminal with real pictures: what is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

import pytest

from tests.support.fake_terminals import KITTY
from tests.support.home import Home
from tests.support.kitty_pictures import KittyPictures
from tests.support.picture_host import PictureHost, picture
from tests.support.service import ScriptedService, completed
from tests.support.terminal import Terminal

FRAMES, IN_SIGHT, MAX_LIVE = 40, 9, 24
_SENT = re.compile(rb"a=T[^;]*?,i=(\d+)")
_DELETED = re.compile(rb"a=d[^;]*?,i=(\d+)")


@pytest.fixture
def host(service: ScriptedService) -> Iterator[PictureHost]:
    """Forty frames, each of another colour."""
    with PictureHost() as running:
        for number in range(1, FRAMES + 1):
            running.answers[f"/{number}.png"] = picture((number * 6, 250 - number * 6, 99))
        links = [running.link(path) for path in running.answers]
        service.script("t", completed("t", links))
        yield running


def sent(terminal: Terminal, since: int) -> list[bytes]:
    return _SENT.findall(terminal.raw, since)


def live(terminal: Terminal) -> set[bytes]:
    return set(_SENT.findall(terminal.raw)) - set(_DELETED.findall(terminal.raw))


def press(terminal: Terminal, pictures: int, *keys: str) -> None:
    """Press keys, and wait until so many pictures were sent and the terminal shows all."""
    before = len(terminal.raw)
    terminal.press(*keys)
    terminal.wait_for(lambda _: len(sent(terminal, before)) >= pictures)
    terminal.wait_quiet(0.4)
    assert len(sent(terminal, before)) == pictures, keys
    assert len(live(terminal)) <= MAX_LIVE


def test_nothing_is_sent_twice_and_the_end_leaves_nothing(home: Home, host: PictureHost) -> None:
    with home.open("watch", "t", answers=KITTY) as terminal:
        terminal.wait_for_text(f"{FRAMES} frames")
        terminal.wait_quiet()
        step = partial(press, terminal)
        step(IN_SIGHT, "w")
        assert len(host.requests) == IN_SIGHT
        step(0, "j", "k", "l")
        # One row further, and back.
        step(3, "j", "j", "j")
        step(0, "g")
        step(1, "enter")
        terminal.wait_for_text("frame 1 of 40")
        step(1, "+")
        terminal.wait_for_text("1.5x")
        # The sheet comes back as it was, by its cells alone.
        step(0, "escape")
        terminal.wait_for_text("> frame1")
        step(0, "?")
        step(0, "escape")
        # The first row of the next page was in sight before.
        step(6, "pagedown")
        step(IN_SIGHT, "pagedown")
        step(0, "escape")
        assert not live(terminal)
        step(1, "+")
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert not live(terminal)
        assert terminal.changes() == []


def test_after_a_resize_only_what_the_terminal_lacks_is_sent(
    home: Home, host: PictureHost, service: ScriptedService
) -> None:
    service.script("t", completed("t", [host.link("/1.png")]))
    with home.open("watch", "t", answers=KITTY, cols=160, rows=45) as terminal:
        terminal.wait_for_text("1 frame")
        terminal.press("p")
        terminal.wait_for(lambda _: KittyPictures(terminal.raw).live)
        terminal.wait_quiet(0.5)
        for lacks, rows in ((False, 46), (True, 47)):
            terminal.answers = KITTY._replace(lacks_pictures=lacks)
            before = len(terminal.raw)
            terminal.resize(160, rows)
            terminal.wait_for(lambda _, at=before: b"a=p,q=1" in terminal.raw[at:])  # type: ignore[misc]
            terminal.wait_quiet(0.5)
            assert len(sent(terminal, before)) == lacks
        pictures = KittyPictures(terminal.raw)
        assert (len(pictures.live), pictures.faults) == (1, [])
        terminal.press("q")
        terminal.wait_exit()
        pictures = KittyPictures(terminal.raw)
        assert (pictures.live, pictures.open, pictures.faults) == ({}, None, [])
