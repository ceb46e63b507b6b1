"""Status queries over real HTTP: what they send, and the error that each fault becomes."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import logging
import socket
import ssl
import struct
import threading
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.no_trust import NO_TRUST
from tests.support.service import (
    DEFAULT_KEY,
    Reply,
    ScriptedService,
    error,
    frame_url,
    task,
    unauthorized,
)
from tui.addresses import AddressRule
from tui.config import Config
from tui.credentials import Secret
from tui.errors import ApiError, ErrorKind, UserError
from tui.http.body import MAX_PIECES, MAX_RESPONSE_BYTES
from tui.http.headers import MAX_AGE, MAX_RETRY_AFTER, age, retry_after, server_time
from tui.scenext.client import (
    HttpClientFactory,
    StatusClient,
)
from tui.scenext.models import TaskStatus

KEY = Secret(DEFAULT_KEY)
DATE = "Sun, 22 Nov 2026 12:00:00 GMT"
DATE_SECONDS = 1_795_348_800.0
GOOD = json.dumps({"status": "success", "data": {"task_id": "1", "status": "IN_PROGRESS"}}).encode()

# Self-signed for 127.0.0.1 until 2126, made for these tests.
_TLS_KEY = (
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgLDRFsRf1fyvCprN9uMQW27VS9PbksnuzlPI2HgXNn+6h"
    "RANCAATwVHdNkceMvbkrob/x/vVJCkvEWaRS+wRQ0219QdJ950Q7nTFQ7i6eMJ2fwcpyFQlLKydA5DpJnKpEIMLSiVN1"
)
_TLS_CERTIFICATE = (
    "MIIBmzCCAUGgAwIBAgIULrzBsKHk84svpllWEwhRk8D7c/8wCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJbG9jYWxob3N0"
    "MCAXDTI2MTEyMjE5NDE1MFoYDzIxMjYxMDI5MTk0MTUwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIB"
    "BggqhkjOPQMBBwNCAATwVHdNkceMvbkrob/x/vVJCkvEWaRS+wRQ0219QdJ950Q7nTFQ7i6eMJ2fwcpyFQlLKydA5DpJ"
    "nKpEIMLSiVN1o28wbTAdBgNVHQ4EFgQU3cgqvupW+KBxzD5SMQESIAMBz2MwHwYDVR0jBBgwFoAU3cgqvupW+KBxzD5S"
    "MQESIAMBz2MwDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3QwCgYIKoZIzj0EAwIDSAAw"
    "RQIhAKGskukWH2PXqzR47nYGl6gA8fMK+mOIsngbM2nR0mD7AiBciMVNosspvkVa8jiRC/+kE6BhmI/r2splP0sjqtOK"
    "/A=="
)

Serve = Callable[[socket.socket, bytes], None]
"""Writes the response to one request, given its connection and its head."""


class RawServer:
    """A server that writes any bytes, for responses that no HTTP library would send."""

    def __init__(self, serve: Serve, tls: ssl.SSLContext | None = None) -> None:
        self.heads: list[bytes] = []
        self._serve = serve
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> RawServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Closing alone does not wake a thread that is blocked in accept.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(5)
            with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
                stack.enter_context(connection)
                if self._tls is not None:
                    connection = stack.enter_context(
                        self._tls.wrap_socket(connection, server_side=True)
                    )
                head = connection.recv(4096)
                # A TLS record has no blank line to wait for.
                while b"\r\n\r\n" not in head and not head.startswith(b"\x16"):
                    if not (more := connection.recv(4096)):
                        break
                    head += more
                self.heads.append(head)
                self._serve(connection, head)


def raw(*parts: bytes) -> Serve:
    """Return a handler that writes these bytes and closes the connection."""

    def serve(connection: socket.socket, head: bytes) -> None:
        connection.sendall(b"".join(parts))
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)

    return serve


def reset_after(*parts: bytes) -> Serve:
    """Return a handler that writes these bytes and resets the connection."""

    def serve(connection: socket.socket, head: bytes) -> None:
        connection.sendall(b"".join(parts))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return serve


def drip(head: bytes) -> Serve:
    """Return a handler that writes a head, then single bytes until the client leaves."""

    def serve(connection: socket.socket, _: bytes) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(b" ")
            time.sleep(0.02)

    return serve


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.delenv("SSLKEYLOGFILE", raising=False)


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    """Run a service that knows no task yet."""
    with ScriptedService() as running:
        yield running


@asynccontextmanager
async def connected(
    base_url: str, *, key: Secret = KEY, timeout: float = 10.0, ca_file: Path | None = None
) -> AsyncIterator[StatusClient]:
    """Yield a client of a service, and close it at the end."""
    config = Config(base_url=base_url, ca_file=ca_file)
    tls = None if ca_file else NO_TRUST
    client = HttpClientFactory(config, tls, timeout=timeout).status_client(key)
    try:
        yield client
    finally:
        await client.aclose()


async def query_error(base_url: str, task_id: str = "1", *, timeout: float = 10.0) -> ApiError:
    """Return the error that a query raises."""
    async with connected(base_url, timeout=timeout) as client:
        with pytest.raises(ApiError) as caught:
            await client.query(task_id)
    return caught.value


async def reply_error(service: ScriptedService, reply: Reply) -> ApiError:
    """Return the error that a reply causes."""
    service.script("1", reply)
    return await query_error(service.base_url)


async def raw_error(serve: Serve, *, timeout: float = 10.0) -> ApiError:
    """Return the error that a hand-written response causes."""
    with RawServer(serve) as server:
        return await query_error(f"http://{server.address}/api", timeout=timeout)


def encoded(body: bytes, encoding: str = "gzip") -> Reply:
    """Return a reply with a `Content-Encoding`."""
    return Reply(body=body, headers={"Content-Encoding": encoding})


# Requests and good responses


async def test_a_query_brings_the_task_with_its_links_as_sent(service: ScriptedService) -> None:
    links = [frame_url("12345", number) for number in (1, 3)]
    service.script("12345", task("12345", frames=links))
    async with connected(service.base_url) as client:
        response = await client.query("12345")
    assert response.task.status is TaskStatus.IN_PROGRESS
    assert [frame.url for frame in response.task.frames] == links
    (request,) = service.requests
    assert (request.method, request.path) == ("GET", "/api/get_status/12345")
    assert request.headers["authorization"] == f"Bearer {DEFAULT_KEY}"
    assert request.headers["accept-encoding"] == "identity"
    assert response.server_time is not None
    assert abs(response.server_time - time.time()) < 5


@pytest.mark.parametrize(
    "task_id", ["a/b", "a?b", "a#b", "100%", "a\\b", "a;b", "汉字", "a&b=c", "a%2Fb"]
)
async def test_an_id_stays_one_part_of_the_path(service: ScriptedService, task_id: str) -> None:
    service.script(task_id, task(task_id))
    async with connected(service.base_url) as client:
        response = await client.query(task_id)
    assert response.task.id == task_id
    path = service.requests[0].path
    assert path.count("/") == 3
    assert unquote(path.rpartition("/")[2]) == task_id
    assert path.isascii()
    assert "?" not in path


async def test_one_connection_serves_many_queries() -> None:
    response = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(GOOD), GOOD)

    def serve(connection: socket.socket, head: bytes) -> None:
        connection.sendall(response)
        assert connection.recv(4096).startswith(b"GET /api/get_status/1 ")
        connection.sendall(response)

    with RawServer(serve) as server:
        async with connected(f"http://{server.address}/api") as client:
            assert (await client.query("1")).task.id == "1"
            assert (await client.query("1")).task.id == "1"
        assert len(server.heads) == 1


# Errors of the service


async def test_a_refused_key(service: ScriptedService) -> None:
    api_error = await reply_error(service, unauthorized())
    assert api_error.kind is ErrorKind.KEY_REFUSED
    assert api_error.message == "401: the service refused the key for this task"
    assert api_error.http_status == 401
    assert (await reply_error(service, error(403, "No access"))).kind is ErrorKind.REJECTED


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("body", ["<html>Log in</html>", "  <!doctype html>", "Please log in"])
async def test_a_login_page_says_nothing_about_the_key(
    service: ScriptedService, status: int, body: str
) -> None:
    assert (await reply_error(service, Reply(status, body))).kind is ErrorKind.NOT_THE_API


@pytest.mark.parametrize(
    "reply",
    [
        Reply(401),
        Reply(401, {"detail": "Not authenticated"}),
        Reply(401, {"code": 401, "msg": "无效的API密钥"}),
        error(400, "API key not valid. Please pass a valid API key."),
        error(200, "Invalid API KEY. Please retry or visit our documentation."),
        error(200, "无效的密钥"),
    ],
)
async def test_a_key_is_refused_in_many_ways(service: ScriptedService, reply: Reply) -> None:
    """As in MehdiZare/fmp-data #340 and savvagent/light-factory #59."""
    api_error = await reply_error(service, reply)
    assert api_error.kind is ErrorKind.KEY_REFUSED
    assert api_error.message.endswith("the service refused the key for this task")


@pytest.mark.parametrize("message", ["missing key 'progress'", "token limit reached", "bad id"])
async def test_an_error_that_names_a_key_is_not_about_ours(
    service: ScriptedService, message: str
) -> None:
    assert (await reply_error(service, error(200, message))).kind is ErrorKind.REJECTED


@pytest.mark.parametrize("status", [408, 421, 425, 499, 500, 599])
async def test_what_passes_is_no_refusal(service: ScriptedService, status: int) -> None:
    """As in pgbackrest/pgbackrest #2661."""
    assert (await reply_error(service, Reply(status))).kind is ErrorKind.SERVER


async def test_no_cache_answers_for_the_service(service: ScriptedService) -> None:
    """As in vivid-planet/dextinity #3817."""
    service.script("1", task("1"))
    async with connected(service.base_url) as client:
        await client.query("1")
    assert service.requests[0].headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("https://api2.example/x", "the answer is a redirect to api2.example (is base_url right?)"),
        ("/api/get_status/t/", "the answer is a redirect (is base_url right?)"),
        ("http://[", "the answer is a redirect (is base_url right?)"),
        ("", "the answer is a redirect (is base_url right?)"),
        ("https://\x1b[2J.example/", "the answer is a redirect (is base_url right?)"),
    ],
)
async def test_a_redirect_says_where_to(
    service: ScriptedService, location: str, words: str
) -> None:
    """As in versionpress/versionpress #729."""
    api_error = await reply_error(service, Reply(308, headers={"Location": location}))
    assert (api_error.kind, api_error.message) == (ErrorKind.NOT_THE_API, f"308: {words}")


@pytest.mark.parametrize(
    ("reply", "kind", "message"),
    [
        (error(404, "Task not found"), ErrorKind.NOT_FOUND, "404: Task not found"),
        (Reply(404), ErrorKind.NOT_FOUND, "404: no such address, or no such task"),
        (Reply(407), ErrorKind.NOT_THE_API, "407: a proxy wants a login"),
        (error(400, "bad\nid"), ErrorKind.REJECTED, "400: bad ⏎ id"),
        (error(200, "No such thing"), ErrorKind.REJECTED, "No such thing"),
        (Reply(body={"status": "Error"}), ErrorKind.REJECTED, "the service reports an error"),
        (error(500, "\x1b[31mboom"), ErrorKind.SERVER, "500: boom"),
        (Reply(502, "<html>Bad Gateway</html>"), ErrorKind.SERVER, "502: the service has a fault"),
        (Reply(503), ErrorKind.SERVER, "503: the service has a fault"),
        (Reply(304), ErrorKind.SERVER, "304: a cache says “not modified” instead of answering"),
    ],
)
async def test_a_failed_request_is_told_by_its_status(
    service: ScriptedService, reply: Reply, kind: ErrorKind, message: str
) -> None:
    api_error = await reply_error(service, reply)
    assert (api_error.kind, api_error.message) == (kind, message)
    assert str(api_error) == message
    assert api_error.retry_after is None


@pytest.mark.parametrize("status", [200, 201, 202, 203, 204, 205, 226])
@pytest.mark.parametrize("body", [b"", b" ", b"\r\n\r\n", b"\xef\xbb\xbf\n", b"\xff\xfe"])
async def test_an_empty_success_is_a_fault_of_the_server_that_passes(
    service: ScriptedService, status: int, body: bytes
) -> None:
    """As in valyuAI/valyu-py #126: neither a portal nor a refusal."""
    body = b"" if status in (204, 205) else body
    for headers, pause in (({}, None), ({"Retry-After": "7"}, 7.0)):
        api_error = await reply_error(service, Reply(status, body, headers))
        assert (api_error.kind, api_error.message) == (ErrorKind.SERVER, "the answer is empty")
        assert (api_error.http_status, api_error.retry_after) == (status, pause)


async def test_an_envelope_without_a_state_is_a_fault_of_the_server(
    service: ScriptedService,
) -> None:
    shapes: list[object] = [None, [], {}, {"task_id": "1"}, "", "COMPLETED"]
    for data in shapes:
        api_error = await reply_error(service, Reply(body={"status": "success", "data": data}))
        assert api_error.kind is ErrorKind.SERVER
        assert api_error.message == "the answer tells no state of the task"


PASSING = [
    *("Server error: database is locked", "Internal error", "Please try again later", "Busy"),
    *("系统繁忙，请稍后再试", "服务器内部错误", "请求超时", "服务暂不可用", "系统维护中"),
    *("Server error: timeout", "The read operation timed out", "temporarily unavailable"),
    *("Server error: connection reset by peer", "upstream connect error", "deadlock found"),
    *("Model overloaded. Please retry.", "数据库连接失败", "网络异常，请重试"),
]
TOO_MANY = [
    *(
        "请求过于频繁",
        "请求过于频繁，请稍后再试",
        "操作频繁",
        "触发限流",
        "超出频率限制",
        "访问过快",
    ),
    *("Too many requests", "Too Many API requests, try again later", "Rate limit exceeded"),
    *("rate_limit_exceeded", "RateLimitExceeded", "Request was throttled.", "rate-limited"),
    *("Server error: too many requests", "Too many concurrent requests", "Slow down"),
]
LASTING = [
    *("bad id", "Invalid parameter", "余额不足", "参数错误", "insufficient points"),
    *("No such thing", "task was deleted", "unsupported quality", "内容违规"),
]
UNKNOWN = [
    *("Server error: Task not found", "Server error: list index out of range", "任务未找到"),
    *("Task doesn't exist", "no such task", "找不到该任务", "Task not found, try again later"),
]


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        *((words, ErrorKind.SERVER) for words in PASSING),
        *((words, ErrorKind.RATE_LIMITED) for words in TOO_MANY),
        *((words, ErrorKind.REJECTED) for words in LASTING),
        *((words, ErrorKind.NOT_FOUND) for words in UNKNOWN),
    ],
)
async def test_an_error_in_words_is_what_they_say(
    service: ScriptedService, words: str, kind: ErrorKind
) -> None:
    """As in pgbackrest/pgbackrest #2661: a refusal is asked about ever more rarely."""
    for status in (200, 400, 422):
        told = replace(error(status, words), headers={"Retry-After": "40"})
        api_error = await reply_error(service, told)
        shown = words if status == 200 else f"{status}: {words}"
        assert (api_error.kind, api_error.message) == (kind, shown)
        is_passing = kind in (ErrorKind.SERVER, ErrorKind.RATE_LIMITED)
        assert api_error.retry_after == (40.0 if is_passing else None)
    if kind in (ErrorKind.RATE_LIMITED, ErrorKind.SERVER):
        assert (await reply_error(service, error(403, words))).kind is kind
        assert (await reply_error(service, error(500, words))).kind is kind


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "9" * 400}, MAX_RETRY_AFTER),
        ({"Retry-After": "00000000000000000020"}, 20.0),
        ({"Retry-After": "20.5"}, 21.0),
        ({"Retry-After": "20s"}, 20.0),
        ({"Retry-After": "20 seconds"}, 20.0),
        ({"Retry-After": "20, 30"}, 20.0),
        ({"Retry-After": "20;comment"}, 20.0),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "1e3"}, None),
        ({"Retry-After": "PT20S"}, None),
        ({"Retry-After": ""}, None),
    ],
)
async def test_a_pause_is_honoured_within_reason(
    service: ScriptedService, status: int, headers: dict[str, str], pause: float | None
) -> None:
    api_error = await reply_error(service, Reply(status, headers=headers))
    assert (api_error.kind, api_error.retry_after) == (ErrorKind.RATE_LIMITED, pause)


async def test_a_429_without_a_pause_is_one_too(service: ScriptedService) -> None:
    api_error = await reply_error(service, error(429, "Slow down"))
    assert (api_error.kind, api_error.message) == (ErrorKind.RATE_LIMITED, "429: Slow down")


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"retry-after": "Sun, 22 Nov 2026 12:01:30 GMT", "date": DATE}, 90.0),
        ({"retry-after": "Sun, 22 Nov 2026 12:01:30 -0000", "date": DATE}, 90.0),
        ({"retry-after": "Sun, 22 Nov 2026 12:01:30 GMT", "date": DATE, "age": "3"}, 90.0),
        ({"retry-after": "Sun, 22 Nov 2026 11:00:00 GMT", "date": DATE}, 0.0),
        ({"retry-after": "Sun, 22 Nov 2099 11:00:00 GMT", "date": DATE}, MAX_RETRY_AFTER),
        ({"retry-after-ms": "1500"}, 2.0),
        ({"retry-after-ms": "soon"}, None),
        ({"retry-after": "2026-11-22T12:01:30Z", "date": DATE}, 90.0),
        ({"retry-after": "2026-11-22T20:01:30+08:00", "date": DATE}, 90.0),
        ({"retry-after": "2026-11-22T12:01:30", "date": DATE}, None),
        ({"retry-after": f"{DATE_SECONDS + 90:.0f}", "date": DATE}, 90.0),
        ({"retry-after": f"{DATE_SECONDS * 1000 + 90_500:.0f}", "date": DATE}, 91.0),
        ({"retry-after": f"{DATE_SECONDS - 90:.0f}", "date": DATE}, 0.0),
        ({"retry-after": "1770000000"}, None),
        ({"retry-after": "Sun, 22 Nov 2026 12:01:30 GMT"}, None),
        ({"retry-after": "Sun, 99 Nov 2026 12:01:30 GMT", "date": DATE}, None),
        ({}, None),
    ],
)
def test_a_date_is_counted_from_the_answers_own(
    headers: dict[str, str], pause: float | None
) -> None:
    assert retry_after(httpx.Headers(headers)) == pause


@given(st.text(), st.text())
def test_no_header_is_too_odd(retry: str, date: str) -> None:
    headers = httpx.Headers(
        [(b"retry-after", retry.encode("utf-8")), (b"date", date.encode("utf-8"))]
    )
    pause = retry_after(headers)
    assert pause is None or 0 <= pause <= MAX_RETRY_AFTER
    server_time(headers)


def test_a_cached_answer_does_not_tell_the_time() -> None:
    assert server_time(httpx.Headers({"date": DATE})) == DATE_SECONDS
    assert server_time(httpx.Headers({"date": DATE, "age": "0"})) is None
    assert server_time(httpx.Headers({"date": "yesterday"})) is None
    assert server_time(httpx.Headers()) is None


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        *(("0", 0.0), ("300", 300.0), ("7, 9", 7.0), (" 5 ", 5.0), ("", 0.0), ("soon", 0.0)),
        *(("-1", 0.0), ("1.5", 0.0), ("٣", 0.0), ("9" * 400, MAX_AGE)),
    ],
)
def test_the_age_of_a_cached_answer(sent: str, seconds: float) -> None:
    assert age(httpx.Headers([(b"age", sent.encode())])) == seconds
    assert age(httpx.Headers()) == 0


async def test_an_answer_tells_for_how_long_a_cache_has_kept_it(service: ScriptedService) -> None:
    service.script("1", replace(task("1"), headers={"Age": "300"}), task("1"))
    async with connected(service.base_url) as client:
        assert [(await client.query("1")).age for _ in range(2)] == [300, 0]


# Responses that are not from the API


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_never_followed(service: ScriptedService, status: int) -> None:
    with ScriptedService() as elsewhere:
        elsewhere.script("1", task("1"))
        away = {"Location": f"{elsewhere.base_url}/get_status/1"}
        api_error = await reply_error(service, Reply(status, headers=away))
        assert api_error.kind is ErrorKind.NOT_THE_API
        assert api_error.http_status == status
        assert elsewhere.requests == []
    assert len(service.requests) == 1


@pytest.mark.parametrize("location", [b"http://[bad", b"\xff\xfe", b"//:99999999/", b"", b"/api"])
async def test_a_redirect_to_nowhere_is_one_too(location: bytes) -> None:
    head = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: %s\r\n\r\n" % location
    api_error = await raw_error(raw(head))
    assert (api_error.kind, api_error.http_status) == (ErrorKind.NOT_THE_API, 302)


@pytest.mark.parametrize(
    "body",
    [
        b"<!doctype html><title>Welcome</title>",
        b"{",
        GOOD[:-1],
        gzip.compress(GOOD[:-2], mtime=0),
        b"[" * 200_000,
        b"[]",
        b"null",
        b'{"status": "success"}',
        b"\xff" + GOOD,
        b")]}',\n" + GOOD,
        b"while(1);" + GOOD,
        b"callback(" + GOOD + b")",
    ],
)
async def test_other_bytes_are_not_the_api(service: ScriptedService, body: bytes) -> None:
    api_error = await reply_error(service, Reply(body=body))
    assert api_error.kind is ErrorKind.NOT_THE_API
    assert api_error.http_status is None


# Encodings and sizes


ANSWER = """{"status": "success", "data": {"task_id": "1", "status": "COMPLETED",
    "title": "勾股定理", "result": [{"type": "text", "content": "√2"}]}}""".encode()
_DEFLATER = zlib.compressobj(wbits=-zlib.MAX_WBITS)
RAW_DEFLATE = _DEFLATER.compress(ANSWER) + _DEFLATER.flush()
TWO_MEMBERS = gzip.compress(ANSWER[:40]) + gzip.compress(ANSWER[40:])


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        *((name, gzip.compress(ANSWER)) for name in ("gzip", "x-gzip", " GZIP ", "gzip;q=1", "")),
        *((name, gzip.compress(ANSWER)) for name in ("identity", "deflate", "br", "gzip, utf-8")),
        *((name, TWO_MEMBERS) for name in ("gzip", "")),
        *((name, gzip.compress(gzip.compress(ANSWER))) for name in ("gzip, gzip", "gzip")),
        *((name, zlib.compress(ANSWER)) for name in ("deflate", "gzip", "")),
        *((name, RAW_DEFLATE) for name in ("deflate", "x-deflate", "Deflate")),
        *((name, ANSWER) for name in ("gzip", "deflate", "br", "zstd", "sparkle", "none", "utf-8")),
        *((name, ANSWER) for name in ("aws-chunked", "gzip, gzip", ", ".join(["gzip"] * 20))),
        ("gzip", gzip.compress(ANSWER) + bytes(100)),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
async def test_an_answer_is_unpacked_whatever_the_header_calls_it(
    service: ScriptedService, encoding: str, body: bytes
) -> None:
    service.script("1", Reply(body=body, headers={"Content-Encoding": encoding}))
    async with connected(service.base_url) as client:
        answered = (await client.query("1")).task
    assert (answered.status, answered.title) == (TaskStatus.COMPLETED, "勾股定理")
    assert [result.content for result in answered.results] == ["√2"]


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (encoded(gzip.compress(GOOD)[:-9]), ErrorKind.OFFLINE, "cut short"),
        (encoded(zlib.compress(GOOD)[:-5], "deflate"), ErrorKind.OFFLINE, "cut short"),
        (encoded(gzip.compress(GOOD)[:-8] + bytes(8)), ErrorKind.NOT_THE_API, "broken"),
        (encoded(gzip.compress(b"") * 5_000), ErrorKind.NOT_THE_API, "broken"),
        (encoded(b"\x8b\x1f\x80" + bytes(90), "br"), ErrorKind.NOT_THE_API, "packed as br"),
        (encoded(b"\x28\xb5\x2f\xfd" + bytes(90), ""), ErrorKind.NOT_THE_API, "packed as zstd"),
        (encoded(b"<p>Hello</p>", "br"), ErrorKind.NOT_THE_API, "a page"),
        (Reply(body=GOOD + b" " * MAX_RESPONSE_BYTES), ErrorKind.NOT_THE_API, "larger"),
    ],
)
async def test_what_cannot_be_unpacked_is_named(
    service: ScriptedService, reply: Reply, kind: ErrorKind, words: str
) -> None:
    api_error = await reply_error(service, reply)
    assert api_error.kind is kind
    assert words in api_error.message


@pytest.mark.parametrize("status", [200, 201, 202, 203, 206, 226, 299])
async def test_any_success_may_bring_the_answer(service: ScriptedService, status: int) -> None:
    service.script("1", Reply(status, GOOD, {"Content-Type": "text/html"}))
    async with connected(service.base_url) as client:
        assert (await client.query("1")).task.status is TaskStatus.IN_PROGRESS


async def test_another_task_is_not_blamed_on_a_portal(service: ScriptedService) -> None:
    api_error = await reply_error(service, task("2"))
    assert api_error.kind is ErrorKind.OTHER_TASK
    assert api_error.message == "the service answered about another task, “2”"


async def test_a_bomb_stays_small(service: ScriptedService) -> None:
    compressor = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    zeros = bytes(1 << 20)
    bomb = b"".join(compressor.compress(zeros) for _ in range(100)) + compressor.flush()
    service.script("1", encoded(bomb))
    async with connected(service.base_url) as client:
        tracemalloc.start()
        try:
            with pytest.raises(ApiError, match="larger than 1 MiB"):
                await client.query("1")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 8 * MAX_RESPONSE_BYTES


async def test_a_large_answer_of_no_known_length_stops_at_the_cap() -> None:
    def serve(connection: socket.socket, head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(50):
            connection.sendall(bytes(1 << 20))

    assert "larger" in (await raw_error(serve)).message


async def test_an_answer_in_too_many_pieces_is_given_up() -> None:
    """Each piece costs the same: a megabyte of single bytes would take ten seconds of CPU."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    filled = GOOD + b" " * MAX_PIECES
    pieces = b"".join(b"1\r\n%c\r\n" % byte for byte in filled)
    assert "too many pieces" in (await raw_error(raw(head, pieces, b"0\r\n\r\n"))).message


async def test_an_error_page_may_be_in_any_form(service: ScriptedService) -> None:
    headers = {"Content-Encoding": "br", "Retry-After": "5"}
    api_error = await reply_error(service, Reply(429, b"\x8b\x00", headers=headers))
    assert (api_error.kind, api_error.retry_after) == (ErrorKind.RATE_LIMITED, 5.0)
    api_error = await reply_error(service, Reply(502, b"x" * (MAX_RESPONSE_BYTES + 1)))
    assert api_error.kind is ErrorKind.SERVER
    assert (await reply_error(service, Reply(404, b"", {"Content-Encoding": "gzip"}))).kind is (
        ErrorKind.NOT_FOUND
    )


# The connection


async def test_nobody_listens(service: ScriptedService) -> None:
    service.stop()
    api_error = await query_error(service.base_url)
    assert (api_error.kind, api_error.message) == (ErrorKind.OFFLINE, "no connection")
    assert not api_error.stale_connection


async def test_a_name_that_nobody_knows() -> None:
    api_error = await query_error("https://scenext.invalid/api")
    assert api_error.kind is ErrorKind.OFFLINE


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "serve",
    [
        raw(),
        raw(b"\x00garbage\r\n\r\n"),
        raw(HEAD, b"X: " + b"y" * 200_000),
        raw(HEAD, b"Content-Length: %d\r\n\r\n" % len(GOOD), GOOD[:-1]),
        raw(HEAD, b"Transfer-Encoding: chunked\r\n\r\nff\r\n", GOOD[:-1]),
        raw(HEAD, b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
        reset_after(),
        reset_after(HEAD, b"Content-Length: 999\r\n\r\n", GOOD[:10]),
    ],
    ids=[
        "closed", "garbage", "endless head", "length too long", "chunk cut", "no chunk",
        "reset before the answer", "reset inside the body",
    ],
)  # fmt: skip
async def test_a_broken_connection(serve: Serve) -> None:
    api_error = await raw_error(serve)
    assert (api_error.kind, api_error.message) == (ErrorKind.OFFLINE, "the connection broke")
    assert api_error.http_status is None
    assert api_error.stale_connection


@pytest.mark.parametrize(
    "serve",
    [
        raw(HEAD, b"Content-Length: %d\r\n\r\n" % (len(GOOD) + 9), GOOD),
        raw(HEAD, b"Transfer-Encoding: chunked\r\n\r\nff\r\n", GOOD),
        raw(HEAD, b"Content-Encoding: gzip\r\nContent-Length: 999\r\n\r\n", gzip.compress(GOOD)),
        raw(b"HTTP/1.0 200 OK\r\n\r\n", GOOD),
    ],
    ids=["length too long", "chunk cut", "length of what is packed", "no length"],
)
async def test_a_whole_answer_is_read_whatever_its_length_was_to_be(serve: Serve) -> None:
    with RawServer(serve) as server:
        async with connected(f"http://{server.address}/api") as client:
            assert (await client.query("1")).task.status is TaskStatus.IN_PROGRESS


async def test_lengths_that_lie() -> None:
    cut = raw(HEAD, b"Content-Length: 12\r\n\r\n", GOOD)
    assert (await raw_error(cut)).kind is ErrorKind.NOT_THE_API
    huge = raw(HEAD, b"Content-Length: 99999999999999\r\n\r\n", GOOD)
    assert "larger" in (await raw_error(huge)).message


@pytest.mark.parametrize("head", [b"HTTP/1.1", HEAD + b"X: ", HEAD + b"\r\n"])
async def test_a_drip_ends_at_the_deadline(head: bytes) -> None:
    started = time.monotonic()
    api_error = await raw_error(drip(head), timeout=0.3)
    assert api_error.kind is ErrorKind.TIMEOUT
    assert 0.25 < time.monotonic() - started < 2


async def test_a_silent_service_ends_at_the_deadline(service: ScriptedService) -> None:
    service.hold("1")
    assert (await query_error(service.base_url, timeout=0.2)).kind is ErrorKind.TIMEOUT


async def test_a_query_of_a_closed_client(service: ScriptedService) -> None:
    async with connected(service.base_url) as client:
        await client.aclose()
        with pytest.raises(ApiError) as caught:
            await client.query("1")
    assert caught.value.kind is ErrorKind.OFFLINE


# TLS


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    """Return the TLS context of a server and the path of its certificate."""
    label = "PRIVATE KEY"
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    key.write_text(f"-----BEGIN {label}-----\n{_TLS_KEY}\n-----END {label}-----\n")
    certificate.write_text(
        f"-----BEGIN CERTIFICATE-----\n{_TLS_CERTIFICATE}\n-----END CERTIFICATE-----\n"
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate


async def test_an_unknown_certificate_is_refused_and_ca_file_makes_it_known(
    tls: tuple[ssl.SSLContext, Path],
) -> None:
    context, certificate = tls
    serve = raw(HEAD, b"Content-Length: %d\r\n\r\n" % len(GOOD), GOOD)
    with RawServer(serve, context) as server:
        api_error = await query_error(f"https://{server.address}/api")
        assert api_error.kind is ErrorKind.CERTIFICATE
        assert "ca_file" in api_error.message
        assert server.heads == []
        async with connected(f"https://{server.address}/api", ca_file=certificate) as client:
            assert (await client.query("1")).task.id == "1"


async def test_tls_to_a_plain_port() -> None:
    with RawServer(raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        api_error = await query_error(f"https://{server.address}/api")
        assert api_error.kind is ErrorKind.OFFLINE
        assert "TLS" in api_error.message
        assert DEFAULT_KEY.encode() not in b"".join(server.heads)


def test_a_ca_file_without_certificates(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("nothing")
    with pytest.raises(UserError, match=r"ca_file: .*ca\.pem holds no certificates as PEM"):
        HttpClientFactory(Config(ca_file=path))


# The environment


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", "foo://proxy"),
        ("HTTPS_PROXY", "http://proxy:port"),
        ("https_proxy", "http://[proxy"),
        ("ALL_PROXY", "socks4://proxy"),
        ("SSL_CERT_FILE", "/does/not/exist.pem"),
        ("SSL_CERT_DIR", "/does/not/exist"),
    ],
)
def test_an_unusable_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UserError) as caught:
        HttpClientFactory(Config())
    assert str(caught.value).startswith(name)
    assert value not in str(caught.value)
    HttpClientFactory(Config(trust_env=False))


@pytest.mark.parametrize(
    "environ",
    [
        {"ALL_PROXY": "socks5://127.0.0.1:1080"},
        {"ALL_PROXY": "socks://127.0.0.1:1080/", "https_proxy": "http://proxy.corp:3128/"},
        {"HTTPS_PROXY": "proxy.corp:3128", "NO_PROXY": "[fc00::1]"},
        {"HTTPS_PROXY": "https://me:p@ss/#?@proxy.corp:3128", "NO_PROXY": "[::1]:8080, 10.0.0.0/8"},
        {"http_proxy": "http://proxy:99999", "NO_PROXY": "[::1"},
        {"HTTPS_PROXY": "socks4://proxy", "NO_PROXY": ".scenext.cn"},
    ],
)
async def test_an_ordinary_environment_is_understood(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    factory = HttpClientFactory(Config())
    await factory.status_client(KEY).aclose()
    await factory.media_client().aclose()


async def test_the_proxy_is_asked_for_a_tunnel_and_gets_no_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    with RawServer(raw(refusal)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        api_error = await query_error("https://api.scenext.invalid/api")
    assert (api_error.kind, api_error.message) == (
        ErrorKind.OFFLINE,
        "the proxy of HTTPS_PROXY wants a login",
    )
    assert proxy.heads[0].startswith(b"CONNECT api.scenext.invalid:443 ")
    assert DEFAULT_KEY.encode() not in b"".join(proxy.heads)


async def test_the_proxy_that_is_not_there_is_not_taken_for_the_service(
    service: ScriptedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.stop()
    monkeypatch.setenv("ALL_PROXY", service.base_url)
    api_error = await query_error("https://api.scenext.invalid/api")
    assert api_error.message == "no connection to the proxy of ALL_PROXY"
    monkeypatch.setenv("ALL_PROXY", "http://proxy.invalid:3128")
    api_error = await query_error("https://api.scenext.cn/api")
    assert api_error.message.startswith("the proxy's name ")


async def test_a_proxy_gets_its_login_and_is_verified_with_ca_file(
    monkeypatch: pytest.MonkeyPatch, tls: tuple[ssl.SSLContext, Path]
) -> None:
    context, certificate = tls
    with RawServer(raw(b"HTTP/1.1 403 Forbidden\r\n\r\n"), context) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"https://me:p@ss%21#@{proxy.address}/")
        async with connected("https://api.scenext.invalid", ca_file=certificate) as client:
            with pytest.raises(ApiError, match=r"^the proxy of HTTPS_PROXY refuses the connection"):
                await client.query("1")
    login = base64.b64encode(b"me:p@ss!#")
    assert b"Proxy-Authorization: Basic " + login in proxy.heads[0]


async def test_no_proxy_is_asked_for_this_machine(
    service: ScriptedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.script("1", task("1"))
    with RawServer(raw()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.address}")
        async with connected(service.base_url) as client:
            await client.query("1")
    assert proxy.heads == []


# The key


@pytest.mark.parametrize(
    "quoted",
    [
        *(DEFAULT_KEY, DEFAULT_KEY.removeprefix("sk-"), DEFAULT_KEY.upper(), DEFAULT_KEY[::-1]),
        *(DEFAULT_KEY.encode().hex(), " ".join(DEFAULT_KEY), f"{DEFAULT_KEY[:6]}***89"),
        "".join(f"&#{ord(character)};" for character in DEFAULT_KEY),
    ],
)
async def test_words_about_a_refused_key_are_ours(service: ScriptedService, quoted: str) -> None:
    """Try the forms in which a service may quote a key; no redactor knows them all."""
    for status in (401, 403):
        api_error = await reply_error(service, error(status, f"denied: {quoted}"))
        refusal = {
            401: "the service refused the key for this task",
            403: "the service does not show this task to this key",
        }
        assert api_error.message == f"{status}: {refusal[status]}"
        strange = await reply_error(service, Reply(status, {"data": {"messages": quoted}}))
        assert strange.message == f"{status}: {refusal[status]}"
        page = await reply_error(service, Reply(status, f"<p>{quoted}"))
        assert page.message == f"{status}: not from the service: a proxy or a portal?"
    for words in ("Invalid API key", "无效的密钥", "bad token", "Unauthorized", "api_key"):
        for status in (200, 400, 404, 422, 429, 500):
            api_error = await reply_error(service, error(status, f"{words} ({quoted})"))
            assert quoted not in f"{api_error!r} {api_error} {api_error.message} {api_error.args}"


@pytest.mark.parametrize(
    "words",
    [
        *("Unauthorised", "Access denied", "access_denied", "Forbidden", "Authorisation failed"),
        *("密匙错误", "秘钥不正确", "凭证无效", "凭据不存在", "鉴权失败", "没有权限"),
        *("key not found", "token does not exist"),
    ],
)
async def test_a_key_is_refused_in_many_words(service: ScriptedService, words: str) -> None:
    for status in (200, 400, 500):
        refused = await reply_error(service, error(status, f"{words} (sk-t***89)"))
        assert "89" not in refused.message
        assert refused.kind is not ErrorKind.NOT_FOUND


async def test_no_fault_tells_the_key(service: ScriptedService) -> None:
    echo = f"no access for Bearer {DEFAULT_KEY}"
    link = frame_url("1", 1)
    replies = [
        error(401, echo),
        error(403, "x" * 490 + DEFAULT_KEY),
        error(500, echo),
        error(200, f"see {link}"),
        Reply(body=DEFAULT_KEY),
        Reply(302, headers={"Location": f"http://{DEFAULT_KEY}@[bad"}),
    ]
    api_errors = [await reply_error(service, reply) for reply in replies]
    api_errors.append(await raw_error(raw(f"HTTP/1.1 {DEFAULT_KEY}\r\n\r\n".encode())))
    api_errors.append(await raw_error(reset_after()))
    for api_error in api_errors:
        text = f"{api_error!r} {api_error} {api_error.message} {api_error.args}"
        assert DEFAULT_KEY[:12] not in text
        assert link.partition("Signature=")[2] not in text
        assert len(api_error.message) <= 500


async def test_no_log_tells_the_key(
    service: ScriptedService, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    service.script("1", task("1"))
    async with connected(service.base_url) as client:
        await client.query("1")
    for reply in (unauthorized(), Reply(500), Reply(302, headers={"Location": "/"})):
        await reply_error(service, reply)
    for serve in (raw(), reset_after(), raw(b"junk\r\n\r\n")):
        await raw_error(serve)
    assert "send_request_headers" in caplog.text
    assert DEFAULT_KEY not in caplog.text


async def test_a_malformed_key_is_in_no_error(service: ScriptedService) -> None:
    service.script("1", task("1"))
    secret = "sk-mal\nformed-key"
    async with connected(service.base_url, key=Secret(secret)) as client:
        with pytest.raises(ApiError) as caught:
            await client.query("1")
    assert "formed" not in f"{caught.value!r}{caught.value.message}"
    assert caught.value.__suppress_context__
    assert service.requests == []


async def test_a_link_that_quotes_the_key_is_withheld(service: ScriptedService) -> None:
    secret = "sk-+CANARY/7Qm2"
    links = [
        f"https://cdn.example/{form}{rest}"
        for form in (secret, quote(secret, safe=""))
        for rest in ("/1.png", "?x=1")
    ]
    links.append(frame_url("1", 1))
    result = [{"type": "video", "content": link} for link in links]
    service.api_key = secret
    service.script("1", task("1", "COMPLETED", links, result))
    async with connected(service.base_url, key=Secret(secret)) as client:
        answered = (await client.query("1")).task
    expected = ["withheld: the link quotes the key"] * 4 + links[-1:]
    assert [frame.url for frame in answered.frames] == expected
    assert [item.content for item in answered.results] == expected
    for text in expected[:-1]:
        assert AddressRule(service.base_url).unsafe_reason(text)
