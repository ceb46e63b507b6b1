"""An HTTP server on loopback around one function, `Request -> Response`.

It handles sockets, threads and HTTP framing, and knows nothing of tasks. Tests inject faults by
another function, or faults of HTTP itself by a subclass of `Exchange` with its own `send`.
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

_MAX_BODY_BYTES: Final = 64 * 1024
"""Bytes of a request's body that are read and discarded; a longer one closes the connection."""
MAX_CONNECTIONS: Final = 64


@dataclass(frozen=True, slots=True)
class Request:
    """One request; path and query are still percent-encoded."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""


@dataclass(frozen=True, slots=True)
class Response:
    """One response. `Date` and `Content-Length` are added unless they are set here."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Request], Response]
Peer = socket.socket | tuple[bytes, socket.socket]
"""What `socketserver` calls a request: a socket for TCP, a pair for UDP (unused)."""


class Exchange(BaseHTTPRequestHandler):
    """One connection: reads requests, calls the server's function, sends its responses."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # Buffered, so that head and body leave in one packet.
    wbufsize = 64 * 1024
    server: LoopbackServer

    def setup(self) -> None:
        """Set the server's idle timeout on the connection."""
        super().setup()
        self.connection.settimeout(self.server.idle_timeout)

    def answer(self) -> None:
        """Serve one request, whatever its method."""
        # A body that never comes must not hold a place.
        self._drain()
        try:
            target = urlsplit(self.path)
        except ValueError:
            self.send_error(400, "Bad request syntax")
            return
        with self.server.responding(self.connection):
            self.server.closing.wait(self.server.latency)
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, target.path, target.query, headers)
            try:
                response = self.server.respond(request)
            except Exception as error:  # A traceback on stderr would corrupt the dashboard.
                body = type(error).__name__.encode()
                response = Response(500, body, {"Content-Type": "text/plain"})
            self.send(request, response)
            # Buffered until now, and from here on the connection counts as idle.
            self.wfile.flush()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def send(self, request: Request, response: Response) -> None:
        """Write `response`, without its body for a HEAD request."""
        self.send_response_only(response.status)
        given = {name.lower() for name in response.headers}
        for name, value in response.headers.items():
            self.send_header(name, value)
        if "date" not in given:
            self.send_header("Date", formatdate(self.server.now(), usegmt=True))
        if "content-length" not in given:
            self.send_header("Content-Length", str(len(response.body)))
        if self.close_connection and "connection" not in given:
            self.send_header("Connection", "close")
        self.end_headers()
        if request.method != "HEAD":
            self.wfile.write(response.body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the dashboard owns the terminal."""

    def _drain(self) -> None:
        """Read the request's body: closing a socket with unread bytes resets the connection."""
        chunked = "chunked" in self.headers.get("Transfer-Encoding", "").lower()
        length = self.headers.get("Content-Length", "0")
        if chunked or not (length.isascii() and length.isdigit()) or len(length) > 9:
            self.close_connection = True
            return
        self.rfile.read(min(int(length), _MAX_BODY_BYTES))
        if int(length) > _MAX_BODY_BYTES:
            self.close_connection = True


class LoopbackServer(ThreadingHTTPServer):
    """Serves `respond` at http://127.0.0.1:PORT, from `start` to `close`.

    `respond` is called on one thread per connection. All times are in seconds; `now` is the wall
    clock for the `Date` header. When there are `max_connections`, the one that has been idle for
    longest makes room for the next; if all are being responded to, the new one is refused.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        respond: Handler,
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
        self.closing = threading.Event()
        self._max_connections = max_connections
        self._connections: dict[Peer, bool] = {}
        """Whether each connection is idle; the most recently used one is last."""
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        super().__init__(("127.0.0.1", 0), exchange)

    @property
    def origin(self) -> str:
        """Scheme, host and port, without a slash at the end."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self) -> Self:
        """Start serving on a thread of its own. Call it once."""
        # `close` waits for up to one `poll_interval`, which is half a second by default.
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.05,), name="demo-server", daemon=True
        )
        self._thread.start()
        return self

    def close(self) -> None:
        """Close all connections and free the port, within about a second. Idempotent."""
        self.closing.set()
        if self._thread is not None:
            self.shutdown()
            self._thread.join()
            self._thread = None
        self.server_close()
        with self._changed:
            for connection in self._connections:
                _shut_down(connection)
            self._changed.wait_for(lambda: not self._connections, timeout=1.0)

    def server_bind(self) -> None:
        """Bind without the reverse look-up of `HTTPServer`, which can hang."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def process_request(self, request: Peer, client_address: object) -> None:
        """Register the connection, so that `close` can close it; refuse it if there is no room."""
        with self._changed:
            has_room = self._make_room()
            if has_room:
                self._connections[request] = True
        if has_room:
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def _make_room(self) -> bool:
        if len(self._connections) < self._max_connections:
            return True
        oldest = next((peer for peer, is_idle in self._connections.items() if is_idle), None)
        if oldest is None:
            return False
        _shut_down(oldest)
        return self._changed.wait_for(lambda: oldest not in self._connections, timeout=1.0)

    @contextmanager
    def responding(self, connection: Peer) -> Iterator[None]:
        """Keep a connection from being closed to make room."""
        self._set_idle(connection, False)
        try:
            yield
        finally:
            self._set_idle(connection, True)

    def _set_idle(self, connection: Peer, is_idle: bool) -> None:
        with self._changed:
            if self._connections.pop(connection, None) is not None:
                self._connections[connection] = is_idle

    def shutdown_request(self, request: Peer) -> None:
        """Close the connection and unregister it."""
        super().shutdown_request(request)
        with self._changed:
            self._connections.pop(request, None)
            self._changed.notify_all()

    def handle_error(self, request: Peer, client_address: object) -> None:
        """Log nothing: errors here come from peers that disconnected."""


def _shut_down(connection: Peer) -> None:
    with suppress(OSError):
        if isinstance(connection, socket.socket):
            connection.shutdown(socket.SHUT_RDWR)
