"""How the program ends: by a key, a signal, a lost terminal, stalled output or a crash."""

from __future__ import annotations

import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.home import COMMAND, Home
from tests.support.service import ScriptedService, frame_url, task
from tests.support.terminal import Terminal
from tui.watchlist.storage import WatchlistFile

NOHUP = ("sh", "-c", 'trap "" HUP; exec "$@"', "sh")
"""Prefix of a command line that ignores SIGHUP, as nohup does, but redirects nothing."""


@pytest.fixture
def watching(home: Home, service: ScriptedService) -> Iterator[Terminal]:
    """Run the dashboard with one task."""
    with start_dashboard(home, service) as terminal:
        yield terminal


def start_dashboard(home: Home, service: ScriptedService) -> Terminal:
    """Start the dashboard and wait until it shows a task."""
    service.script("t", task("t", frames=[frame_url("t", 1)]))
    terminal = home.open("watch", "t")
    terminal.wait_for_text("frame1.png")
    return terminal


def assert_restored(terminal: Terminal) -> None:
    """Assert that the terminal is in the state that a shell expects."""
    assert terminal.changes() == []


def test_q_ends_with_0_and_leaves_the_terminal_as_it_was(watching: Terminal) -> None:
    assert {1049, 1003} <= watching.modes
    watching.press("q")
    assert watching.wait_exit() == 0
    assert_restored(watching)
    assert "» " not in watching.text()


@pytest.mark.parametrize(
    ("keys", "remaining"), [(b"xq", ["two", "three"]), (b"xxuq", ["two", "three"])]
)
def test_what_was_asked_for_in_the_same_moment_is_done_before_the_end(
    home: Home, service: ScriptedService, keys: bytes, remaining: list[str]
) -> None:
    assert home.run("add", "one", "two", "three").returncode == 0
    with home.open() as terminal:
        terminal.wait_for_text("filter")
        terminal.write(keys)
        assert terminal.wait_exit() == 0
    assert [entry.id for entry in WatchlistFile(home.watchlist).load().entries] == remaining


def test_keys_that_come_in_one_bundle_are_dealt_with_one_after_the_other(
    home: Home, watching: Terminal
) -> None:
    watching.write(b"afour five\tbatch\r/fi\rxjq")
    assert watching.wait_exit() == 0
    entries = WatchlistFile(home.watchlist).load().entries
    assert [(entry.id, entry.label) for entry in entries] == [("t", ""), ("four", "batch")]


def test_a_click_between_keys_keeps_its_place(home: Home, service: ScriptedService) -> None:
    ids = [f"id{number}" for number in range(8)]
    assert home.run("add", *ids).returncode == 0
    with home.open() as terminal:
        terminal.wait_for_text("filter")
        x, y = terminal.find("id6")
        position = f"0;{x + 1};{y + 1}".encode()
        terminal.write(b"jj\x1b[<" + position + b"M\x1b[<" + position + b"mxq")
        assert terminal.wait_exit() == 0
    remaining = [entry.id for entry in WatchlistFile(home.watchlist).load().entries]
    assert remaining == [task_id for task_id in ids if task_id != "id6"]


def test_the_palette_takes_what_comes_with_the_key_that_opens_it(watching: Terminal) -> None:
    for keys in (b"\x1b[5~", b"th\x1b[6~", b"zzz\x1b[5~", b"\x1b[<0;3;39M\x1b[<0;3;39m"):
        for _ in range(3):
            watching.write(b"\x10" + keys)
            watching.read_for(0.3)
            watching.press("escape", "escape")
            watching.read_for(0.3)
    watching.press("q")
    assert watching.wait_exit() == 0


def test_sigterm_ends_with_143_and_leaves_the_terminal_as_it_was(watching: Terminal) -> None:
    watching.signal(signal.SIGTERM)
    assert watching.wait_exit() == 143
    assert_restored(watching)


def test_sigterm_ends_it_in_a_dialog_too(watching: Terminal) -> None:
    watching.press("a")
    watching.wait_for_text("Add tasks")
    watching.signal(signal.SIGTERM)
    assert watching.wait_exit() == 143
    assert_restored(watching)


def test_sighup_ends_it_at_once(watching: Terminal) -> None:
    watching.signal(signal.SIGHUP)
    assert watching.wait_exit(3) in (-signal.SIGHUP, 129)


def test_it_ends_within_a_second_of_its_terminal(watching: Terminal) -> None:
    before = time.monotonic()
    watching.hang_up()
    watching.wait_exit(5)
    # One second is promised; the margin is for a loaded machine.
    assert time.monotonic() - before < 2


def test_it_ends_with_its_terminal_where_hang_ups_are_ignored(
    home: Home, service: ScriptedService
) -> None:
    home.command = (*NOHUP, *COMMAND)
    with start_dashboard(home, service) as terminal:
        terminal.hang_up()
        terminal.wait_exit(5)


def stall(terminal: Terminal, service: ScriptedService) -> None:
    """Stop reading while there is much to show; polling goes on."""
    terminal.stop_output()
    for _ in range(30):
        terminal.press("?", "escape")
    service.wait_for_requests(len(service.requests) + 2)


def test_sigterm_ends_it_while_its_output_is_stalled(home: Home, service: ScriptedService) -> None:
    with start_dashboard(home, service) as terminal:
        stall(terminal, service)
        terminal.signal(signal.SIGTERM)
        assert terminal.wait_exit(4) == 143


def test_a_lost_terminal_ends_it_while_its_output_is_stalled(
    home: Home, service: ScriptedService
) -> None:
    with start_dashboard(home, service) as terminal:
        stall(terminal, service)
        terminal.hang_up()
        terminal.wait_exit(5)


@contextmanager
def suspended_dashboard(home: Home, service: ScriptedService) -> Iterator[Terminal]:
    """Run a shell in which the dashboard was started and suspended."""
    service.script("t", task("t", frames=[frame_url("t", 1)]))
    shell = ["bash", "--norc", "--noprofile", "-i"]
    with Terminal(shell, env=home.environment({"PS1": "prompt> "})) as terminal:
        terminal.wait_for_text("prompt>")
        terminal.press(f"{sys.executable} -m tui watch t", "enter")
        terminal.wait_for_text("frame1.png")
        terminal.press("ctrl+z")
        terminal.wait_for_text("Stopped")
        yield terminal
        # An interactive shell ignores SIGTERM.
        terminal.hang_up()


def test_ctrl_z_gives_the_shell_back_and_fg_the_dashboard(
    home: Home, service: ScriptedService
) -> None:
    with suspended_dashboard(home, service) as terminal:
        assert 1049 not in terminal.modes
        assert 1003 not in terminal.modes
        terminal.press("echo $((6*7))", "enter")
        terminal.wait_for("^42$")
        terminal.press("fg", "enter")
        terminal.wait_for_text("frame1.png")
        terminal.press("q")
        terminal.wait_for(r"prompt> *\Z|prompt>\s*$")
        terminal.wait_for(lambda _: 1049 not in terminal.modes)
        terminal.press("exit", "enter")
        terminal.wait_exit()


def test_a_stopped_one_ends_by_kill(home: Home, service: ScriptedService) -> None:
    with suspended_dashboard(home, service) as terminal:
        # The shell reports the end of a job just before its next prompt.
        terminal.press("kill %1; for n in {1..50}; do sleep 0.1; jobs %1 || break; done", "enter")
        terminal.wait_for_text("Exit 143")
        assert 1049 not in terminal.modes


def test_one_that_is_stopped_without_being_asked_goes_on_as_before(watching: Terminal) -> None:
    threads = len(list(Path(f"/proc/{watching.pid}/task").iterdir()))
    for _ in range(3):
        watching.signal(signal.SIGSTOP)
        watching.signal(signal.SIGCONT)
        watching.read_for(0.2)
    watching.press("/")
    watching.wait_for_text("to the list")
    watching.press(*"in order, each letter once")
    watching.wait_for_text("in order, each letter once")
    assert len(list(Path(f"/proc/{watching.pid}/task").iterdir())) == threads
    assert not watching.canonical_mode
    watching.press("escape", "escape", "q")
    assert watching.wait_exit() == 0
    assert_restored(watching)


def test_without_an_alternate_screen_the_prompt_comes_below_what_remains(
    home: Home, service: ScriptedService
) -> None:
    service.script("t", task("t", frames=[frame_url("t", 1)]))
    env = home.environment({"PS1": "prompt> ", "TERM": "linux"})
    shell = ["bash", "--norc", "--noprofile", "-i"]
    with Terminal(shell, env=env, cols=100, rows=30, alternate=False) as terminal:
        terminal.wait_for_text("prompt>")
        terminal.press(f"{sys.executable} -m tui watch t", "enter")
        for key, told in (("ctrl+z", "Stopped"), ("q", "")):
            terminal.wait_for_text("frame1.png")
            terminal.wait_quiet()
            shown = terminal.text().splitlines()
            terminal.press(key)
            terminal.wait_for(lambda _: terminal.line(-1) == "prompt>")
            lines = terminal.text().splitlines()
            remaining = shown[shown.index(lines[0]) : -1]
            assert lines[: len(remaining)] == remaining, "what remains is not whole"
            below = "\n".join(lines[len(remaining) :])
            assert told in below
            assert "Quit" not in below, "the prompt lies over what remains"
            terminal.press("fg", "enter")
        terminal.wait_for_text("no such job")


@pytest.mark.parametrize("where", ["handler", "worker"])
def test_a_fault_of_ours_restores_the_terminal_and_tells_no_secret(
    tmp_path: Path, where: str
) -> None:
    key = "sk-sentinel-0123456789"
    argv = [sys.executable, "-m", "tests.support.crashing", where, str(tmp_path), key]
    with Terminal(argv) as terminal:
        terminal.wait_for_text("Asking the service")
        terminal.wait_for(lambda _: (tmp_path / "watchlist.toml").exists())
        (tmp_path / "strike").touch()
        if where == "handler":
            terminal.press("a")
            terminal.wait_for_text("Add tasks")
            terminal.press("67890", "enter")
        assert terminal.wait_exit() == 1
        assert_restored(terminal)
        shown = terminal.text().replace("\n", "")
        assert f"a fault in a {where}" in shown
        assert "Traceback" in shown
        assert key.encode() not in re.sub(rb"\s", b"", terminal.raw)
        # Tracebacks by Rich show local variables in a box.
        assert "locals" not in shown
        assert "╭" not in shown
        ids = (tmp_path / "watchlist.toml").read_text()
        assert "12345" in ids, "the task added before the crash is not on disk"
