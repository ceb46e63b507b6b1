"""The input thread: it wakes for input alone, and copes with any bytes."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.home import Home
from tests.support.service import ScriptedService, completed
from tests.support.terminal import Terminal


@pytest.fixture
def terminal(home: Home, service: ScriptedService) -> Iterator[Terminal]:
    """Open a dashboard whose tasks have all completed."""
    service.script("one", completed("one"))
    service.script("two", completed("two"))
    assert home.run("add", "one", "two").returncode == 0
    with home.open(cols=80, rows=24) as opened:
        opened.wait_for_text("2 done")
        opened.wait_quiet(0.2)
        yield opened


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc to count wake-ups")
def test_an_idle_dashboard_wakes_less_often_than_textuals_input_thread(terminal: Terminal) -> None:
    def wakes() -> int:
        """Return how often its threads have gone to sleep."""
        threads = [t.read_text() for t in Path(f"/proc/{terminal.pid}/task").glob("*/status")]
        told = (re.search(r"^voluntary_ctxt_switches:\s+(\d+)", t, re.M) for t in threads)
        return sum(int(found[1]) for found in told if found)

    terminal.wait_quiet(1.0)
    before = wakes()
    assert terminal.read_for(4.0) == 0
    assert wakes() - before < 4 * 9


def test_a_lone_escape_is_the_escape_key(terminal: Terminal) -> None:
    terminal.press("?")
    terminal.wait_for_text("esc: close")
    terminal.press("escape")
    terminal.wait_gone("esc: close")


def test_it_may_be_stopped_and_continued_many_times_a_second(terminal: Terminal) -> None:
    """As `cpulimit` does: the signal comes in the middle of a start, too."""
    for turn in range(200):
        terminal.signal(signal.SIGSTOP)
        terminal.signal(signal.SIGCONT)
        terminal.read_for(turn % 8 / 1000)
    terminal.press("?")
    terminal.wait_for_text("esc: close")
    terminal.press("escape", "q")
    assert terminal.wait_exit() == 0
    assert terminal.changes() == []


def test_a_character_may_come_byte_by_byte_and_invalid_bytes_are_harmless(
    terminal: Terminal,
) -> None:
    terminal.press("/")
    terminal.wait_for_text("to the list")
    for byte in "añ→".encode():
        terminal.write(bytes([byte]))
        terminal.read_for(0.05)
    terminal.wait_for_text("añ→")
    # What a terminal set up for Latin-1 sends for ä.
    terminal.write(b"\xe4z")
    terminal.wait_for("añ→.z")
    terminal.press("escape", "escape")
    terminal.wait_gone("añ→")
    terminal.press("q")
    assert terminal.wait_exit() == 0
