"""Undo the content coding of a response as its bytes arrive, within a bound.

The bytes decide, not the header: what begins like gzip or zlib is unpacked, whatever it is called,
and everything else is taken as it is. The header only tells that a body without a signature of its
own is raw deflate, and names the codings that cannot be undone here.

Of RFC 9110, section 8.4.1 (*Content Codings*), RFC 1950 (zlib), 1951 (deflate) and 1952 (gzip).
"""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Iterator
from typing import Final

MAX_LAYERS: Final = 2
"""Codings that are undone one inside the other; a proxy may have packed what was packed."""
MAX_MEMBERS: Final = 2_000
"""Members of one gzip body; each costs the same, and an honest one holds more than a few bytes."""

_START: Final = 256
"""Bytes by which a coding is told."""
_PIECE: Final = 1 << 14
"""Bytes that are unpacked at a time: what follows a member is copied with each."""
_MAX_OUTPUT: Final = 1 << 16
"""Bytes that are yielded at a time."""

_GZIP: Final = b"\x1f\x8b\x08"
_CONTROL: Final = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_SEPARATORS: Final = r"[\s,\"']+"
_RAW_DEFLATE: Final = frozenset({"deflate", "x-deflate"})
_PACKERS: Final = frozenset(
    {
        *("br", "brotli", "x-brotli", "dcb", "zstd", "x-zstd", "dcz", "compress", "x-compress"),
        *("bzip2", "x-bzip2", "bz2", "xz", "x-xz", "lzma", "x-lzma", "lz4", "x-lz4", "snappy"),
    }
)
"""Codings that pack a body and are not undone; any other name says nothing about its bytes."""
_SIGNATURES: Final = (
    *((b"\x28\xb5\x2f\xfd", "zstd"), (b"\xfd7zXZ\0", "xz"), (b"BZh", "bzip2")),
    *((b"\x1f\x9d", "compress"), (b"\x04\x22\x4d\x18", "lz4")),
)


class CodingError(ValueError):
    """What was packed cannot be unpacked."""


class CutShortError(CodingError):
    """The body ended before what was packed in it."""


class TooLargeError(CodingError):
    """More came out than the limit."""


def unsupported_coding(content_encoding: str, start: bytes) -> str:
    """Return the coding that hides a body which begins with `start`; empty if there is none.

    Ask this of a body that is not what it should be. Brotli has no signature: the header's word
    is taken for it.
    """
    if not _is_packed(start):
        return ""
    by_signature = [name for signature, name in _SIGNATURES if start.startswith(signature)]
    by_header = [name for name in _names(content_encoding) if name in _PACKERS]
    return next(iter(by_signature + by_header), "")


def _is_packed(start: bytes) -> bool:
    """Return whether these bytes are no text: what is packed never looks like that for long."""
    try:
        # Its last character may be cut.
        text = codecs.getincrementaldecoder("utf-8")().decode(start[:_START])
    except UnicodeDecodeError:
        return True
    return bool(re.search(_CONTROL, text))


def _names(content_encoding: str) -> list[str]:
    """Return the names in a `Content-Encoding`, in lower case, without parameters and quotes."""
    words = re.split(_SEPARATORS, content_encoding[:500].lower())
    return [name for word in words if (name := word.partition(";")[0])]


class Decoder:
    """Unpacks one body: `decode` takes its pieces in order, `finish` ends it.

    Neither holds more than a piece and 64 KiB of what comes out. Raises `CodingError` where what
    is packed is broken, `CutShortError` where it ends too early, and `TooLargeError` where more
    than `limit` bytes come out of any layer.

    A gzip body may have several members; NULs and anything else behind the last one are ignored,
    as `gzip` does.
    """

    def __init__(self, content_encoding: str = "", *, limit: int, layers: int = MAX_LAYERS) -> None:
        """Decode a response with this `Content-Encoding`, empty if it had none."""
        self._content_encoding = content_encoding
        self._limit = limit
        self._layers = layers
        self._pending = b""
        """What is too short to tell what it is: the start of the body, or of a member."""
        self._inflater: _Inflater | None = None
        self._inner: Decoder | None = None
        self._is_plain = layers == 0
        self._length = 0

    @property
    def is_plain(self) -> bool:
        """Whether the body is taken as it is; known once anything came out, or it has ended."""
        return self._inflater is None

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield what can be unpacked so far."""
        if self._inflater is None and not self._is_plain:
            self._pending += data
            if len(self._pending) < _START:
                return
            data, self._pending = self._pending, b""
            self._begin(data)
        yield from self._unpacked(data)

    def finish(self) -> Iterator[bytes]:
        """Yield the rest, after the last piece."""
        if self._pending:
            data, self._pending = self._pending, b""
            self._begin(data)
            yield from self._unpacked(data)
        if self._inflater is not None:
            self._inflater.check_end()
        if self._inner is not None:
            yield from self._inner.finish()

    def _begin(self, start: bytes) -> None:
        wbits = _window_bits(start[:_START], self._content_encoding)
        if wbits is None:
            self._is_plain = True
            return
        self._inflater = _Inflater(wbits)
        # Without the header: of what comes out, only what has a signature is packed again.
        self._inner = Decoder(limit=self._limit, layers=self._layers - 1)

    def _unpacked(self, data: bytes) -> Iterator[bytes]:
        if self._inflater is None or self._inner is None:
            self._count(data)
            yield data
            return
        for piece in self._inflater.inflate(data):
            self._count(piece)
            yield from self._inner.decode(piece)

    def _count(self, piece: bytes) -> None:
        self._length += len(piece)
        if self._length > self._limit:
            raise TooLargeError(f"more than {self._limit:,} bytes")


class _Inflater:
    """Unpacks gzip members, or one zlib or deflate stream."""

    def __init__(self, wbits: int) -> None:
        self._wbits = wbits
        self._stream = zlib.decompressobj(wbits)
        self._members = 1
        self._between = b""
        """What was read behind the last member, if another may begin with it."""
        self._is_over = False

    def inflate(self, data: bytes) -> Iterator[bytes]:
        """Yield what comes out of a piece."""
        for start in range(0, len(data), _PIECE):
            rest = data[start : start + _PIECE]
            while rest and not self._is_over:
                if self._stream.eof:
                    rest = self._next_member(rest)
                    continue
                yield from self._inflate(rest)
                rest = self._stream.unused_data if self._stream.eof else b""

    def check_end(self) -> None:
        """Raise `CutShortError` unless all that was begun has ended."""
        if not self._stream.eof:
            raise CutShortError("cut short")

    def _inflate(self, data: bytes) -> Iterator[bytes]:
        while True:
            try:
                piece = self._stream.decompress(data, _MAX_OUTPUT)
            except zlib.error:
                raise CodingError("what was packed is broken") from None
            if piece:
                yield piece
            data = self._stream.unconsumed_tail
            # A full piece may have left more inside.
            if self._stream.eof or (not data and len(piece) < _MAX_OUTPUT):
                return

    def _next_member(self, rest: bytes) -> bytes:
        """Return what is to be read of `rest`: the next member, or nothing."""
        rest = self._between + rest if self._between else rest.lstrip(b"\0")
        self._between = b""
        if self._wbits < zlib.MAX_WBITS + 16 or not _GZIP.startswith(rest[: len(_GZIP)]):
            self._is_over = True
            return b""
        if len(rest) < len(_GZIP):
            self._between = rest
            return b""
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise CodingError("it has too many members")
        self._stream = zlib.decompressobj(self._wbits)
        return rest


def _window_bits(start: bytes, content_encoding: str) -> int | None:
    """Return the `wbits` of `zlib` for a body that begins with `start`; None if it is plain."""
    if start.startswith(_GZIP):
        return zlib.MAX_WBITS + 16
    if not _is_packed(start):
        return None
    is_named = not _RAW_DEFLATE.isdisjoint(_names(content_encoding))
    if (is_named or start.startswith(b"x")) and _inflates(start, zlib.MAX_WBITS):
        return zlib.MAX_WBITS
    if is_named and _inflates(start, -zlib.MAX_WBITS):
        return -zlib.MAX_WBITS
    return None


def _inflates(start: bytes, wbits: int) -> bool:
    stream = zlib.decompressobj(wbits)
    try:
        stream.decompress(start, _MAX_OUTPUT)
    except zlib.error:
        return False
    # Without a checksum, an end in the middle is no end.
    return wbits > 0 or not stream.unused_data.strip(b"\0\r\n")
