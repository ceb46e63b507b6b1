"""A terminal that takes no output: the work goes on, and then the newest frame alone is shown."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.home import Home
from tests.support.service import Reply, Request, ScriptedService, frame_url, task
from tests.support.terminal import Terminal
from tui.terminal import modes
from tui.watchlist.storage import WatchlistFile

IDS = [f"task{number}" for number in range(8)]
FULL_FRAME = 16_000
"""Bytes of a whole screen of 120x40 with these tasks, with room."""

Stall = tuple[Callable[[Terminal], None], Callable[[Terminal], None]]
WAYS: dict[str, Stall] = {
    "ctrl+s": (Terminal.stop_output, Terminal.start_output),
    "nobody reads": (Terminal.pause, Terminal.resume),
}


class Progress:
    """Tasks that have one frame more at each query, until `frozen`."""

    def __init__(self, service: ScriptedService) -> None:
        self.service = service
        self.frozen = False
        self.frames = dict.fromkeys(IDS, 1)
        for task_id in IDS:
            service.script(task_id, self.answer)

    def answer(self, request: Request) -> Reply:
        """Answer with one frame more."""
        task_id = str(request.task_id)
        self.frames[task_id] += not self.frozen
        urls = [frame_url(task_id, number) for number in range(1, self.frames[task_id] + 1)]
        return task(task_id, frames=urls)

    def wait(self, rounds: int, dashboards: int = 1) -> None:
        """Wait until all tasks have been queried this often by each dashboard."""
        queries = rounds * len(IDS) * dashboards
        self.service.wait_for_requests(len(self.service.requests) + queries, timeout=30)


@pytest.fixture
def progress(home: Home, service: ScriptedService) -> Progress:
    """Watch tasks that change all the time."""
    progress = Progress(service)
    assert home.run("add", *IDS).returncode == 0
    return progress


def open_dashboard(home: Home) -> Terminal:
    """Open the dashboard, and wait until all its tasks are known."""
    terminal = home.open()
    terminal.wait_for_text("8 running")
    terminal.wait_for_text("refresh")
    return terminal


@pytest.fixture
def dashboards(home: Home, progress: Progress) -> Iterator[dict[str, Terminal]]:
    """Open a dashboard on the same tasks for each way to stall."""
    with ExitStack() as stack:
        yield {way: stack.enter_context(open_dashboard(home)) for way in WAYS}


def saved(home: Home) -> set[str]:
    """Return the IDs in the watchlist's file."""
    return {entry.id for entry in WatchlistFile(home.watchlist).load().entries}


def state(terminal: Terminal) -> str:
    """Return the state of the program's process: R, S, T (stopped), …"""
    return Path(f"/proc/{terminal.pid}/stat").read_text().rpartition(")")[2].split()[0]


def assert_painted_right(terminal: Terminal) -> None:
    """Assert that a redraw changes nothing on the screen."""
    terminal.wait_quiet(0.4)
    painted, shown = terminal.cells(), terminal.text()
    terminal.press("ctrl+l")
    terminal.wait_quiet(0.4)
    assert terminal.text() == shown
    assert terminal.cells() == painted


def test_work_goes_on_and_then_the_newest_frame_alone_is_shown(
    home: Home, progress: Progress, dashboards: dict[str, Terminal]
) -> None:
    before = {}
    for way, terminal in dashboards.items():
        terminal.press("?")
        terminal.wait_for_text("esc: close")
        WAYS[way][0](terminal)
        before[way] = len(terminal.raw)
        # Each would send a whole screen.
        for _ in range(30):
            terminal.press("escape", "?")
        terminal.press("escape")
    progress.wait(2, len(dashboards))
    for number, terminal in enumerate(dashboards.values()):
        # Known, or it would need attention and stand before the others.
        progress.service.script(f"added{number}", task(f"added{number}"))
        terminal.press("a", f"added{number}", "enter")
        terminal.resize(100, 30)
        terminal.resize(120, 40)
    dashboards["ctrl+s"].wait_for(lambda _: {"added0", "added1"} <= saved(home))
    for terminal in dashboards.values():
        terminal.press("g")
    progress.wait(1, len(dashboards))
    progress.frozen = True
    progress.wait(1, len(dashboards))
    for way, terminal in dashboards.items():
        WAYS[way][1](terminal)
        terminal.wait_for("(! 2 trouble  » 8|» 10) running")
        terminal.wait_for_text("│ task0")
        terminal.wait_gone("esc: close")
        assert_painted_right(terminal)
        # What was sent before the stall, what it caught in the middle, the newest, one drawn anew,
        # and the few that a terminal gets that does not answer; sixty were asked for.
        assert len(terminal.raw) - before[way] < 6 * FULL_FRAME
        sent = terminal.raw[before[way] :]
        assert b"\x1b[6n\x1b[6n" not in sent
        assert way != "ctrl+s" or b"Add tasks" not in sent, "a frame that was out of date"
        terminal.press("q")
        assert terminal.wait_exit() == 0


def test_q_ends_it_while_nothing_is_taken_and_gives_the_terminal_back(
    progress: Progress, dashboards: dict[str, Terminal]
) -> None:
    for way, terminal in dashboards.items():
        WAYS[way][0](terminal)
        terminal.press("?", "escape", "G")
    progress.wait(1, len(dashboards))
    for way, terminal in dashboards.items():
        began = time.monotonic()
        terminal.press("q")
        assert terminal.wait_exit() == 0
        # About a second: that long a reply is waited for. The margin is for a loaded machine.
        assert time.monotonic() - began < 2.5
        WAYS[way][1](terminal)
        assert_given_back(terminal)
        after = terminal.raw.rpartition(modes.RESET.encode())[2]
        assert b"\x1b" not in after, "a frame follows the reset"


def assert_given_back(terminal: Terminal) -> None:
    """Assert that the terminal is as it was found, once it has taken what was sent."""
    terminal.wait_for(lambda _: not terminal.changes())


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see it suspended")
@pytest.mark.parametrize(
    ("number", "way"),
    [
        (signal.SIGTSTP, "ctrl+s"),
        (signal.SIGTSTP, "nobody reads"),
        pytest.param(signal.SIGSTOP, "ctrl+s", marks=pytest.mark.soak),
    ],
)
def test_it_can_be_suspended_while_nothing_is_taken(
    home: Home, progress: Progress, number: signal.Signals, way: str
) -> None:
    stop, start = WAYS[way]
    progress.frozen = True
    with open_dashboard(home) as terminal:
        stop(terminal)
        terminal.press("?")
        terminal.read_for(0.2)
        terminal.signal(number)
        terminal.wait_for(lambda _: state(terminal) == "T")
        if number == signal.SIGTSTP:
            start(terminal)
            assert_given_back(terminal)
            stop(terminal)
        terminal.signal(signal.SIGCONT)
        terminal.press("escape", "G")
        progress.wait(1)
        start(terminal)
        terminal.wait_for_text("│ task7")
        terminal.wait_gone("esc: close")
        assert {1049, 1003, 2004} <= terminal.modes
        assert_painted_right(terminal)
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert_given_back(terminal)
