"""What a person would see, computed from the bytes that a program wrote to its terminal.

pyte 0.8.2 draws the cells, but it takes ``CSI > 1 u`` for a cursor movement, raises at private
forms of some sequences and at surplus parameters, and knows no alternate screen. So whole
sequences are recognised here first, and pyte is given only those that it understands.
"""

from __future__ import annotations

import codecs
import re
from typing import Any

import pyte
from wcwidth import wcwidth

_CSI = re.compile(r"(?:\x1b\[|\x9b)([<=>?]?)([0-9:;]*)([ -/]*)([@-~])")
_CSI_BEGUN = re.compile(r"(?:\x1b\[|\x9b)[<=>?]?[0-9:;]*[ -/]*\Z")
_STRING = re.compile(r"(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x18\x1a\x1b]*(\x07|\x1b\\)?")
_ESCAPE = re.compile(r"\x1b[ -/]*[0-Z\\`-~]")
_ESCAPE_BEGUN = re.compile(r"\x1b[ -/]*\Z")
_INTRODUCER = re.compile(r"[\x1b\x90\x98\x9b\x9d-\x9f]")

_PARAMETERS = {**dict.fromkeys("@ABCDEFGJKLMPXade`g", 1), "H": 2, "f": 2, "r": 2, "m": 64}
"""The CSI sequences that pyte may see, and how many parameters it takes of each."""
_ANSI_MODES = frozenset({4, 20})
_PRIVATE_MODES = frozenset({6, 7, 25})
_ALTERNATE = frozenset({47, 1047, 1049})
_PLAIN_ESCAPES = frozenset({"\x1bc", "\x1bD", "\x1bE", "\x1bH", "\x1bM", "\x1b7", "\x1b8"})


class Screen:
    """A terminal's screen: the normal one and the alternate one, of which one is shown."""

    def __init__(self, cols: int, rows: int) -> None:
        """Make an empty screen of ``cols`` by ``rows`` cells."""
        self.modes: set[int] = {7, 25}
        """The DEC private modes that are on, such as 1049 (alternate screen), 1003 (mouse)."""
        self.kitty_keys = 0
        """How many times the program pushed the kitty keyboard protocol and did not pop it."""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._ready: list[str] = []
        self._normal: Any = pyte.Screen(cols, rows)
        self._alternate: Any = pyte.Screen(cols, rows)
        self._streams = {id(s): pyte.Stream(s) for s in (self._normal, self._alternate)}
        self._shown: Any = self._normal

    def feed(self, data: bytes) -> None:
        """Take the next bytes; they may end inside a character or inside a sequence."""
        text = self._rest + self._decoder.decode(data)
        position = 0
        while position < len(text):
            begin = _INTRODUCER.search(text, position)
            plain_end = begin.start() if begin else len(text)
            self._ready.append(text[position:plain_end])
            if begin is None:
                position = plain_end
                break
            end = self._sequence(text, plain_end)
            position = plain_end
            if end is None:
                break
            position = end
        self._rest = text[position:]
        self._flush()

    def resize(self, cols: int, rows: int) -> None:
        """Give both screens another size."""
        self._normal.resize(rows, cols)
        self._alternate.resize(rows, cols)

    def lines(self) -> list[str]:
        """The rows that are shown, without trailing blanks."""
        return ["".join(self._cells(row)).rstrip() for row in range(self._shown.lines)]

    def looks(self) -> list[list[object]]:
        """All that a person sees of each cell: its character, its colours and how it is set."""
        return [
            [
                self._shown.buffer[row][column]._replace(data=cell)
                for column, cell in enumerate(self._cells(row))
            ]
            for row in range(self._shown.lines)
        ]

    def find(self, text: str) -> tuple[int, int] | None:
        """The zero-based column and row of the first cell of ``text``, if it is shown."""
        for row in range(self._shown.lines):
            cells = self._cells(row)
            offset = "".join(cells).find(text)
            if offset >= 0:
                return _column(cells, offset), row
        return None

    @property
    def cursor(self) -> tuple[int, int]:
        """The zero-based column and row of the cursor."""
        return self._shown.cursor.x, self._shown.cursor.y

    def _cells(self, row: int) -> list[str]:
        """One string a column; the second column of a wide character holds an empty one."""
        line = self._shown.buffer[row]
        cells: list[str] = [line[column].data for column in range(self._shown.columns)]
        for column, cell in enumerate(cells):
            second_alone = cell == "" and not (column > 0 and _is_wide(cells[column - 1]))
            first_alone = _is_wide(cell) and cells[column + 1 : column + 2] != [""]
            # A terminal blanks what is left of a wide character when one half is overwritten.
            if first_alone or second_alone:
                cells[column] = " "
        return cells

    def _sequence(self, text: str, start: int) -> int | None:
        """Handle the sequence at ``start``; where it ends, or None if its end has yet to come."""
        if match := _CSI.match(text, start):
            self._csi(*match.groups())
            return match.end()
        if match := _STRING.match(text, start):
            if match.group(1) is None and match.end() >= len(text) - 1:
                return None
            return match.end()
        if match := _ESCAPE.match(text, start):
            if match.group() in _PLAIN_ESCAPES:
                self._ready.append(match.group())
            return match.end()
        if _CSI_BEGUN.match(text, start) or _ESCAPE_BEGUN.match(text, start):
            return None
        return start + 1

    def _csi(self, private: str, parameters: str, intermediate: str, final: str) -> None:
        """Pass on, or act on, one control sequence."""
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
            kept = ";".join(parameters.split(";")[: _PARAMETERS[final]])
            self._ready.append(f"\x1b[{kept}{final}")

    def _set_modes(self, private: str, numbers: list[int], final: str) -> None:
        """Switch modes on (``h``) or off (``l``)."""
        known = _PRIVATE_MODES if private else _ANSI_MODES
        for number in numbers:
            if private:
                (self.modes.add if final == "h" else self.modes.discard)(number)
            if private and number in _ALTERNATE:
                self._switch(alternate=final == "h")
            elif number in known:
                self._ready.append(f"\x1b[{private}{number}{final}")

    def _switch(self, *, alternate: bool) -> None:
        """Show the alternate screen, empty at first, or the normal one as it was left."""
        self._flush()
        wanted = self._alternate if alternate else self._normal
        if alternate and self._shown is not wanted:
            wanted.reset()
        self._shown = wanted

    def _flush(self) -> None:
        """Let pyte draw what is ready."""
        text = "".join(self._ready)
        self._ready.clear()
        if text:
            self._streams[id(self._shown)].feed(text)


def _is_wide(cell: str) -> bool:
    return cell != "" and wcwidth(cell[0]) == 2


def _column(cells: list[str], offset: int) -> int:
    """The column of the cell that holds the character number ``offset`` of the row's text."""
    passed = 0
    for column, cell in enumerate(cells):
        passed += len(cell)
        if passed > offset:
            return column
    raise AssertionError("the offset lies outside the row")
