"""The gate in front of rendering: what it holds back is painted once, as soon as it may be."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable

import pytest

from tests.support import virtual_time
from tui.terminal.paint_gate import MAX_HOLD_SECONDS, PaintGate


class Line:
    """A line that is free or not, and what was painted."""

    def __init__(self) -> None:
        self.free, self.retry = True, math.inf
        self.painted: list[bool] = []
        self.gate = PaintGate(lambda: self.free, lambda: self.retry, self.painted.append)


def on_a_line(test: Callable[[Line], Awaitable[None]]) -> Callable[[], None]:
    """Run a test with a line, in simulated time."""

    async def run() -> None:
        await test(Line())

    def wrapped() -> None:
        virtual_time.run(run())

    return wrapped


@on_a_line
async def test_a_free_line_holds_nothing_back(line: Line) -> None:
    assert line.gate.may_paint()
    assert line.gate.may_send()
    line.gate.open()
    await asyncio.sleep(10)
    assert line.painted == []


@pytest.mark.parametrize("dropped", [False, True])
def test_what_was_held_back_is_painted_once_when_the_line_is_free(dropped: bool) -> None:
    async def run() -> None:
        line = Line()
        line.free = False
        for _ in range(100):
            assert not line.gate.may_paint()
            assert not dropped or not line.gate.may_send()
        line.gate.open()
        assert line.painted == []
        line.free = True
        line.gate.open()
        line.gate.open()
        assert line.painted == [dropped]
        await asyncio.sleep(10)
        assert line.painted == [dropped]

    virtual_time.run(run())


@on_a_line
async def test_it_opens_by_itself_when_time_makes_the_line_free(line: Line) -> None:
    line.free, line.retry = False, 0.3
    assert not line.gate.may_send()
    line.free = True
    await asyncio.sleep(0.31)
    assert line.painted == [True]


@on_a_line
async def test_an_hour_of_stall_wakes_once_a_second_and_lets_layouts_pass(line: Line) -> None:
    line.free = False
    passed = 0
    for _ in range(36_000):
        passed += line.gate.may_paint()
        assert not line.gate.may_send()
        await asyncio.sleep(0.1)
    assert 3_500 <= passed <= 3_600 / MAX_HOLD_SECONDS
    assert line.painted == [False] * len(line.painted)
    assert len(line.painted) <= 3_600 / MAX_HOLD_SECONDS
    line.painted.clear()
    line.free = True
    line.gate.open()
    await asyncio.sleep(60)
    assert line.painted == [True]
