"""What ended is marked as new until somebody has looked at it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from textual.events import MouseScrollUp

from tests.sessions.test_dashboard import (
    NARROW,
    FakeService,
    Session,
    build_app,
    make_task,
    session,
)
from tests.sessions.test_sections import answer, many, wait_for_order
from tui.config import Paths
from tui.scenext.models import TaskStatus
from tui.watchlist.storage import WatchlistFile
from tui.wording.rows import TaskRowData

RESTED = 1.3
"""Seconds after which the cursor has certainly rested on a task."""


def marked(dashboard: Session) -> set[str]:
    """Return the tasks with a mark."""
    rows = dashboard.app.main_screen.tasks
    values = map(rows.value, rows.keys)
    return {row.key for row in values if isinstance(row, TaskRowData) and row.is_new}


async def end(dashboard: Session, *ids: str) -> None:
    """Let tasks complete."""
    await answer(dashboard, *(make_task(key, 3, TaskStatus.COMPLETED) for key in ids))
    await dashboard.wait_until(lambda: marked(dashboard) >= set(ids), "marks")
    await wait_for_order(dashboard)


def saved(dashboard: Session) -> Callable[[], set[str]]:
    """Return a function for the tasks that the file has as new."""
    return lambda: {entry.id for entry in dashboard.file.load().entries if entry.is_new}


async def test_a_mark_goes_once_the_cursor_has_rested_on_the_task(tmp_path: Path) -> None:
    async with session(tmp_path, many(4)) as dashboard:
        await end(dashboard, "t01", "t02")
        assert "*✓ t01" in dashboard.text
        assert dashboard.selected == "t00"
        await dashboard.press("n")
        assert dashboard.selected in ("t01", "t02")
        first = dashboard.selected
        assert first in marked(dashboard), "not before it has rested"
        await dashboard.wait_until(lambda: first not in marked(dashboard))
        await dashboard.press("n")
        assert {first, dashboard.selected} == {"t01", "t02"}
        await dashboard.wait_until(lambda: not marked(dashboard))
        await dashboard.press("n")
        await dashboard.wait_for_text("Nothing needs a look.")
        await dashboard.wait_until(lambda: not saved(dashboard)(), "a save")


async def test_a_cursor_that_passes_takes_no_mark(tmp_path: Path) -> None:
    async with session(tmp_path, many(6)) as dashboard:
        await end(dashboard, "t04", "t05")
        await dashboard.press("G", "k", "g")
        await asyncio.sleep(RESTED)
        assert marked(dashboard) == {"t04", "t05"}


async def test_what_ends_under_the_cursor_while_nobody_is_there_stays_new(tmp_path: Path) -> None:
    async with session(tmp_path, many(3)) as dashboard:
        await dashboard.press("g")
        await asyncio.sleep(RESTED)
        await end(dashboard, "t00")
        await asyncio.sleep(RESTED)
        assert dashboard.selected == "t00"
        assert marked(dashboard) == {"t00"}
        # Any key tells that somebody is back.
        await dashboard.press("shift")
        await dashboard.wait_until(lambda: not marked(dashboard))


async def test_what_a_dialog_covers_is_not_looked_at(tmp_path: Path) -> None:
    async with session(tmp_path, many(3)) as dashboard:
        await dashboard.press("g")
        await end(dashboard, "t00")
        await dashboard.press("question_mark")
        await asyncio.sleep(RESTED)
        assert marked(dashboard) == {"t00"}
        await dashboard.press("escape")
        await dashboard.wait_until(lambda: not marked(dashboard))


async def test_what_is_scrolled_out_of_view_is_not_looked_at(tmp_path: Path) -> None:
    async with session(tmp_path, many(60), size=NARROW) as dashboard:
        # Somebody is there: before, the cursor stays at the top.
        await dashboard.press("g")
        rows, cursor = dashboard.app.main_screen.tasks, dashboard.selected
        rows.scroll_to(y=20, animate=False, force=True, immediate=True)
        await end(dashboard, cursor)
        dashboard.app.post_message(MouseScrollUp(None, 5, 8, 0, 0, 0, False, False, False, 5, 8))
        await asyncio.sleep(RESTED)
        assert marked(dashboard) == {cursor}
        await dashboard.press("enter")
        await dashboard.wait_until(lambda: not marked(dashboard))


async def test_marks_survive_the_program_and_are_shared_with_others(tmp_path: Path) -> None:
    async with session(tmp_path, many(3)) as dashboard:
        await end(dashboard, "t01", "t02")
        await dashboard.wait_until(lambda: saved(dashboard)() == {"t01", "t02"}, "a save")
    again = build_app(tmp_path, FakeService({}))
    rows = [again.main_screen.tasks.value(key) for key in again.main_screen.tasks.keys]
    assert [row.is_new for row in rows if isinstance(row, TaskRowData)] == [False, True, True]
    async with again.run_test(size=(120, 40)) as pilot:
        file = WatchlistFile(Paths.inside(tmp_path).watchlist)
        other = Session(again, pilot, FakeService({}), file)
        await other.wait_for_text("*✓ t01")
        changes = [entry.noticed for entry in file.load().entries]
        from tui.watchlist.entries import MarkSeen

        assert changes[1] is not None
        file.save([MarkSeen("t01", changes[1])])
        await other.wait_until(lambda: marked(other) == {"t02"}, "what another has seen")
