"""A program that is forked finds what one finds that was started by `exec`."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.support.home import COMMAND
from tests.support.prefork import can_start
from tests.support.terminal import Terminal

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs are forked on Linux only")

FINDINGS = """
import json, os, signal, sys, time
found = {
    "argv": sys.argv, "path": sys.path, "name": __name__, "cwd": os.getcwd(),
    "env": dict(os.environ), "zone": time.tzname, "locale": sys.getfilesystemencoding(),
    "terminal": [os.ttyname(number) == os.ttyname(0) for number in range(3)],
    "size": os.get_terminal_size(), "leads": os.getsid(0) == os.getpid() == os.tcgetpgrp(0),
    "files": sorted(map(int, os.listdir("/proc/self/fd")))[:-1],
    "signals": [str(signal.getsignal(each)) for each in sorted(signal.valid_signals())],
    "blocked": list(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "streams": [
        (stream.encoding, stream.errors, stream.line_buffering, stream.isatty())
        for stream in (sys.stdin, sys.stdout, sys.stderr)
    ],
    "ours": sorted(name for name in sys.modules if name.split(".")[0] in ("tests", "tui")),
}
"""
ENV = {"TZ": "Asia/Shanghai", "MINE": "said 1"}


def program(folder: Path, last_lines: str) -> Path:
    """Write a package `tui` that is found before the real one by what starts in `folder`."""
    package = folder / "tui"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(FINDINGS + last_lines)
    return folder


def test_it_finds_what_it_would_find_after_exec(tmp_path: Path) -> None:
    folder = program(tmp_path, "open(sys.argv[-1], 'w').write(json.dumps(found))\n")
    found = []
    for prefork in (True, False):
        argv = [*COMMAND, "watch", str(tmp_path / "found")]
        with Terminal(argv, cols=70, env=ENV, cwd=folder, prefork=prefork) as terminal:
            assert terminal.wait_exit() == 0
        found.append(json.loads((tmp_path / "found").read_text()))
        found[-1]["env"].pop("HOME")
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("last_line", "code"),
    [
        ("sys.exit(3)", 3),
        ("os._exit(4)", 4),
        ("raise RuntimeError('mine')", 1),
        ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
    ],
)
def test_its_end_is_told(tmp_path: Path, last_line: str, code: int) -> None:
    folder = program(tmp_path, last_line)
    with Terminal(COMMAND, cwd=folder, prefork=True) as terminal:
        assert terminal.wait_exit() == code
        assert terminal.exit_code == code
        assert ("RuntimeError: mine" in terminal.text()) is ("mine" in last_line)


def test_it_can_be_stopped_continued_and_ended(tmp_path: Path) -> None:
    folder = program(tmp_path, "print('here')\nwhile True: time.sleep(60)\n")
    with Terminal(COMMAND, cwd=folder, prefork=True) as terminal:
        terminal.wait_for_text("here")
        terminal.signal(signal.SIGSTOP)
        terminal.wait_for(lambda _: terminal.is_stopped)
        assert terminal.exit_code is None
        terminal.signal(signal.SIGCONT)
        terminal.wait_for(lambda _: not terminal.is_stopped)
    assert terminal.exit_code == -signal.SIGTERM


def test_what_python_or_a_library_reads_as_it_starts_is_read_anew() -> None:
    env = {"LANG": "C.UTF-8", "PYTHONPATH": str(Path(__file__).parents[2]), "HOME": "/"}
    assert can_start([*COMMAND, "watch"], env) is ("SCENEXT_TESTS_EXEC" not in os.environ)
    for added in ({"LANG": "C"}, {"LC_ALL": "C"}, {"PYTHONUTF8": "1"}, {"TEXTUAL_FPS": "1"}):
        assert not can_start(COMMAND, {**env, **added})
    assert not can_start(["bash", "-c", "true"], env)
