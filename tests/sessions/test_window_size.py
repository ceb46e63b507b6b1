"""The whole program in windows whose size is told wrongly, late, or not at all."""

from __future__ import annotations

import signal
import sys
import time

import pytest

from tests.support.home import COMMAND, Home
from tests.support.service import ScriptedService, completed
from tests.support.terminal import Terminal

SIZE_REPORT = "\x1b[48;{rows};{columns};{height};{width}t"
UNTOLD = ("sh", "-c", 'stty cols 0 rows 0; exec "$@"', "sh", *COMMAND)
"""The program on a terminal whose size the kernel does not know, as on a serial line."""
DEAF = (
    *(sys.executable, "-c"),
    "import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGWINCH}); "
    "os.execv(sys.argv[1], sys.argv[1:])",
    *COMMAND,
)
"""The program where the signal about another size never arrives."""


@pytest.fixture
def tasks(home: Home, service: ScriptedService) -> list[str]:
    """Watch a few tasks that have ended."""
    names = [f"task{number}" for number in range(1, 6)]
    for name in names:
        service.script(name, completed(name))
    assert home.run("add", *names).returncode == 0
    return names


def report(terminal: Terminal, columns: int, rows: int, height: int = 0, width: int = 0) -> None:
    """Send the report of a size that the terminal was not asked for (mode 2048)."""
    text = SIZE_REPORT.format(columns=columns, rows=rows, height=height, width=width)
    terminal.write(text.encode())


def wait_for_size(terminal: Terminal, columns: int, rows: int) -> None:
    """Wait until the program is drawn in a size: host at the right edge, keys in the last line."""

    def drawn(_: str) -> bool:
        lines = terminal.text().splitlines()
        filled = [number for number, line in enumerate(lines) if line.strip()]
        return lines[0].endswith("nothing left to poll") and (len(lines[0]), filled[-1]) == (
            columns - 1,
            rows - 1,
        )

    terminal.wait_for(drawn)


def test_the_kernels_size_holds_against_variables_reports_and_textuals_settings(
    home: Home, tasks: list[str]
) -> None:
    env = {"COLUMNS": "80", "LINES": "24", "TEXTUAL_SMOOTH_SCROLL": "1", "TEXTUAL_FPS": "junk"}
    with home.open(env=env) as terminal:
        wait_for_size(terminal, 120, 40)
        terminal.wait_for_text("Finished  5")
        # As a terminal does that knows mode 2048, but not the mouse in pixels (mode 1016).
        terminal.write(b"\x1b[?2048;2$y")
        report(terminal, 120, 40)
        terminal.click_text("task4")
        terminal.wait_for_text("│ task4")
        report(terminal, 80, 24, 480, 960)
        terminal.click_text("task2")
        terminal.wait_for_text("│ task2")
        # Another terminal was attached, which reports nothing.
        terminal.resize(130, 30)
        wait_for_size(terminal, 130, 30)
        # In the list, not in the line about what happened last.
        terminal.wait_for(r"\*✓ task5 ")
        terminal.click_text("✓ task5 ")
        terminal.wait_for_text("│ task5")
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert b"?2048h" not in terminal.raw
        assert b"?1016h" not in terminal.raw
        assert not terminal.modes & {1000, 1003, 1016, 1049, 2048}
    assert "Traceback" not in home.log.read_text()


def test_where_the_kernel_knows_none_a_report_counts_and_before_it_the_variables(
    home: Home, tasks: list[str]
) -> None:
    home.command = UNTOLD
    with home.open(env={"COLUMNS": "110", "LINES": "²"}) as terminal:
        wait_for_size(terminal, 110, 24)
        assert 2048 in terminal.modes
        report(terminal, 115, 30)
        wait_for_size(terminal, 115, 30)
        report(terminal, 0, 0)
        report(terminal, 99999, 3)
        # The kernel is told at last, as by `stty cols 100 rows 35`.
        terminal.resize(100, 35)
        wait_for_size(terminal, 100, 35)
        report(terminal, 80, 24)
        terminal.wait_quiet()
        wait_for_size(terminal, 100, 35)
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert 2048 not in terminal.modes


def test_a_size_that_no_signal_tells_of_is_noticed_all_the_same(
    home: Home, tasks: list[str]
) -> None:
    home.command = DEAF
    with home.open() as terminal:
        wait_for_size(terminal, 120, 40)
        terminal.resize(100, 30)
        wait_for_size(terminal, 100, 30)


def test_a_window_may_change_at_any_moment_and_be_next_to_nothing(
    home: Home, tasks: list[str]
) -> None:
    with home.open() as terminal:
        # Before the first paint.
        terminal.resize(110, 35)
        wait_for_size(terminal, 110, 35)
        terminal.wait_for_text("Finished  5")
        terminal.press("j")
        terminal.wait_for_text("│ task2")
        # Its mark goes once the cursor has rested there.
        terminal.wait_for("> ✓ task2")
        terminal.wait_quiet()
        before = terminal.cells()
        for columns, rows in ((3, 35), (2, 24), (1, 1), (200, 1), (4, 7)):
            terminal.resize(columns, rows)
            terminal.wait_quiet(0.2)
        # Dragged: faster than it is drawn.
        for columns in range(60, 111):
            terminal.resize(columns, 35)
            time.sleep(0.002)
        terminal.wait_for(lambda _: terminal.cells() == before)
        # While the program is stopped.
        terminal.signal(signal.SIGTSTP)
        terminal.wait_for(lambda _: terminal.is_stopped)
        terminal.resize(120, 30)
        terminal.signal(signal.SIGCONT)
        wait_for_size(terminal, 120, 30)
        # Beyond the window: the list keeps the focus.
        terminal.click(3000, 3000)
        terminal.click(120, 3)
        terminal.press("j")
        terminal.wait_for_text("│ task3")
        terminal.press("q")
        assert terminal.wait_exit() == 0
