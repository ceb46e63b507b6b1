"""A crash report shows where, and no secret, whatever crashes and whatever Textual renames."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.crashing_terminal import LOCAL
from tests.support.home import Home
from tests.support.secrets import leaks
from tests.support.terminal import Terminal

ROOT = Path(__file__).parents[2]
KEY = "sk-CANARY-7Qm2/xK+9vT4wZbR1nLpY6sD"
MODULE = "tests.support.crashing_terminal"
FATAL = (
    *("handler", "timer", "worker", "thread worker", "background", "input", "rich"),
    *("paint", "compose", "callback", "giving back"),
)
ODD = ("system exit", "exit in a callback", "cancelled", "recursion", "memory")
"""What Textual or asyncio would let end the program with 0, or what leaves little to work with."""
HARMLESS = ("thread", "unraisable", "task")


def run(log: Path, where: str, *, renamed: str = "", fatal: bool = True) -> tuple[Terminal, str]:
    """Run the app until it has ended after a fault; return the terminal and the log."""
    module = ("tests.support.renamed_textual", MODULE) if renamed else (MODULE,)
    env = {"RENAMES": json.dumps([[rf"\b{renamed}\b", ".*"]])} if renamed else {}
    argv = [sys.executable, "-m", *module, where, log, KEY]
    with Terminal(argv, cwd=ROOT, env=env, prefork=not renamed) as terminal:
        terminal.wait_for_text("ready")
        terminal.press("x")
        if not fatal:
            terminal.wait_for(lambda _: log.exists() and "Fault" in log.read_text())
            terminal.press("q")
        assert terminal.wait_exit() == int(fatal), terminal.text()
        assert terminal.changes() == []
    told = log.read_text()
    for data in (terminal.raw, told.encode()):
        assert leaks(data, [KEY]) == []
        assert LOCAL.encode() not in data
    return terminal, told


@pytest.mark.parametrize("where", FATAL)
def test_a_crash_shows_its_traceback_and_logs_it_once_without_secrets(
    tmp_path: Path, where: str
) -> None:
    terminal, log = run(tmp_path / "log", where)
    assert "a fault quotes Bearer ***" in " ".join(terminal.text().split())
    assert ", in strike" in log
    assert log.count(" CRITICAL ") == 1
    assert "the dashboard crashed" in log


@pytest.mark.parametrize("where", ODD)
def test_an_end_that_nobody_asked_for_is_a_crash(tmp_path: Path, where: str) -> None:
    _, log = run(tmp_path / "log", where)
    assert log.count(" CRITICAL ") == 1
    assert "the dashboard crashed" in log


def test_an_error_that_ends_a_thread_ends_the_dashboard(tmp_path: Path) -> None:
    terminal, log = run(tmp_path / "log", "watched thread")
    assert "a fault quotes Bearer ***" in " ".join(terminal.text().split())
    assert terminal.text().count("Traceback") == 1
    assert log.count(" CRITICAL ") == 1
    assert "an error ended the thread" in log


@pytest.mark.parametrize("where", HARMLESS)
def test_a_fault_that_ends_nothing_is_logged_without_secrets(tmp_path: Path, where: str) -> None:
    _, log = run(tmp_path / "log", where, fatal=False)
    assert "a fault quotes Bearer ***" in log


@pytest.mark.parametrize("where", ["handler", "worker", "input", "rich"])
@pytest.mark.parametrize(
    "renamed", ["_fatal_error", "_handle_exception", "_exit_renderables", "_display"]
)
def test_a_crash_shows_no_secret_with_a_private_name_renamed(
    tmp_path: Path, renamed: str, where: str
) -> None:
    if (renamed, where) == ("_display", "input"):
        pytest.skip("our driver, which has the fault, is not in use")
    terminal, log = run(tmp_path / "log", where, renamed=renamed)
    assert "a fault quotes Bearer ***" in " ".join(terminal.text().split())
    assert ", in strike" in log


@pytest.mark.parametrize("where", ["redactor", "no redactor"])
def test_without_a_working_redactor_only_type_and_place_are_shown(
    tmp_path: Path, where: str
) -> None:
    (tmp_path / "log").touch()
    terminal, log = run(tmp_path / "log", where)
    shown = " ".join(terminal.text().split())
    if where == "redactor":
        assert "Fault (its message is withheld" in shown
        assert ", in strike" in shown
    assert "a fault quotes" not in shown + log


def test_an_exit_message_passes_through_the_redactor(tmp_path: Path) -> None:
    terminal, _ = run(tmp_path / "log", "message")
    assert "a message quotes ***" in terminal.text()


BROKEN_COMMAND = """
import json
import subprocess
import sys
import tui.cli.main as cli

key = sys.argv.pop()

def broken(*arguments):
    beside = "-".join(("LOCAL", "7fE2"))
    raise ValueError(f"the command quotes {key}")

cli.parse_ids = broken
cli.run()
"""


def test_a_crash_before_the_redactor_exists_withholds_the_message(home: Home) -> None:
    argv = [sys.executable, "-c", BROKEN_COMMAND, KEY]
    with Terminal(argv, cwd=ROOT, env=home.environment()) as terminal:
        assert terminal.wait_exit() == 1
    assert "in broken" in terminal.text()
    assert "ValueError" in terminal.text()
    assert "the command quotes" not in terminal.text()
    assert leaks(terminal.raw, [KEY]) == []
    assert LOCAL.encode() not in terminal.raw


INTERRUPTED = """
import os, signal, sys, threading
from tui.credentials import Secret
from tui.redactor import Redactor
from tui.terminal import crash_report

where, key = sys.argv[1:]

class Impatient(Redactor):
    def __call__(self, text):
        if where.startswith("ctrl+c"):
            os.kill(os.getpid(), signal.SIGINT)
        return super().__call__(text)

class Stream:
    def write(self, text):
        raise RuntimeError(text)

class Noted(ValueError):
    @property
    def __notes__(self):
        raise KeyboardInterrupt(key)

class Dying:
    def __del__(self):
        strike()

def strike():
    raise (Noted if where == "notes" else ValueError)(f"a fault quotes {key}")

redact = Impatient()
redact.learn(Secret(key))
crash_report.install(redact)
if where == "stream":
    sys.stderr = Stream()
if where == "ctrl+c, unraisable":
    Dying()
else:
    strike()
"""


@pytest.mark.parametrize("where", ["ctrl+c", "ctrl+c, unraisable", "notes", "stream"])
def test_a_report_that_is_interrupted_leaves_the_error_to_nobody_else(where: str) -> None:
    """Where a hook fails, Python prints the original error itself."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, where, KEY],
        capture_output=True,
        check=False,
        cwd=ROOT,
        timeout=30,
    )
    assert leaks(done.stdout + done.stderr, [KEY]) == []
    assert (b"in strike" in done.stderr) == (where != "stream")
    assert b"excepthook" not in done.stderr
    assert b"unraisablehook" not in done.stderr
