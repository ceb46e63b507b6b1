"""The lines above the sections of the list of tasks. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from rich.cells import cell_len

from tui.watchlist.sections import Section
from tui.wording.cells import fit
from tui.wording.rows import TaskRowData

SECTION_NAMES: Final[Mapping[Section, str]] = {
    Section.ATTENTION: "Needs attention",
    Section.RUNNING: "Running",
    Section.WAITING: "Waiting",
    Section.FINISHED: "Finished",
}
"""What each section is called on the screen."""


class SectionRowData(NamedTuple):
    """All that a section's line shows: words only, so that equal values repaint nothing."""

    key: str
    title: str
    """The section's name and the number of its tasks."""
    fact: str
    """What is known of its tasks in common; may be empty."""


ListLine = SectionRowData | TaskRowData
"""What one line of the list of tasks shows."""


def section_key(section: Section) -> str:
    """Return the key of a section's line, which no task can have as its ID."""
    return f"\n{section.value}"


def section_row(section: Section, count: int, shown: int, fact: str = "") -> SectionRowData:
    """Return the line of a section of `count` tasks, of which a filter has `shown` so many."""
    number = f"{count:,}" if shown == count else f"{shown:,} of {count:,}"
    return SectionRowData(section_key(section), f"{SECTION_NAMES[section]}  {number}", fact)


def section_line(row: SectionRowData, width: int) -> str:
    """Return the line in less than `width` cells: the fact at its right end, if there is room."""
    title, room = f" {row.title}", max(0, width - 1)
    has_room = cell_len(title) + 2 + cell_len(row.fact) <= room
    return fit(title, room - cell_len(row.fact)) + row.fact if has_room else fit(title, room)
