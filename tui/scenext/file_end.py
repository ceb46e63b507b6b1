"""Whether a file is whole by its own structure, where its host did not tell its length. Pure.

Without a length, a connection that ends half-way may look as if the file were over: HTTP/1.0 marks
no end, and a proxy may close the chunks of a file that it got only in part. Pictures and videos
tell where they end themselves. A file that was cut can be read up to the cut, so what cannot be
read at all is judged as whole: only what certainly goes on is refused. What stands behind the end
is ignored.

By the formats' specifications: PNG (W3C), JPEG (ITU T.81), GIF89a, RIFF (WebP, AVI), ISO base media
files (ISO/IEC 14496-12: MP4, QuickTime, AVIF, HEIC) and EBML (RFC 8794: WebM, Matroska).
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Generator, Mapping
from typing import Final, NamedTuple

from tui.scenext.file_type import FileType

_LETTERS: Final = frozenset(string.ascii_letters.encode())
_MARKER: Final = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")
"""A marker of a JPEG file; none of those that stand inside of what is compressed."""
_BOX_TYPE: Final = re.compile(rb"[ -~\xa9][ -~]{3}")
_INDEX_BOXES: Final = frozenset({b"moov", b"moof", b"meta"})
_SEGMENT: Final = b"\x18\x53\x80\x67"
_MAX_STEPS: Final = 1_000
"""Steps of a walk besides one for each `_BYTES_A_STEP`: an honest file has larger parts."""
_BYTES_A_STEP: Final = 32


class _Step(NamedTuple):
    """What a format wants to see next; exactly one of the first three."""

    read: int = 0
    """Bytes to be given, a few."""
    skip: int = 0
    """Bytes to be passed over."""
    find: re.Pattern[bytes] | None = None
    """A pattern of two bytes; what matches it first is given."""
    may_end: bool = False
    """Whether the file may end here."""


_Walk = Generator[_Step, bytes, None]
"""Reads a format; returns at the end of the file, or where nothing more can be told."""


class FileEnd:
    """Follows a file as its pieces arrive; takes time linear in them, and holds a few bytes.

    A file of very many tiny parts is followed no further, since each costs as much as a large one,
    and counts as whole.
    """

    def __init__(self, kind: FileType) -> None:
        """Prepare; a format that is not known here counts as whole."""
        walk = next((_WALKS[suffix] for suffix in kind.suffixes[:1] if suffix in _WALKS), None)
        self._walk = None if walk is None else walk()
        self._step = _Step() if self._walk is None else next(self._walk)
        self._held = b""
        self._steps_left = float(_MAX_STEPS)

    @property
    def is_reached(self) -> bool:
        """Whether the file may be whole."""
        return self._walk is None or (self._step.may_end and not self._held.strip(b"\0"))

    def feed(self, piece: bytes) -> None:
        """Take the next bytes of the file."""
        if self._walk is None:
            return
        data, position = self._held + piece, 0
        self._steps_left += len(piece) / _BYTES_A_STEP
        while True:
            found, position = self._take(data, position)
            if found is None:
                self._held = data[position:]
                return
            self._steps_left -= 1
            try:
                self._step = self._walk.send(found)
            except StopIteration:
                self._steps_left = 0
            if self._steps_left <= 0:
                self._walk, self._held = None, b""
                return

    def _take(self, data: bytes, position: int) -> tuple[bytes | None, int]:
        """Return what the step wants, None if that is not there yet, and what was read up to."""
        step, left = self._step, len(data) - position
        if step.find is not None:
            match = step.find.search(data, position)
            # The first byte of what is looked for may be the last one here.
            return (match[0], match.end()) if match else (None, max(position, len(data) - 1))
        if step.skip > left:
            self._step = step._replace(skip=step.skip - left)
            return None, len(data)
        if step.read > left:
            return None, position
        end = position + step.read
        return data[position:end], end + step.skip


def _skip(size: int) -> _Walk:
    if size > 0:
        yield _Step(skip=size)


def _png() -> _Walk:
    yield _Step(skip=8)
    kind = b""
    while kind != b"IEND":
        head = yield _Step(read=8)
        is_first, kind = not kind, head[4:]
        is_odd = not _LETTERS.issuperset(kind) or head[0] > 0x7F
        if is_odd or (is_first and head != b"\0\0\0\rIHDR"):
            return
        # With the checksum behind it.
        yield from _skip(int.from_bytes(head[:4], "big") + 4)


def _jpeg() -> _Walk:
    yield _Step(skip=2)
    while True:
        marker = yield _Step(find=_MARKER)
        if marker == b"\xff\xd9":
            return
        if marker != b"\xff\xd8":
            # A small picture inside, with an end of its own, is passed over with its segment.
            length = int.from_bytes((yield _Step(read=2)), "big")
            yield from _skip(length - 2)


def _gif() -> _Walk:
    head = yield _Step(read=13)
    yield from _colour_table(head[10])
    while True:
        match (yield _Step(read=1)):
            case b"!":
                yield _Step(skip=1)
            case b",":
                head = yield _Step(read=9)
                yield from _colour_table(head[8])
                yield _Step(skip=1)
            case b"\0":
                continue
            case _:
                return
        while size := (yield _Step(read=1))[0]:
            yield _Step(skip=size)


def _colour_table(flags: int) -> _Walk:
    if flags & 0x80:
        yield _Step(skip=3 << (flags & 7) + 1)


def _riff() -> _Walk:
    may_end = False
    while True:
        name = yield _Step(read=4, may_end=may_end)
        if name != b"RIFF":
            return
        size = int.from_bytes((yield _Step(read=4)), "little")
        # As written by what cannot go back to the start of its file.
        if size in (0, 0xFFFFFFFF):
            return
        yield from _skip(size)
        # A large AVI file has several parts.
        may_end = True


def _iso_media() -> _Walk:
    boxes: set[bytes] = set()
    while True:
        may_end = b"mdat" in boxes and not _INDEX_BOXES.isdisjoint(boxes)
        head = yield _Step(read=8, may_end=may_end)
        size, kind, head_size = int.from_bytes(head[:4], "big"), head[4:], 8
        if size == 1:
            size, head_size = int.from_bytes((yield _Step(read=8)), "big"), 16
        # A size of 0 is that of the last box of all, whose end is the file's.
        if size < head_size or not _BOX_TYPE.fullmatch(kind):
            return
        boxes.add(kind)
        yield from _skip(size - head_size)


def _matroska() -> _Walk:
    is_over = False
    while True:
        first = yield _Step(read=1, may_end=is_over)
        if first[0] < 0x10:
            return
        name = first + (yield from _rest(first[0]))
        first = yield _Step(read=1)
        if not first[0]:
            return
        more = yield from _rest(first[0])
        bits = 7 * (len(more) + 1)
        size = int.from_bytes(first + more, "big") & (1 << bits) - 1
        # Of a stream, whose end is the file's.
        if size == (1 << bits) - 1:
            return
        yield from _skip(size)
        is_over = is_over or name == _SEGMENT


def _rest(first: int) -> Generator[_Step, bytes, bytes]:
    """Return what belongs to a number of EBML besides its first byte, which tells how much."""
    more = 8 - first.bit_length()
    return (yield _Step(read=more)) if more else b""


_WALKS: Final[Mapping[str, Callable[[], _Walk]]] = {
    **{"png": _png, "jpg": _jpeg, "gif": _gif, "webp": _riff, "avi": _riff},
    **dict.fromkeys(("mp4", "mov", "3gp", "avif", "heic"), _iso_media),
    **{"webm": _matroska, "mkv": _matroska},
}
"""By the usual suffix of a format."""
