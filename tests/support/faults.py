"""Fault injection: a status service that answers each request with one named fault.

It is the demo's HTTP server (`tui.demo.server`) with its own responses and, for faults that break
HTTP itself, raw bytes. A `FaultChooser` picks the fault for each request, in a fixed order or at
random from a seed. Faults that depend on the address (nobody listens, another protocol) are
`BadAddresses`.

`python -m tests.support.faults MODE` serves the faults in a process of its own, so that a test can
measure its own process alone; `FaultyProcess` starts it.
"""

from __future__ import annotations

import functools
import gzip
import json
import math
import selectors
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote, unquote, urlsplit

from tests.support.service import frame_url
from tui.demo.server import Exchange, LoopbackServer, Peer, Request, Response
from tui.errors import ErrorKind

OK: Final = None
"""Stands among the kinds of error for a valid response."""
Kind = ErrorKind | None

_STATUS: Final = "/get_status/"
_MODE: Final = "/mode/"
_PAGE: Final = b"<!doctype html><title>Welcome to the train's Wi-Fi</title><form>Log in</form>"
_HTML: Final = {"Content-Type": "text/html"}
_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_MIB: Final = 1 << 20

RawSender = Callable[["FaultyExchange", Request], None]


@dataclass(frozen=True, slots=True)
class RawAnswer(Response):
    """A response that `act` sends itself, since it is not valid HTTP or not in time."""

    act: RawSender = lambda exchange, request: None


@dataclass(frozen=True, slots=True)
class Fault:
    """One faulty response to a status query."""

    name: str
    answer: Callable[[Request], Response]
    kinds: frozenset[Kind]
    """The errors that the client may report; `OK` if it may accept the response."""
    slow: bool = False
    """Whether it lasts until the client's deadline."""
    pauses_polling: bool = False
    """Whether it pauses all polling for a while, and so should be rare."""


FAULTS: Final[dict[str, Fault]] = {}
"""All faults by name."""


def _fault(
    name: str, *kinds: Kind, slow: bool = False, pauses_polling: bool = False
) -> Callable[[Callable[[Request], Response]], Callable[[Request], Response]]:
    def register(function: Callable[[Request], Response]) -> Callable[[Request], Response]:
        FAULTS[name] = Fault(name, function, frozenset(kinds), slow, pauses_polling)
        return function

    return register


def _raw_fault(name: str, *kinds: Kind, slow: bool = False) -> Callable[[RawSender], RawSender]:
    """Register a fault that writes raw bytes; the connection ends after it."""

    def register(act: RawSender) -> RawSender:
        FAULTS[name] = Fault(name, lambda _: RawAnswer(0, act=act), frozenset(kinds), slow)
        return act

    return register


# Valid responses, and their parts


def task_id(request: Request) -> str:
    """Return the ID of the task that a request is about."""
    return unquote(request.path.partition(_STATUS)[2])


def _data(request: Request, **more: object) -> dict[str, object]:
    name = task_id(request)
    frames = [{"id": f"frame{number}", "image": frame_url(name, number)} for number in (1, 2, 3)]
    return {"task_id": name, "status": "IN_PROGRESS", "progress": frames, **more}


def _body(request: Request, **more: object) -> bytes:
    return json.dumps({"status": "success", "data": _data(request, **more)}).encode()


def _json(body: bytes, status: int = 200, **headers: str) -> Response:
    extra = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, body, {"Content-Type": "application/json", **extra})


def _error(status: int, message: str, **headers: str) -> Response:
    body = json.dumps({"status": "error", "data": {"messages": message}}).encode()
    return _json(body, status, **headers)


@_fault("good", OK)
def good(request: Request) -> Response:
    """Return a task as the service sends it."""
    return _json(_body(request))


def _valid_task(name: str, **more: object) -> None:
    """Register a task with unusual fields that is still valid."""
    _fault(name, OK)(lambda request: _json(_body(request, **more)))


_LINK: Final = frame_url("x", 1)
_valid_task(
    "points and result", consumption=["3 points"], result=[{"type": "text", "content": "x"}]
)
_valid_task("unknown state", status="REHEARSING")
_valid_task("state in odd case", status=" in_Progress\n")
_valid_task("duplicate frames", progress=[{"id": "frame1", "image": _LINK}] * 50)
_valid_task(
    "many frames", progress=[{"id": f"f{n}", "image": f"{_LINK}&n={n}"} for n in range(3000)]
)
_valid_task("surrogates", status="\ud800x", messages="\udfff", progress=[{"id": "\ud83d"}])
_valid_task(
    "escape sequences", status="\x1b[2J\x1b]0;owned\x07", messages="\x9b31m\x1bP1$r\x1b\\\x00"
)
_valid_task("markup", status="[/foo][@click=app.quit]x[/]", messages="[bold]\\[", result="[/x]")
_valid_task("bidi", status="\u202eDETELPMOC\u2066", messages="\u200f\u061c\u202dleft")
_valid_task("expired links", progress=[{"id": "f", "image": frame_url("x", 1, expires=1)}])
_valid_task(
    "links of no use",
    progress=[{"id": "f", "image": link} for link in ("", " ", "x://", "http://[")],
)
_valid_task(
    "wrong types", progress={"id": 3}, result=7, consumption=[None, [], {"a": [{}]}], messages=[[]]
)
_valid_task(
    "wrong types inside",
    progress=[None, 3, [], {"id": [1], "image": 3}, {"id": {}, "image": _LINK}, {"image": _LINK}],
    result=[None, 1, "text", [], {"type": 3, "content": {}}, {"content": ["a"], "score": 1e300}],
)
_valid_task("no ID", task_id=None)
_valid_task("long text", status="x" * 100_000, messages="汉字" * 50_000)


@_fault("huge integers", OK)
def _huge_integers(request: Request) -> Response:
    return _json(_body(request, consumption=1).replace(b": 1}", b": 1" + b"0" * 4000 + b"}"))


@_fault("number of 5,000 digits", OK)
def _above_int_digit_limit(request: Request) -> Response:
    return _json(_body(request, consumption=1).replace(b": 1}", b": 1" + b"0" * 5000 + b"}"))


@_fault("progress reordered", OK)
def _reordered(request: Request) -> Response:
    numbers = [1, 2, 3, 4, 5, 6]
    Random(time.monotonic_ns()).shuffle(numbers)
    frames = [{"id": f"frame{n}", "image": frame_url("x", n)} for n in numbers]
    return _json(_body(request, progress=frames))


@_fault("progress shrinks", OK)
def _shrinking(request: Request) -> Response:
    count = 9 - time.monotonic_ns() // 1000 % 9
    frames = [{"id": f"frame{n}", "image": frame_url("x", n)} for n in range(1, count + 1)]
    return _json(_body(request, progress=frames))


@_fault("state goes back", OK)
def _backwards(request: Request) -> Response:
    states = ("IN_PROGRESS", "QUEUED", "IN_PROGRESS", "SUBMITTED")
    return _json(_body(request, status=states[time.monotonic_ns() // 1000 % 4]))


@_fault("clock 2 h fast", OK)
def _clock_fast(request: Request) -> Response:
    return _json(_body(request), Date=formatdate(time.time() + 7200, usegmt=True))


@_fault("clock 2 h slow", OK)
def _clock_slow(request: Request) -> Response:
    return _json(_body(request), Date=formatdate(time.time() - 7200, usegmt=True))


@_fault("Date is junk", OK)
def _invalid_date(request: Request) -> Response:
    return _json(_body(request), Date="Thu, 99 Foo 99999 99:99:99 +9999")


@_fault("one gzip", OK)
def _gzipped(request: Request) -> Response:
    return _json(gzip.compress(_body(request)), Content_Encoding="gzip")


@_fault("chunked", OK)
def _chunked(request: Request) -> Response:
    body = _body(request)
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
    return RawAnswer(
        200, act=lambda exchange, _: exchange.send_raw(_HEAD + _CHUNKS + chunks, close=False)
    )


_CHUNKS: Final = b"Transfer-Encoding: chunked\r\n\r\n"


# Error responses, from the service or from something in between


def _constant(
    name: str, kind: ErrorKind, answer: Response, *, pauses_polling: bool = False
) -> None:
    """Register a response that is the same for every request."""
    _fault(name, kind, pauses_polling=pauses_polling)(lambda _: answer)


_constant(
    "401 JSON",
    ErrorKind.KEY_REFUSED,
    _error(401, "Unauthorized: Invalid API key"),
    pauses_polling=True,
)
_constant("403 JSON", ErrorKind.REJECTED, _error(403, "No access"))
for _name, _value in (
    ("seconds", "1"), ("zero", "0"), ("junk", "soon, maybe"), ("huge", "9" * 4000),
    ("negative", "-1"), ("float", "1.5"), ("unicode digits", "\xb2\xb3"), ("empty", ""),
):  # fmt: skip
    _constant(
        f"429 {_name}",
        ErrorKind.RATE_LIMITED,
        _error(429, "Slow", Retry_After=_value),
        pauses_polling=True,
    )
_constant(
    "503 with a pause",
    ErrorKind.RATE_LIMITED,
    _error(503, "Busy", Retry_After="1"),
    pauses_polling=True,
)


@_fault("429 date", ErrorKind.RATE_LIMITED, pauses_polling=True)
def _retry_after_date(request: Request) -> Response:
    return _error(429, "Slow down", Retry_After=formatdate(time.time() + 1, usegmt=True))


_constant("500", ErrorKind.SERVER, _error(500, "boom"))
_constant("500 empty", ErrorKind.SERVER, Response(500))
_constant("502 HTML", ErrorKind.SERVER, Response(502, b"<html>Bad Gateway</html>", _HTML))
_constant("503", ErrorKind.SERVER, Response(503))
_constant("504 large", ErrorKind.SERVER, Response(504, b"x" * 2 * _MIB))
_constant("599 unknown", ErrorKind.SERVER, Response(599))
_constant("200 error", ErrorKind.REJECTED, _error(200, "No such thing"))
_constant("400", ErrorKind.REJECTED, _error(400, "[/b]\x1b[2J"))
_constant("401 HTML", ErrorKind.NOT_THE_API, Response(401, _PAGE, _HTML))
_constant("403 HTML", ErrorKind.NOT_THE_API, Response(403, _PAGE, _HTML))
_constant("404", ErrorKind.NOT_FOUND, _error(404, "Task not found"))
_constant("404 HTML", ErrorKind.NOT_FOUND, Response(404, _PAGE, _HTML))
_constant("407", ErrorKind.NOT_THE_API, Response(407, _PAGE, _HTML))
_constant("418", ErrorKind.REJECTED, Response(418, b"\xff\xfe"))
_constant("204", ErrorKind.SERVER, Response(204, headers={"Content-Length": "0"}))
_constant("304", ErrorKind.SERVER, Response(304, headers={"Content-Length": "0"}))
_constant("page", ErrorKind.NOT_THE_API, Response(200, _PAGE, _HTML))
_constant("empty", ErrorKind.SERVER, Response(200))
for _code in (301, 302, 303, 307, 308):
    _constant(
        f"{_code} to another host",
        ErrorKind.NOT_THE_API,
        Response(_code, headers={"Location": "http://192.0.2.1/login"}),
    )
for _name, _value in (("bad", "http://[bad"), ("nowhere", "//:99999999/"), ("empty", "")):
    _constant(
        f"redirect to a {_name} place",
        ErrorKind.NOT_THE_API,
        Response(302, headers={"Location": _value}),
    )


@_fault("redirect to itself", ErrorKind.NOT_THE_API)
def _redirect_loop(request: Request) -> Response:
    return Response(302, headers={"Location": request.path})


# Invalid bodies


def _mutated(name: str, change: Callable[[bytes], bytes], *kinds: Kind) -> None:
    """Register a valid body after a change."""
    kinds = kinds or (ErrorKind.NOT_THE_API,)
    _fault(name, *kinds)(lambda request: _json(change(_body(request, x=0))))


_mutated("JSON cut, length right", lambda body: body[:-7])
_mutated("JSON with a comma too many", lambda body: body.replace(b"}", b",}"), OK)
_mutated("two documents", lambda body: body + body, OK)
_mutated("not UTF-8", lambda body: body.replace(b"IN_PROGRESS", b"\xff\xfe\x80"), OK)
_mutated("BOM", lambda body: b"\xef\xbb\xbf" + body, OK)
_mutated("UTF-16", lambda body: body.decode().encode("utf-16"), OK)
_mutated("UTF-32", lambda body: body.decode().encode("utf-32"), OK)
_mutated("NaN", lambda body: body.replace(b'"x": 0', b'"x": NaN'), OK)
_mutated("Infinity", lambda body: body.replace(b'"x": 0', b'"x": -Infinity'), OK)
_mutated("deep nesting", lambda _: b"[" * 500_000)
_mutated("deep nesting inside", lambda b: b.replace(b": 0}", b": " + b'{"a":' * 90_000 + b"1}"))
_mutated("NULs", lambda _: bytes(5000))
_mutated("a list", lambda body: b"[" + body + b"]", OK)
_mutated("null", lambda _: b"null")
_mutated("a number", lambda _: b"1e999")
_mutated("no data", lambda _: b'{"status": "success"}')
_mutated("data is a list", lambda _: b'{"status": "success", "data": [1]}', ErrorKind.SERVER)
_mutated(
    "no status", lambda _: b'{"status": "success", "data": {"progress": []}}', ErrorKind.SERVER
)
_mutated(
    "another task's ID",
    lambda body: body.replace(b'"task_id": "', b'"task_id": "not-'),
    ErrorKind.OTHER_TASK,
)
_mutated(
    "the ID is a list", lambda body: body.replace(b'"task_id": ', b'"task_id": [1], "y": '), OK
)
_mutated("keys twice", lambda body: body.replace(b'"x": 0', b'"status": "IN_PROGRESS"'), OK)
_mutated("spaces around", lambda body: b" \r\n\t" * 9999 + body + b"\n" * 9999, OK)


# Compression


def _encoded(body: bytes, encoding: str = "gzip") -> Response:
    return _json(body, Content_Encoding=encoding)


@functools.cache
def bomb(layers: int) -> bytes:
    """Return 300 MB of zeros in 300 kB, or with two layers 2 GB in a few thousand bytes.

    Its checksum is wrong: no client should decompress it to the end.
    """
    compressor = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    compressor.compress(bytes(64))
    compressor.flush(zlib.Z_FULL_FLUSH)
    # A block after a full flush does not refer to earlier ones, so that it can be repeated.
    block = compressor.compress(bytes(_MIB)) + compressor.flush(zlib.Z_FULL_FLUSH)
    head, end = b"\x1f\x8b\x08" + bytes(6) + b"\xff", b"\x03\x00" + bytes(8)
    packed = head + block * (300 if layers == 1 else 2048) + end
    return packed if layers == 1 else gzip.compress(packed)


_NOT_API: Final = ErrorKind.NOT_THE_API
_fault("gzip bomb", _NOT_API)(lambda _: _encoded(bomb(1)))
_fault("double gzip bomb", _NOT_API)(lambda _: _encoded(bomb(2), "gzip, gzip"))
_fault("double gzip bomb that says one", _NOT_API)(lambda _: _encoded(bomb(2)))
_fault("gzip that is none", OK)(lambda request: _encoded(_body(request)))
_fault("gzip with a bad checksum", _NOT_API)(
    lambda r: _encoded(gzip.compress(_body(r))[:-8] + bytes(8))
)
_fault("gzip cut short", ErrorKind.OFFLINE)(lambda r: _encoded(gzip.compress(_body(r))[:-20]))
_fault("gzip empty", ErrorKind.SERVER)(lambda _: _encoded(b""))
_fault("deflate", OK)(lambda request: _encoded(zlib.compress(_body(request)), "deflate"))
_fault("br that is none", OK)(lambda request: _encoded(_body(request), "br"))
_fault("br", _NOT_API)(lambda _: _encoded(b"\x8b\x1f\x80" + bytes(90), "br"))
_fault("two gzip members", OK)(
    lambda r: _encoded(gzip.compress(_body(r)[:50]) + gzip.compress(_body(r)[50:]), "")
)
_fault("unknown encoding", OK)(lambda request: _encoded(_body(request), "sparkle"))
_fault("20 encodings", OK)(lambda r: _encoded(_body(r), ", ".join(["gzip"] * 20)))


# Connections


@_raw_fault("close", ErrorKind.OFFLINE)
def _close(exchange: FaultyExchange, request: Request) -> None:
    exchange.send_raw(b"")


@_raw_fault("close in the header", ErrorKind.OFFLINE)
def _close_in_header(exchange: FaultyExchange, request: Request) -> None:
    exchange.send_raw(_HEAD[:-20])


@_raw_fault("reset", ErrorKind.OFFLINE)
def _reset(exchange: FaultyExchange, request: Request) -> None:
    exchange.reset()


@_raw_fault("reset in the header", ErrorKind.OFFLINE)
def _reset_in_header(exchange: FaultyExchange, request: Request) -> None:
    exchange.reset(_HEAD[:-20])


@_raw_fault("reset in the body", ErrorKind.OFFLINE)
def _reset_in_body(exchange: FaultyExchange, request: Request) -> None:
    exchange.reset(_HEAD + b"Content-Length: 9999\r\n\r\n" + _body(request)[:-1])


@_raw_fault("hang", ErrorKind.TIMEOUT, slow=True)
def _hang(exchange: FaultyExchange, request: Request) -> None:
    exchange.hang()


@_raw_fault("hang in the body", ErrorKind.TIMEOUT, slow=True)
def _hang_in_body(exchange: FaultyExchange, request: Request) -> None:
    exchange.write(_HEAD + b"Content-Length: 9999\r\n\r\n" + _body(request))
    exchange.hang()


@_raw_fault("drip in the header", ErrorKind.TIMEOUT, slow=True)
def _drip_header(exchange: FaultyExchange, request: Request) -> None:
    exchange.drip(_HEAD + b"X: ")


@_raw_fault("drip in the first line", ErrorKind.TIMEOUT, slow=True)
def _drip_line(exchange: FaultyExchange, request: Request) -> None:
    exchange.drip(b"HTTP/1.1 200 ")


@_raw_fault("drip in the body", ErrorKind.TIMEOUT, slow=True)
def _drip_body(exchange: FaultyExchange, request: Request) -> None:
    exchange.drip(_HEAD + b"\r\n")


@_raw_fault("100 Continue without end", ErrorKind.TIMEOUT, ErrorKind.OFFLINE, slow=True)
def _interim(exchange: FaultyExchange, request: Request) -> None:
    exchange.flood(b"HTTP/1.1 100 Continue\r\n\r\n")


@_raw_fault("body cut, with a length", ErrorKind.OFFLINE)
def _cut_length(exchange: FaultyExchange, request: Request) -> None:
    body = _body(request)
    exchange.send_raw(_HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body[:-9])


@_raw_fault("length too long", OK)
def _long_length(exchange: FaultyExchange, request: Request) -> None:
    body = _body(request)
    exchange.send_raw(_HEAD + b"Content-Length: %d\r\n\r\n" % (len(body) + 9) + body)


@_raw_fault("body cut, in chunks", ErrorKind.OFFLINE)
def _cut_chunk(exchange: FaultyExchange, request: Request) -> None:
    exchange.send_raw(_HEAD + _CHUNKS + b"fff\r\n" + _body(request)[:-1])


@_raw_fault("body cut between chunks", ErrorKind.OFFLINE)
def _cut_between(exchange: FaultyExchange, request: Request) -> None:
    body = _body(request)[:-1]
    exchange.send_raw(_HEAD + _CHUNKS + b"%x\r\n%s\r\n" % (len(body), body))


@_raw_fault("body cut, without a length", ErrorKind.NOT_THE_API)
def _cut_plain(exchange: FaultyExchange, request: Request) -> None:
    exchange.send_raw(_HEAD + b"\r\n" + _body(request)[:-9])


@_raw_fault("body without a length", OK)
def _no_length(exchange: FaultyExchange, request: Request) -> None:
    exchange.send_raw(_HEAD + b"\r\n" + _body(request))


@_raw_fault("bad chunk", ErrorKind.OFFLINE)
def _bad_chunk(exchange: FaultyExchange, request: Request) -> None:
    exchange.send_raw(_HEAD + _CHUNKS + b"zz\r\n" + _body(request))


@_raw_fault("length too short", ErrorKind.NOT_THE_API)
def _short_length(exchange: FaultyExchange, request: Request) -> None:
    exchange.send_raw(_HEAD + b"Content-Length: 12\r\n\r\n" + _body(request))


@_raw_fault("length of 14 digits", ErrorKind.NOT_THE_API)
def _huge_length(exchange: FaultyExchange, request: Request) -> None:
    exchange.send_raw(_HEAD + b"Content-Length: 99999999999999\r\n\r\n" + _body(request))


@_raw_fault("length of 9,000 digits", ErrorKind.OFFLINE, ErrorKind.NOT_THE_API)
def _endless_length(exchange: FaultyExchange, request: Request) -> None:
    exchange.send_raw(_HEAD + b"Content-Length: " + b"9" * 9000 + b"\r\n\r\n" + _body(request))


@_raw_fault("negative length", ErrorKind.OFFLINE)
def _negative_length(exchange: FaultyExchange, request: Request) -> None:
    exchange.send_raw(_HEAD + b"Content-Length: -5\r\n\r\n" + _body(request))


@_raw_fault("two lengths", ErrorKind.OFFLINE)
def _two_lengths(exchange: FaultyExchange, request: Request) -> None:
    exchange.send_raw(_HEAD + b"Content-Length: 5\r\nContent-Length: 9\r\n\r\n" + _body(request))


@_raw_fault("5 MB that say 500 bytes", ErrorKind.NOT_THE_API)
def _understated_length(exchange: FaultyExchange, request: Request) -> None:
    exchange.send_raw(_HEAD + b"Content-Length: 500\r\n\r\n" + bytes(5 * _MIB))


@_raw_fault("50 MB", ErrorKind.NOT_THE_API)
def _large(exchange: FaultyExchange, request: Request) -> None:
    exchange.send_large(_HEAD + b"Content-Length: %d\r\n\r\n" % (50 * _MIB), 50)


@_raw_fault("50 MB without a length", ErrorKind.NOT_THE_API)
def _large_unknown(exchange: FaultyExchange, request: Request) -> None:
    exchange.send_large(_HEAD + b"\r\n", 50)


@_raw_fault("50 MB as an error page", ErrorKind.SERVER)
def _large_error(exchange: FaultyExchange, request: Request) -> None:
    exchange.send_large(b"HTTP/1.1 500 No\r\n\r\n", 50)


@_raw_fault("one header of 200 kB", ErrorKind.OFFLINE)
def _long_header(exchange: FaultyExchange, request: Request) -> None:
    exchange.send_raw(_HEAD + b"X: " + b"y" * 200_000 + b"\r\n\r\n" + _body(request))


@_raw_fault("200 kB of headers", ErrorKind.OFFLINE)
def _many_headers(exchange: FaultyExchange, request: Request) -> None:
    exchange.send_raw(_HEAD + b"X-Y: zzzzzzzzzzzz\r\n" * 10_500 + b"\r\n" + _body(request))


@_raw_fault("header with a NUL", ErrorKind.OFFLINE)
def _nul_in_header(exchange: FaultyExchange, request: Request) -> None:
    exchange.send_raw(_HEAD + b"X: a\0b\r\n\r\n" + _body(request))


@_raw_fault("headers of any bytes", OK)
def _any_bytes(exchange: FaultyExchange, request: Request) -> None:
    exchange.send_raw(_HEAD + b"Server: \xff\xfe\xc3\x28\r\nDate: \x80\r\n\r\n" + _body(request))


@_raw_fault("garbage", ErrorKind.OFFLINE)
def _garbage(exchange: FaultyExchange, request: Request) -> None:
    exchange.send_raw(bytes(range(256)) * 8 + b"\r\n\r\n")


@_raw_fault("SSH", ErrorKind.OFFLINE)
def _ssh(exchange: FaultyExchange, request: Request) -> None:
    exchange.send_raw(b"SSH-2.0-OpenSSH_9.9\r\n")


@_raw_fault("HTTP 0.9", ErrorKind.OFFLINE)
def _http_0_9(exchange: FaultyExchange, request: Request) -> None:
    exchange.send_raw(_body(request))


@_raw_fault("status 999999", ErrorKind.OFFLINE)
def _invalid_status(exchange: FaultyExchange, request: Request) -> None:
    exchange.send_raw(b"HTTP/1.1 999999 Odd\r\n\r\n")


@_raw_fault("101 Switching Protocols", ErrorKind.OFFLINE, ErrorKind.NOT_THE_API, ErrorKind.TIMEOUT)
def _switching(exchange: FaultyExchange, request: Request) -> None:
    exchange.send_raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n" + _body(request))


@_raw_fault("answer in single bytes", OK)
def _single_bytes(exchange: FaultyExchange, request: Request) -> None:
    body = _body(request, progress=[])
    for byte in _HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body:
        exchange.write(bytes([byte]))
    exchange.send_raw(b"")


@_raw_fault("idle connection is closed", OK)
def _close_idle(exchange: FaultyExchange, request: Request) -> None:
    exchange.good(request)
    exchange.send_raw(b"")


@_raw_fault("idle connection is reset", OK)
def _reset_idle(exchange: FaultyExchange, request: Request) -> None:
    exchange.good(request)
    # A reset discards what the client has not read yet, so wait until it is done or gone.
    exchange.readable(0.05)
    exchange.reset()


@_raw_fault("idle connection goes silent", OK)
def _silent_idle(exchange: FaultyExchange, request: Request) -> None:
    exchange.good(request)
    exchange.hang()


@_raw_fault("answer to nobody follows", OK)
def _unsolicited_response(exchange: FaultyExchange, request: Request) -> None:
    exchange.good(request)
    exchange.send_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


class FaultyExchange(Exchange):
    """A connection that can send raw bytes, hang and reset."""

    server: FaultyServer

    def setup(self) -> None:
        """Record when the connection was opened."""
        super().setup()
        self.connected_at = time.monotonic()

    def answer(self) -> None:
        """Serve one request, unless the connection has been silenced."""
        if self.connected_at < self.server.silent_before and not self.path.startswith(_MODE):
            self.hang()
            self.close_connection = True
            return
        super().answer()

    do_GET = answer

    def send(self, request: Request, answer: Response) -> None:
        """Send a normal response, or run the function of a raw one."""
        if not isinstance(answer, RawAnswer):
            super().send(request, answer)
            return
        with suppress(OSError):
            answer.act(self, request)

    def good(self, request: Request) -> None:
        """Send a valid response, and keep the connection open."""
        super().send(request, good(request))
        self.wfile.flush()

    def write(self, data: bytes) -> None:
        """Send bytes at once."""
        self.connection.sendall(data)

    def send_raw(self, data: bytes, *, close: bool = True) -> None:
        """Send bytes, then by default close the connection without a reset."""
        self.write(data)
        if close:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_WR)
            self.hang()

    def reset(self, data: bytes = b"") -> None:
        """Send bytes, then reset the connection."""
        self.close_connection = True
        if data:
            self.write(data)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def send_large(self, head: bytes, mebibytes: int) -> None:
        """Send a head and a large body of zeros."""
        self.close_connection = True
        self.write(head)
        zeros = bytes(_MIB)
        for _ in range(mebibytes):
            self.write(zeros)

    def drip(self, head: bytes) -> None:
        """Send a head, then single bytes until the client closes the connection."""
        self.close_connection = True
        self.write(head)
        while not self.readable(0.05):
            self.write(b"1")

    def flood(self, data: bytes) -> None:
        """Send the same bytes repeatedly until the client closes the connection, at most 3 s."""
        self.close_connection = True
        end = time.monotonic() + 3
        while time.monotonic() < end and not self.readable(0.005):
            self.write(data * 20)

    def readable(self, seconds: float) -> bool:
        """Wait for input or the end of the connection; return whether there is either."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.connection, selectors.EVENT_READ)
            return bool(selector.select(seconds))

    def hang(self) -> None:
        """Stay silent until the client closes the connection, at most 30 s."""
        self.close_connection = True
        self.connection.settimeout(30)
        with suppress(OSError):
            while self.connection.recv(65536):
                pass


FaultChooser = Callable[[Request], Fault]
"""Returns the fault for a request; called on the threads of the connections."""


def in_order(*names: str) -> FaultChooser:
    """Return a chooser of these faults in this order; the last one repeats."""
    pending, lock = list(names), threading.Lock()

    def choose(_: Request) -> Fault:
        with lock:
            return FAULTS[pending.pop(0) if len(pending) > 1 else pending[0]]

    return choose


def random_faults(
    seed: int,
    *,
    rare: float = 0.03,
    slow: float = 0.4,
    good_share: float = 0.1,
    silent: bool = True,
) -> FaultChooser:
    """Return a chooser of random faults.

    Args:
        seed: The seed; the same faults follow from the same seed.
        rare: The weight of a fault that pauses all polling; that of other faults is 1.
        slow: The weight of a fault that lasts until the deadline.
        good_share: The share of valid responses.
        silent: Whether an idle connection may go silent, which shows only at the next query.
    """
    random, lock = Random(seed), threading.Lock()
    excluded = {"good"} if silent else {"good", "idle connection goes silent"}
    names = [name for name in FAULTS if name not in excluded]
    weights = [
        rare if FAULTS[name].pauses_polling else slow if FAULTS[name].slow else 1.0
        for name in names
    ]
    names.append("good")
    weights.append(sum(weights) * good_share / (1 - good_share))

    def choose(_: Request) -> Fault:
        with lock:
            return FAULTS[random.choices(names, weights)[0]]

    return choose


def chooser_for(name: str) -> FaultChooser:
    """Return the chooser for a mode.

    The mode is a fault's name, `named` for the fault that the task's ID names, `die 7` for random
    faults from the seed 7, or `storm 7` for the same without pauses and silent connections.
    """
    if name == "named":
        return lambda request: FAULTS[task_id(request)]
    if name in FAULTS:
        return in_order(name)
    kind, seed = name.split()
    return (
        random_faults(int(seed))
        if kind == "die"
        else random_faults(int(seed), rare=0, silent=False)
    )


class FaultyServer(LoopbackServer):
    """A loopback server that injects faults."""

    def __init__(self, choose: FaultChooser, tls: ssl.SSLContext | None = None) -> None:
        """Create a server; `start` runs it."""
        self.choose = choose
        self.fault_counts: dict[str, int] = {}
        self.arrivals: list[float] = []
        self.silent_before = 0.0
        self._tls = tls
        self._lock = threading.Lock()
        # Many connections are left hanging on purpose.
        super().__init__(
            self._respond, idle_timeout=30.0, max_connections=4096, exchange=FaultyExchange
        )

    def stop_responding(self) -> None:
        """Stay silent on every connection until `resume_responding`."""
        self.silent_before = math.inf

    def resume_responding(self) -> None:
        """Serve new connections; open ones stay silent, as after the client's machine slept."""
        self.silent_before = time.monotonic()

    def finish_request(self, request: Peer, client_address: object) -> None:
        """Wrap the connection in TLS if the server has a certificate."""
        if self._tls is None or not isinstance(request, socket.socket):
            super().finish_request(request, client_address)
            return
        request.settimeout(10)
        with self._tls.wrap_socket(request, server_side=True) as connection:
            super().finish_request(connection, client_address)

    def _respond(self, request: Request) -> Response:
        if request.path.startswith(_MODE):
            return self._set_mode(unquote(request.path.removeprefix(_MODE)))
        fault = self.choose(request)
        with self._lock:
            self.fault_counts[fault.name] = self.fault_counts.get(fault.name, 0) + 1
            self.arrivals.append(time.monotonic())
        return fault.answer(request)

    def _set_mode(self, name: str) -> Response:
        if name == "counts":
            return _json(json.dumps(self.fault_counts).encode())
        if name == "dead":
            self.stop_responding()
        elif name == "alive":
            self.resume_responding()
        else:
            self.choose = chooser_for(name)
        return _json(b"{}")


# Faults of the address


# A self-signed certificate for 127.0.0.1, valid for 100 years, made for these tests.
_TLS_KEY: Final = (
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgxompTalrYJiSgDl+huCJ7hI4bXi0qmimkcGWiUws"
    "EKWhRANCAASlntbREUXk7U82SCTYsFFqJrmRzrkbyN3dh4hKe6rEpDYK/ac1WR/qZEeXu9y1jwZi0ibHFEqAaZ4q"
    "7Jj0j5Ts"
)
_TLS_CERTIFICATE: Final = (
    "MIIBnDCCAUGgAwIBAgIUFWvoLuV3/duL4GeMfCdTlP+h8icwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJbG9jYWxo"
    "b3N0MCAXDTI2MTEyMjIwMTQ1OVoYDzIxMjYxMDI5MjAxNDU5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcq"
    "hkjOPQIBBggqhkjOPQMBBwNCAASlntbREUXk7U82SCTYsFFqJrmRzrkbyN3dh4hKe6rEpDYK/ac1WR/qZEeXu9y1"
    "jwZi0ibHFEqAaZ4q7Jj0j5Tso28wbTAdBgNVHQ4EFgQU9VOccRwyVW58zO6ja8I9LfV8hpAwHwYDVR0jBBgwFoAU"
    "9VOccRwyVW58zO6ja8I9LfV8hpAwDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3Qw"
    "CgYIKoZIzj0EAwIDSQAwRgIhAJADIvssLTMj6SQkq5tOvRVHpwo7pq77qaFkXd58yJxmAiEAvci12HhjySV3XYaW"
    "dwmiHoAaD0reAweC6bHZDhCBTzU="
)


def self_signed() -> ssl.SSLContext:
    """Return a server-side TLS context with a self-signed certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    label = "PRIVATE KEY"
    with tempfile.NamedTemporaryFile("w") as file:
        for name, text in ((label, _TLS_KEY), ("CERTIFICATE", _TLS_CERTIFICATE)):
            file.write(f"-----BEGIN {name}-----\n{text}\n-----END {name}-----\n")
        file.flush()
        context.load_cert_chain(file.name)
    return context


@dataclass(frozen=True, slots=True)
class BadAddress:
    """A base URL at which a query fails before the request is sent."""

    name: str
    base_url: str
    kind: ErrorKind


@dataclass
class BadAddresses:
    """Addresses with nobody listening, a self-signed certificate, or the wrong protocol."""

    plain: str
    """The base URL of a service that speaks plain HTTP."""
    all: list[BadAddress] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Open the ports."""
        self._unused = socket.socket()
        self._unused.bind(("127.0.0.1", 0))
        self._server = FaultyServer(in_order("good"), self_signed()).start()
        refused = f"http://127.0.0.1:{self._unused.getsockname()[1]}/api"
        tls_url = f"{self._server.origin.replace('http:', 'https:')}/api"
        self.all = [
            BadAddress("refuse", refused, ErrorKind.OFFLINE),
            BadAddress("self-signed TLS", tls_url, ErrorKind.CERTIFICATE),
            BadAddress(
                "TLS to a plain port", self.plain.replace("http:", "https:"), ErrorKind.OFFLINE
            ),
            BadAddress("HTTP to a TLS port", f"{self._server.origin}/api", ErrorKind.OFFLINE),
        ]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the ports."""
        self._server.close()
        self._unused.close()


class FaultyProcess:
    """A faulty service in a process of its own."""

    def __init__(self, mode: str) -> None:
        """Create a service with a mode of `chooser_for`."""
        self._mode = mode
        self._process: subprocess.Popen[str] | None = None
        self.origin = ""
        self.bad_urls: list[str] = []
        """The URLs of `BadAddresses`."""

    @property
    def base_url(self) -> str:
        """The URL that precedes `/get_status/…`."""
        return f"{self.origin}/api"

    def __enter__(self) -> Self:
        """Start the process, and read its addresses."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.faults", self._mode],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.origin, *self.bad_urls = self._process.stdout.readline().split()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close its standard input, which ends it."""
        assert self._process is not None
        self._process.communicate(timeout=10)

    def set_mode(self, mode: str) -> None:
        """Switch to another mode of `chooser_for`, or to `dead` or `alive`."""
        self._request(mode)

    def fault_counts(self) -> Mapping[str, int]:
        """Return how often each fault was injected."""
        return {
            str(name): int(count) for name, count in json.loads(self._request("counts")).items()
        }

    def _request(self, mode: str) -> bytes:
        address = urlsplit(self.origin).netloc
        connection = HTTPConnection(address, timeout=10)
        try:
            connection.request("GET", _MODE + quote(mode))
            return connection.getresponse().read()
        finally:
            connection.close()


def main(arguments: Sequence[str]) -> None:
    """Serve until standard input ends."""
    server = FaultyServer(chooser_for(arguments[0])).start()
    with BadAddresses(f"{server.origin}/api") as addresses:
        urls = (server.origin, *(address.base_url for address in addresses.all))
        sys.stdout.write(" ".join(urls) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
    server.close()


if __name__ == "__main__":
    main(sys.argv[1:])
