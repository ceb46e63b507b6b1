"""The pace of a slow line: what a program may send before the terminal has shown the rest."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.home import Home
from tests.support.service import ScriptedService
from tests.support.slow_link import Channel
from tests.support.terminal import Terminal
from tui.terminal.flow_control import FIRST, PATIENCE, PATIENCE_AT_LEAST, Pacer

ROOT = Path(__file__).parents[2]
QUESTION = b"?"


@dataclass
class Line:
    """A program with a pacer at one end of a line, a terminal that answers at the other."""

    rate: float
    delay: float
    pacer: Pacer = field(default_factory=Pacer)
    now: float = 100.0
    frames: list[float] = field(default_factory=list)
    """When frames were sent."""
    lost: int = 0
    """Answers that will not arrive, the next ones."""

    def __post_init__(self) -> None:
        self.down, self.up = Channel(self.rate, self.delay), Channel(1e9, self.delay)
        self._ask()

    def _ask(self) -> None:
        self.down.send(QUESTION, self.now)
        self.pacer.asked(self.now)

    def step(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + 0.005)
            self.up.send(self.down.receive(self.now).replace(b".", b""), self.now)
            for _ in self.up.receive(self.now):
                if self.lost:
                    self.lost -= 1
                elif self.pacer.answered(self.now):
                    self._ask()

    def offer(self, size: int) -> bool:
        """Send a frame if it may be sent."""
        if not self.pacer.is_free(self.now):
            return False
        self.down.send(b"." * size, self.now)
        self.pacer.sent(size)
        self.frames.append(self.now)
        if self.pacer.is_to_ask(self.now):
            self._ask()
        return True

    def hold(self, size: int, seconds: float) -> None:
        """Offer a frame thirty times a second, as while a key is held."""
        for _ in range(int(seconds * 30)):
            self.offer(size)
            self.step(1 / 30)


def test_a_held_key_on_a_thin_line_is_never_seconds_ahead_of_the_screen() -> None:
    line = Line(rate=20_000, delay=0.2)
    line.step(1)
    line.hold(13_000, seconds=8)
    # A frame takes 0.65 s, and its answer 0.4 s more.
    assert 7 <= len(line.frames) <= 12
    moment = line.down.next_arrival()
    last = moment if moment is not None else line.now
    while (moment := line.down.next_arrival()) is not None:
        last = moment
        line.step(0.05)
    assert last - line.frames[-1] < 1.5


def test_small_frames_flow_on_a_thin_line() -> None:
    line = Line(rate=20_000, delay=0.2)
    line.step(1)
    line.hold(300, seconds=5)
    assert len(line.frames) == 150


def test_a_fast_line_holds_nothing_back_however_far_it_goes() -> None:
    line = Line(rate=5e6, delay=0.1)
    line.step(1)
    line.hold(13_000, seconds=5)
    sent = len(line.frames)
    line.hold(13_000, seconds=5)
    assert len(line.frames) - sent == 150


def test_after_a_slow_time_it_finds_its_pace_again() -> None:
    line = Line(rate=20_000, delay=0.01)
    line.hold(13_000, seconds=5)
    assert len(line.frames) < 15
    line.step(2)
    line.down = Channel(5e6, 0.01)
    line.hold(13_000, seconds=2)
    sent = len(line.frames)
    line.hold(13_000, seconds=2)
    assert len(line.frames) - sent == 60


def test_what_is_no_frame_holds_no_frame_back() -> None:
    line = Line(rate=5e6, delay=0.01)
    line.step(1)
    line.pacer.sent(1_000_000)
    assert line.offer(13_000)


@pytest.mark.parametrize(
    ("took", "patience"), [(None, PATIENCE_AT_LEAST), (0.1, PATIENCE_AT_LEAST), (1.0, PATIENCE)]
)
def test_where_nobody_answers_nothing_is_held_for_long(took: float | None, patience: float) -> None:
    pacer = Pacer()
    pacer.asked(0.0)
    if took is not None:
        pacer.answered(took)
        pacer.asked(0.0)
    pacer.sent(FIRST * 4)
    assert not pacer.is_free(patience - 0.01)
    assert pacer.is_free(patience + 0.01)
    pacer.sent(FIRST * 4)
    assert pacer.is_free(patience + 0.02)
    pacer.answered(patience + 1)
    pacer.asked(patience + 1)
    assert not pacer.is_free(patience + 1), "what was sent meanwhile is under way"


def test_an_answer_that_was_lost_is_asked_for_again() -> None:
    line = Line(rate=20_000, delay=0.01)
    line.step(1)
    line.lost = 1
    line.hold(13_000, seconds=PATIENCE + 1)
    line.step(20)
    sent = len(line.frames)
    line.hold(13_000, seconds=5)
    # A frame takes 0.65 s.
    assert 5 <= len(line.frames) - sent <= 10


def test_where_no_answer_has_come_yet_none_is_asked_for_twice() -> None:
    line = Line(rate=20_000, delay=0.01)
    line.lost = 1
    line.hold(13_000, seconds=3 * PATIENCE)
    assert line.pacer.waits


def test_a_line_that_becomes_another_one_is_not_held_to_what_it_was() -> None:
    line = Line(rate=5e6, delay=0.001)
    line.hold(13_000, seconds=2)
    line.step(1)
    line.down, line.up = Channel(5e6, 0.2), Channel(1e9, 0.2)
    line.hold(13_000, seconds=30)
    sent = len(line.frames)
    line.hold(13_000, seconds=2)
    # Some 0.5 MB/s, where it was 5 kB/s for as long as the first answers were remembered.
    assert len(line.frames) - sent > 45


def test_over_a_thin_line_the_screen_follows_the_keys(home: Home, service: ScriptedService) -> None:
    # Of other lengths, so that nothing on the first screen is on the last one.
    ids = [f"task{number:03}" if number < 75 else f"{number:030}" for number in range(150)]
    assert home.run("add", *ids).returncode == 0
    line = [sys.executable, "-m", "tests.support.slow_link", "--rate", "20000", "--delay", "0.1"]
    argv = [*line, "--", *home.command]
    with Terminal(argv, env=home.environment(), cwd=ROOT) as terminal:
        terminal.wait_for_text("Refresh")
        terminal.wait_quiet(1.0)
        before = len(terminal.raw)
        for key in "Gg" * 30:
            terminal.press(key)
            time.sleep(1 / 30)
        terminal.press("jjj")
        terminal.wait_for_text("│ " + ids[3])
        # Each of them changes some 3 kB.
        assert len(terminal.raw) - before < 70_000
        terminal.press("q")
        assert terminal.wait_exit() == 0


def test_where_nothing_answers_the_screen_follows_the_keys_all_the_same(
    home: Home, service: ScriptedService
) -> None:
    ids = [f"task{number:03}" for number in range(150)]
    assert home.run("add", *ids).returncode == 0
    with Terminal(home.command, env=home.environment(), answers=False) as terminal:
        terminal.wait_for_text("Refresh")
        for key in "Gg" * 10:
            terminal.press(key)
        terminal.press("jjj")
        terminal.wait_for_text("│ " + ids[3])
        terminal.press("q")
        # Nor does the end wait for an answer.
        assert terminal.wait_exit() == 0


WHAT_IS_LEFT = """
import os, select, subprocess, sys, tty
subprocess.run(sys.argv[1:])
tty.setcbreak(0)
ready, _, _ = select.select([0], [], [], 1.5)
print("left:", os.read(0, 99) if ready else "nothing", flush=True)
"""


@pytest.mark.parametrize("early", [False, True])
def test_no_answer_of_the_terminal_is_left_to_the_shell(
    home: Home, service: ScriptedService, early: bool
) -> None:
    assert home.run("add", "one", "two", "three").returncode == 0
    line = [sys.executable, "-m", "tests.support.slow_link", "--rate", "80000", "--delay", "0.35"]
    argv = [*line, "--", sys.executable, "-c", WHAT_IS_LEFT, *home.command]
    with Terminal(argv, env=home.environment(), cwd=ROOT) as terminal:
        if early:
            terminal.wait_for_text("3 tasks")
        else:
            terminal.wait_for_text("Refresh")
            # The frame that `j` brings about is on its way when `q` arrives.
            terminal.press("j")
            time.sleep(0.15)
        terminal.press("q")
        terminal.wait_for_text("left:")
        assert "left: nothing" in terminal.text()
