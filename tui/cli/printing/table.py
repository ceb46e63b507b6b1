"""Print tasks for people: an aligned table on a terminal, columns separated by tabs elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, TextIO

from tui.cli.printing.output import print_result
from tui.cli.printing.window import columns
from tui.scenext.models import TaskStatus
from tui.watchlist.records import Record
from tui.wording.states import STATES
from tui.wording.task_cells import TaskCells, task_cells

HEADINGS: Final = TaskCells("STATE", "ID", "NAME", "TIME", "FRAMES", "POINTS", "NOTE")

_GLYPHS: Final[Mapping[str, str]] = {
    STATES[TaskStatus.QUEUED]: "-",
    STATES[TaskStatus.IN_PROGRESS]: "»",
    STATES[TaskStatus.COMPLETED]: "✓",
    STATES[TaskStatus.FAILED]: "✗",
    STATES[TaskStatus.UNKNOWN]: "?",
}
_COLOURS: Final[Mapping[str, str]] = {
    STATES[TaskStatus.COMPLETED]: "\x1b[32m",
    STATES[TaskStatus.FAILED]: "\x1b[31m",
    STATES[TaskStatus.UNKNOWN]: "\x1b[33m",
}
"""Of the terminal's own palette, so that they can be read on its background."""
_PLAIN: Final = "\x1b[m"
_STATE_WIDTH: Final = max(map(len, _GLYPHS))
_GAP: Final = "  "
_SHRINKING: Final = (
    *(("name", 30), ("note", 24), ("name", 12), ("note", 0)),
    *(("points", 0), ("frames", 0), ("time", 0), ("id", 14), ("name", 0), ("id", 8)),
)
"""What becomes narrower, in this order, and down to how many cells: what tells tasks apart last."""

_MIN_WIDTH: Final = 4
"""Cells of a column in which anything can be read."""


class TaskTable:
    """Prints tasks on standard output, as it suits a stream."""

    def __init__(
        self,
        stream: TextIO,
        environ: Mapping[str, str] = os.environ,
        holds: Callable[[str], bool] = lambda task_id: True,
    ) -> None:
        """Look at what the stream is: `environ` may forbid colours.

        `holds` tells whether the watchlist holds a task.
        """
        self._holds = holds
        self._is_terminal = stream.isatty()
        self._width = columns(stream) if self._is_terminal else 0
        self._has_glyphs = _can_show(stream, "".join(_GLYPHS.values()))
        self._has_colours = "NO_COLOR" not in environ and environ.get("TERM", "dumb") != "dumb"

    def print(self, records: Iterable[Record], now: datetime) -> None:
        """Print one line for each task; nothing for none. Raises as `print_result` does."""
        if lines := self.lines(records, now):
            print_result("\n".join(lines))

    def lines(self, records: Iterable[Record], now: datetime) -> list[str]:
        """Return the lines for the tasks, below a line of headings where people read them."""
        rows = [task_cells(each, now, watched=self._holds(each.id)) for each in records]
        if not self._is_terminal:
            # What was cleaned holds neither tab nor line.
            return ["\t".join(row) for row in rows]
        if not rows:
            return []
        rows = [HEADINGS, *(self._with_glyph(row) for row in rows)]
        widths = _fit_widths(rows, self._width)
        return [self._line(row, widths) for row in rows]

    def _with_glyph(self, row: TaskCells) -> TaskCells:
        glyph = f"{_GLYPHS[row.state]} " if self._has_glyphs else ""
        # As wide as the longest: `wait` prints its lines one by one, below each other.
        return row._replace(state=f"{glyph}{row.state:<{_STATE_WIDTH}}")

    def _line(self, row: TaskCells, widths: Mapping[str, int]) -> str:
        from tui.wording.cells import fit

        cells = []
        for name, text in zip(row._fields, row, strict=True):
            if width := widths[name]:
                cells.append(_aligned(name, text, width))
        line = fit(_GAP.join(cells), self._width).rstrip()
        state = row.state.rstrip()
        colour = _COLOURS.get(state.rpartition(" ")[2]) if self._has_colours else None
        if colour and line.startswith(state):
            line = f"{colour}{state}{_PLAIN}{line[len(state) :]}"
        return line


def _aligned(name: str, text: str, width: int) -> str:
    from tui.wording.cells import cut_middle, fit

    if name in ("frames", "points"):
        return text.rjust(width)
    return fit(cut_middle(text, width) if name == "id" else text, width)


def _fit_widths(rows: Sequence[TaskCells], width: int) -> dict[str, int]:
    """Return how many cells each column takes, 0 for one that is left out."""
    from rich.cells import cell_len

    widths = {}
    for name, column in zip(TaskCells._fields, zip(*rows, strict=True), strict=True):
        # A column that says nothing of any task is left out, heading and all.
        widths[name] = max(map(cell_len, column)) if any(column[1:]) else 0
    for name, least in _SHRINKING:
        excess = _total(widths.values()) - width
        if excess > 0:
            rest = min(widths[name], max(least, widths[name] - excess))
            is_readable = rest == widths[name] or rest >= _MIN_WIDTH
            widths[name] = rest if is_readable else 0
    return widths


def _total(widths: Iterable[int]) -> int:
    taken = [width for width in widths if width]
    return sum(taken) + len(_GAP) * (len(taken) - 1)


def _can_show(stream: TextIO, text: str) -> bool:
    try:
        text.encode(stream.encoding)
    except (UnicodeError, LookupError):
        return False
    return True
