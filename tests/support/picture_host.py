"""A host of pictures on the loopback interface, and what it answers."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Final

from PIL import Image, ImageDraw

from tests.support.service import FAR_FUTURE
from tui.demo.server import LoopbackServer, Request, Response

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


BLOCKS: Final = "[▀▐▖▗▘▝▙▚▛▜▞▟]"
"""A pattern for characters of a picture in halves or quadrants, and of nothing else."""


def png(colour: tuple[int, int, int], size: tuple[int, int] = (320, 180)) -> bytes:
    """Return a picture of one colour with a white triangle, so that it takes block characters."""
    image, (width, height) = Image.new("RGB", size, colour), size
    corners = [(width // 2, height), (width, height // 2), (width, height)]
    ImageDraw.Draw(image).polygon(corners, fill="white")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def picture(colour: tuple[int, int, int]) -> Response:
    """Return `png` as a host sends it."""
    return Response(200, png(colour), {"Content-Type": "image/png"})


def painted(colour: tuple[int, int, int]) -> bytes:
    """Return what a true-colour terminal is sent for a cell of one colour."""
    numbers = ";".join(map(str, colour))
    return f"48;2;{numbers}m ".encode()


class PictureHost:
    """A picture host that answers by path and records its requests."""

    def __init__(self) -> None:
        self.answers: dict[str, Response | Callable[[Request], Response]] = {}
        self.requests: list[Request] = []
        self._server = LoopbackServer(self._respond)

    def __enter__(self) -> PictureHost:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def link(self, path: str, signature: str = "first", expires: int = FAR_FUTURE) -> str:
        """Return the signed link of a path."""
        query = f"OSSAccessKeyId=LTAI&Expires={expires}&Signature={signature}%3D"
        return f"{self._server.origin}{path}?{query}"

    def requests_for(self, path: str) -> list[Request]:
        """Return the requests for a path, in order."""
        return [request for request in self.requests if request.path == path]

    def _respond(self, request: Request) -> Response:
        self.requests.append(request)
        answer = self.answers.get(request.path, Response(404))
        return answer if isinstance(answer, Response) else answer(request)
