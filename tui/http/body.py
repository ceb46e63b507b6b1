"""Read the body of an answer of the service: whole, unpacked and bounded."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Final

from tui.errors import ApiError, ErrorKind
from tui.http.content_coding import (
    CodingError,
    CutShortError,
    Decoder,
    TooLargeError,
    unsupported_coding,
)

MAX_RESPONSE_BYTES: Final = 1 << 20
"""Bytes of a response body, both as received and unpacked."""
MAX_PIECES: Final = 20_000
"""Pieces of a response body: each costs the same, and an honest one holds more than a few bytes."""
_START: Final = 1_000
"""Bytes by which a coding that cannot be undone is told."""


class BodyReader:
    """Collects the pieces of one body. Raises `ApiError` as soon as it cannot be read."""

    def __init__(self, content_length: str, content_encoding: str) -> None:
        """Take the headers of the response, each empty if there is none."""
        is_known = content_length.isascii() and content_length.isdigit()
        if is_known and int(content_length[:20]) > MAX_RESPONSE_BYTES:
            raise _too_large()
        self._content_encoding = content_encoding
        self._decoder = Decoder(content_encoding, limit=MAX_RESPONSE_BYTES)
        self._body = bytearray()

    async def read(self, pieces: AsyncIterator[bytes]) -> None:
        """Read all that is sent. What `pieces` raises passes through."""
        received = count = 0
        async for piece in pieces:
            received += len(piece)
            count += 1
            if received > MAX_RESPONSE_BYTES:
                raise _too_large()
            if count > MAX_PIECES:
                raise ApiError(ErrorKind.NOT_THE_API, "the answer comes in too many pieces")
            with _named_errors():
                for part in self._decoder.decode(piece):
                    self._body += part

    def finish(self) -> bytes:
        """Return the body."""
        with _named_errors():
            for part in self._decoder.finish():
                self._body += part
        if coding := unsupported_coding(self._content_encoding, bytes(self._body[:_START])):
            raise ApiError(
                ErrorKind.NOT_THE_API,
                f"the answer is packed as {coding}, which was not asked for and cannot be read",
            )
        return bytes(self._body)


@contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except CutShortError:
        raise ApiError(ErrorKind.OFFLINE, "the answer was cut short") from None
    except TooLargeError:
        raise _too_large() from None
    except CodingError:
        raise ApiError(ErrorKind.NOT_THE_API, "the answer's compression is broken") from None


def _too_large() -> ApiError:
    return ApiError(
        ErrorKind.NOT_THE_API, f"the answer is larger than {MAX_RESPONSE_BYTES >> 20} MiB"
    )
