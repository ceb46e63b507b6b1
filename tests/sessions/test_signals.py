"""Every signal in every state: how the program ends, and how it leaves the terminal."""

from __future__ import annotations

import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sessions.test_endings import suspended_dashboard
from tests.sessions.test_open_frame import SSH
from tests.support.home import Home
from tests.support.service import ScriptedService, frame_url, task
from tests.support.terminal import Terminal
from tui.terminal.fatal_signals import SAVING, fatal_signals

LINUX_ONLY = pytest.mark.skipif(sys.platform != "linux", reason="counts the signals of Linux")
EXIT_CODES = {signal.SIGTERM: 143, signal.SIGINT: 130}


def expected(number: int) -> int:
    """Return the exit code after a signal, as `subprocess` gives it."""
    return EXIT_CODES.get(signal.Signals(number), -number) if number < 34 else -number


@LINUX_ONLY
def test_all_that_ends_a_process_and_can_be_seen_gives_the_terminal_back() -> None:
    named = {signal.Signals(number).name for number in fatal_signals() if number < 34}
    assert named == {
        *("SIGHUP", "SIGQUIT", "SIGTRAP", "SIGABRT", "SIGUSR1", "SIGUSR2", "SIGPIPE", "SIGALRM"),
        *("SIGSTKFLT", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGIO", "SIGPWR", "SIGSYS"),
    }
    assert fatal_signals() >= set(range(signal.SIGRTMIN, signal.SIGRTMAX + 1))


def watch_deaths(where: str, numbers: list[int], *, code: int | None = None) -> None:
    """Let one child after the other die of a signal; all must leave the terminal as it was."""
    argv = [sys.executable, "-m", "tests.support.signalled", where]
    with Terminal(argv) as terminal:
        for number in numbers:
            terminal.press(str(number), "enter")
            terminal.wait_for(rf"^{number} ended with {code or expected(number)}$")
            assert terminal.changes() == [], number
            assert not re.search("taken|frame", terminal.text())


# Python itself ignores these two, and so does the dashboard.
OURS = fatal_signals() - {signal.SIGPIPE, signal.SIGXFSZ}


def test_each_signal_ends_a_program_that_hangs_and_leaves_no_core_file() -> None:
    watch_deaths("lock", sorted(OURS) + list(SAVING))


def test_a_signal_ends_a_program_that_hangs_in_its_output_or_asleep_or_draws() -> None:
    watch_deaths("output", [signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM])
    watch_deaths("frames", [signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGTERM])
    watch_deaths("sleep", [signal.SIGUSR1, signal.SIGALRM])


def test_what_was_ignored_stays_ignored_except_for_hup_and_term() -> None:
    # The others do nothing, and SIGTERM follows.
    watch_deaths("ignored", [signal.SIGQUIT, signal.SIGINT], code=143)
    watch_deaths("ignored", [signal.SIGHUP, signal.SIGTERM])


def to_list(terminal: Terminal) -> None:
    terminal.wait_for_text("frame1.png")
    # The terminal knows sizes in the band, and mouse reports in pixels come along with them.
    terminal.write(b"\x1b[?2048;2$y")


def to_dialog(terminal: Terminal) -> None:
    to_list(terminal)
    terminal.press("a")
    terminal.wait_for_text("Add tasks")


def to_half_a_paste(terminal: Terminal) -> None:
    to_dialog(terminal)
    terminal.write(b"\x1b[200~rm -rf important\r")


def to_stopped_output(terminal: Terminal) -> None:
    to_list(terminal)
    terminal.stop_output()
    # Enough to fill what lies between the loop and the line.
    for _ in range(40):
        terminal.press("?", "escape")


def to_raw_link(terminal: Terminal) -> None:
    to_list(terminal)
    terminal.press("tab", "o")
    terminal.wait_for_text("open frame1 of t")
    terminal.press("u")
    terminal.wait_for_text("Press enter to go back.")


def to_first_bytes(terminal: Terminal) -> None:
    deadline = time.monotonic() + 10
    while b"\x1b[?1049h" not in terminal.raw:
        assert time.monotonic() < deadline, terminal.text()
        time.sleep(0.001)


STATES: dict[str, Callable[[Terminal], None]] = {
    "list": to_list,
    "dialog": to_dialog,
    "half a paste": to_half_a_paste,
    "stopped output": to_stopped_output,
    "raw link": to_raw_link,
    "before the first paint": to_first_bytes,
}
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1)
QUICK = {
    ("list", signal.SIGHUP),
    ("dialog", signal.SIGINT),
    ("half a paste", signal.SIGQUIT),
    ("stopped output", signal.SIGTERM),
    ("stopped output", signal.SIGUSR1),
    ("raw link", signal.SIGTERM),
    ("raw link", signal.SIGHUP),
    ("before the first paint", signal.SIGTERM),
    ("before the first paint", signal.SIGHUP),
}
"""What the ordinary run tries; a soak tries all."""


def assert_core_files_are_off(pid: int) -> None:
    """Assert that no file and no pipe would get the process's memory, where /proc tells."""
    process = Path(f"/proc/{pid}")
    if process.exists():
        limits = (process / "limits").read_text()
        assert re.search(r"^Max core file size +0 +0 ", limits, re.M)
        assert int((process / "coredump_filter").read_text(), 16) == 0


@pytest.mark.parametrize(
    ("state", "number"),
    [
        pytest.param(
            state,
            number,
            id=f"{state}-{number.name}",
            marks=() if (state, number) in QUICK else pytest.mark.soak,
        )
        for state in STATES
        for number in SIGNALS
    ],
)
def test_a_signal_ends_the_dashboard_and_the_terminal_is_as_it_was_found(
    home: Home, service: ScriptedService, state: str, number: signal.Signals
) -> None:
    service.script("t", task("t", frames=[frame_url("t", 1)]))
    with home.open("watch", "t", env=SSH) as terminal:
        STATES[state](terminal)
        assert_core_files_are_off(terminal.pid)
        terminal.signal(number)
        assert terminal.wait_exit(5) == expected(number)
        assert terminal.changes() == []
        assert ("Press enter to go back." in terminal.text()) == (state == "raw link")


def test_an_interrupt_before_the_dashboard_runs_ends_it_without_a_word(home: Home) -> None:
    asked = home.folder / "asked"
    command = f"api_key_command = ['sh', '-c', 'touch {asked}; sleep 9']\n"
    home.config.write_text(command)
    with home.open() as terminal:
        terminal.wait_for(lambda _: asked.exists())
        terminal.signal(signal.SIGINT)
        assert terminal.wait_exit() == 130
        assert terminal.text().strip() == ""
        assert terminal.changes() == []


@pytest.mark.parametrize(("number", "told"), [("INT", "Exit 130"), ("HUP", "Hangup")])
def test_a_suspended_one_ends_without_a_byte_for_the_terminal(
    home: Home, service: ScriptedService, number: str, told: str
) -> None:
    with suspended_dashboard(home, service) as terminal:
        before = len(terminal.raw)
        # The shell reports the end of a job just before its next prompt.
        loop = "for n in {1..50}; do sleep 0.1; jobs %1 || break; done"
        terminal.press(f"kill -{number} %1; kill -CONT %1; {loop}", "enter")
        terminal.wait_for_text(told)
        assert re.findall(rb"\x1b\[\?(?!2004)\d+", terminal.raw[before:]) == []
