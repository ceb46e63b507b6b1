"""A host of pictures in the process itself that answers when a test lets it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator

import httpx
from PIL import Image

from tests.support.no_trust import NO_TRUST
from tui.addresses import AddressRule
from tui.scenext.media import Media


class _Body(httpx.AsyncByteStream):
    def __init__(self, data: bytes) -> None:
        self.data = data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.data


def made(colour: tuple[int, int, int], size: tuple[int, int] = (64, 36)) -> bytes:
    """Return a PNG file of one colour."""
    packed = io.BytesIO()
    Image.new("RGB", size, colour).save(packed, "PNG")
    return packed.getvalue()


class SlowPictures:
    """Answers with a picture of its own for each file, or with what `files` has for its name."""

    def __init__(self, files: dict[str, bytes | int] | None = None) -> None:
        self.files = files or {}
        """By file name; a number is the HTTP status of an error."""
        self.requested: list[str] = []
        """The names of the files, in the order of the requests."""
        self.in_flight = 0
        self.peak = 0
        """The most requests that were in flight at once."""
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    def client(self) -> Media:
        """Return a client whose links lead here."""
        transport = httpx.MockTransport(self._answer)
        return Media(NO_TRUST, AddressRule(), trust_env=False, transport=transport)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        self.requested.append(name)
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            await self.may_answer.wait()
        finally:
            self.in_flight -= 1
        answer = self.files.get(name)
        if isinstance(answer, int):
            return httpx.Response(answer)
        number = sum(map(ord, name))
        data = answer or made((number % 256, number * 7 % 256, number * 13 % 256))
        headers = {"content-type": "image/png", "content-length": str(len(data))}
        return httpx.Response(200, headers=headers, stream=_Body(data))
