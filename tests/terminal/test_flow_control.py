"""Flow control: how much may be in flight on fast, slow, lossy and changing lines."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field

import pytest

from tests.support.home import Home
from tests.support.service import ScriptedService
from tests.support.slow_link import Channel
from tests.support.terminal import Terminal
from tui.terminal import modes
from tui.terminal.flow_control import (
    GRACE_SECONDS,
    INITIAL_WINDOW,
    KEY_RETRY_SECONDS,
    MAX_REPLY_TIMEOUT,
    MIN_REPLY_TIMEOUT,
    FlowController,
)

PROBE = b"?"


@dataclass
class Line:
    """A program at one end of a line, and a terminal that replies at the other."""

    rate: float
    delay: float
    flow: FlowController = field(default_factory=FlowController)
    now: float = 100.0
    frames: list[float] = field(default_factory=list)
    """When each frame was sent."""
    lost: int = 0
    """How many of the next replies get lost."""

    def __post_init__(self) -> None:
        self.down, self.up = Channel(self.rate, self.delay), Channel(1e9, self.delay)
        self._ask()

    def _ask(self) -> None:
        self.down.send(PROBE, self.now)
        self.flow.record_probe(self.now)

    def step(self, seconds: float) -> None:
        """Let time pass, and deliver what is due."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + 0.005)
            self.up.send(self.down.receive(self.now).replace(b".", b""), self.now)
            for _ in self.up.receive(self.now):
                if self.lost:
                    self.lost -= 1
                elif self.flow.record_reply(self.now):
                    self._ask()

    def offer(self, size: int) -> bool:
        """Send a frame if flow control allows it; return whether it did."""
        if not self.flow.may_send(self.now):
            return False
        self.down.send(b"." * size, self.now)
        self.flow.record_sent(size)
        self.frames.append(self.now)
        if self.flow.should_probe(self.now):
            self._ask()
        return True

    def fill(self, size: int) -> int:
        """Send pieces of a picture as flow control allows; return what is left of `size` bytes."""
        while size > 0 and self.flow.may_send_picture(4000, self.now):
            self.down.send(b"." * 4000, self.now)
            self.flow.record_sent(4000, picture=True)
            size -= 4000
            if self.flow.should_probe(self.now):
                self._ask()
        return size

    def hold(self, size: int, seconds: float) -> None:
        """Offer a frame thirty times a second, as a held key does."""
        for _ in range(int(seconds * 30)):
            self.offer(size)
            self.step(1 / 30)


def test_a_held_key_on_a_slow_line_never_gets_seconds_ahead_of_the_screen() -> None:
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


def test_small_frames_are_not_held_back_on_a_slow_line() -> None:
    line = Line(rate=20_000, delay=0.2)
    line.step(1)
    line.hold(300, seconds=5)
    assert len(line.frames) == 150


def test_a_fast_line_holds_nothing_back_whatever_its_latency() -> None:
    line = Line(rate=5e6, delay=0.1)
    line.step(1)
    line.hold(13_000, seconds=5)
    sent = len(line.frames)
    line.hold(13_000, seconds=5)
    assert len(line.frames) - sent == 150


def test_the_window_recovers_once_the_line_is_fast_again() -> None:
    line = Line(rate=20_000, delay=0.01)
    line.hold(13_000, seconds=5)
    assert len(line.frames) < 15
    line.step(2)
    line.down = Channel(5e6, 0.01)
    line.hold(13_000, seconds=2)
    sent = len(line.frames)
    line.hold(13_000, seconds=2)
    assert len(line.frames) - sent == 60


@pytest.mark.parametrize("frame", [300, 2_000])
@pytest.mark.parametrize("delay", [0.0, 0.02, 0.2])
def test_a_key_is_shown_within_a_second_while_a_picture_travels(delay: float, frame: int) -> None:
    line = Line(rate=20_000, delay=delay)
    line.offer(25_000)
    line.step(4)
    left, number = 200_000, 0
    while left > 0:
        left = line.fill(left)
        if number % 50 == 49:
            # The key needs its own way as well; then all before it has to pass.
            pressed = line.now - delay
            assert line.offer(frame), "a picture holds no frame back"
            moment = line.now
            while (arrival := line.down.next_arrival()) is not None and arrival < line.now + 5:
                moment = arrival
                line.step(max(0.005, arrival - line.now))
            assert moment - pressed <= 1.0
        line.step(0.02)
        number += 1


@pytest.mark.parametrize("rate", [20_000, 5_000_000])
def test_a_picture_uses_the_line(rate: int) -> None:
    line = Line(rate=rate, delay=0.1)
    line.step(1)
    began, left = line.now, 200_000
    while left > 0:
        left = line.fill(left)
        line.step(0.01)
    assert line.now - began < max(1.5 * 200_000 / rate, 6)


def test_a_terminal_that_has_stopped_answering_gets_no_piece_of_a_picture() -> None:
    line = Line(rate=1e6, delay=0.01)
    line.offer(2_000)
    line.step(1)
    line.lost = 99
    left = line.fill(200_000)
    while line.flow.reply_timeout > line.now - 101 - 0.1:
        line.step(0.1)
        left = line.fill(left)
    sent = 200_000 - left
    for _ in range(100):
        line.step(1)
        line.fill(left)
    assert sent <= 16_000
    assert line.flow.is_stalled(line.now)


def test_output_before_a_probe_holds_no_frame_back() -> None:
    line = Line(rate=5e6, delay=0.01)
    line.step(1)
    line.flow.record_sent(1_000_000)
    assert line.offer(13_000)


@pytest.mark.parametrize(
    ("took", "patience"),
    [(None, MIN_REPLY_TIMEOUT), (0.1, MIN_REPLY_TIMEOUT), (1.0, MAX_REPLY_TIMEOUT)],
)
def test_without_replies_nothing_is_held_back_for_long(took: float | None, patience: float) -> None:
    flow = FlowController()
    flow.record_probe(0.0)
    if took is not None:
        flow.record_reply(took)
        flow.record_probe(0.0)
    flow.record_sent(INITIAL_WINDOW * 4)
    assert not flow.may_send(patience - 0.01)
    assert flow.may_send(patience + 0.01)
    flow.record_sent(INITIAL_WINDOW * 4)
    assert flow.may_send(patience + 0.02)
    flow.record_reply(patience + 1)
    flow.record_probe(patience + 1)
    assert not flow.may_send(patience + 1), "what was sent meanwhile is in flight"


def test_a_lost_reply_is_followed_by_another_probe() -> None:
    line = Line(rate=20_000, delay=0.01)
    line.step(1)
    line.lost = 1
    line.hold(13_000, seconds=MAX_REPLY_TIMEOUT + 1)
    line.step(20)
    sent = len(line.frames)
    line.hold(13_000, seconds=5)
    # A frame takes 0.65 s.
    assert 5 <= len(line.frames) - sent <= 10


def test_no_second_probe_is_sent_before_the_first_reply_ever() -> None:
    line = Line(rate=20_000, delay=0.01)
    line.lost = 1
    line.hold(13_000, seconds=3 * MAX_REPLY_TIMEOUT)
    assert line.flow.awaiting_reply


def test_a_line_that_changes_is_not_judged_by_what_it_was() -> None:
    line = Line(rate=5e6, delay=0.001)
    line.hold(13_000, seconds=2)
    line.step(1)
    line.down, line.up = Channel(5e6, 0.2), Channel(1e9, 0.2)
    line.hold(13_000, seconds=30)
    sent = len(line.frames)
    line.hold(13_000, seconds=2)
    # Unless the first round trips are forgotten, the window stays at its minimum.
    assert len(line.frames) - sent > 45


def stalled() -> tuple[FlowController, float]:
    """Return the flow control of a good line that takes nothing from now on, and the time."""
    flow, now = FlowController(), 100.0
    for _ in range(8):
        flow.record_sent(4_000)
        flow.record_probe(now)
        now += 0.05
        flow.record_reply(now)
    flow.record_sent(4_000)
    flow.record_probe(now)
    return flow, now


def offer(flow: FlowController, now: float, size: int = 200) -> bool:
    """Send a frame where it is allowed, and a probe where it is worth it, as the driver does."""
    if not flow.may_send(now):
        return False
    flow.record_sent(size)
    if flow.should_probe(now):
        flow.record_probe(now)
    return True


@pytest.mark.parametrize(("seconds", "most"), [(5, 10), (60, 15), (3_600, 30), (86_400, 310)])
def test_a_stall_that_the_kernel_does_not_see_gets_few_frames(seconds: int, most: int) -> None:
    flow, now = stalled()
    assert sum(offer(flow, now + tick / 10) for tick in range(seconds * 10)) <= most


def test_a_stall_is_one_also_while_another_frame_may_be_tried() -> None:
    flow, now = stalled()
    assert not flow.is_stalled(now + 0.01)
    for tick in range(36_000):
        offer(flow, now + tick / 10)
        assert tick < 100 or flow.is_stalled(now + tick / 10)
    for _ in range(flow._unanswered):
        assert flow.is_stalled(now + 3_600)
        flow.record_reply(now + 3_600)
    assert not flow.is_stalled(now + 3_600)


def test_after_a_stall_of_an_hour_the_line_is_judged_as_before() -> None:
    flow, now = stalled()
    patience = flow.reply_timeout
    for tick in range(36_000):
        offer(flow, now + tick / 10)
    for _ in range(flow._unanswered):
        assert not flow.record_reply(now + 3_600), "no further probe is needed"
    assert flow.may_send(now + 3_600)
    assert offer(flow, now + 3_600, 4_000)
    assert flow.reply_timeout == patience
    for tick in range(5):
        flow.record_reply(now + 3_600.05 + tick)
        assert offer(flow, now + 3_601 + tick, 13_000)
    flow.record_reply(now + 3_605.05)
    assert offer(flow, now + 3_700, 13_000)
    assert flow.may_send(now + 3_700), "the window is as large as before"


def test_a_stall_in_which_replies_were_lost_is_over_a_minute_after_the_last_reply() -> None:
    flow, now = stalled()
    for tick in range(36_000):
        offer(flow, now + tick / 10)
    flow.record_reply(now + 3_600)
    assert sum(offer(flow, now + 3_600 + tick / 10) for tick in range(590)) > 3
    assert offer(flow, now + 3_660)
    assert not flow.awaiting_reply


def test_the_time_in_which_the_kernel_took_nothing_is_no_round_trip() -> None:
    flow, now = stalled()
    patience = flow.reply_timeout
    flow.record_drained(now + 3_600)
    assert flow.may_send(now + 3_600.01), "the reply is not overdue"
    flow.record_reply(now + 3_600.05)
    assert offer(flow, now + 3_601, 4_000)
    assert flow.reply_timeout == patience


def test_keys_are_shown_soon_even_if_the_terminal_stopped_answering_for_good() -> None:
    flow, now = stalled()
    for tick in range(36_000):
        offer(flow, now + tick / 10)
    now += 3_600
    flow.retry_soon(now)
    assert flow.retry_in(now) <= KEY_RETRY_SECONDS
    assert offer(flow, now + KEY_RETRY_SECONDS)
    assert offer(flow, now + 2 * KEY_RETRY_SECONDS + 0.1)


def test_it_tells_when_to_ask_again() -> None:
    flow, now = stalled()
    flow.record_sent(INITIAL_WINDOW * 8)
    for _ in range(20):
        assert not flow.may_send(now)
        later = now + flow.retry_in(now)
        assert not flow.may_send(later - 0.001)
        now = later + 0.001
        assert offer(flow, now)
        now += GRACE_SECONDS + 0.001


@pytest.mark.parametrize("rate", [300, 1_000])
def test_on_a_very_slow_line_the_screen_is_a_few_frames_behind_at_most(rate: int) -> None:
    line = Line(rate=rate, delay=0.1)
    line.step(1)
    line.hold(25_000, seconds=1 / 30)
    line.step(25_000 / rate)
    line.step(2)
    sent = len(line.frames)
    line.hold(1_000, seconds=60)
    last = line.now
    while (moment := line.down.next_arrival()) is not None:
        last = moment
        line.step(0.1)
    assert len(line.frames) - sent >= 60 * rate / 1_000 / 2, "the line was used"
    assert last - line.frames[-1] < 6_000 / rate


def test_over_a_slow_line_the_screen_follows_the_keys(home: Home, service: ScriptedService) -> None:
    # Two lengths, so that the first and the last screen have nothing in common.
    ids = [f"task{number:03}" if number < 75 else f"{number:030}" for number in range(150)]
    assert home.run("add", *ids).returncode == 0
    line = [sys.executable, "-m", "tests.support.slow_link", "--rate", "20000", "--delay", "0.1"]
    argv = [*line, "--", *home.command]
    with Terminal(argv, env=home.environment()) as terminal:
        terminal.wait_for_text("refresh")
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


def test_the_screen_follows_the_keys_even_if_the_terminal_never_replies(
    home: Home, service: ScriptedService
) -> None:
    ids = [f"task{number:03}" for number in range(150)]
    assert home.run("add", *ids).returncode == 0
    with Terminal(home.command, env=home.environment(), answers=False) as terminal:
        terminal.wait_for_text("refresh")
        for key in "Gg" * 10:
            terminal.press(key)
        terminal.press("jjj")
        terminal.wait_for_text("│ " + ids[3])
        terminal.press("q")
        # The exit does not wait for a reply either.
        assert terminal.wait_exit() == 0


WHAT_IS_LEFT = """
import os, select, subprocess, sys, tty
subprocess.run(sys.argv[1:])
tty.setcbreak(0)
ready, _, _ = select.select([0], [], [], 1.5)
print("left:", os.read(0, 99) if ready else "nothing", flush=True)
"""


@pytest.mark.parametrize("early", [False, True])
def test_no_reply_of_the_terminal_reaches_the_shell(
    home: Home, service: ScriptedService, early: bool
) -> None:
    assert home.run("add", "one", "two", "three").returncode == 0
    line = [sys.executable, "-m", "tests.support.slow_link", "--rate", "80000", "--delay", "0.35"]
    argv = [*line, "--", sys.executable, "-c", WHAT_IS_LEFT, *home.command]
    with Terminal(argv, env=home.environment()) as terminal:
        if early:
            terminal.wait_for_text("! 3 trouble")
        else:
            terminal.wait_for_text("refresh")
            # The frame caused by `j` is in flight when `q` arrives.
            terminal.press("j")
            time.sleep(0.15)
        terminal.press("q")
        terminal.wait_for_text("left:")
        assert "left: nothing" in terminal.text()


def test_a_reply_that_is_over_a_second_late_at_the_exit_does_not_reach_the_shell_either(
    home: Home, service: ScriptedService
) -> None:
    assert home.run("add", "one", "two", "three").returncode == 0
    argv = [sys.executable, "-c", WHAT_IS_LEFT, *home.command]
    with Terminal(argv, env=home.environment(), answers=False) as terminal:
        terminal.wait_for_text("! 3 trouble")
        terminal.read_for(1.2)
        terminal.press("q")
        # It waits for replies once it has silenced the terminal.
        terminal.wait_for(lambda _: modes.SILENCE.encode() in terminal.raw)
        terminal.write(b"\x1b[?2026;2$y\x1b[24;34R")
        terminal.wait_for_text("left:")
        assert "left: nothing" in terminal.text()
