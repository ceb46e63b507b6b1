"""A stand-in for the Scenext API on the loopback interface, with scripted replies.

The format of the replies follows docs.scenext.cn, page *api-reference/get-status*.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import select
import socket
import socketserver
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote, unquote

DEFAULT_KEY = "sk-test-0123456789"
"""The valid API key unless a test sets another."""
FAR_FUTURE = 4_102_444_800
"""The first second of 2100, the default expiry of a frame's URL."""

# The type of a request in socketserver; the tuple is for datagrams, which are not used here.
_Socket = socket.socket | tuple[bytes, socket.socket]

_HOST = "127.0.0.1"
_STATUS_PREFIX = "/api/get_status/"
_CREATE = "/api/gen_video"
_HOLD_TIMEOUT = 30.0
_CHECK_INTERVAL = 0.02
_STOP_TIMEOUT = 5.0


@dataclass
class Request:
    """One request as it was received."""

    method: str
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    task_id: str | None
    """None if the request is not a status query."""
    monotonic: float
    """When it was received, on the clock of `time.monotonic`."""
    ended: float | None = None
    """When its response was about to be sent or the client had left; None while in flight."""
    status: int | None = None
    """The HTTP status of the response; None if there was none."""
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """One response. A mapping is sent as JSON."""

    status: int = 200
    body: bytes | str | Mapping[str, object] = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Additional headers. A Content-Length given here is sent even if it is wrong."""
    delay: float = 0.0
    """Seconds between the request and the response."""
    before: Callable[[], object] | None = None
    """Called before the response is sent."""
    drop: bool = False
    """Close the connection instead of responding."""


Answer = Reply | Callable[[Request], Reply]
"""A reply, or a function that returns one for a request."""


FAILURE: Final = ({"type": "text", "content": "任务执行失败"},)
"""The result of a task that has failed, as the service's reference has it."""


def task(
    task_id: str,
    status: str = "IN_PROGRESS",
    frames: Sequence[str | Mapping[str, object]] = (),
    result: Sequence[Mapping[str, object]] | None = None,
    **extra: object,
) -> Reply:
    """Return the reply for a task; ``frames`` are URLs or complete items of ``progress``.

    ``result`` is omitted if it is None; ``extra`` is added to ``data``.
    """
    data: dict[str, object] = {"task_id": task_id, "status": status}
    data["progress"] = [
        {"id": f"frame{number}", "image": frame} if isinstance(frame, str) else dict(frame)
        for number, frame in enumerate(frames, start=1)
    ]
    if result is not None:
        data["result"] = [dict(item) for item in result]
    return Reply(body={"status": "success", "data": {**data, **extra}})


def completed(
    task_id: str, frames: Sequence[str | Mapping[str, object]] = (), video: str = ""
) -> Reply:
    """Return the reply for a task that has completed, with its video: nothing more is to come."""
    link = video or frame_url(task_id, 0).replace("frame0.png", "video.mp4")
    return task(task_id, "COMPLETED", frames, [{"type": "video", "content": link}])


def frame_url(task_id: str, number: int, expires: int = FAR_FUTURE) -> str:
    """Return the signed URL of a frame's image, the same for the same arguments."""
    first, second = (uuid.uuid5(uuid.NAMESPACE_OID, f"{part}:{task_id}") for part in ("a", "b"))
    seed = f"{task_id}/{number}/{expires}".encode()
    # 20 bytes like an HMAC-SHA1, so that the base64 ends in one "=".
    digest = hashlib.sha256(seed).digest()[:20]
    signature = quote(base64.b64encode(digest), safe="")
    return (
        f"https://oss.scenext.cn/frame_img/{first}/{second}/frame{number}.png"
        f"?OSSAccessKeyId=LTAI5tEXAMPLE&Expires={expires}&Signature={signature}"
    )


def error(status: int, message: str) -> Reply:
    """Return an error reply."""
    return Reply(status=status, body={"status": "error", "data": {"messages": message}})


def unauthorized() -> Reply:
    """Return the reply for a wrong or missing API key."""
    return error(401, "Unauthorized: Invalid API key")


class ScriptedService:
    """A service with scripted replies for each task, which records every request.

    As a context manager it raises at the end what a scripted function raised.
    """

    def __init__(self, *, api_key: str = DEFAULT_KEY, check_key: bool = True) -> None:
        """Create a service; `start` runs it."""
        self.api_key = api_key
        self.check_key = check_key
        self._changed = threading.Condition()
        self._requests: list[Request] = []
        self._scripts: dict[str, list[Answer]] = {}
        self._created: list[str] = []
        self._held: set[str] = set()
        self._failures: list[Exception] = []
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self._port = 0

    def __enter__(self) -> Self:
        """Start the service."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the service, and raise the first exception of a scripted function."""
        self.stop()
        if failure is None and self._failures:
            raise self._failures[0]

    # Running

    @property
    def base_url(self) -> str:
        """The URL that precedes ``/get_status/…``; it survives `stop` and `start`."""
        assert self._port, "the service was never started"
        return f"http://{_HOST}:{self._port}/api"

    def start(self) -> None:
        """Listen, on the previous port if there was one."""
        assert self._server is None, "the service is running"
        self._server = _Server(self, self._port)
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_CHECK_INTERVAL,), name="service", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and break all connections; requests in flight get no response."""
        server, thread = self._server, self._thread
        if server is None or thread is None:
            return
        server.shutdown()
        thread.join()
        server.server_close()
        server.break_connections()
        with self._changed:
            self._server = self._thread = None
            self._changed.notify_all()
        server.join_connections()

    # Scripting replies

    def script(self, task_id: str, *answers: Answer) -> None:
        """Answer queries for a task with these in order; the last one repeats."""
        assert answers, "a script needs at least one answer"
        with self._changed:
            self._scripts[task_id] = list(answers)

    def create(self, *task_ids: str) -> None:
        """Answer the requests that create tasks with these IDs, in order."""
        with self._changed:
            self._created += task_ids

    def hold(self, task_id: str) -> None:
        """Hold requests for a task until `release`, at most 30 s."""
        with self._changed:
            self._held.add(task_id)

    def release(self, task_id: str | None = None) -> None:
        """Continue the held requests for one task or for all."""
        with self._changed:
            self._held -= set(self._held) if task_id is None else {task_id}
            self._changed.notify_all()

    # Recorded requests

    @property
    def requests(self) -> list[Request]:
        """Copies of all requests so far, in the order of arrival."""
        with self._changed:
            return [replace(request) for request in self._requests]

    def for_task(self, task_id: str) -> list[Request]:
        """Return copies of all requests for one task."""
        return [request for request in self.requests if request.task_id == task_id]

    def in_flight_peak(self, task_id: str | None = None) -> int:
        """Return the peak number of requests in flight, for one task or for all."""
        chosen = self.requests if task_id is None else self.for_task(task_id)
        # At equal times an end sorts before a start, since the two did not overlap.
        steps = [(request.monotonic, 1) for request in chosen]
        steps += [(request.ended, -1) for request in chosen if request.ended is not None]
        running = peak = 0
        for _, step in sorted(steps):
            running += step
            peak = max(peak, running)
        return peak

    def wait_for_requests(
        self,
        count: int,
        *,
        task_id: str | None = None,
        answered: bool = False,
        timeout: float = 10.0,
    ) -> list[Request]:
        """Wait for ``count`` requests since the start, for one task or for all; return copies.

        With ``answered``, only requests with a response count.
        """

        def matching() -> list[Request]:
            chosen = self.requests if task_id is None else self.for_task(task_id)
            return [r for r in chosen if not answered or r.status is not None]

        with self._changed:
            done = self._changed.wait_for(lambda: len(matching()) >= count, timeout)
            assert done, f"waited for {count} requests; there are {len(matching())}: {matching()}"
            return matching()

    # Called on the threads of the connections

    def _begin(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Request:
        rest = path.removeprefix(_STATUS_PREFIX)
        request = Request(
            method=method,
            path=path,
            headers={name.lower(): value for name, value in headers.items()},
            task_id=None if rest == path else unquote(rest.partition("?")[0]),
            monotonic=time.monotonic(),
            body=body,
        )
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()
        return request

    def _end(self, request: Request, status: int | None) -> None:
        with self._changed:
            request.ended = time.monotonic()
            request.status = status
            self._changed.notify_all()

    def _answer(self, request: Request, connection: _Connection) -> Reply | None:
        """Return the reply for a request after its delay; None to close the connection."""
        task_id = request.task_id
        if not connection.wait(lambda: task_id not in self._held, _HOLD_TIMEOUT):
            return None
        try:
            reply = self._choose(request)
            if reply.before is not None:
                reply.before()
        except Exception as failure:
            with self._changed:
                self._failures.append(failure)
            return error(500, f"the script failed: {failure!r}")
        if reply.delay > 0 and not connection.wait(lambda: False, reply.delay):
            return None
        return None if reply.drop else reply

    def _choose(self, request: Request) -> Reply:
        if self.check_key and request.headers.get("authorization") != f"Bearer {self.api_key}":
            return unauthorized()
        if (request.method, request.path) == ("POST", _CREATE):
            with self._changed:
                data = {"task_id": self._created.pop(0)}
            return Reply(body={"status": "success", "data": data})
        if request.task_id is None:
            return error(404, "Not found")
        if request.method != "GET":
            return error(405, "Method not allowed")
        with self._changed:
            answers = self._scripts.get(request.task_id)
            if answers is None:
                return error(404, "Task not found")
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return answer if isinstance(answer, Reply) else answer(replace(request))


class _Connection(BaseHTTPRequestHandler):
    """One connection, served on a thread of its own."""

    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_any(self) -> None:
        """Answer one request of any method."""
        service = self.server.service
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = service._begin(self.command, self.path, dict(self.headers.items()), body)
        reply = service._answer(request, self)
        # Record the end before sending: the client may send its next request at once, and the
        # two must not count as overlapping.
        service._end(request, None if reply is None else reply.status)
        if reply is None:
            self.close_connection = True
        else:
            self._send(reply)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def wait(self, ready: Callable[[], bool], seconds: float) -> bool:
        """Wait until `ready` or the timeout; return False if service or client has gone."""
        service = self.server.service
        deadline = time.monotonic() + seconds
        with service._changed:
            while not ready():
                if service._server is not self.server or self._client_is_gone():
                    return False
                left = deadline - time.monotonic()
                if left <= 0:
                    return True
                service._changed.wait(min(left, _CHECK_INTERVAL))
        return True

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""

    def _client_is_gone(self) -> bool:
        if not select.select([self.connection], [], [], 0)[0]:
            return False
        try:
            return not self.connection.recv(1, socket.MSG_PEEK)
        except OSError:
            return True

    def _send(self, reply: Reply) -> None:
        body, content_type = _encode(reply.body)
        headers = {"content-type": content_type, "content-length": str(len(body))}
        headers |= {name.lower(): value for name, value in reply.headers.items()}
        if "date" in headers:
            self.send_response_only(reply.status)
        else:
            self.send_response(reply.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        if headers["content-length"] != str(len(body)):
            # Otherwise the client would wait for the rest of the body.
            self.close_connection = True


class _Server(ThreadingHTTPServer):
    """The listening socket and its connections."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, service: ScriptedService, port: int) -> None:
        self.service = service
        self._open: set[_Socket] = set()
        self._open_changed = threading.Condition()
        super().__init__((_HOST, port), _Connection)

    def server_bind(self) -> None:
        """Bind without the DNS look-up of `HTTPServer`."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = _HOST, self.server_address[1]

    def process_request(self, request: _Socket, client_address: object) -> None:
        """Register a new connection, and start its thread."""
        with self._open_changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: _Socket) -> None:
        """Close a connection whose thread is done."""
        super().shutdown_request(request)
        with self._open_changed:
            self._open.discard(request)
            self._open_changed.notify_all()

    def handle_error(self, request: _Socket, client_address: object) -> None:
        """Log nothing; many tests break connections on purpose."""

    def break_connections(self) -> None:
        """Shut down every open connection, so that both ends notice."""
        with self._open_changed:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    assert isinstance(connection, socket.socket)
                    connection.shutdown(socket.SHUT_RDWR)

    def join_connections(self) -> None:
        """Wait until all connection threads are done."""
        with self._open_changed:
            done = self._open_changed.wait_for(lambda: not self._open, _STOP_TIMEOUT)
        assert done, "a connection's thread hangs; does a scripted function wait?"


def _encode(body: bytes | str | Mapping[str, object]) -> tuple[bytes, str]:
    """Return the bytes and the content type of a body."""
    if isinstance(body, bytes):
        return body, "application/octet-stream"
    if isinstance(body, str):
        return body.encode(), "text/plain; charset=utf-8"
    return json.dumps(body, ensure_ascii=False).encode(), "application/json"
