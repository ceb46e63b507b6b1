"""HTTP on loopback around one function, `Request -> Answer`.

Owns sockets, threads and HTTP's framing, and knows nothing of tasks. A service that misbehaves is
another function; one that breaks HTTP itself is a subclass of `Exchange` with its own `send`.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Final, Self
from urllib.parse import urlsplit

_MOST_BODY: Final = 64 * 1024
"""Bytes of a request's body that are read (and thrown away) before the connection is closed."""
MAX_CONNECTIONS: Final = 64


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as it came over the wire: path and query are still percent-encoded."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back. `Date` and `Content-Length` are added unless they are given here."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Respond = Callable[[Request], Answer]
Peer = socket.socket | tuple[bytes, socket.socket]
"""What `socketserver` hands around as a request: with TCP a socket, with UDP, not used, a pair."""


class Exchange(BaseHTTPRequestHandler):
    """One connection: reads requests, asks the server's function, sends its answers."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # Head and body leave in one packet.
    wbufsize = 64 * 1024
    server: LoopbackServer

    def setup(self) -> None:
        """Give the connection the server's idle timeout."""
        super().setup()
        self.connection.settimeout(self.server.idle_timeout)

    def answer(self) -> None:
        """Serve one request, whatever its method."""
        with self.server.answering(self.connection):
            self._drain()
            self.server.pause()
            target = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, target.path, target.query, headers)
            try:
                answer = self.server.respond(request)
            except Exception as error:  # A traceback on stderr would tear the dashboard's screen.
                answer = Answer(500, type(error).__name__.encode(), {"Content-Type": "text/plain"})
            self.send(request, answer)
            # Buffered until now, as the connection counts as idle from here on.
            self.wfile.flush()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def send(self, request: Request, answer: Answer) -> None:
        """Write `answer`, without its body where `request` is a HEAD."""
        self.send_response_only(answer.status)
        given = {name.lower() for name in answer.headers}
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if "date" not in given:
            self.send_header("Date", formatdate(self.server.now(), usegmt=True))
        if "content-length" not in given:
            self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection and "connection" not in given:
            self.send_header("Connection", "close")
        self.end_headers()
        if request.method != "HEAD":
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: the dashboard owns the terminal."""

    def _drain(self) -> None:
        """Take a request's body off the wire: closing with unread bytes resets the connection."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            self.close_connection = True
            return
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit()) or len(length) > 9:
            self.close_connection = True
            return
        self.rfile.read(min(int(length), _MOST_BODY))
        if int(length) > _MOST_BODY:
            self.close_connection = True


class LoopbackServer(ThreadingHTTPServer):
    """`respond` behind http://127.0.0.1:PORT, from `start` to `close`.

    Args:
        respond: Called on a thread per connection, so more than once at a time.
        now: The wall clock of the `Date` header, in Unix seconds.
        latency: Seconds before each answer.
        idle_timeout: Seconds without a byte after which a connection is closed.
        max_connections: Open connections, each of which takes a thread. For one more, the one that
            has been idle for longest is closed; if all are being answered, the new one is.
        exchange: The class that serves one connection.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        respond: Respond,
        *,
        now: Callable[[], float] = time.time,
        latency: float = 0.0,
        idle_timeout: float = 75.0,
        max_connections: int = MAX_CONNECTIONS,
        exchange: type[Exchange] = Exchange,
    ) -> None:
        self.respond = respond
        self.now = now
        self.latency = latency
        self.idle_timeout = idle_timeout
        self._closing = threading.Event()
        self._max_connections = max_connections
        self._open: dict[Peer, bool] = {}
        """The connections, and whether each is idle; the one that was used last is the last."""
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        super().__init__(("127.0.0.1", 0), exchange)

    @property
    def origin(self) -> str:
        """Scheme, host and port, with no slash at the end."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self) -> Self:
        """Begin to answer, on a thread of its own. To be called once."""
        # Half a second of `poll_interval`, the default, is what `close` would wait for.
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.05,), name="demo-server", daemon=True
        )
        self._thread.start()
        return self

    def close(self) -> None:
        """End every connection and free the port; within a second, and harmless if repeated."""
        self._closing.set()
        if self._thread is not None:
            self.shutdown()
            self._thread.join()
            self._thread = None
        self.server_close()
        with self._changed:
            for connection in self._open:
                _shut_down(connection)
            self._changed.wait_for(lambda: not self._open, timeout=1.0)

    def pause(self) -> None:
        """Wait for `latency`, or until the server closes."""
        if self.latency > 0:
            self._closing.wait(self.latency)

    def server_bind(self) -> None:
        """Bind without the reverse look-up of `HTTPServer`, which can hang on a bad resolver."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def process_request(self, request: Peer, client_address: object) -> None:
        """Note the connection, so that `close` can end it; refuse it where there is no room."""
        with self._changed:
            has_room = self._make_room()
            if has_room:
                self._open[request] = True
        if has_room:
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def _make_room(self) -> bool:
        if len(self._open) < self._max_connections:
            return True
        oldest = next((peer for peer, is_idle in self._open.items() if is_idle), None)
        if oldest is None:
            return False
        _shut_down(oldest)
        return self._changed.wait_for(lambda: oldest not in self._open, timeout=1.0)

    @contextmanager
    def answering(self, connection: Peer) -> Iterator[None]:
        """Keep a connection's place while it is being answered."""
        self._set_idle(connection, False)
        try:
            yield
        finally:
            self._set_idle(connection, True)

    def _set_idle(self, connection: Peer, is_idle: bool) -> None:
        with self._changed:
            if self._open.pop(connection, None) is not None:
                self._open[connection] = is_idle

    def process_request_thread(self, request: Peer, client_address: object) -> None:
        """Serve the connection on its own thread, and forget it at its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._changed:
                self._open.pop(request, None)
                self._changed.notify_all()

    def handle_error(self, request: Peer, client_address: object) -> None:
        """Stay silent: what fails here is a peer that went away."""


def _shut_down(connection: Peer) -> None:
    with suppress(OSError):
        if isinstance(connection, socket.socket):
            connection.shutdown(socket.SHUT_RDWR)
