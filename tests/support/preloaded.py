"""Start the program many times, each in a process whose libraries are imported already.

A start spends most of its CPU time on imports, the same ones for each of hundreds of sessions. This
script imports the libraries once, none of the program itself, and forks for each start it is asked
for; the new process then runs `python -m tui` from its first line. See `prefork.py`, which asks.
"""

from __future__ import annotations

import fcntl
import json
import os
import runpy
import select
import signal
import socket
import sys
import termios
import time
from importlib import import_module
from typing import TypedDict

LIBRARIES = (
    *("argparse", "asyncio", "certifi", "concurrent.futures.thread", "http.cookiejar", "shlex"),
    *("importlib.resources.readers", "logging.handlers", "rich.traceback", "zipfile"),
    *("textual.app", "textual.driver", "textual.drivers.linux_driver", "textual.command"),
    *("textual.layouts.factory", "textual.widgets._label", "textual.widgets._footer"),
    *("anyio._backends._asyncio", "httpx", "rtoml", "platformdirs", "rich.ansi"),
)
MAX_REQUEST_BYTES = 1 << 17


class Request(TypedDict):
    """What is to be started, and with what."""

    module: str
    arguments: list[str]
    cwd: str
    env: dict[str, str]


def serve(requests: socket.socket) -> str | None:
    """Fork for each request; return the module to run in a new process, None at the end."""
    wake_reader, wake_writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake_writer)
    statuses: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([requests.fileno(), wake_reader], [], [])
        if wake_reader in ready:
            os.read(wake_reader, 4096)
            _report_ended(statuses)
        if requests.fileno() not in ready:
            continue
        data, descriptors, _, _ = socket.recv_fds(requests, MAX_REQUEST_BYTES, 2)
        if not data:
            return None
        terminal, status = descriptors
        pid = os.fork()
        if pid == 0:
            requests.close()
            return _become(json.loads(data), terminal)
        statuses[pid] = status
        os.close(terminal)
        requests.send(str(pid).encode())


def _report_ended(statuses: dict[int, int]) -> None:
    """Write down the exit code of each process that has ended, negative if by a signal."""
    while statuses:
        pid, code = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        status = statuses.pop(pid)
        os.write(status, str(os.waitstatus_to_exitcode(code)).encode())
        os.close(status)


def _become(request: Request, terminal: int) -> str:
    """Take on a terminal, environment, folder and arguments, as `exec` would; return the module."""
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    # As Python sets them up when it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    for standard in range(3):
        os.dup2(terminal, standard)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    time.tzset()
    sys.path[0] = request["cwd"]
    sys.argv[1:] = request["arguments"]
    return request["module"]


if __name__ == "__main__":
    for name in LIBRARIES:
        import_module(name)
    # SIGINT is meant for the tests, which end this by closing the socket.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    module = serve(socket.socket(fileno=int(sys.argv[1])))
    if module is not None:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
