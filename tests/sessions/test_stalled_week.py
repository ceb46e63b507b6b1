"""A week with a terminal that stalls for an hour a day, in simulated time: a day in each run."""

from __future__ import annotations

import asyncio
import gc
import math
import os
import re
import sys
import termios
import tty
from contextlib import suppress
from itertools import pairwise
from random import Random
from typing import Final

import pytest

from tests.support import virtual_time
from tests.support.figures import figure
from tests.support.soak import growth
from tui.clock import Clock
from tui.polling.poller import Poller
from tui.polling.schedule import Schedule
from tui.scenext.models import PollResult, StatusResponse, Task, TaskStatus
from tui.terminal.flow_control import PROBE, FlowController
from tui.terminal.output import OutputWriter
from tui.terminal.paint_gate import PaintGate

PERIOD: Final = 30.0
HOUR: Final = 3_600
DAY: Final = 24 * HOUR
IDS: Final = [f"task{number}" for number in range(3)]
ROW: Final = 200
"""Bytes of a changed row."""


class Dashboard:
    """The writer, flow control and gate of the program, under a screen of one line a task."""

    def __init__(self, terminal: int) -> None:
        self.loop = asyncio.get_running_loop()
        self.rows = dict.fromkeys(IDS, 0)
        self.queries: dict[str, list[float]] = {task_id: [] for task_id in IDS}
        self.changed: set[str] = set()
        self.frames = self.wakes = 0
        self.flow = FlowController()
        self.gate = PaintGate(self._is_free, self._retry_in, self._paint)
        self.writer = OutputWriter(terminal, self._on_drained)
        self.writer.start()
        self._probe()

    async def query(self, task_id: str) -> StatusResponse:
        """Answer as the service does."""
        self.queries[task_id].append(self.loop.time())
        await asyncio.sleep(0.2)
        return StatusResponse(Task(task_id, TaskStatus.IN_PROGRESS), None)

    async def aclose(self) -> None:
        """Close nothing."""

    def report(self, result: PollResult) -> None:
        """Change the row of a task, ring the bell, and paint if that may be."""
        assert result.error is None
        self.rows[result.task_id] += 1
        self.changed.add(result.task_id)
        self.writer.write("\a")
        self.paint()

    def paint(self) -> None:
        """Send the changed rows as one frame."""
        if not self.changed or not self.gate.may_paint() or not self.gate.may_send():
            return
        self.writer.begin_frame()
        for task_id in sorted(self.changed):
            self.writer.write(f"<{task_id}:{self.rows[task_id]}>".ljust(ROW, "."))
        size = ROW * len(self.changed)
        self.changed.clear()
        self.frames += 1
        self.writer.end_frame()
        self.flow.record_sent(size)
        if self.flow.should_probe(self.loop.time()):
            self._probe()
        self.writer.flush()

    def reply(self) -> None:
        """Take the terminal's reply to a probe."""
        if self.flow.record_reply(self.loop.time()):
            self._probe()
        self.gate.open()

    def _probe(self) -> None:
        self.writer.write(PROBE)
        self.flow.record_probe(self.loop.time())

    def _is_free(self) -> bool:
        self.writer.flush()
        return not self.writer.unsent and self.flow.may_send(self.loop.time())

    def _retry_in(self) -> float:
        return math.inf if self.writer.unsent else self.flow.retry_in(self.loop.time())

    def _paint(self, dropped: bool) -> None:
        self.wakes += 1
        self.paint()

    def _on_drained(self) -> None:
        self.flow.record_drained(self.loop.time())
        self.gate.open()


class StallingTerminal:
    """Shows rows and answers probes, except in a stall."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.dashboard = Dashboard(self.slave)
        self.shown: dict[str, int] = {}
        self.taken = 0
        self.loop.add_reader(self.master, self._read)

    def _read(self) -> None:
        data = os.read(self.master, 1 << 16).decode()
        self.taken += len(data)
        self.shown |= {found[0]: int(found[1]) for found in re.findall(r"<(\w+):(\d+)>", data)}
        for _ in range(data.count(PROBE)):
            self.loop.call_later(0.05, self.dashboard.reply)

    async def stall(self, seconds: float, *, seen_by_kernel: bool) -> None:
        """Take nothing for a while: after ctrl+s, or since nobody reads the other end."""
        if seen_by_kernel:
            termios.tcflow(self.slave, termios.TCOOFF)
        else:
            self.loop.remove_reader(self.master)
        await asyncio.sleep(seconds)
        if seen_by_kernel:
            termios.tcflow(self.slave, termios.TCOON)
        else:
            self.loop.add_reader(self.master, self._read)

    def close(self) -> None:
        """Close it and the writer."""
        self.loop.remove_reader(self.master)
        self.dashboard.writer.abandon()
        for descriptor in (self.master, self.slave):
            with suppress(OSError):
                os.close(descriptor)


async def live(days: int, random: Random) -> tuple[StallingTerminal, list[int], list[int]]:
    """Return the terminal after so many days, samples of memory, and bytes after each stall."""
    terminal, memory, after = StallingTerminal(), list[int](), list[int]()
    dashboard, loop = terminal.dashboard, terminal.loop
    schedule = Schedule(period=PERIOD, rate=20.0, random=random)
    schedule.sync(dict.fromkeys(IDS, False), loop.time())
    poller = Poller(schedule, lambda: dashboard, dashboard.report, clock=Clock(boot=loop.time))
    polling = asyncio.create_task(poller.run())
    for _ in range(days):
        begins = random.uniform(HOUR, DAY - 3 * HOUR)
        for hour in range(24):
            if hour == int(begins / HOUR):
                for seen_by_kernel in (True, False):
                    before = terminal.taken
                    await terminal.stall(HOUR / 2, seen_by_kernel=seen_by_kernel)
                    await asyncio.sleep(0.5)
                    after.append(terminal.taken - before)
                    assert terminal.shown == dashboard.rows, "the newest frame is shown"
            else:
                await asyncio.sleep(HOUR)
            for times in dashboard.queries.values():
                longest = max(later - earlier for earlier, later in pairwise(times))
                assert longest < PERIOD + 2, "the rhythm is kept"
                del times[:-1]
            gc.collect()
            memory.append(sys.getallocatedblocks())
    polling.cancel()
    with suppress(asyncio.CancelledError):
        await polling
    return terminal, memory, after


@pytest.mark.parametrize("days", [1, pytest.param(7, marks=pytest.mark.soak)])
def test_memory_stays_flat_the_rhythm_is_kept_and_one_frame_follows_each_stall(
    capsys: pytest.CaptureFixture[str], days: int
) -> None:
    async def run() -> None:
        terminal, memory, after = await live(days, Random(days))
        polls = sum(terminal.dashboard.rows.values())
        assert polls >= days * DAY / PERIOD * len(IDS) * 0.98
        grown = growth(memory)
        figure(
            capsys,
            f"a terminal that stalls for an hour a day, {days} days, {polls:,} polls",
            f"memory {grown:+.2%}, {max(after):,} bytes after a stall",
        )
        assert grown < 0.02
        # The frames that tried the line meanwhile, a bell, the newest.
        assert max(after) < 40 * len(IDS) * ROW
        # While nothing is taken it wakes once a second.
        assert terminal.dashboard.wakes < days * 2 * HOUR
        terminal.close()

    virtual_time.run(run())
