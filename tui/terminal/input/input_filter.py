"""The one place that reads input: between the bytes of the terminal and Textual's parser.

Rules, each with a table of cases in `tests/terminal/input/`:

- Only what is whole is handed on, in however many reads it comes. Nothing is whole too early: the
  beginning of a sequence waits for its rest.
- A lone ESC counts as the esc key after `escape_delay`. If the rest of a sequence comes within
  `LATE_SECONDS` after that (`LATE_BURST_SECONDS` if it comes in one read), it is dropped, because
  esc has already acted. Late answers and pastes still count, since they are not keys. Late input
  that turns out to be no sequence is handed on as keys.
- What can no longer become whole is dropped, never handed on as letters: a sequence cut short by
  another ESC, by an illegal byte (dropped too if it came in the same burst), or by
  `SEQUENCE_TIMEOUT`, which a string outlives as long as more of it comes in bulk. What an answer
  about pictures has behind a sequence inside is dropped as well if it came in one read. ESC and
  one of `[O]P_^X` with nothing behind them is alt and that key.
- ESC and any other character is alt and that key.
- Nothing between the marks of a paste is a key; see `PasteBuffer`. If silence has ended a paste,
  input in bulk, or input that ends with the mark, still belongs to it: the line had stalled.
  Answers in a read of their own count even then, and keep no paste alive: a multiplexer gives them,
  or the terminal that was attached after the line broke.
- Of focus reports, and of mouse moves, with no key or click in between, only the last one counts.
"""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from typing import TYPE_CHECKING, Final

from tui.terminal.input import grammar
from tui.terminal.input.bursts import BURST_GAP, BurstSplitter
from tui.terminal.input.grammar import ESC, PASTE_END, PASTE_START
from tui.terminal.input.line_jitter import MIN_ESCAPE_DELAY
from tui.terminal.input.meaning import meaning
from tui.terminal.input.pieces import ESCAPE, Kind, Piece
from tui.terminal.input.reports import is_report, remove_replaced

if TYPE_CHECKING:
    from tui.terminal.input.paste import Ended, PasteBuffer

SEQUENCE_TIMEOUT: Final = 5.0
"""Seconds of silence after which a sequence is given up. Long: nobody types one, and a letter that
was never pressed is worse than a key that must be pressed twice."""
LATE_SECONDS: Final = 4.0
"""The same for late input. A line may delay each byte by seconds; pressing esc and then typing
loses nothing, since none of `[O]P_^X` is a key here."""
LATE_BURST_SECONDS: Final = 10.0
RESUMED_PASTE_SECONDS: Final = 30.0
"""Seconds for which the rest of a paste that silence has ended may still come."""
_MIN_BULK_BYTES: Final = 24
"""More bytes than anybody types between two reads."""


class InputFilter:
    """Turn the bytes that a terminal sends into complete pieces.

    Pure: no I/O, no thread; times are passed in, in seconds of any clock. The caller feeds what it
    reads, and calls `tick` when the `deadline` has passed without any.
    """

    def __init__(self) -> None:
        self.escape_delay = MIN_ESCAPE_DELAY
        """Seconds after which a lone ESC is the esc key; the caller knows the line."""
        self.takes_graphics = False
        """Whether answers about pictures are handed on: whether the terminal was asked."""
        self._pending = b""
        """The beginning of a sequence."""
        self._given = 0
        """How many bytes of it were given up before; not 0 if the rest comes late."""
        self._given_up = b""
        """A beginning that was given up, but whose rest may still come."""
        self._given_up_at = 0.0
        self._last_at = self._began_at = float("-inf")
        self._paste: PasteBuffer | None = None
        self._paste_broke_at = float("-inf")
        self._mark_missing = b""
        """The bytes of the end mark that were missing when silence ended a paste."""
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._bursts = BurstSplitter()
        self._pieces: list[Piece] = []

    @property
    def deadline(self) -> float | None:
        """When to call `tick`; None while nothing is unfinished."""
        if self._paste is not None:
            return self._paste.deadline
        deadlines = (self._bursts.deadline, self._sequence_deadline)
        return min((each for each in deadlines if each is not None), default=None)

    @property
    def _sequence_deadline(self) -> float | None:
        if not self._pending:
            return None
        if self._pending == ESC:
            return self._last_at + self.escape_delay
        if self._given:
            return self._last_at + LATE_SECONDS
        # Keys that come meanwhile must not keep it alive.
        return min(self._last_at, self._began_at + SEQUENCE_TIMEOUT) + SEQUENCE_TIMEOUT

    @property
    def is_inside(self) -> bool:
        """Whether more must come: a sequence or a paste is unfinished."""
        return self._paste is not None or len(self._pending) > 1

    def feed(self, data: bytes, now: float) -> list[Piece]:
        """Take the bytes that were read; return the pieces that are complete."""
        self._pieces = []
        if self._paste is None:
            data = self._without_mark(data, now)
            if self._continues_paste(data, now):
                self._paste = _new_paste()
        elif re.fullmatch(grammar.ANSWERS, data):
            for match in grammar.SEQUENCE.finditer(data):
                self._take_sequence(match)
            data = b""
        if data:
            self._consume(data, now)
        self._last_at = now
        return self._pieces

    def tick(self, now: float) -> list[Piece]:
        """Return the pieces that are complete now because the deadline has passed."""
        self._pieces = []
        if self._paste is not None:
            if now >= self._paste.deadline:
                self._paste_broke_at = now
                self._mark_missing = self._paste.missing
                self._drop("a paste without an end")
                if rest := self._end_paste(self._paste.tick()):
                    self._consume(rest, now)
            return self._pieces
        deadline = self._bursts.deadline
        if deadline is not None and now >= deadline:
            self._pieces += self._bursts.release()
        deadline = self._sequence_deadline
        if deadline is not None and now >= deadline:
            self._give_up(now)
        return self._pieces

    def _consume(self, data: bytes, now: float) -> None:
        rest: bytes | None = data
        while rest is not None:
            if self._paste is not None:
                ended = self._paste.feed(rest, now)
                rest = None if ended is None else self._end_paste(ended)
            else:
                rest = self._take_typed(rest, now)

    def _take_typed(self, data: bytes, now: float) -> bytes | None:
        """Take input up to a paste; return what is inside the paste, None where there is none."""
        if (self._pending or self._given_up) and data:
            data = self._resume(data, now)
            if self._given:
                return None
        is_bulk = len(data) >= _MIN_BULK_BYTES
        fresh = 0 if now - self._last_at <= BURST_GAP else len(self._pending)
        goes_on = bool(self._pending)
        data, self._pending = self._pending + data, b""
        position = 0
        while position < len(data):
            if data[position] != ESC[0]:
                position = self._take_text(data, position, now)
                continue
            if text := self._decoder.decode(b"", final=True):
                self._pieces += self._bursts.feed(text, now)
            match = grammar.SEQUENCE.match(data, position)
            if match is not None and match[0] == PASTE_START:
                self._pieces += self._bursts.release()
                self._paste = _new_paste()
                return data[match.end() :]
            if match is not None:
                self._take_sequence(match)
                position = match.end()
            elif grammar.PARTIAL.match(data, position):
                is_string = data[position + 1 : position + 2].strip(_STRINGS) == b""
                if position or not goes_on or (is_bulk and is_string):
                    self._began_at = now
                self._pending = self._bounded(data[position:])
                return None
            else:
                position = self._skip_broken(data, position, fresh)
        return None

    def _take_text(self, data: bytes, start: int, now: float) -> int:
        end = data.find(ESC, start)
        end = len(data) if end < 0 else end
        if text := self._decoder.decode(data[start:end]):
            self._pieces += self._bursts.feed(text, now)
        return end

    def _add(self, piece: Piece) -> None:
        """Add a piece that is no text. An answer ends no burst: each repaint may bring one."""
        if self._bursts.deadline is not None and not is_report(piece):
            self._pieces += self._bursts.release()
        if self._pieces:
            remove_replaced(self._pieces, piece)
        self._pieces.append(piece)

    def _take_sequence(self, match: re.Match[bytes], *, late: bool = False) -> None:
        piece = meaning(match)
        if late and piece.kind in (Kind.SEQUENCE, Kind.TEXT):
            return
        if piece.kind is Kind.GRAPHICS and not self.takes_graphics:
            return
        if piece.text or piece.numbers:
            self._add(piece)

    def _skip_broken(self, data: bytes, start: int, fresh: int) -> int:
        """Drop what cannot be whole; return where to go on."""
        if self.takes_graphics and (match := re.match(grammar.BROKEN_ANSWER, data[start:])):
            self._drop("an answer with a sequence inside")
            return start + match.end()
        match = re.match(grammar.LONGEST_START, data[start:])
        end = start + (1 if match is None else match.end())
        if end == start + 1:
            self._add(ESCAPE)
            return end
        self._drop("a sequence that was cut")
        if end > fresh and (rest := re.match(grammar.REST, data[end:])):
            end += rest.end()
        return end

    def _resume(self, data: bytes, now: float) -> bytes:
        """Return the data without what belongs to a sequence that was given up."""
        if not self._pending:
            start, given = self._given_up, len(self._given_up)
        elif self._given:
            start, given = self._pending, self._given
        else:
            return data
        passed = now - (self._last_at if self._given else self._given_up_at)
        self._pending, self._given, self._given_up = b"", 0, b""
        if start == ESC and data[:1] not in _INTRODUCERS:
            return data
        soon = passed <= LATE_SECONDS
        match = grammar.SEQUENCE.match(start + data)
        if match is not None:
            at_once = len(data) > 1 and passed <= LATE_BURST_SECONDS
            if (soon or at_once) and re.fullmatch(grammar.KNOWN, match[0]):
                rest = data[match.end() - len(start) :]
                if match[0] == PASTE_START:
                    return PASTE_START + rest
                self._take_sequence(match, late=True)
                return rest
        elif soon and grammar.PARTIAL.match(start + data):
            self._pending, self._given = self._bounded(start + data), given
            return b""
        return start[given:] + data

    def _give_up(self, now: float) -> None:
        pending, given = self._pending, self._given
        self._pending, self._given = b"", 0
        if pending == ESC:
            self._add(ESCAPE)
        elif given and len(pending) == len(b"\x1b["):
            self._add(Piece(Kind.TEXT, chr(pending[-1])))
        elif len(pending) == len(b"\x1b[") and pending[1:] in _INTRODUCERS:
            self._add(Piece(Kind.ALT, chr(pending[1])))
        elif pending[1] >= 0x80:
            self._add(ESCAPE)
        else:
            self._drop("a sequence without an end")
        if pending == ESC or pending[1:2] not in _STRINGS:
            self._given_up, self._given_up_at = pending, now

    def _continues_paste(self, data: bytes, now: float) -> bool:
        """Return whether this is the rest of a paste that silence has ended."""
        if now - self._paste_broke_at > RESUMED_PASTE_SECONDS:
            return False
        end, start = data.find(PASTE_END), data.find(PASTE_START)
        if end >= 0 and not 0 <= start < end:
            return True
        return ESC not in data and len(data) >= _MIN_BULK_BYTES

    def _without_mark(self, data: bytes, now: float) -> bytes:
        """Return the data without the rest of a mark whose beginning silence has cut off."""
        missing, self._mark_missing = self._mark_missing, b""
        if now - self._paste_broke_at > RESUMED_PASTE_SECONDS:
            return data
        return data.removeprefix(missing)

    def _end_paste(self, ended: Ended) -> bytes | None:
        """Hand on a paste; return what came behind it, None if nothing."""
        self._paste = _new_paste() if ended.restarts else None
        if ended.overflowed:
            self._drop("the end of a paste that is too long")
        if ended.text:
            self._pieces.append(Piece(Kind.PASTE, ended.text))
        return ended.rest if ended.rest or ended.restarts else None

    def _bounded(self, pending: bytes) -> bytes:
        """Return the beginning of a sequence, without what makes no difference to its end."""
        if pending[1:2] and pending[1:2] in _STRINGS:
            if self.takes_graphics and _may_be_kept(pending):
                if len(pending) <= grammar.MAX_STRING_BYTES:
                    return pending
                # Its end must not pass for a whole one.
                pending = pending[:_STRING_START] + b"?" + pending[_STRING_START:]
            escape = ESC if len(pending) > _STRING_START and pending.endswith(ESC) else b""
            return pending[: _STRING_START + 1].rstrip(ESC) + escape
        return pending[: grammar.MAX_SEQUENCE_BYTES]

    def _drop(self, reason: str) -> None:
        self._pieces.append(Piece(Kind.DROPPED, reason))


_INTRODUCERS: Final = grammar.INTRODUCERS
_STRINGS: Final = grammar.STRINGS
_STRING_START: Final = len(b"\x1b]")


def _new_paste() -> PasteBuffer:
    # Imported when it is needed: the first paint does not wait for it.
    from tui.terminal.input.paste import PasteBuffer

    return PasteBuffer()


def _may_be_kept(pending: bytes) -> bool:
    """Return whether a string may be one of those whose text is of use."""
    return any(
        pending.startswith(start) or start.startswith(pending.rstrip(ESC))
        for start in grammar.KEPT_STRINGS
    )
