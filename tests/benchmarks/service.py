"""The service: answers in a process of its own, as fast as it can, and does what it is told.

A task's ID begins with its kind: `run` is in progress, `end` is completed, `sig` is in progress
and gets freshly signed links at every answer. Commands come as lines on standard input (`hold`,
`release`, `frames ID NUMBER`, `state ID STATE`, `count`); each is answered by a line with the
number of queries so far.
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

from tests.support.service import frame_url

KEY: Final = "sk-benchmark-0123456789"
FRAMES: Final = 8
"""Frames of a task: the answer is about 3 kB then."""
_LIFE: Final = 3_600


def task_id(kind: str, number: int) -> str:
    """Return the ID of a task of a kind: as long as a UUID, which the service hands out."""
    rest = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{kind}{number}"))
    return f"{kind}{number:05}{rest[8:]}"


class Tasks:
    """What the service knows, and the answers about it."""

    def __init__(self) -> None:
        """Know every task by its kind."""
        self.frames: dict[str, int] = {}
        self.states: dict[str, str] = {}
        self.queries = 0
        self._bodies: dict[tuple[str, int, str], bytes] = {}

    def answer(self, task: str) -> bytes:
        """Return what is sent about a task: head and body."""
        self.queries += 1
        usual = "COMPLETED" if task.startswith("end") else "IN_PROGRESS"
        frames, state = self.frames.get(task, FRAMES), self.states.get(task, usual)
        if task.startswith("sig"):
            # Another second at each answer: so is the signature.
            body = self._body(task, frames, state, int(time.time()) + _LIFE)
        elif (kept := self._bodies.get((task, frames, state))) is not None:
            body = kept
        else:
            body = self._body(task, frames, state, 4_102_444_800)
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


class _Desk(asyncio.Protocol):
    """One connection."""

    held: list[_Desk] | None = None

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._buffer = b""
        self._asked = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if b"\r\n\r\n" not in self._buffer:
            return
        self._asked = self._buffer.split(b" ", 2)[1].rsplit(b"/", 1)[1].decode()
        self._buffer = b""
        if _Desk.held is None:
            self.send()
        else:
            _Desk.held.append(self)

    def send(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(self._tasks.answer(self._asked))


def _obey(tasks: Tasks, line: str) -> None:
    match line.split():
        case ["hold"]:
            _Desk.held = []
        case ["release"]:
            waiting, _Desk.held = _Desk.held or [], None
            for desk in waiting:
                desk.send()
        case ["frames", task, number]:
            tasks.frames[task] = int(number)
        case ["state", task, state]:
            tasks.states[task] = state
    sys.stdout.write(f"{tasks.queries}\n")
    sys.stdout.flush()


async def _serve() -> None:
    tasks, loop, lines = Tasks(), asyncio.get_running_loop(), asyncio.StreamReader()
    server = await loop.create_server(lambda: _Desk(tasks), "127.0.0.1", 0, backlog=128)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    while line := await lines.readline():
        _obey(tasks, line.decode())


class Service:
    """The service's process, as a context manager."""

    def __enter__(self) -> Self:
        """Start it."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.service"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = self._line()
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._process.communicate()

    def tell(self, command: str) -> int:
        """Give a command; return how many queries there were so far."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        return self._line()

    def _line(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())


if __name__ == "__main__":
    asyncio.run(_serve())
