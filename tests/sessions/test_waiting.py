"""`wait` and `status` as programs: without a terminal, in one, and ended by a signal."""

from __future__ import annotations

import fcntl
import json
import re
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.home import Home
from tests.support.service import FAILURE, ScriptedService, completed, task
from tests.support.waiting import wait_until
from tui.scenext.models import TaskStatus
from tui.watchlist.entries import Add, Entry
from tui.watchlist.storage import WatchlistFile

ROOT = Path(__file__).parents[2]
NO_TEXTUAL = """\
import sys
from tui.cli.main import main
code = main(sys.argv[1:])
print([name for name in sys.modules if name.partition(".")[0] == "textual"])
sys.exit(code)
"""
CLOSED_INPUT = ("/bin/sh", "-c", 'exec "$@" <&-', "sh")


@contextmanager
def started(
    home: Home, *arguments: str, command: tuple[str, ...] = ()
) -> Iterator[subprocess.Popen[str]]:
    """Start the program with pipes and the environment of `env -i`."""
    process = subprocess.Popen(
        [*(command or home.command), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**home.environment(), **home.env},
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def is_running(process_id: int) -> bool:
    """Return whether there is such a process, other than one that nobody has waited for."""
    if Path("/proc/self/stat").exists():
        # A small system has no ps.
        state = ""
        with suppress(OSError):
            state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2]
    else:
        argv = ("ps", "-o", "state=", "-p", str(process_id))
        state = subprocess.run(argv, capture_output=True, text=True, check=False).stdout
    return state.strip()[:1] not in ("", "Z")


@pytest.mark.parametrize("command", ["status", "wait"])
def test_it_needs_neither_terminal_nor_input_nor_environment_nor_textual(
    home: Home, service: ScriptedService, command: str
) -> None:
    service.script("done", completed("done"))
    service.script("bad", task("bad", "FAILED"))
    program = (*CLOSED_INPUT, sys.executable, "-c", NO_TEXTUAL)
    with started(home, command, "done", "bad", command=program) as process:
        out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (3 if command == "wait" else 0, "")
    *lines, modules = out.splitlines()
    assert modules == "[]"
    assert sorted(line.split("\t")[:2] for line in lines) == [
        *(["completed", "done"], ["failed", "bad"]),
    ]
    assert "\x1b" not in out


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_it_at_once_and_saves_what_is_pending(
    home: Home, service: ScriptedService, number: signal.Signals, code: int
) -> None:
    service.script("done", completed("done"))
    service.script("run", task("run"))
    file = WatchlistFile(home.watchlist)
    file.save([Add(Entry(name, datetime.now(UTC))) for name in ("done", "run")])
    with started(home, "wait") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("completed\tdone\t")
        service.wait_for_requests(1, task_id="run", answered=True)
        process.send_signal(number)
        assert process.wait(10) == code
        assert process.communicate() == ("", "")
    assert file.load().entries[0].status is TaskStatus.COMPLETED


def test_a_signal_ends_it_while_a_name_is_looked_up(home: Home, service: ScriptedService) -> None:
    home.command = (sys.executable, "-m", "tests.support.hung_dns")
    home.env |= {"SCENEXT_TEST_LOOKUPS": "0", "PYTHONPATH": str(ROOT)}
    base_url = service.base_url.replace("127.0.0.1", "localhost")
    home.configure(base_url=base_url, api_key=service.api_key)
    with started(home, "wait", "a") as process:
        wait_until(lambda: home.log.exists() and "watches" in home.log.read_text())
        assert ends_soon(process, signal.SIGTERM) == 143


def test_a_signal_ends_it_while_the_key_is_asked_for(home: Home, service: ScriptedService) -> None:
    begun = home.folder / "begun"
    script = home.folder / "key.sh"
    script.write_text(
        f"#!/bin/sh\nsleep 99 &\necho $$ $! > {begun}.part\nmv {begun}.part {begun}\nwait\n"
    )
    script.chmod(0o700)
    home.configure(base_url=service.base_url, api_key_command=str(script))
    with started(home, "wait", "a") as process:
        wait_until(begun.exists)
        assert ends_soon(process, signal.SIGINT) == 130
        command, its_child = map(int, begun.read_text().split())
        wait_until(lambda: not is_running(command) and not is_running(its_child))


def test_a_signal_ends_it_while_nobody_reads_what_it_prints(
    home: Home, service: ScriptedService
) -> None:
    ended = [Entry(f"t{n}", datetime.now(UTC), "x" * 200, TaskStatus.FAILED) for n in range(500)]
    WatchlistFile(home.watchlist).save([Add(entry) for entry in ended])
    with started(home, "wait") as process:
        assert process.stdout is not None
        pipe = process.stdout.fileno()
        wait_until(lambda: _unread(pipe) > 50_000)
        assert process.poll() is None
        assert ends_soon(process, signal.SIGTERM) == 143


def test_it_ends_quietly_when_its_reader_has_read_enough(
    home: Home, service: ScriptedService
) -> None:
    service.script("run", task("run"))
    service.script("done", completed("done"))
    with started(home, "wait", "done", "run", "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["task_id"] == "done"
        process.stdout.close()
        assert process.wait(10) == 4
        assert process.stderr.read() == ""


def test_in_a_terminal_one_line_tells_how_it_goes(home: Home, service: ScriptedService) -> None:
    service.script("a", task("a"), task("a"), completed("a"))
    service.script("b", task("b", "FAILED", result=FAILURE))
    # A terminal that is not known to take titles gets no escape sequence at all.
    plain = {"TERM": "vt100"}
    with home.open("wait", "a", "b", "c", cols=60, rows=10, env=plain) as terminal:
        terminal.wait_for(r"3 ended, 1 failed", 30)
        assert terminal.wait_exit(20) == 5
        raw = terminal.raw
        lines = [line.rstrip() for line in terminal.text().splitlines() if line.strip()]
    assert re.sub(rb"\x1b\[[0-9]*m", b"", raw).count(b"\x1b") == 0, "colours alone"
    assert [line.split()[:2] for line in lines] == [
        *(["✗", "failed"], ["scenext-tui:", "c:"], ["✓", "completed"]),
    ]


def test_ctrl_c_leaves_a_clean_line(home: Home, service: ScriptedService) -> None:
    service.script("run", task("run"))
    with home.open("wait", "run", cols=60, rows=10) as terminal:
        terminal.wait_for(r"0 of 1 ended; 1 running; last answer \d\d:\d\d", 30)
        terminal.press("ctrl+c")
        assert terminal.wait_exit(10) == 130
        assert "ended" not in terminal.text()


def _unread(pipe: int) -> int:
    """Return how many bytes wait in a pipe."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


def ends_soon(process: subprocess.Popen[str], number: signal.Signals) -> int:
    """Send a signal; return the exit code. What hangs would last for twelve seconds and more."""
    process.send_signal(number)
    return process.wait(10)
