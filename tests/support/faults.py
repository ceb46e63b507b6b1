"""A status service that misbehaves in every way that is known: one named fault for each request.

It is the demo's own HTTP server (`tui.demo.server`) with another function behind it and, for what
breaks HTTP itself, another way to send. Which fault a request meets is told by a script or by a
seeded die (`Choose`). What no server can choose for a request (nobody listens, another protocol)
is a `Route`: another address, to which a client may be sent.

`python -m tests.support.faults MODE` serves the same in a process of its own, so that a test can
measure its own process alone: `OtherProcess` starts it.
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
from tui.demo.server import Answer, Exchange, LoopbackServer, Peer, Request
from tui.errors import ErrorKind

OK: Final = None
"""Stands among the kinds of error for an answer that is a task."""
Kind = ErrorKind | None

_STATUS: Final = "/get_status/"
_MODE: Final = "/mode/"
_PAGE: Final = b"<!doctype html><title>Welcome to the train's Wi-Fi</title><form>Log in</form>"
_HTML: Final = {"Content-Type": "text/html"}
_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_MIB: Final = 1 << 20

Act = Callable[["Misbehaving", Request], None]


@dataclass(frozen=True, slots=True)
class Wild(Answer):
    """An answer that is no HTTP, or not in time: sent by a function of the connection."""

    act: Act = lambda exchange, request: None


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to answer a status query."""

    name: str
    answer: Callable[[Request], Answer]
    kinds: frozenset[Kind]
    """What the client may make of it; `OK` where it is a task all the same."""
    slow: bool = False
    """Whether it lasts until the client's deadline."""
    halts: bool = False
    """Whether it stops all polling for a while, and so is rolled rarely."""

    @property
    def keeps_the_connection(self) -> bool:
        """Whether it is plain HTTP, after which the connection may go on."""
        return not self.slow and OK in self.kinds


FAULTS: Final[dict[str, Fault]] = {}
"""All of them, by name."""


def _fault(
    name: str, *kinds: Kind, slow: bool = False, halts: bool = False
) -> Callable[[Callable[[Request], Answer]], Callable[[Request], Answer]]:
    def note(function: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
        FAULTS[name] = Fault(name, function, frozenset(kinds), slow, halts)
        return function

    return note


def _raw(name: str, *kinds: Kind, slow: bool = False) -> Callable[[Act], Act]:
    """Note a fault that writes its bytes by hand; the connection ends after it."""

    def note(act: Act) -> Act:
        FAULTS[name] = Fault(name, lambda _: Wild(0, act=act), frozenset(kinds), slow)
        return act

    return note


# Good answers, and what they are made of


def task_id(request: Request) -> str:
    """The task that a request asks about."""
    return unquote(request.path.partition(_STATUS)[2])


def _data(request: Request, **more: object) -> dict[str, object]:
    asked = task_id(request)
    frames = [{"id": f"frame{number}", "image": frame_url(asked, number)} for number in (1, 2, 3)]
    return {"task_id": asked, "status": "IN_PROGRESS", "progress": frames, **more}


def _body(request: Request, **more: object) -> bytes:
    return json.dumps({"status": "success", "data": _data(request, **more)}).encode()


def _json(body: bytes, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, body, {"Content-Type": "application/json", **named})


def _error(status: int, message: str, **headers: str) -> Answer:
    body = json.dumps({"status": "error", "data": {"messages": message}}).encode()
    return _json(body, status, **headers)


@_fault("good", OK)
def good(request: Request) -> Answer:
    """A task, as the service sends it."""
    return _json(_body(request))


def _good_with(name: str, **more: object) -> None:
    """Note a task with other fields, that is a task all the same."""
    _fault(name, OK)(lambda request: _json(_body(request, **more)))


_LINK: Final = frame_url("x", 1)
_good_with("points and result", consumption=["3 points"], result=[{"type": "text", "content": "x"}])
_good_with("unknown state", status="REHEARSING")
_good_with("state in odd case", status=" in_Progress\n")
_good_with("duplicate frames", progress=[{"id": "frame1", "image": _LINK}] * 50)
_good_with(
    "many frames", progress=[{"id": f"f{n}", "image": f"{_LINK}&n={n}"} for n in range(3000)]
)
_good_with("surrogates", status="\ud800x", messages="\udfff", progress=[{"id": "\ud83d"}])
_good_with(
    "escape sequences", status="\x1b[2J\x1b]0;owned\x07", messages="\x9b31m\x1bP1$r\x1b\\\x00"
)
_good_with("markup", status="[/foo][@click=app.quit]x[/]", messages="[bold]\\[", result="[/x]")
_good_with("bidi", status="\u202eDETELPMOC\u2066", messages="\u200f\u061c\u202dleft")
_good_with("expired links", progress=[{"id": "f", "image": frame_url("x", 1, expires=1)}])
_good_with(
    "links of no use",
    progress=[{"id": "f", "image": link} for link in ("", " ", "x://", "http://[")],
)
_good_with(
    "wrong types", progress={"id": 3}, result=7, consumption=[None, [], {"a": [{}]}], messages=[[]]
)
_good_with(
    "wrong types inside",
    progress=[None, 3, [], {"id": [1], "image": 3}, {"id": {}, "image": _LINK}, {"image": _LINK}],
    result=[None, 1, "text", [], {"type": 3, "content": {}}, {"content": ["a"], "score": 1e300}],
)
_good_with("no ID", task_id=None)
_good_with("long text", status="x" * 100_000, messages="汉字" * 50_000)


@_fault("huge integers", OK)
def _huge_integers(request: Request) -> Answer:
    return _json(_body(request, consumption=1).replace(b": 1}", b": 1" + b"0" * 4000 + b"}"))


@_fault("number of 5,000 digits", ErrorKind.NOT_THE_API)
def _longer_than_python_reads(request: Request) -> Answer:
    return _json(_body(request, consumption=1).replace(b": 1}", b": 1" + b"0" * 5000 + b"}"))


@_fault("progress reordered", OK)
def _reordered(request: Request) -> Answer:
    numbers = [1, 2, 3, 4, 5, 6]
    Random(time.monotonic_ns()).shuffle(numbers)
    frames = [{"id": f"frame{n}", "image": frame_url("x", n)} for n in numbers]
    return _json(_body(request, progress=frames))


@_fault("progress shrinks", OK)
def _shrinking(request: Request) -> Answer:
    left = 9 - time.monotonic_ns() // 1000 % 9
    frames = [{"id": f"frame{n}", "image": frame_url("x", n)} for n in range(1, left + 1)]
    return _json(_body(request, progress=frames))


@_fault("state goes back", OK)
def _going_back(request: Request) -> Answer:
    states = ("IN_PROGRESS", "QUEUED", "IN_PROGRESS", "SUBMITTED")
    return _json(_body(request, status=states[time.monotonic_ns() // 1000 % 4]))


@_fault("clock 2 h fast", OK)
def _fast(request: Request) -> Answer:
    return _json(_body(request), Date=formatdate(time.time() + 7200, usegmt=True))


@_fault("clock 2 h slow", OK)
def _slow(request: Request) -> Answer:
    return _json(_body(request), Date=formatdate(time.time() - 7200, usegmt=True))


@_fault("Date is junk", OK)
def _no_date(request: Request) -> Answer:
    return _json(_body(request), Date="Thu, 99 Foo 99999 99:99:99 +9999")


@_fault("one gzip", OK)
def _gzipped(request: Request) -> Answer:
    return _json(gzip.compress(_body(request)), Content_Encoding="gzip")


@_fault("chunked", OK)
def _chunked(request: Request) -> Answer:
    body = _body(request)
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
    return Wild(200, act=lambda exchange, _: exchange.put(_HEAD + _CHUNKS + chunks, close=False))


_CHUNKS: Final = b"Transfer-Encoding: chunked\r\n\r\n"


# The service refuses, or is not the one that answers


def _plain(name: str, kind: ErrorKind, answer: Answer, *, halts: bool = False) -> None:
    """Note an answer that is the same for every request."""
    _fault(name, kind, halts=halts)(lambda _: answer)


_plain("401 JSON", ErrorKind.KEY_REFUSED, _error(401, "Unauthorized: Invalid API key"), halts=True)
_plain("403 JSON", ErrorKind.KEY_REFUSED, _error(403, "No access"), halts=True)
for _name, _value in (
    ("seconds", "1"), ("zero", "0"), ("junk", "soon, maybe"), ("huge", "9" * 4000),
    ("negative", "-1"), ("float", "1.5"), ("unicode digits", "\xb2\xb3"), ("empty", ""),
):  # fmt: skip
    _plain(
        f"429 {_name}", ErrorKind.RATE_LIMITED, _error(429, "Slow", Retry_After=_value), halts=True
    )
_plain("503 with a pause", ErrorKind.RATE_LIMITED, _error(503, "Busy", Retry_After="1"), halts=True)


@_fault("429 date", ErrorKind.RATE_LIMITED, halts=True)
def _until(request: Request) -> Answer:
    return _error(429, "Slow down", Retry_After=formatdate(time.time() + 1, usegmt=True))


_plain("500", ErrorKind.SERVER, _error(500, "boom"))
_plain("500 empty", ErrorKind.SERVER, Answer(500))
_plain("502 HTML", ErrorKind.SERVER, Answer(502, b"<html>Bad Gateway</html>", _HTML))
_plain("503", ErrorKind.SERVER, Answer(503))
_plain("504 large", ErrorKind.SERVER, Answer(504, b"x" * 2 * _MIB))
_plain("599 unknown", ErrorKind.SERVER, Answer(599))
_plain("200 error", ErrorKind.REJECTED, _error(200, "No such thing"))
_plain("400", ErrorKind.REJECTED, _error(400, "[/b]\x1b[2J"))
_plain("401 HTML", ErrorKind.NOT_THE_API, Answer(401, _PAGE, _HTML))
_plain("403 HTML", ErrorKind.NOT_THE_API, Answer(403, _PAGE, _HTML))
_plain("404", ErrorKind.NOT_FOUND, _error(404, "Task not found"))
_plain("404 HTML", ErrorKind.NOT_FOUND, Answer(404, _PAGE, _HTML))
_plain("407", ErrorKind.NOT_THE_API, Answer(407, _PAGE, _HTML))
_plain("418", ErrorKind.REJECTED, Answer(418, b"\xff\xfe"))
_plain("204", ErrorKind.NOT_THE_API, Answer(204, headers={"Content-Length": "0"}))
_plain("304", ErrorKind.NOT_THE_API, Answer(304, headers={"Content-Length": "0"}))
_plain("page", ErrorKind.NOT_THE_API, Answer(200, _PAGE, _HTML))
_plain("empty", ErrorKind.NOT_THE_API, Answer(200))
for _code in (301, 302, 303, 307, 308):
    _plain(
        f"{_code} to another host",
        ErrorKind.NOT_THE_API,
        Answer(_code, headers={"Location": "http://192.0.2.1/login"}),
    )
for _name, _value in (("bad", "http://[bad"), ("nowhere", "//:99999999/"), ("empty", "")):
    _plain(
        f"redirect to a {_name} place",
        ErrorKind.NOT_THE_API,
        Answer(302, headers={"Location": _value}),
    )


@_fault("redirect to itself", ErrorKind.NOT_THE_API)
def _loop(request: Request) -> Answer:
    return Answer(302, headers={"Location": request.path})


# Bodies that are no answer


def _bytes(name: str, change: Callable[[bytes], bytes], *kinds: Kind) -> None:
    """Note a good body that went through a change."""
    kinds = kinds or (ErrorKind.NOT_THE_API,)
    _fault(name, *kinds)(lambda request: _json(change(_body(request, x=0))))


_bytes("JSON cut, length right", lambda body: body[:-7])
_bytes("JSON with a comma too many", lambda body: body.replace(b"}", b",}"))
_bytes("two documents", lambda body: body + body)
_bytes("not UTF-8", lambda body: body.replace(b"IN_PROGRESS", b"\xff\xfe\x80"))
_bytes("BOM", lambda body: b"\xef\xbb\xbf" + body)
_bytes("UTF-16", lambda body: body.decode().encode("utf-16"))
_bytes("UTF-32", lambda body: body.decode().encode("utf-32"))
_bytes("NaN", lambda body: body.replace(b'"x": 0', b'"x": NaN'))
_bytes("Infinity", lambda body: body.replace(b'"x": 0', b'"x": -Infinity'))
_bytes("deep nesting", lambda _: b"[" * 500_000)
_bytes("deep nesting inside", lambda b: b.replace(b": 0}", b": " + b'{"a":' * 90_000 + b"1}"))
_bytes("NULs", lambda _: bytes(5000))
_bytes("a list", lambda body: b"[" + body + b"]")
_bytes("null", lambda _: b"null")
_bytes("a number", lambda _: b"1e999")
_bytes("no data", lambda _: b'{"status": "success"}')
_bytes("data is a list", lambda _: b'{"status": "success", "data": [1]}')
_bytes("no status", lambda _: b'{"status": "success", "data": {"progress": []}}')
_bytes("another task's ID", lambda body: body.replace(b'"task_id": "', b'"task_id": "not-'))
_bytes("the ID is a list", lambda body: body.replace(b'"task_id": ', b'"task_id": [1], "y": '))
_bytes("keys twice", lambda body: body.replace(b'"x": 0', b'"status": "IN_PROGRESS"'), OK)
_bytes("spaces around", lambda body: b" \r\n\t" * 9999 + body + b"\n" * 9999, OK)


# Compression


def _packed(body: bytes, encoding: str = "gzip") -> Answer:
    return _json(body, Content_Encoding=encoding)


@functools.cache
def bomb(layers: int) -> bytes:
    """300 MB of zeros in 300 kB; or, with two layers, 2 GB in a few thousand bytes.

    Its checksum is wrong: who gets so far has lost already.
    """
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    packer.compress(bytes(64))
    packer.flush(zlib.Z_FULL_FLUSH)
    # A block after a full flush stands for itself, so that it can be repeated.
    block = packer.compress(bytes(_MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    head, end = b"\x1f\x8b\x08" + bytes(6) + b"\xff", b"\x03\x00" + bytes(8)
    packed = head + block * (300 if layers == 1 else 2048) + end
    return packed if layers == 1 else gzip.compress(packed)


_NOT_OURS: Final = ErrorKind.NOT_THE_API
_fault("gzip bomb", _NOT_OURS)(lambda _: _packed(bomb(1)))
_fault("double gzip bomb", _NOT_OURS)(lambda _: _packed(bomb(2), "gzip, gzip"))
_fault("double gzip bomb that says one", _NOT_OURS)(lambda _: _packed(bomb(2)))
_fault("bad gzip", _NOT_OURS)(lambda request: _packed(_body(request)))
_fault("gzip with a bad checksum", _NOT_OURS)(
    lambda r: _packed(gzip.compress(_body(r))[:-8] + bytes(8))
)
_fault("gzip cut short", ErrorKind.OFFLINE)(lambda r: _packed(gzip.compress(_body(r))[:-20]))
_fault("gzip empty", ErrorKind.OFFLINE)(lambda _: _packed(b""))
_fault("deflate", _NOT_OURS)(lambda request: _packed(zlib.compress(_body(request)), "deflate"))
_fault("br", _NOT_OURS)(lambda request: _packed(_body(request), "br"))
_fault("unknown encoding", _NOT_OURS)(lambda request: _packed(_body(request), "sparkle"))
_fault("20 encodings", _NOT_OURS)(lambda r: _packed(_body(r), ", ".join(["gzip"] * 20)))


# Connections


@_raw("close", ErrorKind.OFFLINE)
def _close(exchange: Misbehaving, request: Request) -> None:
    exchange.put(b"")


@_raw("close in the header", ErrorKind.OFFLINE)
def _close_in_header(exchange: Misbehaving, request: Request) -> None:
    exchange.put(_HEAD[:-20])


@_raw("reset", ErrorKind.OFFLINE)
def _reset(exchange: Misbehaving, request: Request) -> None:
    exchange.reset()


@_raw("reset in the header", ErrorKind.OFFLINE)
def _reset_in_header(exchange: Misbehaving, request: Request) -> None:
    exchange.reset(_HEAD[:-20])


@_raw("reset in the body", ErrorKind.OFFLINE)
def _reset_in_body(exchange: Misbehaving, request: Request) -> None:
    exchange.reset(_HEAD + b"Content-Length: 9999\r\n\r\n" + _body(request))


@_raw("hang", ErrorKind.TIMEOUT, slow=True)
def _hang(exchange: Misbehaving, request: Request) -> None:
    exchange.wait_for_the_end()


@_raw("hang in the body", ErrorKind.TIMEOUT, slow=True)
def _hang_in_body(exchange: Misbehaving, request: Request) -> None:
    exchange.write(_HEAD + b"Content-Length: 9999\r\n\r\n" + _body(request))
    exchange.wait_for_the_end()


@_raw("drip in the header", ErrorKind.TIMEOUT, slow=True)
def _drip_header(exchange: Misbehaving, request: Request) -> None:
    exchange.drip(_HEAD + b"X: ")


@_raw("drip in the first line", ErrorKind.TIMEOUT, slow=True)
def _drip_line(exchange: Misbehaving, request: Request) -> None:
    exchange.drip(b"HTTP/1.1 200 ")


@_raw("drip in the body", ErrorKind.TIMEOUT, slow=True)
def _drip_body(exchange: Misbehaving, request: Request) -> None:
    exchange.drip(_HEAD + b"\r\n")


@_raw("100 Continue without end", ErrorKind.TIMEOUT, ErrorKind.OFFLINE, slow=True)
def _interim(exchange: Misbehaving, request: Request) -> None:
    exchange.flood(b"HTTP/1.1 100 Continue\r\n\r\n")


@_raw("body cut, with a length", ErrorKind.OFFLINE)
def _cut_length(exchange: Misbehaving, request: Request) -> None:
    body = _body(request)
    exchange.put(_HEAD + b"Content-Length: %d\r\n\r\n" % (len(body) + 9) + body)


@_raw("body cut, in chunks", ErrorKind.OFFLINE)
def _cut_chunk(exchange: Misbehaving, request: Request) -> None:
    exchange.put(_HEAD + _CHUNKS + b"fff\r\n" + _body(request))


@_raw("body cut between chunks", ErrorKind.OFFLINE)
def _cut_between(exchange: Misbehaving, request: Request) -> None:
    body = _body(request)
    exchange.put(_HEAD + _CHUNKS + b"%x\r\n%s\r\n" % (len(body), body))


@_raw("body cut, without a length", ErrorKind.NOT_THE_API)
def _cut_plain(exchange: Misbehaving, request: Request) -> None:
    exchange.put(_HEAD + b"\r\n" + _body(request)[:-9])


@_raw("body without a length", OK)
def _no_length(exchange: Misbehaving, request: Request) -> None:
    exchange.put(_HEAD + b"\r\n" + _body(request))


@_raw("bad chunk", ErrorKind.OFFLINE)
def _bad_chunk(exchange: Misbehaving, request: Request) -> None:
    exchange.put(_HEAD + _CHUNKS + b"zz\r\n" + _body(request))


@_raw("length too short", ErrorKind.NOT_THE_API)
def _short_length(exchange: Misbehaving, request: Request) -> None:
    exchange.put(_HEAD + b"Content-Length: 12\r\n\r\n" + _body(request))


@_raw("length of 14 digits", ErrorKind.NOT_THE_API)
def _huge_length(exchange: Misbehaving, request: Request) -> None:
    exchange.put(_HEAD + b"Content-Length: 99999999999999\r\n\r\n" + _body(request))


@_raw("length of 9,000 digits", ErrorKind.OFFLINE, ErrorKind.NOT_THE_API)
def _endless_length(exchange: Misbehaving, request: Request) -> None:
    exchange.put(_HEAD + b"Content-Length: " + b"9" * 9000 + b"\r\n\r\n" + _body(request))


@_raw("negative length", ErrorKind.OFFLINE)
def _negative_length(exchange: Misbehaving, request: Request) -> None:
    exchange.put(_HEAD + b"Content-Length: -5\r\n\r\n" + _body(request))


@_raw("two lengths", ErrorKind.OFFLINE)
def _two_lengths(exchange: Misbehaving, request: Request) -> None:
    exchange.put(_HEAD + b"Content-Length: 5\r\nContent-Length: 9\r\n\r\n" + _body(request))


@_raw("5 MB that say 500 bytes", ErrorKind.NOT_THE_API)
def _lying(exchange: Misbehaving, request: Request) -> None:
    exchange.put(_HEAD + b"Content-Length: 500\r\n\r\n" + bytes(5 * _MIB))


@_raw("50 MB", ErrorKind.NOT_THE_API)
def _large(exchange: Misbehaving, request: Request) -> None:
    exchange.large(_HEAD + b"Content-Length: %d\r\n\r\n" % (50 * _MIB), 50)


@_raw("50 MB without a length", ErrorKind.NOT_THE_API)
def _large_unknown(exchange: Misbehaving, request: Request) -> None:
    exchange.large(_HEAD + b"\r\n", 50)


@_raw("50 MB as an error page", ErrorKind.SERVER)
def _large_error(exchange: Misbehaving, request: Request) -> None:
    exchange.large(b"HTTP/1.1 500 No\r\n\r\n", 50)


@_raw("one header of 200 kB", ErrorKind.OFFLINE)
def _long_header(exchange: Misbehaving, request: Request) -> None:
    exchange.put(_HEAD + b"X: " + b"y" * 200_000 + b"\r\n\r\n" + _body(request))


@_raw("200 kB of headers", ErrorKind.OFFLINE)
def _many_headers(exchange: Misbehaving, request: Request) -> None:
    exchange.put(_HEAD + b"X-Y: zzzzzzzzzzzz\r\n" * 10_500 + b"\r\n" + _body(request))


@_raw("header with a NUL", ErrorKind.OFFLINE)
def _odd_header(exchange: Misbehaving, request: Request) -> None:
    exchange.put(_HEAD + b"X: a\0b\r\n\r\n" + _body(request))


@_raw("headers of any bytes", OK)
def _any_bytes(exchange: Misbehaving, request: Request) -> None:
    exchange.put(_HEAD + b"Server: \xff\xfe\xc3\x28\r\nDate: \x80\r\n\r\n" + _body(request))


@_raw("garbage", ErrorKind.OFFLINE)
def _garbage(exchange: Misbehaving, request: Request) -> None:
    exchange.put(bytes(range(256)) * 8 + b"\r\n\r\n")


@_raw("SSH", ErrorKind.OFFLINE)
def _ssh(exchange: Misbehaving, request: Request) -> None:
    exchange.put(b"SSH-2.0-OpenSSH_9.9\r\n")


@_raw("HTTP 0.9", ErrorKind.OFFLINE)
def _old_http(exchange: Misbehaving, request: Request) -> None:
    exchange.put(_body(request))


@_raw("status 999999", ErrorKind.OFFLINE)
def _odd_status(exchange: Misbehaving, request: Request) -> None:
    exchange.put(b"HTTP/1.1 999999 Odd\r\n\r\n")


@_raw("101 Switching Protocols", ErrorKind.OFFLINE, ErrorKind.NOT_THE_API, ErrorKind.TIMEOUT)
def _switching(exchange: Misbehaving, request: Request) -> None:
    exchange.put(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n" + _body(request))


@_raw("answer in single bytes", OK)
def _bytewise(exchange: Misbehaving, request: Request) -> None:
    body = _body(request, progress=[])
    for byte in _HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body:
        exchange.write(bytes([byte]))
    exchange.put(b"")


@_raw("idle connection is closed", OK)
def _dead_idle(exchange: Misbehaving, request: Request) -> None:
    exchange.good(request)
    exchange.put(b"")


@_raw("idle connection is reset", OK)
def _reset_idle(exchange: Misbehaving, request: Request) -> None:
    exchange.good(request)
    # A reset overtakes what the client has not read yet; it has when it asks again or leaves.
    exchange.readable(0.05)
    exchange.reset()


@_raw("idle connection goes silent", OK)
def _silent_idle(exchange: Misbehaving, request: Request) -> None:
    exchange.good(request)
    exchange.wait_for_the_end()


@_raw("answer to nobody follows", OK)
def _answer_too_many(exchange: Misbehaving, request: Request) -> None:
    exchange.good(request)
    exchange.put(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


class Misbehaving(Exchange):
    """A connection that can do worse than answer."""

    server: FaultyServer

    def setup(self) -> None:
        """Note when the connection came."""
        super().setup()
        self.since = time.monotonic()

    def answer(self) -> None:
        """Serve one request, unless the line has gone dead."""
        if self.since < self.server.dead_before and not self.path.startswith(_MODE):
            self.wait_for_the_end()
            self.close_connection = True
            return
        super().answer()

    do_GET = answer

    def send(self, request: Request, answer: Answer) -> None:
        """Send as usual, or as the fault says."""
        if not isinstance(answer, Wild):
            super().send(request, answer)
            return
        with suppress(OSError):
            answer.act(self, request)

    def good(self, request: Request) -> None:
        """Send a good answer, and keep the connection."""
        super().send(request, good(request))
        self.wfile.flush()

    def write(self, data: bytes) -> None:
        """Send these bytes now."""
        self.connection.sendall(data)

    def put(self, data: bytes, *, close: bool = True) -> None:
        """Send these bytes and, unless told otherwise, end the connection without a reset."""
        self.write(data)
        if close:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_WR)
            self.wait_for_the_end()

    def reset(self, data: bytes = b"") -> None:
        """Send these bytes and break the connection."""
        self.close_connection = True
        if data:
            self.write(data)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def large(self, head: bytes, mebibytes: int) -> None:
        """Send a head and a large body."""
        self.close_connection = True
        self.write(head)
        zeros = bytes(_MIB)
        for _ in range(mebibytes):
            self.write(zeros)

    def drip(self, head: bytes) -> None:
        """Send a head, and then a byte now and then while anybody listens."""
        self.close_connection = True
        self.write(head)
        while not self.readable(0.05):
            self.write(b"1")

    def flood(self, data: bytes) -> None:
        """Send the same again and again while anybody listens, for a few seconds at most."""
        self.close_connection = True
        end = time.monotonic() + 3
        while time.monotonic() < end and not self.readable(0.005):
            self.write(data * 20)

    def readable(self, seconds: float) -> bool:
        """Wait for bytes or the end of the connection; whether there is any."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.connection, selectors.EVENT_READ)
            return bool(selector.select(seconds))

    def wait_for_the_end(self) -> None:
        """Answer nothing until the other side ends the connection, for half a minute at most."""
        self.close_connection = True
        self.connection.settimeout(30)
        with suppress(OSError):
            while self.connection.recv(65536):
                pass


Choose = Callable[[Request], Fault]
"""Tells which fault a request meets; called on the threads of the connections."""


def script(*names: str) -> Choose:
    """These faults in this order, whatever is asked, and the last again and again."""
    left, lock = list(names), threading.Lock()

    def choose(_: Request) -> Fault:
        with lock:
            return FAULTS[left.pop(0) if len(left) > 1 else left[0]]

    return choose


def die(
    seed: int,
    *,
    rare: float = 0.03,
    slow: float = 0.4,
    good_share: float = 0.1,
    silent: bool = True,
) -> Choose:
    """Any fault by chance.

    Args:
        seed: Of the die.
        rare: How often a fault that halts all polling is rolled, beside another.
        slow: How often one that lasts until the deadline is.
        good_share: The share of good answers among all.
        silent: Whether a kept connection may go silent, which shows only at the next query.
    """
    dice, lock = Random(seed), threading.Lock()
    left_out = {"good"} if silent else {"good", "idle connection goes silent"}
    names = [name for name in FAULTS if name not in left_out]
    weights = [rare if FAULTS[name].halts else slow if FAULTS[name].slow else 1.0 for name in names]
    names.append("good")
    weights.append(sum(weights) * good_share / (1 - good_share))

    def choose(_: Request) -> Fault:
        with lock:
            return FAULTS[dice.choices(names, weights)[0]]

    return choose


def mode(name: str) -> Choose:
    """A fault by its name; `named`: the one that the task's ID names; `die 7`, or `storm 7`: a die
    that halts and silences nothing."""
    if name == "named":
        return lambda request: FAULTS[task_id(request)]
    if name in FAULTS:
        return script(name)
    kind, seed = name.split()
    return die(int(seed)) if kind == "die" else die(int(seed), rare=0, silent=False)


class FaultyServer(LoopbackServer):
    """The server of `FaultyService`."""

    def __init__(self, choose: Choose, tls: ssl.SSLContext | None = None) -> None:
        """Prepare; it answers once it is started."""
        self.choose = choose
        self.met: dict[str, int] = {}
        self.arrivals: list[float] = []
        self.dead_before = 0.0
        self._tls = tls
        self._lock = threading.Lock()
        # Many are left hanging on purpose.
        super().__init__(
            self._respond, idle_timeout=30.0, max_connections=4096, exchange=Misbehaving
        )

    def go_dead(self) -> None:
        """Fall silent on every connection, until `come_alive`."""
        self.dead_before = math.inf

    def come_alive(self) -> None:
        """Serve connections that come from now on; those that are open stay dead, as after a long
        sleep of the client's machine."""
        self.dead_before = time.monotonic()

    def finish_request(self, request: Peer, client_address: object) -> None:
        """Speak TLS first, where that is asked for."""
        if self._tls is None or not isinstance(request, socket.socket):
            super().finish_request(request, client_address)
            return
        request.settimeout(10)
        with self._tls.wrap_socket(request, server_side=True) as connection:
            super().finish_request(connection, client_address)

    def _respond(self, request: Request) -> Answer:
        if request.path.startswith(_MODE):
            return self._set_mode(unquote(request.path.removeprefix(_MODE)))
        fault = self.choose(request)
        with self._lock:
            self.met[fault.name] = self.met.get(fault.name, 0) + 1
            self.arrivals.append(time.monotonic())
        return fault.answer(request)

    def _set_mode(self, name: str) -> Answer:
        if name == "met":
            return _json(json.dumps(self.met).encode())
        if name == "dead":
            self.go_dead()
        elif name == "alive":
            self.come_alive()
        else:
            self.choose = mode(name)
        return _json(b"{}")


# What the address decides


# Self-signed for 127.0.0.1, for a hundred years, made for these tests.
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
    """The server's side of TLS with a certificate that nobody signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    label = "PRIVATE KEY"
    with tempfile.NamedTemporaryFile("w") as file:
        for name, text in ((label, _TLS_KEY), ("CERTIFICATE", _TLS_CERTIFICATE)):
            file.write(f"-----BEGIN {name}-----\n{text}\n-----END {name}-----\n")
        file.flush()
        context.load_cert_chain(file.name)
    return context


@dataclass(frozen=True, slots=True)
class Route:
    """A base URL at which a query fails before anything is asked."""

    name: str
    base_url: str
    kind: ErrorKind


@dataclass
class Routes:
    """Nobody listens; a certificate that nobody signed; TLS to a port that speaks plain HTTP."""

    plain: str
    """The base URL of a service that speaks plain HTTP."""
    all: list[Route] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Bind what is to be bound."""
        self._nobody = socket.socket()
        self._nobody.bind(("127.0.0.1", 0))
        self._server = FaultyServer(script("good"), self_signed()).start()
        refused = f"http://127.0.0.1:{self._nobody.getsockname()[1]}/api"
        unsigned = f"{self._server.origin.replace('http:', 'https:')}/api"
        self.all = [
            Route("refuse", refused, ErrorKind.OFFLINE),
            Route("self-signed TLS", unsigned, ErrorKind.CERTIFICATE),
            Route("TLS to a plain port", self.plain.replace("http:", "https:"), ErrorKind.OFFLINE),
            Route("HTTP to a TLS port", f"{self._server.origin}/api", ErrorKind.OFFLINE),
        ]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Free it."""
        self._server.close()
        self._nobody.close()


class OtherProcess:
    """A misbehaving service in a process of its own."""

    def __init__(self, mode: str) -> None:
        """Prepare; see `mode`."""
        self._mode = mode
        self._process: subprocess.Popen[str] | None = None
        self.origin = ""
        self.routes: list[str] = []
        """Base URLs of `Routes`."""

    @property
    def base_url(self) -> str:
        """What stands before `/get_status/…`."""
        return f"{self.origin}/api"

    def __enter__(self) -> Self:
        """Start it, and learn its port."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.faults", self._mode],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.origin, *self.routes = self._process.stdout.readline().split()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End it: the end of its standard input tells it to."""
        assert self._process is not None
        self._process.communicate(timeout=10)

    def set_mode(self, mode: str) -> None:
        """From now on answer with one fault, or by the die of a seed; or go dead."""
        self._ask(mode)

    def met(self) -> Mapping[str, int]:
        """How often each fault was dealt."""
        return {str(name): int(count) for name, count in json.loads(self._ask("met")).items()}

    def _ask(self, what: str) -> bytes:
        address = urlsplit(self.origin).netloc
        connection = HTTPConnection(address, timeout=10)
        try:
            connection.request("GET", _MODE + quote(what))
            return connection.getresponse().read()
        finally:
            connection.close()


def main(arguments: Sequence[str]) -> None:
    """Serve until standard input ends."""
    server = FaultyServer(mode(arguments[0])).start()
    with Routes(f"{server.origin}/api") as routes:
        words = (server.origin, *(route.base_url for route in routes.all))
        sys.stdout.write(" ".join(words) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
    server.close()


if __name__ == "__main__":
    main(sys.argv[1:])
