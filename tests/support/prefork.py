"""Starts the program in a process whose libraries are imported already, on Linux.

It saves three fifths of the CPU time of a start. Everything else is as after `exec`: the program
imports itself, reads its environment, takes its terminal and ends as ever. Where a start itself is
looked at, or Python is to start differently, use `Terminal` with a command line instead. Where the
environment variable SCENEXT_TESTS_EXEC is set, the tests start every program by `exec`.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

_SCRIPT = Path(__file__).with_name("preloaded.py")
_READ_AT_START = ("PYTHON", "LC_", "LANG", "TEXTUAL", "RICH_")
"""Beginnings of variables that Python or a library reads as it is loaded."""
_DEFAULTS = {"LANG": "C.UTF-8", "PYTHONPATH": str(Path(__file__).parents[2])}


def can_start(argv: Sequence[str | Path], env: Mapping[str, str]) -> bool:
    """Return whether a program with this command line and environment can be started here."""
    special = {name: env[name] for name in env if name.startswith(_READ_AT_START)}
    return (
        sys.platform == "linux"
        and tuple(argv[:2]) == (sys.executable, "-m")
        and special == _DEFAULTS
        and "SCENEXT_TESTS_EXEC" not in os.environ
    )


class PreforkedProcess:
    """A started program; has what `Terminal` needs of `subprocess.Popen`."""

    def __init__(
        self, argv: Sequence[str | Path], terminal: int, cwd: str | Path, env: Mapping[str, str]
    ) -> None:
        """Start `python -m` in the terminal that is open as `terminal`."""
        module, *arguments = map(str, argv[2:])
        request = {"module": module, "arguments": arguments, "cwd": str(cwd), "env": dict(env)}
        self._status, theirs = os.pipe()
        self._code: int | None = None
        requests = _server()
        try:
            socket.send_fds(requests, [json.dumps(request).encode()], [terminal, theirs])
        finally:
            os.close(theirs)
        self.pid = int(requests.recv(32))

    def poll(self) -> int | None:
        """Return the exit code, negative if a signal ended it; None while it is running."""
        return self._read(0)

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code once it has ended.

        Raises:
            subprocess.TimeoutExpired: It is still running.
        """
        code = self._read(timeout)
        if code is None:
            assert timeout is not None
            raise subprocess.TimeoutExpired("tui", timeout)
        return code

    @property
    def is_stopped(self) -> bool:
        """Whether a signal has stopped it, and none continued it since."""
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def _read(self, timeout: float | None) -> int | None:
        if self._code is None and select.select([self._status], [], [], timeout)[0]:
            self._code = int(os.read(self._status, 32))
            os.close(self._status)
        return self._code


@cache
def _server() -> socket.socket:
    """Start the server of this process; it ends with it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    # Standard streams are buffered by line where they are a terminal when Python starts.
    master, slave = os.openpty()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, _SCRIPT, str(theirs.fileno())],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={"PATH": os.environ.get("PATH", os.defpath), **_DEFAULTS},
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    os.close(slave)

    def end() -> None:
        ours.close()
        process.wait()
        os.close(master)

    atexit.register(end)
    return ours
