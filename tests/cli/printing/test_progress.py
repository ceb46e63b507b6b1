"""The line that is rewritten, on a pseudo-terminal: what it leaves behind on the screen."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import sys
import termios
from collections.abc import Iterator

import pytest

from tests.support.pty_output import drain
from tests.support.screen import Screen
from tui.cli.printing.output import write_error
from tui.cli.printing.progress import ProgressLine

TEXT = "2 of 12 ended, 1 failed; 9 running; last answer 14:05"


class Window:
    """A terminal whose size may change, and standard error in it."""

    def __init__(self) -> None:
        self._master, slave = pty.openpty()
        self.stream = os.fdopen(slave, "w", encoding="utf-8")
        self.screen = Screen(80, 5)
        self.resize(80)

    def resize(self, cols: int) -> None:
        """Change the width, as a terminal that cuts its lines off."""
        self.written()
        self._cols = cols
        fcntl.ioctl(self.stream, termios.TIOCSWINSZ, struct.pack("4H", 5, cols, 0, 0))
        self.screen.resize(cols, 5)

    def written(self) -> bytes:
        """Return what was written since the last call, and show it on the screen."""
        data = drain(self._master, self.stream.fileno())
        self.screen.feed(data)
        return data

    def lines(self) -> list[str]:
        """Return what the screen shows, without the lines that are empty at its end.

        And without the last column, in which something of what was cut off may stay.
        """
        self.written()
        lines = [line[: self._cols - 1].rstrip() for line in self.screen.lines()]
        return "\n".join(lines).rstrip("\n").split("\n")


@pytest.fixture
def window() -> Iterator[Window]:
    """Return a terminal."""
    window = Window()
    yield window
    window.stream.close()
    os.close(window._master)


def line_in(window: Window, patch: pytest.MonkeyPatch) -> ProgressLine:
    """Return the line in a terminal to which standard error leads from now on."""
    patch.setenv("TERM", "vt100")
    patch.setattr(sys, "stderr", window.stream)
    return ProgressLine(window.stream)


def test_a_window_that_became_narrower_is_left_clean(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = line_in(window, monkeypatch)
    line.show(TEXT)
    assert window.lines() == [TEXT]
    window.resize(20)
    line.show("3 of 12 ended")
    assert window.lines() == ["3 of 12 ended"]
    window.resize(80)
    line.show(TEXT)
    window.resize(20)
    line.clear()
    write_error("next\n")
    assert window.lines() == ["next"]


def test_the_same_text_is_written_again_only_where_there_is_more_or_less_room(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = line_in(window, monkeypatch)
    line.show(TEXT)
    assert window.written()
    line.show(TEXT)
    assert window.written() == b""
    window.resize(20)
    line.show(TEXT)
    assert window.lines() == ["2 of 12 ended, 1.."]
    window.resize(80)
    line.show(TEXT)
    assert window.lines() == [TEXT]


def test_the_key_that_ends_it_leaves_with_the_line(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = line_in(window, monkeypatch)
    line.show(TEXT)
    write_error("^C")  # The terminal does, where it echoes.
    line.clear()
    assert window.lines() == [""]


def test_after_a_stop_it_is_written_anew(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    line = line_in(window, monkeypatch)
    line.show(TEXT)
    write_error("^Z\r\n[1]+  Stopped\r\n$ fg\r\n")
    line.forget()
    line.show(TEXT)
    assert window.lines()[-1] == TEXT
