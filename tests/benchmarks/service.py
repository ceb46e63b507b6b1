"""A fast stand-in for the service in a process of its own, controlled by commands.

A task's ID begins with its kind: `run` is in progress, `end` is completed, `bad` has failed, `sig`
is in progress and gets freshly signed links in every response. Commands are lines on standard input
(`hold`, `release`, `frames ID NUMBER`, `state ID STATE`, `count`); the reply to each is a line with
the number of queries so far.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
import uuid
from email.utils import formatdate
from typing import Final, Self

from tests.support.service import FAR_FUTURE, frame_url

KEY: Final = "sk-benchmark-0123456789"
FRAMES: Final = 8
"""Frames of a task, which make a response of about 3 kB."""
_LINK_SECONDS: Final = 3_600
_STATES: Final = {"end": "COMPLETED", "bad": "FAILED"}


def task_id(kind: str, number: int) -> str:
    """Return the ID of a task of a kind, as long as the UUIDs of the service."""
    rest = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{kind}{number}"))
    return f"{kind}{number:05}{rest[8:]}"


def head(task: str) -> str:
    """Return the part of an ID that is shown at any width: each label begins with it."""
    return task[:8]


class TaskStore:
    """The tasks of the service, and the responses about them."""

    def __init__(self) -> None:
        """Start with every task in the state of its kind."""
        self.frames: dict[str, int] = {}
        self.states: dict[str, str] = {}
        self.queries = 0
        self._bodies: dict[tuple[str, int, str], bytes] = {}

    def respond(self, task: str) -> bytes:
        """Return the response about a task: head and body."""
        self.queries += 1
        default = _STATES.get(task[:3], "IN_PROGRESS")
        frames, state = self.frames.get(task, FRAMES), self.states.get(task, default)
        if task.startswith("sig"):
            # The expiry is in seconds, and the signature depends on it.
            body = self._body(task, frames, state, int(time.time()) + _LINK_SECONDS)
        elif (cached := self._bodies.get((task, frames, state))) is not None:
            body = cached
        else:
            body = self._body(task, frames, state, FAR_FUTURE)
            self._bodies[task, frames, state] = body
        head = (
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
            f"date: {formatdate(usegmt=True)}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def _body(self, task: str, frames: int, state: str, expires: int) -> bytes:
        progress = [
            {"id": f"frame{n}", "image": frame_url(task, n, expires)} for n in range(1, frames + 1)
        ]
        data = {"task_id": task, "status": state, "progress": progress}
        return json.dumps({"status": "success", "data": data}).encode()


class _Connection(asyncio.Protocol):
    held: list[_Connection] | None = None
    """Connections whose responses wait for `release`; None while responses are sent at once."""

    def __init__(self, tasks: TaskStore) -> None:
        self._tasks = tasks
        self._buffer = b""
        self._task_id = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if b"\r\n\r\n" not in self._buffer:
            return
        self._task_id = self._buffer.split(b" ", 2)[1].rsplit(b"/", 1)[1].decode()
        self._buffer = b""
        if _Connection.held is None:
            self.send()
        else:
            _Connection.held.append(self)

    def send(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(self._tasks.respond(self._task_id))


def _run_command(tasks: TaskStore, line: str) -> None:
    match line.split():
        case ["hold"]:
            _Connection.held = []
        case ["release"]:
            held, _Connection.held = _Connection.held or [], None
            for connection in held:
                connection.send()
        case ["frames", task, number]:
            tasks.frames[task] = int(number)
        case ["state", task, state]:
            tasks.states[task] = state
    sys.stdout.write(f"{tasks.queries}\n")
    sys.stdout.flush()


async def _serve() -> None:
    tasks, loop, lines = TaskStore(), asyncio.get_running_loop(), asyncio.StreamReader()
    server = await loop.create_server(lambda: _Connection(tasks), "127.0.0.1", 0, backlog=128)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    while line := await lines.readline():
        _run_command(tasks, line.decode())


class Service:
    """The service's process, as a context manager."""

    def __enter__(self) -> Self:
        """Start the process, and read its port."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.service"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = self._read_number()
        return self

    def __exit__(self, *_: object) -> None:
        """Close its standard input, which ends it."""
        self._process.communicate()

    def command(self, command: str) -> int:
        """Send a command; return the number of queries so far."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        return self._read_number()

    def _read_number(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())


if __name__ == "__main__":
    asyncio.run(_serve())
