"""The columns of the rows of the list of tasks, in any width. Pure.

Rows use only glyphs that are one cell wide in every terminal: those of ambiguous width (box lines,
ellipses, bullets) would shift what follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final, NamedTuple

from rich.cells import cell_len, set_cell_size

from tui.watchlist.sections import Section
from tui.wording.cells import cut_middle, fit
from tui.wording.names import alike_heads, short_name
from tui.wording.rows import TaskRowData

CURSOR: Final = ">"
NEW: Final = "*"
MARKS: Final = (
    (NEW, "Ended since somebody last looked"),
    ("✗ ! ?", "Failed, in trouble, in an unknown state"),
    ("» - ✓", "Running, waiting for an answer, completed"),
    ("~14:35", "When it is likely to end"),
)
"""The signs in a row, and what they mean."""
UUID_WIDTH: Final = 36
"""Cells: a UUID, the longest ID that the service is known to hand out."""
ID_WIDTH: Final = 10
"""Cells of an ID where there is no room for all of it."""
MIN_WHOLE_ID_WIDTH: Final = 150
"""Cells of a row from which on IDs are shown whole."""
MIN_ID_WIDTH: Final = 50
"""Cells of a row from which on there are IDs beside the names."""
MIN_TITLE_WIDTH: Final = 10
"""Cells behind a label from which on its title is begun."""

_LEAD_WIDTH: Final = 4
"""Cells in front of the name: the cursor, the mark of what is new, the glyph and a space."""
_NAME_WIDTH: Final = 26
_MAX_NAME_WIDTH: Final = 60
_MAX_NARROW_NAME_WIDTH: Final = 28
_ALL_FACTS_WIDTH: Final = 52
"""Cells of all that may follow the names, side by side."""
_POINTS_WIDTH: Final = 36
"""Cells of what follows the names, up to the points."""
_FRAMES_WIDTH: Final = 24
"""Cells of what follows the names, up to the frames; and of the shorter forms of notes."""
_NARROW: Final = ((13, 12), (6, 4))
"""Cells of the facts (up to the end, the time), and those of the name that each of them takes at
least: there are no frames where they would take a third of the name."""
_MIN_WIDE_GAP_WIDTH: Final = 35
"""Cells of facts from which on two blanks are between two of them."""
_TIME_WIDTH: Final = 6
_FACT_WIDTHS: Final = (6, 9, 9)
"""Cells of the end, the frames and the points."""


class Columns(NamedTuple):
    """The widths of a row's columns; the same for all rows of a list."""

    width: int
    name: int
    id: int
    """0 where there is no room for IDs."""
    facts: int
    alike: frozenset[str] = frozenset()
    """The heads of names that read alike; see `names.alike_heads`."""

    @classmethod
    def fit(cls, width: int, rows: Iterable[TaskRowData]) -> Columns:
        """Return the columns of rows of `width` cells; takes one pass over all rows."""
        rows = tuple(rows)
        longest = max((len(row.key) for row in rows), default=0)
        id_width = min(longest, UUID_WIDTH if width >= MIN_WHOLE_ID_WIDTH else ID_WIDTH)
        if width < MIN_ID_WIDTH:
            id_width = 0
        # One more stays blank, beside a scroll bar or a border.
        room = max(0, width - 1 - _LEAD_WIDTH - (id_width + 3 if id_width else 1))
        name = _name_width(room)
        named = (row.name for row in rows if row.label or row.title)
        return cls(width, name, id_width, room - name, alike_heads(named, name))

    def for_row(self, row: TaskRowData) -> Columns:
        """Return the columns of one row: in a narrow list a reason takes the place of the ID.

        So it does in all rows that need attention, and elsewhere where it has no room beside it.
        """
        if not self.id or self.facts >= _FRAMES_WIDTH or not row.notes:
            return self
        has_room = _TIME_WIDTH + 1 + cell_len(row.notes[-1]) <= self.facts
        if row.section is Section.WAITING or (row.section is not Section.ATTENTION and has_room):
            return self
        return self._replace(id=0, facts=self.facts + self.id + 2)


def _name_width(room: int) -> int:
    """Return how many of the cells for names and facts the names take."""
    if room >= _NAME_WIDTH + _ALL_FACTS_WIDTH:
        return min(_MAX_NAME_WIDTH, room - _ALL_FACTS_WIDTH)
    if room >= _NAME_WIDTH + _POINTS_WIDTH - 2:
        return min(_NAME_WIDTH, room - _POINTS_WIDTH)
    if room >= _NAME_WIDTH + _FRAMES_WIDTH:
        return _NAME_WIDTH
    narrow = next((room - facts for facts, name in _NARROW if room >= facts + name), room)
    return min(_MAX_NARROW_NAME_WIDTH, narrow)


def task_line(
    row: TaskRowData, columns: Columns, *, under_cursor: bool = False
) -> tuple[tuple[str, str], ...]:
    """Return a row as `(style, text)` parts, in the order of the line.

    Styles are `new`, `name`, `minor`, `fact`, `stale`, that of the glyph (`look`), or empty.
    """
    return tuple(
        (style, "".join(text for _, text in parts))
        for style, parts in groupby(_parts(row, columns, under_cursor), key=lambda part: part[0])
    )


def _parts(row: TaskRowData, columns: Columns, under_cursor: bool) -> Iterator[tuple[str, str]]:
    minor, look = ("stale", "stale") if row.is_stale else ("minor", row.look)
    # Blanks have the colour of what stands beside them: each other one costs 40 bytes to send.
    cursor = CURSOR if under_cursor else " "
    if row.is_new:
        yield "new", cursor + NEW
        yield look, f"{row.glyph} "
    else:
        yield look, f"{cursor} {row.glyph} "
    usual, columns = columns, columns.for_row(row)
    yield from _name_parts(row, columns, minor, has_id=columns is usual)
    yield minor, "  " if columns.id else " "
    if row.section in (Section.ATTENTION, Section.WAITING):
        note = fit(_first_fitting(row.notes, columns.facts), columns.facts)
        yield minor if row.section is Section.WAITING else "", note
    else:
        yield from _fact_parts(row, columns.facts, minor)


def _name_parts(
    row: TaskRowData, columns: Columns, minor: str, *, has_id: bool
) -> Iterator[tuple[str, str]]:
    """Yield the name and the ID; a row that `has_id` no column for has it where a title may be."""
    style, width = "stale" if row.is_stale else "name", columns.name
    if not row.label and not row.title:
        # Over both columns, instead of twice.
        width += columns.id + 1 if columns.id else 0
        yield style, fit(cut_middle(row.key, width), width)
        return
    room = width - cell_len(row.name) - 2
    title = row.title if row.label and row.title != row.label else ""
    more = title if has_id else set_cell_size(row.key, min(ID_WIDTH, cell_len(row.key)))
    if more and room >= (MIN_TITLE_WIDTH if has_id else cell_len(more)):
        yield style, row.name
        yield minor, f"  {fit(more, room)}"
    else:
        yield style, short_name(row.name, width, columns.alike)
    if columns.id > ID_WIDTH:
        yield minor, f" {fit(cut_middle(row.key, columns.id), columns.id)}"
    elif columns.id:
        # Its head, without a sign: the whole ID stands with the details.
        yield minor, f" {set_cell_size(row.key, columns.id)}"


def _fact_parts(row: TaskRowData, width: int, minor: str) -> Iterator[tuple[str, str]]:
    gap = "  " if width >= _MIN_WIDE_GAP_WIDTH else " "
    facts = [row.time.rjust(_TIME_WIDTH)]
    facts += map(str.ljust, (row.end, row.frames, row.points), _FACT_WIDTHS)
    note = row.notes[0] if row.notes else ""
    if note and not row.is_stale and cell_len(row.notes[-1]) > width - len(gap) - _TIME_WIDTH:
        note = ""
    # A note takes the place of the last facts.
    while len(facts) > 1 and cell_len(gap.join((*facts, note)).rstrip()) > width:
        facts.pop()
    text = gap.join((*facts, ""))
    room = width - cell_len(text)
    if not note or room <= 0:
        yield minor, fit(text.rstrip(), width)
    else:
        yield minor, text
        yield "stale" if row.is_stale else "fact", fit(_first_fitting(row.notes, room), room)


def _first_fitting(notes: tuple[str, ...], width: int) -> str:
    return next((note for note in notes if cell_len(note) <= width), notes[-1] if notes else "")
