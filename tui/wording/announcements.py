"""What tells that tasks ended: the words of the notice, and the window's title. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tui.config import APP
from tui.watchlist.announcements import Announcement
from tui.watchlist.events import EventKind
from tui.watchlist.sections import Standing
from tui.wording.cells import cut_middle
from tui.wording.events import end_counts, event_name
from tui.wording.summary import PartKind, header_parts

MAX_NAME_WIDTH: Final = 24
"""Cells of a task's name: the notice must not cover more than the half of a usual window."""


def announcement(told: Announcement) -> str:
    """Return what ended: `✓ Sorting: completed`, `12 completed, 1 failed`."""
    counts = end_counts(told.completed, told.failed)
    if told.is_all:
        return f"Nothing runs any more: {counts}"
    if told.event is None:
        return counts
    failed = told.event.kind is EventKind.FAILED
    sign, word = ("✗", "failed") if failed else ("✓", "completed")
    return f"{sign} {cut_middle(event_name(told.event), MAX_NAME_WIDTH)}: {word}"


def window_title(standings: Mapping[Standing, int]) -> str:
    """Return the window's title: `1 failed, 6 running, 9 done - scenext-tui`.

    The counts come first, what needs somebody before all else: tmux shows 21 characters. Words in
    ASCII, since not every terminal takes other characters in a title; nothing from outside.
    """
    parts = header_parts(standings)
    words = [p.text if p.kind is PartKind.EMPTY else p.text.partition(" ")[2] for p in parts]
    return f"{', '.join(words)} - {APP}"
