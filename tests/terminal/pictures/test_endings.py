"""Whatever ends the program, no picture stays in the terminal."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable

import pytest

from tests.support.kitty_pictures import KittyPictures, picture_bytes
from tests.support.terminal import Terminal

LARGE = "2000000"
"""Bytes of a picture that is still on its way when it is looked at."""


def start(protocol: str = "kitty", size: str = "9000") -> Terminal:
    """Start the app that shows pictures."""
    command = [sys.executable, "-m", "tests.support.picture_app", protocol, size]
    terminal = Terminal(command, cols=60, rows=14, prefork=True)
    terminal.wait_for_text("ready")
    return terminal


def sends(number: signal.Signals) -> Callable[[Terminal], None]:
    """Return what sends a signal."""
    return lambda terminal: terminal.signal(number)


ENDS: dict[str, Callable[[Terminal], None]] = {
    "q": lambda terminal: terminal.press("q"),
    "a crash": lambda terminal: terminal.press("c"),
    **{each.name: sends(each) for each in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)},
}


@pytest.mark.parametrize("end", ENDS)
def test_every_end_deletes_the_pictures_before_it_leaves_the_screen(end: str) -> None:
    with start() as terminal:
        terminal.press("n")
        terminal.wait_for_text("picture 1")
        before = len(terminal.raw)
        assert len(KittyPictures(terminal.raw).live) == 1
        ENDS[end](terminal)
        terminal.wait_exit()
        left = terminal.raw[before:]
        deleted, _, after = left.partition(b"\x1b[?1049l")
        assert KittyPictures(terminal.raw).live == {}
        assert picture_bytes(deleted)
        assert not picture_bytes(after)
        assert terminal.changes() == []


@pytest.mark.parametrize("end", ["q", "SIGHUP"])
def test_a_picture_that_was_half_sent_is_closed_and_deleted(end: str) -> None:
    with start(size=LARGE) as terminal:
        terminal.press("n")
        terminal.wait_for(lambda _: picture_bytes(terminal.raw) > 0)
        terminal.pause()
        ENDS[end](terminal)
        terminal.resume()
        terminal.wait_exit()
        pictures = KittyPictures(terminal.raw)
        assert (pictures.open, pictures.live, pictures.faults) == (None, {}, [])
        assert terminal.changes() == []


def test_where_nothing_was_shown_the_end_has_no_byte_about_pictures() -> None:
    with start() as terminal:
        terminal.press("q")
        terminal.wait_exit()
        assert b"\x1b_G" not in terminal.raw
        assert b"\x1bP" not in terminal.raw


def test_ctrl_z_leaves_no_picture_and_fg_brings_it_back() -> None:
    with start() as terminal:
        terminal.press("n")
        terminal.wait_for_text("picture 1")
        terminal.wait_quiet(0.2)
        terminal.press("z")
        terminal.wait_for(lambda _: terminal.is_stopped)
        terminal.wait_for(lambda _: terminal.changes() == [])
        assert KittyPictures(terminal.raw).live == {}
        before = len(terminal.raw)
        terminal.signal(signal.SIGCONT)
        terminal.wait_for(lambda _: KittyPictures(terminal.raw).live)
        terminal.wait_for_text("picture 1")
        terminal.wait_quiet(0.2)
        # What shows it comes behind it: a terminal draws it only then.
        data, _, cells = terminal.raw[before:].rpartition(b"\x1b_G")
        assert picture_bytes(data)
        assert cells.decode().count("\U0010eeee") >= 120
        assert KittyPictures(terminal.raw).faults == []


def test_the_end_clears_the_screen_of_sixel_pictures() -> None:
    with start("sixel") as terminal:
        terminal.press("n")
        terminal.wait_for_text("picture 1")
        terminal.wait_for(lambda _: picture_bytes(terminal.raw) > 0)
        before = len(terminal.raw)
        terminal.press("q")
        terminal.wait_exit()
        cleared, _, after = terminal.raw[before:].partition(b"\x1b[2J")
        assert b"\x1b[?1049l" in after
        assert b"\x1b[?1049l" not in cleared


def test_a_picture_that_was_on_its_way_when_the_program_was_stopped_comes_whole() -> None:
    with start(size="400000") as terminal:
        terminal.press("n")
        for turn in range(12):
            terminal.signal(signal.SIGSTOP)
            terminal.read_for(turn % 4 / 100)
            # Another size: then not everything is sent again anyway.
            terminal.resize(60 + turn % 3, 14)
            terminal.signal(signal.SIGCONT)
            terminal.read_for(0.02)
        terminal.wait_for(lambda _: KittyPictures(terminal.raw).live, timeout=30)
        terminal.wait_quiet(0.3)
        pictures = KittyPictures(terminal.raw)
        assert [len(data) for data in pictures.live.values()] == [400_000]
        assert (pictures.open, pictures.faults) == (None, [])
