"""The writer: it never waits, keeps what it must in order, and no more than that."""

from __future__ import annotations

import asyncio
import fcntl
import os
import select
import termios
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import suppress
from random import Random

import pytest

from tui.terminal.modes import CANCEL
from tui.terminal.output import MAX_UNSENT_BYTES, STOP_TIMEOUT, OutputWriter

TITLE, OTHER_TITLE = "\x1b]2;3 running\a", "\x1b]2;2 running\x1b\\"
COPY, OTHER_COPY = "\x1b]52;c;b25l\a", "\x1b]52;c;dHdv\a"
PRIMARY = "\x1b]52;p;dHdv\a"
PROBE, SYNC_QUERY = "\x1b[6n", "\x1b[?2026$p"
MOUSE_ON, MOUSE_OFF = "\x1b[?1000h", "\x1b[?1000l"
BIG = "añ→🙂" * 20_000
"""More than a pseudo-terminal takes at once, and cut within characters."""


class Line:
    """A pseudo-terminal whose output can be stopped, and the writer at its end."""

    def __init__(self) -> None:
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self.master, False)
        self.drained = 0
        self.writer = OutputWriter(self.slave, self._count)
        self.writer.start()

    def _count(self) -> None:
        self.drained += 1

    def stop(self) -> None:
        """Have the terminal take nothing, as after ctrl+s."""
        termios.tcflow(self.slave, termios.TCOOFF)

    def go_on(self) -> None:
        """Have it take output again."""
        termios.tcflow(self.slave, termios.TCOON)

    def frame(self, text: str) -> None:
        """Write a frame, in two parts like Textual's."""
        self.writer.begin_frame()
        self.writer.write(text[:1])
        self.writer.write(text[1:])
        self.writer.end_frame()
        self.writer.flush()

    async def read(self, size: int = 1 << 16, seconds: float = 0.05) -> str:
        """Read until nothing has come for a while; the loop goes on meanwhile."""
        data, last = b"", time.monotonic()
        while time.monotonic() - last < seconds:
            await asyncio.sleep(0.001)
            with suppress(BlockingIOError):
                if got := os.read(self.master, size):
                    data, last = data + got, time.monotonic()
        return data.decode("utf-8", "replace")

    def close(self) -> None:
        """Close the writer and both ends."""
        self.writer.abandon()
        for descriptor in (self.master, self.slave):
            with suppress(OSError):
                os.close(descriptor)


@pytest.fixture
async def line() -> Iterator[Line]:  # type: ignore[misc]
    """Return a line that takes output."""
    line = Line()
    yield line
    line.close()


async def test_what_is_taken_is_sent_at_once_and_in_order(line: Line) -> None:
    line.writer.write(MOUSE_ON)
    line.frame("frame")
    assert line.writer.unsent == 0
    assert os.read(line.master, 99) == (MOUSE_ON + "frame").encode()
    line.writer.write("\a")
    await asyncio.sleep(0)
    assert os.read(line.master, 99) == b"\a"
    assert line.drained == 0, "nothing had to wait"


async def test_a_stopped_terminal_blocks_nobody_and_gets_all_of_it_later(line: Line) -> None:
    line.stop()
    began = time.monotonic()
    line.frame(BIG)
    line.writer.write(MOUSE_OFF)
    assert time.monotonic() - began < 0.5
    assert line.writer.unsent == len((BIG + MOUSE_OFF).encode())
    assert await line.read() == ""
    line.go_on()
    assert await line.read() == BIG + MOUSE_OFF
    assert line.writer.unsent == 0
    assert line.drained == 1


async def test_it_tells_whether_a_write_of_another_would_block(line: Line) -> None:
    told = [line.writer.takes_output]
    line.stop()
    # Although nothing waits; then something does.
    told.append(line.writer.takes_output)
    line.frame("frame")
    told.append(line.writer.takes_output)
    line.go_on()
    assert await line.read() == "frame"
    told.append(line.writer.takes_output)
    line.frame(BIG)
    told.append(line.writer.takes_output)
    line.writer.abandon()
    told.append(line.writer.takes_output)
    assert told == [True, False, False, True, False, False]


async def test_a_frame_that_was_taken_in_part_is_completed_byte_by_byte(line: Line) -> None:
    line.frame(BIG)
    taken = len(BIG.encode()) - line.writer.unsent
    assert 0 < taken < len(BIG.encode()), "the terminal took a part of it"
    line.frame("next")
    assert await line.read(size=777) == BIG + "next"


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        (["\a", "\a", "\a"], ["\a"]),
        ([PROBE, PROBE, SYNC_QUERY, PROBE, SYNC_QUERY], [PROBE, SYNC_QUERY]),
        ([TITLE, "\a", OTHER_TITLE], ["\a", OTHER_TITLE]),
        ([COPY, TITLE, OTHER_COPY], [TITLE, OTHER_COPY]),
        ([COPY, PRIMARY], [COPY, PRIMARY]),
        ([MOUSE_ON, MOUSE_OFF, MOUSE_ON], [MOUSE_ON, MOUSE_OFF, MOUSE_ON]),
        (["text", "text"], ["text", "text"]),
        ([TITLE + COPY, TITLE + OTHER_COPY], [TITLE + COPY, TITLE + OTHER_COPY]),
        # The picture of kitty's protocol, whose pieces look alike.
        (["\x1b_Gm=1;AA\x1b\\", "\x1b_Gm=1;AA\x1b\\"], ["\x1b_Gm=1;AA\x1b\\"] * 2),
    ],
)
async def test_of_what_replaces_itself_only_the_last_waits(
    line: Line, written: list[str], sent: list[str]
) -> None:
    line.stop()
    line.frame("frame")
    for text in written:
        line.writer.write(text)
    line.go_on()
    assert await line.read() == "frame" + "".join(sent)


async def test_what_has_begun_is_never_replaced(line: Line) -> None:
    line.writer.write("\x1b]2;" + "x" * 400_000 + "\a")
    # Too long for a title that waits, but there was room; a part of it is with the terminal.
    await asyncio.sleep(0)
    line.writer.write(TITLE)
    assert (await line.read())[-len(TITLE) :] == TITLE


async def test_hours_of_bells_copies_and_modes_stay_bounded(line: Line) -> None:
    line.stop()
    for number in range(2_000):
        line.writer.write("\a")
        line.writer.write(f"\x1b]52;c;{number:04}\a")
        line.writer.write("\x1b[?25l" * 40)
    assert line.writer.unsent <= MAX_UNSENT_BYTES
    line.frame("a frame is always taken")
    line.go_on()
    text = await line.read()
    assert text.replace("\x1b[?25l", "") == "\a\x1b]52;c;1999\aa frame is always taken"


async def test_a_frame_is_cancelled_cleanly_when_what_follows_makes_it_void(line: Line) -> None:
    line.frame(BIG)
    line.writer.write(MOUSE_OFF)
    line.writer.discard_frames()
    text = await line.read(size=4096)
    begun, cancel, rest = text.partition(CANCEL)
    assert BIG.startswith(begun.rstrip("\ufffd"))
    assert cancel
    assert rest == MOUSE_OFF


async def test_a_frame_of_which_nothing_was_taken_just_goes(line: Line) -> None:
    line.stop()
    line.frame("frame")
    line.writer.write(MOUSE_OFF)
    line.writer.discard_frames()
    assert line.writer.unsent == len(MOUSE_OFF)
    line.go_on()
    assert await line.read() == MOUSE_OFF


async def test_an_end_in_the_middle_of_a_frame_loses_no_byte_of_its_own(line: Line) -> None:
    line.writer.begin_frame()
    line.writer.write("half a fra")
    assert line.writer.is_interrupted, "a signal handler that would suspend has to wait"
    line.writer.discard_frames()
    line.writer.write(MOUSE_OFF)
    assert line.writer.drain()
    assert os.read(line.master, 99) == MOUSE_OFF.encode()


async def test_the_end_waits_for_a_stalled_terminal_but_not_for_long(line: Line) -> None:
    line.stop()
    line.writer.write(MOUSE_OFF)
    began = time.monotonic()
    assert not line.writer.drain()
    line.writer.stop()
    assert STOP_TIMEOUT * 0.9 < time.monotonic() - began < STOP_TIMEOUT + 0.5
    line.writer.write("later")
    assert (line.writer.unsent, line.writer.is_open) == (0, False)
    line.go_on()
    assert await line.read() == ""
    line.writer.start()
    line.frame("again")
    assert await line.read() == "again"


async def test_the_end_of_a_slow_terminal_gets_the_last_bytes(line: Line) -> None:
    line.stop()
    line.writer.write(MOUSE_OFF)
    timer = threading.Timer(0.05, line.go_on)
    timer.start()
    line.writer.stop()
    timer.join()
    assert os.read(line.master, 99) == MOUSE_OFF.encode()


async def test_a_terminal_that_is_gone_takes_the_output_with_it(line: Line) -> None:
    line.frame(BIG)
    os.close(line.master)
    await asyncio.sleep(0.05)
    for _ in range(3):
        line.frame("frame")
        line.writer.write("\a")
        await asyncio.sleep(0)
    assert (line.writer.unsent, line.writer.is_open) == (0, False)
    line.writer.stop()


async def test_threads_may_write_and_their_output_comes_whole(line: Line) -> None:
    def write() -> None:
        for _ in range(200):
            line.writer.write("<12345678>")

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    text = await line.read()
    assert text == "<12345678>" * 800


async def test_the_shells_own_description_stays_blocking(line: Line) -> None:
    line.frame(BIG)
    assert not fcntl.fcntl(line.slave, fcntl.F_GETFL) & os.O_NONBLOCK
    line.writer.start()
    assert line.writer.unsent > 0, "a second start (SIGCONT) keeps what a terminal needs to get"


async def test_where_it_cannot_be_opened_a_thread_writes_and_the_loop_goes_on() -> None:
    # A pipe has no device that could be opened anew, like a terminal after su.
    reader, pipe = os.pipe()
    writer = OutputWriter(pipe, lambda: None)
    writer.start()
    writer.begin_frame()
    writer.write(BIG)
    began = time.monotonic()
    writer.end_frame()
    writer.flush()
    writer.write("\a")
    assert time.monotonic() - began < 0.5
    assert writer.unsent > 100_000
    expected, got = (BIG + "\a").encode(), b""
    while len(got) < len(expected):
        await asyncio.sleep(0.001)
        if select.select([reader], [], [], 0)[0]:
            got += os.read(reader, 1 << 16)
    assert got == expected
    writer.stop()
    assert not fcntl.fcntl(pipe, fcntl.F_GETFL) & os.O_NONBLOCK
    os.close(reader)
    os.close(pipe)


async def test_the_thread_of_a_stalled_terminal_does_not_hold_up_the_end() -> None:
    reader, pipe = os.pipe()
    writer = OutputWriter(pipe, lambda: None)
    writer.start()
    writer.begin_frame()
    writer.write(BIG * 2)
    writer.end_frame()
    writer.flush()
    await asyncio.sleep(0.05)
    began = time.monotonic()
    writer.stop()
    assert time.monotonic() - began < 1.5
    os.close(reader)
    await asyncio.sleep(0.05)
    os.close(pipe)


def _actions(line: Line, random: Random, expected: list[str]) -> Iterator[Callable[[], None]]:
    number = 0
    while True:
        number += 1
        text = f"<{number}{random.choice('añ→🙂') * random.choice((1, 300, 9_000))}>"

        def write(text: str = text, write: Callable[[str], None] = line.writer.write) -> None:
            expected.append(text)
            (line.frame if random.random() < 0.5 else write)(text)

        yield random.choice((write, write, line.stop, line.go_on, line.writer.flush))


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_the_terminal_does_it_gets_all_of_it_once(line: Line, seed: int) -> None:
    random, expected = Random(seed), list[str]()
    got = ""
    actions = _actions(line, random, expected)
    for _ in range(60):
        if line.writer.unsent < MAX_UNSENT_BYTES // 2:
            next(actions)()
        if random.random() < 0.3:
            with suppress(BlockingIOError):
                got += os.read(line.master, random.choice((1, 4096))).decode("latin-1")
        await asyncio.sleep(0)
    line.go_on()
    while line.writer.unsent or select.select([line.master], [], [], 0.05)[0]:
        await asyncio.sleep(0)
        with suppress(BlockingIOError):
            got += os.read(line.master, 1 << 16).decode("latin-1")
    assert got.encode("latin-1").decode() == "".join(expected)
