"""Which source of a size is believed, and how often a window that changes is laid out."""

from __future__ import annotations

import asyncio
import os
import termios
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.support import virtual_time
from tui.terminal.window_size import (
    LARGEST,
    QUIET_SECONDS,
    RECHECK_SECONDS,
    RESTLESS_SECONDS,
    UNKNOWN,
    Cells,
    ResizeWatch,
    WindowSize,
    choose,
    kernel_size,
    take_size,
)

KERNEL, REPORT, VARIABLES = (120, 40), (100, 30), (90, 35)


@pytest.mark.parametrize(
    ("sources", "size"),
    [
        ((KERNEL, REPORT, VARIABLES), KERNEL),
        ((UNKNOWN, REPORT, VARIABLES), REPORT),
        ((UNKNOWN, UNKNOWN, VARIABLES), VARIABLES),
        ((UNKNOWN, UNKNOWN, UNKNOWN), (80, 24)),
        ((), (80, 24)),
        # Each side by itself: `stty cols 120` on a serial line.
        (((120, 0), REPORT, VARIABLES), (120, 30)),
        (((0, 40), UNKNOWN, (90, 0)), (90, 40)),
        (((120, 0),), (120, 24)),
        (((0, -1), (-5, 0)), (80, 24)),
        (((1, 1), REPORT), (1, 1)),
        (((65535, 65535),), LARGEST),
        (((65535, 2),), (LARGEST[0], 2)),
    ],
)
def test_each_side_is_taken_from_the_first_source_that_knows_it(
    sources: tuple[Cells, ...], size: Cells
) -> None:
    assert choose(*sources) == size


@pytest.mark.parametrize(
    ("columns", "lines", "size"),
    [
        ("90", "35", (90, 35)),
        (" 90 ", "35\n", (90, 35)),
        ("90", None, (90, 24)),
        (None, "35", (80, 35)),
        ("1", "1", (1, 1)),
        *(
            (junk, junk, (80, 24))
            for junk in (
                *("", "0", "-1", "junk", "90.5", "0x50", "1e3", "9_0", "+90", "90;30", "nan"),
                # Rich raises at the first of these, and Python at numbers of 4,301 digits.
                *("²", "٩٠", "9" * 5000, "99999999999", "2001", "65536", "\x1b[90", "90\x00"),
            )
        ),
    ],
)
def test_variables_count_only_where_the_kernel_knows_nothing_and_are_taken_away(
    columns: str | None, lines: str | None, size: Cells
) -> None:
    given = {"COLUMNS": columns, "LINES": lines, "TERM": "xterm"}
    for kernel, expected in ((KERNEL, KERNEL), (UNKNOWN, size)):
        environ = {name: value for name, value in given.items() if value is not None}
        assert take_size(environ, kernel) == expected
        assert environ == {"TERM": "xterm"}


def test_the_kernel_is_asked_about_the_first_terminal() -> None:
    master, slave = os.openpty()
    reader, writer = os.pipe()
    try:
        termios.tcsetwinsize(slave, (40, 120))
        assert kernel_size((slave,)) == KERNEL
        assert kernel_size((reader, 10**6, -1, slave)) == KERNEL
        assert kernel_size((reader, -1)) == UNKNOWN
        assert kernel_size(()) == UNKNOWN
        termios.tcsetwinsize(slave, (0, 0))
        assert kernel_size((slave,)) == UNKNOWN
    finally:
        for descriptor in (master, slave, reader, writer):
            os.close(descriptor)


@pytest.mark.parametrize(
    "report",
    [(0, 0), (0, 30), (100, 0), (-1, 30), (LARGEST[0] + 1, 30), (100, 10**30)],
)
def test_a_report_that_cannot_be_is_no_size(report: Cells, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.terminal.window_size.kernel_size", lambda: UNKNOWN)
    window = WindowSize(VARIABLES)
    window.note_report(*report)
    assert window.get() == VARIABLES
    window.note_report(*REPORT)
    window.note_report(*report)
    assert window.get() == REPORT


# How often it is laid out


class Window:
    """A window that changes on a simulated clock, and what is laid out for it."""

    def __init__(self) -> None:
        self.size = KERNEL
        self.layouts: list[tuple[float, Cells]] = []
        self.loop = asyncio.get_running_loop()
        self.began = self.loop.time()
        self.watch = ResizeWatch(self.loop, lambda: self.size, self._lay_out)
        self.watch.note_applied(KERNEL)

    def _lay_out(self, size: Cells) -> None:
        self.layouts.append((round(self.loop.time() - self.began, 2), size))

    def resize(self, columns: int, rows: int) -> None:
        self.size = columns, rows
        self.watch.on_signal()


def played(play: Callable[[Window], Coroutine[Any, Any, None]]) -> list[tuple[float, Cells]]:
    async def run() -> list[tuple[float, Cells]]:
        window = Window()
        await play(window)
        await asyncio.sleep(5)
        return window.layouts

    return virtual_time.run(run())


def test_a_dragged_window_is_laid_out_once() -> None:
    async def play(window: Window) -> None:
        for number in range(100):
            window.resize(100 + number, 30)
            await asyncio.sleep(0.01)

    assert played(play) == [(round(0.99 + QUIET_SECONDS, 2), (199, 30))]


def test_a_window_that_is_never_still_is_laid_out_now_and_then() -> None:
    async def play(window: Window) -> None:
        for number in range(1000):
            window.resize(100 + number % 50, 30)
            await asyncio.sleep(0.01)

    layouts = played(play)
    assert 10 / RESTLESS_SECONDS - 1 <= len(layouts) <= 10 / RESTLESS_SECONDS + 2


def test_a_signal_ahead_of_the_size_is_looked_at_twice() -> None:
    async def play(window: Window) -> None:
        window.watch.on_signal()
        await asyncio.sleep(QUIET_SECONDS + 0.1)
        window.size = REPORT

    same, late = played(play)
    # At first as any signal: the same size is drawn again.
    assert same == (QUIET_SECONDS, KERNEL)
    assert late == (round(QUIET_SECONDS + RECHECK_SECONDS, 2), REPORT)


def test_each_signal_repaints_even_if_the_size_is_the_same_and_nothing_else_does() -> None:
    async def play(window: Window) -> None:
        for _ in range(400):
            window.watch.on_report()
        window.watch.look()
        await asyncio.sleep(2)
        assert window.layouts == []
        window.size = REPORT
        window.watch.on_report()
        await asyncio.sleep(2)
        window.size = VARIABLES
        window.watch.look()
        window.watch.look()
        await asyncio.sleep(2)
        window.watch.on_signal()

    assert [size for _, size in played(play)] == [REPORT, VARIABLES, VARIABLES]


def test_a_signal_after_the_end_of_the_loop_is_harmless() -> None:
    loop = asyncio.new_event_loop()
    watch = ResizeWatch(loop, lambda: KERNEL, lambda _: None)
    loop.close()
    watch.on_signal()
    watch.on_report()
