"""Characters that arrive together: a paste without marks, or keys typed ahead.

The rule: an enter, a line feed or a tab that is followed by text in the same burst, or that ends a
burst of several lines, is handed on as a line break together with the text behind it. The widget
with the focus decides: for a list it is a key, in a field for many IDs it ends one of them.

Reads less than `BURST_GAP` apart are one burst. Reads of several characters each are probably a
paste that arrives in packets: between two of them, or after one that ends with an enter, the gap
may be `PACKET_GAP`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tui.terminal.input.pieces import Kind, Piece

BURST_GAP: Final = 0.02
"""Maximum seconds between two reads of one burst. Nobody types that fast; a burst split over reads
continues within a few milliseconds."""
PACKET_GAP: Final = 0.25
"""Maximum seconds between two packets. An enter that was typed ahead is delayed by as much."""
_MIN_PACKET: Final = 4
"""Minimum number of characters in one read that nobody types at once."""
MAX_REST: Final = 256
"""Maximum number of following characters that a line break carries."""

_BREAK: Final = re.compile(r"[\r\n\t]")
_NOT_KEYS: Final = re.compile("[\x80-\x9f]")
"""C1: no key sends them, and Textual has taken one for shift+esc."""


class BurstSplitter:
    """Split characters into text and line breaks. Pure: the times are passed in."""

    def __init__(self) -> None:
        self._held = ""
        """Line breaks at the end of what came; more may follow."""
        self._in_lines = False
        self._last_at = float("-inf")
        self._is_packet = False
        """Whether the last read may be a packet of a paste."""

    @property
    def deadline(self) -> float | None:
        """When what is held is no longer part of a burst; None if nothing is."""
        if not self._held:
            return None
        return self._last_at + (PACKET_GAP if self._is_packet else BURST_GAP)

    def feed(self, text: str, now: float) -> Iterator[Piece]:
        """Yield the pieces that are certain."""
        if not text.isascii():
            text = _NOT_KEYS.sub("", text)
        is_packet = len(text) >= _MIN_PACKET
        gap = PACKET_GAP if self._is_packet and is_packet else BURST_GAP
        joined = now - self._last_at <= gap
        self._last_at, self._is_packet = now, is_packet
        if not joined:
            yield from self.release()
            self._in_lines = False
        ends_at = len(text.rstrip("\r\n\t"))
        text, behind = text[:ends_at], text[ends_at:]
        if text:
            yield from self._split(self._held + text)
            self._held = ""
        if text or joined:
            self._held += behind
        elif behind:
            yield Piece(Kind.TEXT, behind)

    def release(self) -> Iterator[Piece]:
        """Yield what was held: nothing follows it."""
        held, self._held = self._held, ""
        if not self._in_lines and held:
            yield Piece(Kind.TEXT, held)
            return
        for character in held:
            yield Piece(Kind.LINE_BREAK, character, in_lines=True)

    def _split(self, text: str) -> Iterator[Piece]:
        start = 0
        for match in _BREAK.finditer(text):
            at = match.start()
            if at > start:
                yield Piece(Kind.TEXT, text[start:at])
            start = at + 1
            rest = text[start : start + MAX_REST]
            yield Piece(Kind.LINE_BREAK, match[0], rest=rest, in_lines=self._in_lines)
            self._in_lines = self._in_lines or match[0] != "\t"
        if start < len(text):
            yield Piece(Kind.TEXT, text[start:])
