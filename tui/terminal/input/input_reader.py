"""From the bytes of the terminal to Textual's events, whatever the bytes are."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Final

from textual._xterm_parser import XTermParser
from textual.events import AppBlur, AppFocus, CursorPosition, Key, Paste, Resize
from textual.geometry import Size
from textual.message import Message
from textual.messages import TerminalSupportsSynchronizedOutput

from tui.terminal.input.events import AltKey, GraphicsAnswer, LineBreak
from tui.terminal.input.input_filter import InputFilter
from tui.terminal.input.pieces import Kind, Piece

SYNCHRONIZED_OUTPUT: Final = 2026
"""The one mode whose state matters here."""

_log = logging.getLogger(__name__)


class InputReader:
    """Read keys, pastes and reports from bytes. Nothing that comes raises, or ends the reading.

    The rule: what the parser cannot read is dropped, and logged once for each kind of fault without
    what it was. After each piece the parser must be at rest: otherwise the piece means nothing to
    it, and would come out as letters later; a new parser takes its place.
    """

    def __init__(self, *, debug: bool = False) -> None:
        self.filter = InputFilter()
        self._debug = debug
        self._parser = XTermParser(debug)
        self._logged: set[str] = set()

    def feed(self, data: bytes, now: float) -> Iterator[Message]:
        """Yield the events that are complete with what was read."""
        return self._events(self.filter.feed(data, now))

    def tick(self, now: float) -> Iterator[Message]:
        """Yield the events that are complete since the filter's deadline has passed."""
        return self._events(self.filter.tick(now))

    def _log_once(self, reason: str) -> None:
        """Log that input was dropped, once for each reason, which must not quote the input."""
        if reason not in self._logged:
            self._logged.add(reason)
            _log.warning("input dropped: %s", reason)

    def _events(self, pieces: list[Piece]) -> Iterator[Message]:
        for piece in pieces:
            match piece.kind:
                case Kind.TEXT | Kind.SEQUENCE:
                    yield from self._parse(piece.text)
                case Kind.ESCAPE:
                    yield Key("escape", "\x1b")
                case Kind.ALT:
                    yield self._alt_key(piece.text)
                case Kind.LINE_BREAK:
                    keys = self._keys(piece.text)
                    yield LineBreak(keys, piece.text, piece.rest, piece.in_lines)
                case Kind.GRAPHICS:
                    yield GraphicsAnswer(piece.text)
                case Kind.DROPPED:
                    self._log_once(piece.text)
                case _:
                    yield from _report(piece)

    def _parse(self, text: str, *, known: bool = True) -> list[Message]:
        messages: list[Message] = []
        try:
            messages.extend(self._parser.feed(text))
        except Exception as error:
            self._log_once(f"the parser raised {type(error).__name__}")
            self._parser = XTermParser(self._debug)
        else:
            if self._parser._timeout_time is not None:
                if known:
                    self._log_once("an unknown key")
                self._parser = XTermParser(self._debug)
        return messages

    def _keys(self, text: str, *, known: bool = True) -> list[Key]:
        return [each for each in self._parse(text, known=known) if isinstance(each, Key)]

    def _alt_key(self, character: str) -> AltKey:
        keys = self._keys(character)
        chords = self._keys(f"\x1b{character}", known=False)
        chords += [Key(f"alt+{_unshifted(key.key)}", None) for key in keys]
        return AltKey(chords, keys)


def _unshifted(name: str) -> str:
    """Return what Textual calls a key that is held with alt."""
    return f"shift+{name.lower()}" if len(name) == 1 and name.isupper() else name


def _report(piece: Piece) -> Iterator[Message]:
    """Yield what the terminal tells. A size is only a hint: the kernel's is the truth."""
    match piece.kind, piece.numbers:
        case Kind.PASTE, _:
            yield Paste(piece.text)
        case Kind.FOCUS, (focused,):
            yield AppFocus() if focused else AppBlur()
        case Kind.CURSOR, (row, column):
            yield CursorPosition(max(0, column - 1), max(0, row - 1))
        case Kind.SIZE, (rows, columns, *_):
            yield Resize(Size(columns, rows), Size(columns, rows))
        case Kind.MODE, (mode, state):
            if mode == SYNCHRONIZED_OUTPUT and state:
                yield TerminalSupportsSynchronizedOutput()
