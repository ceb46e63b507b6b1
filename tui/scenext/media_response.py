"""What the response of a file's host means: its status, its headers, its first bytes.

Headers are believed where nothing else can tell, and no further: what a file is, and whether it is
packed, is asked of its bytes. Imports no HTTP library; header names are in lower case.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Final, Protocol

from tui.errors import MediaError
from tui.http.byte_ranges import content_range, is_whole, strong_validator
from tui.http.checksum import Checksum
from tui.http.content_coding import (
    CodingError,
    CutShortError,
    Decoder,
    TooLargeError,
    unsupported_coding,
)
from tui.http.headers import retry_after
from tui.scenext.file_end import FileEnd
from tui.scenext.file_type import (
    EMPTY,
    PACKED,
    SNIFF_BYTES,
    UNKNOWN,
    FileKind,
    file_type,
    is_enough,
)

MAX_UNPACKED_BYTES: Final = 512 << 20
"""Bytes that may come out of a compressed body. Pictures and videos hardly compress, so anything
that expands further is meant to fill the disk."""

# An expired link with an OSS signature of version 1 or 2, and of version 4 (Aliyun's list of error
# codes, 0002-00000069 and 0002-00000236).
_EXPIRED_CODES: Final = ("0002-00000069", "0002-00000236")
# "Request has expired" (OSS, S3, COS), "ExpiredToken" (S3, GCS), "SecurityTokenExpired" (OSS),
# "token expired" (Qiniu), "ExpiredRequest" (R2).
_EXPIRED_TEXT: Final = b"expired"
_REFUSALS: Final = frozenset({401, 403, 410})
_NOT_READY: Final = frozenset({202, 404, 408, 425, 429})
_LASTING_FAULTS: Final = frozenset({501, 505, 510, 511})

_STATUS_WORDS: Final[Mapping[int, str]] = {
    400: "it does not understand the link",
    **dict.fromkeys((401, 403), "it refuses the link"),
    404: "it has no such file",
    408: "it waited too long",
    410: "the file is gone",
    414: "the link is too long for it",
    **dict.fromkeys((425, 429), "it wants fewer requests"),
    451: "the file is blocked for legal reasons",
    502: "a server behind it failed",
    503: "it is too busy",
    504: "a server behind it took too long",
}
"""What a status means, for those who do not know the numbers."""


def wants_error_text(status: int) -> bool:
    """Return whether a response's body may tell more than its status."""
    return status in _REFUSALS or status == 400


def check_status(status: int, headers: Mapping[str, str], text: bytes) -> None:
    """Raise `MediaError` unless a response holds a whole file.

    - 401, 403, 410 and a 400 that speaks of an expiry refuse the link, whatever its own end says.
    - 202, 404, 408, 425, 429 and most of 5xx may have passed in a moment: a store lists a file
      before all of its servers have it.
    - 206 is taken only where the part is all there is, since none was asked for.

    `text` is the start of the body where `wants_error_text` says that it is needed.
    """
    if status in (200, 203) or (status == 206 and is_whole(headers)):
        return
    words = _STATUS_WORDS.get(status, "it has an error" if status >= 500 else "")
    message = f"The host of the link answered {status}{words and ': '}{words}."
    if status in _REFUSALS or status == 400:
        expired = headers.get("x-oss-ec") in _EXPIRED_CODES or _EXPIRED_TEXT in text.lower()
        message = "The link has ended." if expired else message
        raise MediaError(message, expired=expired, refused=status != 400)
    match status:
        case 202:
            message = "The host of the link is not done with the file (202)."
        case 204 | 205:
            message = f"The host of the link sent no file ({status})."
        case 206:
            message = "The host of the link sent only a part of the file (206)."
        case 407:
            message = "A proxy on the way to the host of the link wants a login (407)."
    if status in _NOT_READY or (status >= 500 and status not in _LASTING_FAULTS):
        raise MediaError(message, retry_after=retry_after(headers) or 0.0)
    raise MediaError(message)


class Body(Protocol):
    """The body of a response, read as it arrives."""

    @property
    def length(self) -> int | None:
        """The size of the whole file in bytes, if the host announced it."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the bytes; raises if the body is cut short."""


class MediaBody:
    """The bytes of a file, or of a part of it, unpacked; iterate over it once.

    Raises `MediaError` if it is cut short, if what was packed is broken or grows without end, or
    if a file that comes from its start on is neither a picture nor a video. Where the host told no
    length, a file that goes on by its own structure counts as cut short, however it was sent. One
    that differs from the checksum that came with it, and was not packed, was damaged.
    """

    def __init__(
        self,
        status: int,
        headers: Mapping[str, str],
        raw: AsyncIterator[bytes],
        *,
        unpacked_limit: int = MAX_UNPACKED_BYTES,
    ) -> None:
        """Prepare; `raw` yields the body as it is sent, and raises `MediaError` if it breaks."""
        part = content_range(headers) if status == 206 else None
        self._coding = headers.get("content-encoding", "").strip()
        self._raw = raw
        self._unpacked_limit = unpacked_limit
        self._raw_start = b""
        self._start = b""
        self._pieces = self._unpacked()
        self.is_part = part is not None
        """Whether it is what was asked for as a part of the file, even if that is all of it."""
        self.offset = 0 if part is None else part.first
        """Where in the file it begins."""
        self.length = _content_length(headers) if part is None else part.total
        """Bytes of the whole file; None where the host announced none, or it is packed."""
        self._end = self.length if part is None else part.last + 1
        self._is_length_told = self._end is not None
        self._checksum = Checksum(headers if part is None else {})
        # Without ranges, no part can be asked for.
        has_ranges = headers.get("accept-ranges", "").strip().lower() != "none"
        self.validator = strong_validator(headers) if has_ranges else ""
        """By which the rest can be asked for later; empty if it cannot."""
        self.file_type = UNKNOWN
        """What the file is, if it comes from its start on."""

    async def read_start(self) -> None:
        """Read and judge the first bytes; nothing for a part that begins later."""
        if self.offset:
            return
        async for piece in self._pieces:
            self._start += piece
            if is_enough(self._start):
                break
        self.file_type = file_type(self._start[:SNIFF_BYTES])
        if self.file_type.kind is FileKind.OTHER:
            raise self._not_a_file()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the bytes."""
        position = self.offset + len(self._start)
        file_end = None if self._is_length_told else FileEnd(self.file_type)
        if self._start:
            if file_end is not None:
                file_end.feed(self._start)
            yield self._start
        async for piece in self._pieces:
            position += len(piece)
            if self._end is not None and position > self._end:
                raise MediaError("The host of the link sent more than it announced.")
            if file_end is not None:
                file_end.feed(piece)
            yield piece
        if self._end is not None and position != self._end:
            raise MediaError("The host of the link sent less than it announced.", retry_after=0.0)
        if file_end is not None and not file_end.is_reached:
            raise MediaError("The connection broke half-way: the file has no end.", retry_after=0.0)
        if self._checksum.is_wrong:
            words = "The file was damaged on its way (its checksum differs)."
            raise MediaError(words, retry_after=0.0)

    async def _unpacked(self) -> AsyncIterator[bytes]:
        # A later part has no start that could tell; none is asked for of what is packed.
        decoder = None if self.offset else Decoder(self._coding, limit=self._unpacked_limit)
        async for piece in self._raw:
            self._checksum.feed(piece)
            if decoder is None:
                yield piece
                continue
            self._raw_start = self._raw_start or piece[:SNIFF_BYTES]
            is_told = False
            for unpacked in self._unpack(decoder, decoder.decode(piece)):
                is_told = True
                yield unpacked
                # A small piece may hold much.
                await asyncio.sleep(0)
            if is_told and decoder.is_plain:
                decoder = None
        if decoder is not None:
            for unpacked in self._unpack(decoder, decoder.finish()):
                yield unpacked

    def _unpack(self, decoder: Decoder, pieces: Iterable[bytes]) -> Iterator[bytes]:
        try:
            for piece in pieces:
                if not decoder.is_plain:
                    # The sizes and positions that the host tells are those of what is packed.
                    self.length, self._end, self.validator = None, None, ""
                    self._checksum = Checksum({})
                yield piece
        except TooLargeError:
            raise MediaError("The host of the link sent it packed; it grows without end.") from None
        except CutShortError:
            raise MediaError("The connection broke half-way.", retry_after=0.0) from None
        except CodingError:
            raise MediaError("The host of the link sent it packed, and broken.") from None

    def _not_a_file(self) -> MediaError:
        if self.file_type is EMPTY:
            # Some stores list a file before they have its bytes.
            return MediaError("The host of the link sent an empty file.", retry_after=0.0)
        coding = unsupported_coding(self._coding, self._raw_start)
        if coding and self.file_type in (UNKNOWN, PACKED):
            return MediaError(
                f"The link's host sent it compressed as {coding}, which is not supported."
            )
        return MediaError(f"The host of the link sent {self.file_type.name} in place of the file.")


def _content_length(headers: Mapping[str, str]) -> int | None:
    # Which overrides any length (RFC 9112, section 6.3).
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return None
    text = headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
