"""Bytes of pictures on a pseudo-terminal: each is sent once, and a still screen sends none."""

from __future__ import annotations

import re
import sys

import pytest

from tests.support.kitty_pictures import KittyPictures, picture_bytes
from tests.support.terminal import Terminal

CELLS = 20 * 6
NUMBERED = re.compile(rb"\x1b_Ga=T[^;]*i=([0-9]+)")


def start(protocol: str, size: str = "9000") -> Terminal:
    """Start the app that shows pictures, and wait until it is still."""
    command = [sys.executable, "-m", "tests.support.picture_app", protocol, size]
    terminal = Terminal(command, cols=60, rows=14, prefork=True)
    terminal.wait_for_text("ready")
    terminal.wait_quiet(0.2)
    return terminal


def press(terminal: Terminal, key: str, expected: str = "") -> bytes:
    """Press a key, and return what is sent until the screen is still."""
    before = len(terminal.raw)
    terminal.press(key)
    terminal.wait_for_text(expected)
    terminal.wait_quiet(0.25)
    return terminal.raw[before:]


def test_a_picture_in_kitty_is_sent_once_whatever_covers_it() -> None:
    with start("kitty") as terminal:
        assert picture_bytes(press(terminal, "n", "picture 1")) < 9000 * 4 / 3 + 500
        assert terminal.read_for(0.5) == 0
        assert not picture_bytes(press(terminal, "d", "dialog"))
        assert "\U0010eeee" not in terminal.text(), "what is beside the dialog stays bright"
        back = press(terminal, "escape", "key escape")
        assert not picture_bytes(back)
        assert back.decode().count("\U0010eeee") == CELLS
        beside = press(terminal, "k", "key k")
        assert "\U0010eeee" not in beside.decode()
        # The next one takes its place: first the data, then the cells, then the deletion.
        following = press(terminal, "n", "picture 2")
        kinds = re.findall(rb"\x1b_G(a=T|a=d)|(\xf4\x8e\xbb\xae)", following)
        assert [kind or cell for kind, cell in kinds] == [
            b"a=T",
            *["\U0010eeee".encode()] * CELLS,
            b"a=d",
        ]
        again = press(terminal, "r")
        assert KittyPictures(again).live.keys() == KittyPictures(terminal.raw).live.keys()
        assert KittyPictures(terminal.raw).faults == []
        removed = press(terminal, "x", "removed")
        assert not NUMBERED.search(removed)
        assert KittyPictures(terminal.raw).live == {}


def test_a_sixel_picture_is_sent_again_only_where_its_cells_were_written() -> None:
    with start("sixel") as terminal:
        first = press(terminal, "n", "picture 1")
        assert picture_bytes(first)
        assert first.index(b"\x1bP") > first.index(b"\x1b[2;1H"), "behind the frame"
        assert terminal.read_for(0.5) == 0
        assert not picture_bytes(press(terminal, "k", "key k"))
        assert not picture_bytes(press(terminal, "d", "dialog"))
        back = press(terminal, "escape", "key escape")
        assert picture_bytes(back) == picture_bytes(first)
        second = press(terminal, "n", "picture 2")
        assert b" " * 20 not in second, "no blank moment between two"
        assert picture_bytes(press(terminal, "r")) == picture_bytes(second)
        wiped = press(terminal, "x", "removed")
        assert wiped.count(b" " * 20) >= 6


def test_where_the_terminal_turns_out_to_be_another_what_sixels_left_is_cleared() -> None:
    """As after a change of its font: what was drawn covers more cells than it has."""
    with start("sixel") as terminal:
        press(terminal, "n", "picture 1")
        assert "\x1b[2J" in press(terminal, "t").decode("latin-1")
        assert "below" in terminal.text()


def test_a_thousand_pictures_never_are_more_than_24_in_the_terminal() -> None:
    with start("kitty", "100") as terminal:
        terminal.press("m")
        terminal.wait_for_text("picture 1000", timeout=60)
        terminal.wait_quiet(0.2)
        pictures = KittyPictures(terminal.raw)
        assert (len(pictures.live), pictures.faults) == (1, [])
        assert pictures.most <= 24


@pytest.mark.parametrize("protocol", ["kitty", "sixel"])
def test_a_terminal_that_takes_nothing_gets_no_more_than_a_piece(protocol: str) -> None:
    with start(protocol, "600000") as terminal:
        terminal.press("n")
        terminal.wait_for(lambda _: b"\x1b_G" in terminal.raw or b"\x1bP" in terminal.raw)
        terminal.pause()
        terminal.press("j", "x", "n")
        terminal.resume()
        terminal.wait_for_text("picture 2", timeout=30)
        terminal.wait_quiet(0.5, timeout=30)
        pictures = KittyPictures(terminal.raw)
        assert pictures.faults == []
        assert len(pictures.live) == (protocol == "kitty")
        assert pictures.largest <= 4096
