"""The screen of a terminal, computed from the bytes that a program wrote to it.

pyte 0.8.2 draws the cells. Since it mistakes ``CSI > 1 u`` for a cursor movement, raises at private
forms of some sequences and at surplus parameters, and has no alternate screen, sequences are parsed
here first and pyte gets only those that it supports.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable
from typing import Any

import pyte
import pyte.modes
from wcwidth import wcwidth

_CSI = re.compile(r"(?:\x1b\[|\x9b)([<=>?]?)([0-9:;]*)([ -/]*)([@-~])")
_PARTIAL_CSI = re.compile(r"(?:\x1b\[|\x9b)[<=>?]?[0-9:;]*[ -/]*\Z")
_STRING = re.compile(r"(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x18\x1a\x1b]*(\x07|\x1b\\)?")
_TITLE = re.compile(r"(?:\x1b\]|\x9d)[02];([^\x07\x18\x1a\x1b]*)(?:\x07|\x1b\\)")
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

    def __init__(
        self,
        cols: int,
        rows: int,
        columns_of: Callable[[str], int] | None = None,
        *,
        alternate: bool = True,
    ) -> None:
        """Create an empty screen of ``cols`` by ``rows`` cells.

        ``columns_of`` returns how many columns the terminal takes for a grapheme cluster: terminals
        differ in that. Without it, pyte's own table holds, character by character. Without
        ``alternate`` it has the normal buffer only, like the Linux console before 6.16.
        """
        self.modes: set[int] = {7, 25}
        """The DEC private modes that are set, such as 1049 (alternate screen), 1003 (mouse)."""
        self.title = ""
        """The window's title."""
        self.titles: list[str] = []
        """The stack of titles that were saved, the last one at the end."""
        self._has_alternate = alternate
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._incomplete = ""
        self._buffered: list[str] = []
        self._normal, self._alternate = (
            _ClusterScreen(cols, rows, columns_of) if columns_of else pyte.Screen(cols, rows)
            for _ in range(2)
        )
        self._streams = {id(s): pyte.Stream(s) for s in (self._normal, self._alternate)}
        self._shown: Any = self._normal
        self._columns_of = columns_of
        self._kitty_stacks = {id(self._normal): 0, id(self._alternate): 0}

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
        return ["".join(self.row_cells(row)).rstrip() for row in range(self._shown.lines)]

    def cells(self) -> list[list[object]]:
        """Return each cell row by row: its character, colours and attributes."""
        return [
            [
                self._shown.buffer[row][column]._replace(data=cell)
                for column, cell in enumerate(self.row_cells(row))
            ]
            for row in range(self._shown.lines)
        ]

    def find(self, text: str) -> tuple[int, int] | None:
        """Return the zero-based column and row of the first cell of ``text``, if it is visible."""
        for row in range(self._shown.lines):
            cells = self.row_cells(row)
            offset = "".join(cells).find(text)
            if offset >= 0:
                return _column(cells, offset), row
        return None

    @property
    def kitty_keys(self) -> int:
        """Depth of the shown screen's stack of the kitty keyboard protocol."""
        return self._kitty_stacks[id(self._shown)]

    @property
    def kitty_stacks(self) -> tuple[int, ...]:
        """The depths for the normal and for the alternate screen, which have one each."""
        return tuple(self._kitty_stacks.values())

    @property
    def cursor(self) -> tuple[int, int]:
        """The zero-based column and row of the cursor."""
        return self._shown.cursor.x, self._shown.cursor.y

    def row_cells(self, row: int) -> list[str]:
        """Return one string per column; it is empty for the second column of a wide character."""
        line = self._shown.buffer[row]
        cells: list[str] = [line[column].data for column in range(self._shown.columns)]
        if self._columns_of is not None or ("" not in cells and "".join(cells).isascii()):
            return cells
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
            if titled := _TITLE.fullmatch(match.group()):
                self.title = titled[1]
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
        elif final == "t" and not private and numbers and numbers[1:] in ([], [0], [2]):
            self._use_title_stack(numbers[0])
        elif final == "u" and private == ">":
            self._kitty_stacks[id(self._shown)] += 1
        elif final == "u" and private == "<":
            depth = self.kitty_keys - (numbers[0] if numbers else 1)
            self._kitty_stacks[id(self._shown)] = max(0, depth)
        elif not private and final in _PARAMETERS:
            supported = ";".join(parameters.split(";")[: _PARAMETERS[final]])
            self._buffered.append(f"\x1b[{supported}{final}")

    def _use_title_stack(self, operation: int) -> None:
        if operation == 22:
            self.titles.append(self.title)
        elif operation == 23 and self.titles:
            self.title = self.titles.pop()

    def _set_modes(self, private: str, numbers: list[int], final: str) -> None:
        """Set (``h``) or reset (``l``) modes."""
        supported = _PRIVATE_MODES if private else _ANSI_MODES
        for number in numbers:
            if private:
                (self.modes.add if final == "h" else self.modes.discard)(number)
            if private and number in _ALTERNATE and self._has_alternate:
                self._switch(alternate=final == "h", with_cursor=number == 1049)
            elif number in supported:
                self._buffered.append(f"\x1b[{private}{number}{final}")

    def _switch(self, *, alternate: bool, with_cursor: bool) -> None:
        """Switch to the alternate buffer, cleared, or back to the normal one.

        As xterm does, mode 1049 saves the cursor before, and puts it back after, to the first cell
        where none was saved; each buffer has a saved cursor of its own.
        """
        if alternate and with_cursor:
            self._buffered.append("\x1b7")
        self._flush()
        target = self._alternate if alternate else self._normal
        if alternate and self._shown is not target:
            target.reset()
        self._shown = target
        if not alternate and with_cursor:
            self._buffered.append("\x1b8")

    def _flush(self) -> None:
        """Pass the buffered text to pyte."""
        text = "".join(self._buffered)
        self._buffered.clear()
        if text:
            self._streams[id(self._shown)].feed(text)


class _ClusterScreen(pyte.Screen):
    """Takes columns by grapheme cluster; a cluster that is overwritten in part becomes blanks."""

    def __init__(self, cols: int, rows: int, columns_of: Callable[[str], int]) -> None:
        self._columns_of = columns_of
        super().__init__(cols, rows)

    def draw(self, data: str) -> None:
        """Write clusters at the cursor; one without a column joins the cell before."""
        for cluster in clusters(data):
            columns = min(self._columns_of(cluster), self.columns)
            if columns <= 0:
                self._join(cluster)
                continue
            if self.cursor.x + columns > self.columns:
                if pyte.modes.DECAWM in self.mode:
                    self.carriage_return()
                    self.linefeed()
                else:
                    # As VTE does: it moves back for a character that does not fit.
                    columns = min(columns, 2)
                    self.cursor.x = min(self.cursor.x, self.columns - columns)
            start, end = self.cursor.x, self.cursor.x + columns
            self._blank_around(start, end)
            line = self.buffer[self.cursor.y]
            for column in range(start, end):
                text = cluster if column == start else ""
                line[column] = self.cursor.attrs._replace(data=text)
            self.cursor.x = end

    def _join(self, cluster: str) -> None:
        line = self.buffer[self.cursor.y]
        column = self.cursor.x - 1
        while column > 0 and not line[column].data:
            column -= 1
        if column >= 0:
            line[column] = line[column]._replace(data=line[column].data + cluster)

    def _blank_around(self, start: int, end: int) -> None:
        """Blank what is cut by a write to the columns from ``start`` to ``end``."""
        line = self.buffer[self.cursor.y]
        column = start
        while column > 0 and not line[column].data:
            column -= 1
            line[column] = line[column]._replace(data=line[column].data and " ")
        for left in range(column, start):
            line[left] = line[left]._replace(data=" ")
        while end < self.columns and not line[end].data:
            line[end] = line[end]._replace(data=" ")
            end += 1


def clusters(text: str) -> list[str]:
    """Return the grapheme clusters of a text, about as terminals see them that know clusters."""
    found: list[str] = []
    for character in text:
        if found and _joins(found[-1], character):
            found[-1] += character
        else:
            found.append(character)
    return found


def _joins(cluster: str, character: str) -> bool:
    flags = len(cluster) == 1 and _is_flag_letter(cluster) and _is_flag_letter(character)
    marks = unicodedata.category(character) in {"Mn", "Mc", "Me", "Cf"}
    return flags or marks or cluster[-1] == "\u200d" or bool(_EXTENDS.match(character))


_EXTENDS = re.compile("[\u1160-\u11ff\uff9e\uff9f\U0001f3fb-\U0001f3ff]")


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


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
