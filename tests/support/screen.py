"""The screen of a terminal, computed from the bytes that a program wrote to it.

pyte 0.8.2 draws the cells. Since it mistakes ``CSI > 1 u`` for a cursor movement, raises at private
forms of some sequences and at surplus parameters, and has no alternate screen, sequences are parsed
here first and pyte gets only those that it supports.
"""

from __future__ import annotations

import codecs
import re
from typing import Any

import pyte
from wcwidth import wcwidth

_CSI = re.compile(r"(?:\x1b\[|\x9b)([<=>?]?)([0-9:;]*)([ -/]*)([@-~])")
_PARTIAL_CSI = re.compile(r"(?:\x1b\[|\x9b)[<=>?]?[0-9:;]*[ -/]*\Z")
_STRING = re.compile(r"(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x18\x1a\x1b]*(\x07|\x1b\\)?")
_ESCAPE = re.compile(r"\x1b[ -/]*[0-Z\\`-~]")
_PARTIAL_ESCAPE = re.compile(r"\x1b[ -/]*\Z")
_INTRODUCER = re.compile(r"[\x1b\x90\x98\x9b\x9d-\x9f]")

_PARAMETERS = {**dict.fromkeys("@ABCDEFGJKLMPXade`g", 1), "H": 2, "f": 2, "r": 2, "m": 64}
"""The CSI sequences that are passed to pyte, with the maximum number of parameters."""
_ANSI_MODES = frozenset({4, 20})
_PRIVATE_MODES = frozenset({6, 7, 25})
_ALTERNATE = frozenset({47, 1047, 1049})
_PLAIN_ESCAPES = frozenset({"\x1bc", "\x1bD", "\x1bE", "\x1bH", "\x1bM", "\x1b7", "\x1b8"})


class Screen:
    """A terminal's screen with its normal and alternate buffers."""

    def __init__(self, cols: int, rows: int, *, alternate: bool = True) -> None:
        """Create an empty screen of ``cols`` by ``rows`` cells.

        Without ``alternate`` it has the normal buffer only, like the Linux console before 6.16.
        """
        self.modes: set[int] = {7, 25}
        """The DEC private modes that are set, such as 1049 (alternate screen), 1003 (mouse)."""
        self.kitty_keys = 0
        """Depth of the kitty keyboard protocol's stack: pushes without a pop."""
        self._has_alternate = alternate
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._incomplete = ""
        self._buffered: list[str] = []
        self._normal: Any = pyte.Screen(cols, rows)
        self._alternate: Any = pyte.Screen(cols, rows)
        self._streams = {id(s): pyte.Stream(s) for s in (self._normal, self._alternate)}
        self._shown: Any = self._normal

    def feed(self, data: bytes) -> None:
        """Process the next bytes, which may end inside a character or a sequence."""
        text = self._incomplete + self._decoder.decode(data)
        position = 0
        while position < len(text):
            begin = _INTRODUCER.search(text, position)
            plain_end = begin.start() if begin else len(text)
            self._buffered.append(text[position:plain_end])
            if begin is None:
                position = plain_end
                break
            end = self._sequence(text, plain_end)
            position = plain_end
            if end is None:
                break
            position = end
        self._incomplete = text[position:]
        self._flush()

    def resize(self, cols: int, rows: int) -> None:
        """Resize both buffers."""
        self._normal.resize(rows, cols)
        self._alternate.resize(rows, cols)

    def lines(self) -> list[str]:
        """Return the visible rows without trailing blanks."""
        return ["".join(self._row_cells(row)).rstrip() for row in range(self._shown.lines)]

    def cells(self) -> list[list[object]]:
        """Return each cell row by row: its character, colours and attributes."""
        return [
            [
                self._shown.buffer[row][column]._replace(data=cell)
                for column, cell in enumerate(self._row_cells(row))
            ]
            for row in range(self._shown.lines)
        ]

    def find(self, text: str) -> tuple[int, int] | None:
        """Return the zero-based column and row of the first cell of ``text``, if it is visible."""
        for row in range(self._shown.lines):
            cells = self._row_cells(row)
            offset = "".join(cells).find(text)
            if offset >= 0:
                return _column(cells, offset), row
        return None

    @property
    def cursor(self) -> tuple[int, int]:
        """The zero-based column and row of the cursor."""
        return self._shown.cursor.x, self._shown.cursor.y

    def _row_cells(self, row: int) -> list[str]:
        """Return one string per column; it is empty for the second column of a wide character."""
        line = self._shown.buffer[row]
        cells: list[str] = [line[column].data for column in range(self._shown.columns)]
        for column, cell in enumerate(cells):
            orphaned_second = cell == "" and not (column > 0 and _is_wide(cells[column - 1]))
            orphaned_first = _is_wide(cell) and cells[column + 1 : column + 2] != [""]
            # A terminal blanks the other half of a wide character when one half is overwritten.
            if orphaned_first or orphaned_second:
                cells[column] = " "
        return cells

    def _sequence(self, text: str, start: int) -> int | None:
        """Handle the sequence at ``start``; return its end, or None if it is incomplete."""
        if match := _CSI.match(text, start):
            self._csi(*match.groups())
            return match.end()
        if match := _STRING.match(text, start):
            if match.group(1) is None and match.end() >= len(text) - 1:
                return None
            return match.end()
        if match := _ESCAPE.match(text, start):
            if match.group() in _PLAIN_ESCAPES:
                self._buffered.append(match.group())
            return match.end()
        if _PARTIAL_CSI.match(text, start) or _PARTIAL_ESCAPE.match(text, start):
            return None
        return start + 1

    def _csi(self, private: str, parameters: str, intermediate: str, final: str) -> None:
        """Handle one control sequence, or pass it to pyte."""
        if intermediate or ":" in parameters:
            return
        numbers = [int(part or 0) for part in parameters.split(";")] if parameters else []
        if final in "hl" and private in ("", "?"):
            self._set_modes(private, numbers, final)
        elif final == "u" and private == ">":
            self.kitty_keys += 1
        elif final == "u" and private == "<":
            self.kitty_keys = max(0, self.kitty_keys - (numbers[0] if numbers else 1))
        elif not private and final in _PARAMETERS:
            supported = ";".join(parameters.split(";")[: _PARAMETERS[final]])
            self._buffered.append(f"\x1b[{supported}{final}")

    def _set_modes(self, private: str, numbers: list[int], final: str) -> None:
        """Set (``h``) or reset (``l``) modes."""
        supported = _PRIVATE_MODES if private else _ANSI_MODES
        for number in numbers:
            if private:
                (self.modes.add if final == "h" else self.modes.discard)(number)
            if private and number in _ALTERNATE and self._has_alternate:
                self._switch(alternate=final == "h")
            elif number in supported:
                self._buffered.append(f"\x1b[{private}{number}{final}")

    def _switch(self, *, alternate: bool) -> None:
        """Switch to the alternate buffer, cleared, or back to the normal one."""
        self._flush()
        target = self._alternate if alternate else self._normal
        if alternate and self._shown is not target:
            target.reset()
        self._shown = target

    def _flush(self) -> None:
        """Pass the buffered text to pyte."""
        text = "".join(self._buffered)
        self._buffered.clear()
        if text:
            self._streams[id(self._shown)].feed(text)


def _is_wide(cell: str) -> bool:
    return cell != "" and wcwidth(cell[0]) == 2


def _column(cells: list[str], offset: int) -> int:
    """Return the column of the cell that holds the row's character number ``offset``."""
    characters = 0
    for column, cell in enumerate(cells):
        characters += len(cell)
        if characters > offset:
            return column
    raise AssertionError("the offset is outside the row")
