"""A key press sends the changed cells only, not the whole screen."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from tests.support.home import Home
from tests.support.service import ScriptedService, frame_url, task
from tests.support.terminal import Terminal

IDS = [f"task{number:03}" for number in range(60)]


def watch(home: Home, service: ScriptedService, ids: list[str], label: str = "") -> None:
    """Watch tasks that are asked about once, all at the start and at once."""
    home.configure(
        base_url=service.base_url,
        api_key=service.api_key,
        poll_interval=3600,
        max_requests_per_second=1000,
    )
    for task_id in ids:
        service.script(task_id, task(task_id, frames=[frame_url(task_id, 1)]))
    assert home.run("add", "--label", label, *ids).returncode == 0


@pytest.fixture
def terminal(home: Home, service: ScriptedService) -> Iterator[Terminal]:
    """Run a 120x40 dashboard of many tasks, and wait until it is idle."""
    watch(home, service, IDS)
    with home.open() as running:
        running.wait_for_text("Running  60")
        running.wait_quiet(0.5)
        yield running


@pytest.fixture
def small(home: Home, service: ScriptedService) -> Iterator[Terminal]:
    """Run a dashboard of three tasks."""
    watch(home, service, IDS[:3])
    with home.open() as running:
        running.wait_for_text("Running  3")
        running.wait_for_text("refresh")
        running.wait_quiet(0.2)
        yield running


def wait_quiet(terminals: Iterable[Terminal], seconds: float) -> None:
    """Wait until all have been quiet for `seconds`, at the same time."""
    since = time.monotonic()
    for terminal in terminals:
        terminal.wait_quiet(seconds, since=since)


def bytes_sent(terminal: Terminal, *keys: str, expected: str) -> int:
    """Press keys; return the number of bytes sent until the screen is quiet again."""
    before = len(terminal.raw)
    terminal.press(*keys)
    terminal.wait_for(expected)
    terminal.wait_quiet(0.5)
    return len(terminal.raw) - before


def test_keys_send_what_they_change(terminal: Terminal) -> None:
    # Each limit is below the cost of repainting the list.
    assert bytes_sent(terminal, "j", expected="│ task001") < 3_000
    assert bytes_sent(terminal, "/", expected="to the list") < 2_500
    assert bytes_sent(terminal, "escape", expected="refresh") < 3_000
    # As many frames as keys at most; how many depends on the machine.
    assert bytes_sent(terminal, "j" * 34, expected="│ task035") < 20_000
    # Two steps of the list, plus the layout of rows created ahead of the cursor.
    assert bytes_sent(terminal, "j", "j", expected="│ task037") < 10_000


STEPS: list[list[tuple[str, ...]]] = [
    [("j",), ("j" * 39,), ("pagedown",), ("/", "11"), ("escape", "escape"), ("enter",), ("G",)],
    [("?",), ("escape",), ("ctrl+p",), ("escape",), ("p",), ("+",), ("escape", "p", "g")],
]
"""Keys for each of two dashboards, side by side since most of it is waiting."""


def test_what_was_sent_bit_by_bit_looks_as_if_all_was_painted_at_once(
    terminal: Terminal, home: Home
) -> None:
    with home.open() as other:
        other.wait_for_text("Running  60")
        terminals = (terminal, other)
        for step in zip(*STEPS, strict=True):
            for each, keys in zip(terminals, step, strict=True):
                each.press(*keys)
            wait_quiet(terminals, 0.4)
            painted = [(each.text(), each.cells()) for each in terminals]
            for each in terminals:
                each.press("ctrl+l")
            wait_quiet(terminals, 0.3)
            for each, keys, before in zip(terminals, step, painted, strict=True):
                assert each.text() == before[0], keys
                assert each.cells() == before[1], keys


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc to reach its terminal")
def test_what_another_program_wrote_over_is_drawn_anew(small: Terminal) -> None:
    Path(f"/proc/{small.pid}/fd/1").write_bytes(b"\x1b[5;9HBroadcast message: coffee\r\n")
    small.wait_for_text("coffee")
    small.press("j")
    small.wait_for_text("│ task001")
    assert "coffee" in small.text()
    small.press("ctrl+l")
    small.wait_gone("coffee")


REPORTS = {1000, 1003, 1004, 1006, 1015, 2004}


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc to reach its terminal")
def test_a_terminal_that_has_forgotten_all_modes_is_told_again(small: Terminal) -> None:
    """A terminal that dtach has just attached, or in which another program has reset the modes."""
    forget = "".join(f"\x1b[?{mode}l" for mode in sorted(REPORTS)) + "\x1b[?7h\x1b[?25h"
    # Twice, these would cost the place of the shell's cursor, and one more pop at the end.
    once = [small.raw.count(sequence) for sequence in (b"\x1b[?1049h", b"\x1b[>25u")]
    asks: list[Callable[[], None]] = [
        lambda: small.press("ctrl+l"),
        lambda: small.resize(130, 30),
        lambda: small.signal(signal.SIGWINCH),
    ]
    for ask in asks:
        Path(f"/proc/{small.pid}/fd/1").write_text(forget)
        small.wait_for(lambda _: not small.modes & REPORTS and small.modes >= {7, 25})
        ask()
        small.wait_for(lambda _: small.modes >= REPORTS and not small.modes & {7, 25})
    assert once == [small.raw.count(sequence) for sequence in (b"\x1b[?1049h", b"\x1b[>25u")]
    small.press("q")
    assert small.wait_exit() == 0
    assert not small.modes & {*REPORTS, 1049}
    assert small.modes >= {7, 25}


def test_the_start_sends_the_screen_once_and_what_is_new(
    home: Home, service: ScriptedService
) -> None:
    assert home.run("add", *IDS).returncode == 0
    # The list and the task side by side, or one at a time.
    with home.open(cols=120, rows=40) as wide, home.open(cols=80, rows=24) as narrow:
        for terminal in (wide, narrow):
            terminal.wait_for_text("refresh")
        wait_quiet((wide, narrow), 1.0)
        # What is new here is why each of them needs attention: the service knows none.
        assert len(wide.raw) < 34_000
        assert len(narrow.raw) < 18_500


def test_after_a_resize_while_keys_are_held_the_screen_is_whole(
    home: Home, service: ScriptedService
) -> None:
    watch(home, service, IDS, "a label")
    with home.open(cols=160, rows=50) as one, home.open(cols=160, rows=50) as other:
        for terminal in (one, other):
            terminal.wait_for_text("60 running")
        for _ in range(2):
            wait_quiet((one, other), 0.4)
            for step in range(12):
                one.press("Gg"[step % 2])
                other.press("Gg"[step % 2])
                one.read_for(0.03)
                if step == 6:
                    one.resize(100, 30)
                    other.resize(100, 30)
                if step == 7:
                    # Only one of them at once.
                    other.resize(160, 50)
            wait_quiet((one, other), 0.4)
            painted = [terminal.cells() for terminal in (one, other)]
            for terminal in (one, other):
                terminal.press("ctrl+l")
            wait_quiet((one, other), 0.3)
            assert [terminal.cells() for terminal in (one, other)] == painted
            one.resize(160, 50)
