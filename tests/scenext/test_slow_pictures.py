"""A picture may take long as long as it comes, and its progress is told; simulated time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.scenext.test_media import PICTURE
from tests.support.no_trust import NO_TRUST
from tests.support.virtual_time import run
from tui.addresses import AddressRule
from tui.errors import MediaError
from tui.scenext.media import (
    MIN_PICTURE_BYTES,
    MIN_PICTURE_SECONDS,
    PICTURE_TIMEOUT,
    Media,
)

URL = "http://127.0.0.1:1/frame1.png"
LIMIT = 20 << 20


class Dripping(httpx.AsyncByteStream):
    """A body of `size` bytes at a rate of its own, which may stop for good after some of them."""

    def __init__(self, size: int, *, rate: float, piece: int = 2_000, stop: int = LIMIT) -> None:
        self._body = PICTURE.ljust(size, b"x")
        self._rate, self._piece, self._stop = rate, piece, stop

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._body), self._piece):
            await asyncio.sleep(self._piece / self._rate if start < self._stop else 1e9)
            yield self._body[start : start + self._piece]


def fetch(
    stream: httpx.AsyncByteStream, size: int, before: float = 0.0
) -> tuple[str, float, list[tuple[int, int | None]]]:
    """Return what comes of a picture, after how many seconds, and what was told meanwhile."""

    async def respond(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(before)
        return httpx.Response(200, headers={"Content-Length": str(size)}, stream=stream)

    async def main() -> tuple[str, float, list[tuple[int, int | None]]]:
        rule = AddressRule("http://127.0.0.1:1/api")
        transport = httpx.MockTransport(respond)
        media = Media(NO_TRUST, rule, trust_env=False, transport=transport)
        start = asyncio.get_running_loop().time()
        told: list[tuple[int, int | None]] = []
        try:
            data = await media.fetch(URL, LIMIT, lambda *progress: told.append(progress))
            result = f"{len(data)} bytes"
        except MediaError as error:
            result = str(error)
        await media.aclose()
        return result, asyncio.get_running_loop().time() - start, told

    return run(main())


@pytest.mark.parametrize(
    ("size", "rate"),
    [(700_000, 20_000), (2_000_000, 2_000), (400_000, 1_100), (19_000, 1_000), (700_000, 1e9)],
)
def test_a_picture_that_comes_is_waited_for(size: int, rate: float) -> None:
    result, seconds, told = fetch(Dripping(size, rate=rate), size)
    assert result == f"{size} bytes"
    assert seconds == pytest.approx(size / rate, abs=3)
    assert told[-1] == (size, size)
    assert [received for received, _ in told] == sorted(received for received, _ in told)


@pytest.mark.parametrize(
    "stream",
    [
        Dripping(700_000, rate=900),
        Dripping(700_000, rate=100, piece=300),
        Dripping(700_000, rate=1, piece=300),
        Dripping(700_000, rate=20_000, stop=300_000),
        Dripping(700_000, rate=20_000, stop=2_000),
    ],
    ids=["slow", "slower", "hardly", "stops", "stops at once"],
)
def test_one_that_hardly_comes_is_not(stream: Dripping) -> None:
    result, seconds, told = fetch(stream, 700_000)
    assert result in ("The picture comes too slowly.", "The picture did not come in time.")
    last = told[-1][0] if told else 0
    assert seconds <= PICTURE_TIMEOUT + MIN_PICTURE_SECONDS * (1 + last / MIN_PICTURE_BYTES)


def test_one_that_does_not_begin_is_not() -> None:
    result, seconds, told = fetch(Dripping(9_000, rate=9e9), 9_000, before=1e9)
    assert result == "The picture did not come in time."
    assert seconds == pytest.approx(PICTURE_TIMEOUT, abs=0.01)
    assert told == []
