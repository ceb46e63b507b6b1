"""Fetching signed links: without the API key, within size limits, from one host."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.support.no_trust import NO_TRUST
from tests.support.tls_hosts import server_context, tls_host, write_certificate
from tui.addresses import MAX_URL_LENGTH, AddressRule
from tui.config import Config
from tui.demo.server import LoopbackServer, Request, Response
from tui.errors import MediaError, UnsafeLinkError
from tui.scenext.client import HttpClientFactory
from tui.scenext.media import MAX_CONCURRENT, MAX_REDIRECTS, Media

PICTURE = b"\x89PNG\r\n\x1a\n and its pixels"
Handler = Callable[[Request], Response]


@contextmanager
def host(respond: Handler) -> Iterator[str]:
    """Run a picture host; yield its origin."""
    server = LoopbackServer(respond).start()
    try:
        yield server.origin
    finally:
        server.close()


@asynccontextmanager
async def client(
    *, trust_env: bool = False, base_url: str = "http://127.0.0.1:1/api"
) -> AsyncIterator[Media]:
    media = Media(NO_TRUST, AddressRule(base_url), trust_env=trust_env)
    try:
        yield media
    finally:
        await media.aclose()


async def test_a_link_is_asked_for_byte_for_byte_and_without_the_key() -> None:
    requests: list[Request] = []

    def respond(request: Request) -> Response:
        requests.append(request)
        return Response(200, PICTURE)

    query = "OSSAccessKeyId=LTAI&Expires=1795371598&Signature=gn%2fX%2B%3d&x=a+b%20c"
    with host(respond) as origin:
        async with client() as media:
            assert await media.fetch(f"{origin}/a/%E5%8B%BE.png?{query}", 100) == PICTURE
    (request,) = requests
    assert (request.path, request.query) == ("/a/%E5%8B%BE.png", query)
    assert not {"authorization", "cookie", "referer"} & request.headers.keys()
    assert request.headers["accept-encoding"] == "identity"


async def test_no_cookie_is_kept_or_sent_back() -> None:
    sent: list[str | None] = []

    def respond(request: Request) -> Response:
        sent.append(request.headers.get("cookie"))
        if request.path == "/there":
            return Response(200, PICTURE)
        return Response(302, b"", {"Location": "/there", "Set-Cookie": "a=1; Max-Age=999; Path=/"})

    with host(respond) as origin:
        async with client() as media:
            for _ in range(2):
                assert await media.fetch(f"{origin}/here", 100) == PICTURE
    assert sent == [None] * 4


async def test_a_connection_serves_again_and_a_cancelled_one_does_not() -> None:
    hanging = asyncio.Event()
    loop = asyncio.get_running_loop()

    def respond(request: Request) -> Response:
        if request.path == "/slow":
            loop.call_soon_threadsafe(hanging.set)
            return Response(200, b"x", {"Content-Length": "1000"})
        return Response(200, PICTURE)

    with host(respond) as origin:
        async with client() as media:
            for _ in range(3 * MAX_CONCURRENT):
                hanging.clear()
                slow = asyncio.create_task(media.fetch(f"{origin}/slow", 5000))
                await hanging.wait()
                slow.cancel()
                await asyncio.wait([slow])
                assert slow.cancelled()
            # No cancelled fetch kept its connection slot.
            async with asyncio.timeout(3):
                links = [media.fetch(f"{origin}/{n}", 100) for n in range(3 * MAX_CONCURRENT)]
                assert set(await asyncio.gather(*links)) == {PICTURE}


async def test_a_large_picture_is_refused_by_its_length_before_it_is_read() -> None:
    announced = Response(200, b"x", {"Content-Length": str(20 * 1024 * 1024 + 1)})
    with host(lambda _: announced) as origin:
        async with client() as media:
            with pytest.raises(MediaError, match=r"^It is larger than 20 MiB\.$"):
                await media.fetch(origin, 20 << 20)


async def test_a_large_picture_is_refused_by_counting_where_no_length_is_told() -> None:
    piece = b"10000\r\n" + PICTURE.ljust(0x10000) + b"\r\n"
    body = piece * 40 + b"0\r\n\r\n"

    with host(lambda _: Response(200, PICTURE.ljust(2 << 20))) as origin:
        async with client() as media:
            assert len(await media.fetch(origin, 2 << 20)) == 2 << 20
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with raw_host(head + body) as origin, client() as media:
        with pytest.raises(MediaError, match="larger than 1 MiB"):
            await media.fetch(origin, 1 << 20)


class Bytewise(httpx.AsyncByteStream):
    """A body that has arrived whole, in pieces of one byte."""

    def __init__(self, size: int) -> None:
        self._size = size

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for number in range(self._size):
            yield PICTURE[number : number + 1] or b"x"


async def test_a_picture_in_tiny_pieces_lets_others_run() -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=Bytewise(10_000)))
    rule = AddressRule("http://127.0.0.1:1/api")
    media = Media(NO_TRUST, rule, trust_env=False, transport=transport)
    counting = asyncio.create_task(count())
    assert len(await media.fetch("http://127.0.0.1:1/frame1.png", 20_000)) == 10_000
    counting.cancel()
    await media.aclose()
    assert turns >= 100


@asynccontextmanager
async def raw_host(answer: bytes) -> AsyncIterator[str]:
    """Run a host that sends these bytes to every client and closes; yield its URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
    ],
    ids=["length", "chunked"],
)
async def test_a_body_that_is_cut_short_says_so(answer: bytes) -> None:
    async with raw_host(answer) as origin, client() as media:
        with pytest.raises(MediaError, match=r"^The connection broke half-way\.$"):
            await media.fetch(origin, 100)


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 20"])
async def test_a_host_that_speaks_no_http_cannot_be_reached(answer: bytes) -> None:
    async with raw_host(answer) as origin, client() as media:
        with pytest.raises(MediaError, match=r"^The host of the link cannot be reached\.$"):
            await media.fetch(origin, 100)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("other name", "the certificate is for another name"),
        ("expired", "the certificate has expired (is this machine's clock right?)"),
        ("self-signed", "the certificate is self-signed (ca_file?)"),
    ],
)
async def test_certificate_trouble_is_said_as_it_is_of_the_service(
    tmp_path: Path, name: str, words: str
) -> None:
    ca_file = write_certificate(tmp_path, "authority")
    with tls_host(server_context(tmp_path, name), b"") as address:
        config = Config(base_url=f"https://{address}/api", ca_file=ca_file, trust_env=False)
        media = HttpClientFactory(config).media_client()
        with pytest.raises(MediaError) as caught:
            await media.fetch(f"https://{address}/frame1.png?Signature=secret", 100)
        await media.aclose()
    assert str(caught.value) == f"The host of the link cannot be reached: {words}."
    assert caught.value.retry_after is None


async def test_a_redirect_is_followed_on_the_same_host_only() -> None:
    paths: list[str] = []

    def respond(request: Request) -> Response:
        paths.append(request.path)
        if request.path == "/old":
            return Response(302, headers={"Location": "/new"})
        if request.path == "/circle":
            return Response(302, headers={"Location": "/circle"})
        if request.path.startswith("/away"):
            return Response(302, headers={"Location": request.query})
        return Response(200, PICTURE)

    locations = (
        "http://127.0.0.2/",
        "//evil.test/x",
        "https://evil.test/",
        "file:///etc/passwd",
        "http://[",
        "http://user@127.0.0.1/",
    )
    with host(respond) as origin, host(respond) as other:
        async with client() as media:
            assert await media.fetch(f"{origin}/old", 100) == PICTURE
            for location in (*locations, f"{other}/elsewhere"):
                with pytest.raises(MediaError, match="leads to another host"):
                    await media.fetch(f"{origin}/away?{location}", 100)
            assert "/elsewhere" not in paths
            paths.clear()
            with pytest.raises(MediaError, match="in circles"):
                await media.fetch(f"{origin}/circle", 100)
            assert len(paths) == MAX_REDIRECTS + 1


@asynccontextmanager
async def recording_proxy() -> AsyncIterator[tuple[str, list[str]]]:
    """Run a proxy that refuses everything; yield its URL and the request lines that it got."""
    lines: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append((await reader.readuntil(b"\r\n\r\n")).decode().splitlines()[0])
        writer.write(b"HTTP/1.1 502 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", lines
    finally:
        server.close()
        await server.wait_closed()


async def test_a_proxy_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    async with recording_proxy() as (proxy, asked):
        with host(lambda _: Response(200, PICTURE)) as origin:
            for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
                monkeypatch.setenv(name, proxy)
                monkeypatch.setenv(name.lower(), proxy)
            monkeypatch.delenv("NO_PROXY", raising=False)
            monkeypatch.delenv("no_proxy", raising=False)
            async with client(trust_env=True) as media:
                for name in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1"):
                    url = origin.replace("127.0.0.1", name)
                    assert await media.fetch(url, 100) == PICTURE, name
                for name in ("127.0.0.2", "[::ffff:127.0.0.1]", "[::1]", "localhost."):
                    # Nothing may listen there.
                    with suppress(MediaError):
                        await media.fetch(origin.replace("127.0.0.1", name), 100)
                for name in ("127.0.0.2", "a.localhost", "[::1]"):
                    with pytest.raises(MediaError, match="cannot be reached"):
                        await media.fetch(origin.replace("http://127.0.0.1", f"https://{name}"), 9)
                assert not asked
                with pytest.raises(
                    MediaError,
                    match=r"reached: the proxy of https_proxy refuses the connection\.$",
                ):
                    await media.fetch("https://pictures.test/", 100)
    assert asked == ["CONNECT pictures.test:443 HTTP/1.1"]


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        ("http://127.0.0.1:1", "no connection to the proxy of https_proxy"),
        ("socks5h://127.0.0.1:1", "no connection to the proxy of https_proxy"),
    ],
)
async def test_a_proxy_is_named_and_not_the_host(
    monkeypatch: pytest.MonkeyPatch, proxy: str, words: str
) -> None:
    for name in ("HTTPS_PROXY", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", proxy)
    async with client(trust_env=True) as media:
        with pytest.raises(MediaError) as caught:
            await media.fetch("https://pictures.test/", 100)
    assert str(caught.value) == f"The host of the link cannot be reached: {words}."


async def test_an_address_is_judged_before_each_request() -> None:
    paths: list[str] = []

    def respond(request: Request) -> Response:
        paths.append(request.path)
        return Response(302, headers={"Location": "/" + "x" * MAX_URL_LENGTH})

    with host(respond) as origin:
        port = origin.rpartition(":")[2]
        async with client(base_url="https://api.scenext.cn/api") as media:
            for name in ("127.0.0.1", "localhost", "127.0.0.2", "[::1]", "2130706433", "0x7f.1"):
                with pytest.raises(UnsafeLinkError, match="leads to this machine"):
                    await media.fetch(f"http://{name}:{port}/admin/shutdown", 100)
            with pytest.raises(UnsafeLinkError, match="leads into a private network"):
                await media.fetch("https://10.0.0.1/", 100)
            with pytest.raises(UnsafeLinkError, match="metadata"):
                await media.fetch("https://169.254.169.254/", 100)
        assert paths == []
        async with client() as media:
            with pytest.raises(UnsafeLinkError, match="longer than"):
                await media.fetch(f"{origin}/redirects", 100)
        assert paths == ["/redirects"]


@pytest.mark.parametrize(
    "url", ["https://xn--/", "https://xn--a/", "https://xn--0.xn--1/x", "http://127.0.0.1:70000/"]
)
async def test_a_host_that_is_none_is_a_line_of_ours(url: str) -> None:
    async with client() as media:
        with pytest.raises(MediaError):
            await media.fetch(url, 100)


@pytest.mark.parametrize(
    "location",
    ["https://xn--/", "//xn--/", "http://127.0.0.1:70000/", "http://[::1", "//[", "\x00"],
)
async def test_a_redirect_to_nowhere_is_a_line_of_ours(location: str) -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: " + location.encode() + b"\r\n\r\n"
    async with raw_host(head) as origin, client() as media:
        with pytest.raises(MediaError):
            await media.fetch(origin, 100)
