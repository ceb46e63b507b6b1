"""A key press sends the changed cells only, not the whole screen."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.home import Home
from tests.support.service import ScriptedService, frame_url, task
from tests.support.terminal import Terminal

IDS = [f"task{number:03}" for number in range(60)]


@pytest.fixture
def terminal(home: Home, service: ScriptedService) -> Iterator[Terminal]:
    """Run a 120x40 dashboard of many tasks, and wait until it is idle."""
    for task_id in IDS:
        service.script(task_id, task(task_id, frames=[frame_url(task_id, 1)]))
    assert home.run("add", *IDS).returncode == 0
    with home.open() as running:
        running.wait_for_text("60 in progress")
        running.wait_quiet(1.0)
        yield running


def bytes_sent(terminal: Terminal, *keys: str, expected: str) -> int:
    """Press keys; return the number of bytes sent until the screen is quiet again."""
    before = len(terminal.raw)
    terminal.press(*keys)
    terminal.wait_for(expected)
    terminal.wait_quiet(0.5)
    return len(terminal.raw) - before


def test_keys_send_what_they_change(terminal: Terminal) -> None:
    # Each limit is below the cost of repainting the list.
    assert bytes_sent(terminal, "j", expected="│ task001") < 2_000
    assert bytes_sent(terminal, "/", expected="To the list") < 2_000
    assert bytes_sent(terminal, "escape", expected="Refresh") < 3_000
    # As many frames as keys at most; how many depends on the machine.
    assert bytes_sent(terminal, "j" * 34, expected="│ task035") < 20_000
    # Two steps of the list, plus the layout of rows created ahead of the cursor.
    assert bytes_sent(terminal, "j", "j", expected="│ task037") < 10_000


def test_what_was_sent_bit_by_bit_looks_as_if_all_was_painted_at_once(terminal: Terminal) -> None:
    steps = (
        ("j",),
        ("j" * 39,),
        ("pagedown",),
        ("/", "11"),
        ("escape", "escape"),
        ("enter",),
        ("G",),
        ("?",),
        ("escape",),
        ("ctrl+p",),
        ("escape",),
        ("p",),
        ("+",),
        ("escape", "p", "g"),
    )
    for keys in steps:
        terminal.press(*keys)
        terminal.wait_quiet(0.4)
        painted, shown = terminal.cells(), terminal.text()
        terminal.press("ctrl+l")
        terminal.wait_quiet(0.3)
        assert terminal.text() == shown, keys
        assert terminal.cells() == painted, keys


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc to reach its terminal")
def test_what_another_program_wrote_over_is_drawn_anew(terminal: Terminal) -> None:
    Path(f"/proc/{terminal.pid}/fd/1").write_bytes(b"\x1b[5;9HBroadcast message: coffee\r\n")
    terminal.wait_for_text("coffee")
    terminal.press("j")
    terminal.wait_for_text("│ task001")
    assert "coffee" in terminal.text()
    terminal.press("ctrl+l")
    terminal.wait_gone("coffee")


REPORTS = {1000, 1003, 1004, 1006, 1015, 2004}


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc to reach its terminal")
def test_a_terminal_that_has_forgotten_all_modes_is_told_again(terminal: Terminal) -> None:
    """As one that dtach attached anew, or in which another program put back what it found."""
    forget = "".join(f"\x1b[?{mode}l" for mode in sorted(REPORTS)) + "\x1b[?7h\x1b[?25h"
    # Twice, these would cost the place of the shell's cursor, and one more pop at the end.
    once = [terminal.raw.count(sequence) for sequence in (b"\x1b[?1049h", b"\x1b[>25u")]
    asks: list[Callable[[], None]] = [
        lambda: terminal.press("ctrl+l"),
        lambda: terminal.resize(130, 30),
        lambda: terminal.signal(signal.SIGWINCH),
    ]
    for ask in asks:
        Path(f"/proc/{terminal.pid}/fd/1").write_text(forget)
        terminal.wait_for(lambda _: not terminal.modes & REPORTS and terminal.modes >= {7, 25})
        ask()
        terminal.wait_for(lambda _: terminal.modes >= REPORTS and not terminal.modes & {7, 25})
    assert once == [terminal.raw.count(sequence) for sequence in (b"\x1b[?1049h", b"\x1b[>25u")]
    terminal.press("q")
    assert terminal.wait_exit() == 0
    assert not terminal.modes & {*REPORTS, 1049}
    assert terminal.modes >= {7, 25}


@pytest.mark.parametrize(
    # The list and the task side by side, or one at a time.
    ("cols", "rows", "max_bytes"),
    [(120, 40, 25_000), (80, 24, 11_000)],
)
def test_the_start_sends_the_screen_once_and_what_is_new(
    home: Home, service: ScriptedService, cols: int, rows: int, max_bytes: int
) -> None:
    assert home.run("add", *IDS).returncode == 0
    with home.open(cols=cols, rows=rows) as terminal:
        terminal.wait_for_text("Refresh")
        terminal.wait_quiet(1.0)
        assert len(terminal.raw) < max_bytes


@pytest.mark.parametrize("resize_back", [False, True])
def test_after_a_resize_while_keys_are_held_the_screen_is_whole(
    home: Home, service: ScriptedService, resize_back: bool
) -> None:
    for task_id in IDS:
        service.script(task_id, task(task_id, frames=[frame_url(task_id, 1)]))
    assert home.run("add", "--label", "a label", *IDS).returncode == 0
    with home.open(cols=160, rows=50) as terminal:
        terminal.wait_for_text("60 in progress")
        for _ in range(2):
            terminal.wait_quiet(0.4)
            for step in range(12):
                terminal.press("Gg"[step % 2])
                terminal.read_for(0.03)
                if step == 6:
                    terminal.resize(100, 30)
                if step == 7 and resize_back:
                    terminal.resize(160, 50)
            terminal.wait_quiet(0.4)
            painted = terminal.cells()
            terminal.press("ctrl+l")
            terminal.wait_quiet(0.3)
            assert terminal.cells() == painted
            terminal.resize(160, 50)
