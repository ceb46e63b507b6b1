"""Windows of any size: nothing raises, blanks where nothing fits, and large again all is as it was.

A table of what may be on the screen, and of sizes that each is shrunk to. The ordinary run takes
some sizes of each; `python -m pytest -m soak` takes every width from 1 to 20 with every height from
1 to 8.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Final

import httpx
import pytest
from textual import events
from textual.geometry import Offset, Size
from textual.widget import Widget
from textual.widgets import Input

from tests.sessions.test_dashboard import Session, make_task, session
from tests.support.no_trust import NO_TRUST
from tests.support.picture_host import png
from tui.addresses import AddressRule
from tui.dashboard.messages import ProblemChanged
from tui.dashboard.screens.add_tasks import AddTasks
from tui.dashboard.screens.help import Help
from tui.dashboard.screens.unsaved import UnsavedChanges
from tui.errors import ApiError, ErrorKind
from tui.scenext.media import Media
from tui.scenext.models import Task, TaskStatus

WIDE, NARROW = (120, 40), (80, 24)
STATES: Final = (TaskStatus.IN_PROGRESS, TaskStatus.COMPLETED, TaskStatus.FAILED)
SOME: Final = [(2, 2), (4, 7)]
"""Columns and rows; at 2 the cut sign has no room, at 4 an option of the palette."""
ALL: Final = [(columns, rows) for columns in range(1, 21) for rows in range(1, 9)]
LARGER: Final = [(columns, rows) for columns in range(21, 61, 6) for rows in range(9, 25, 4)]
GIANT: Final = [(1000, 500), (500, 5), (5, 500)]

Prepare = Callable[[Session], Awaitable[None]]


def tasks() -> dict[str, Task | ApiError]:
    """Return more tasks than fit, one with a wide ID and one that cannot be queried."""
    made: dict[str, Task | ApiError] = {
        f"t{number:02}": make_task(f"t{number:02}", number % 7, STATES[number % 3])
        for number in range(40)
    }
    made["失败任务"] = make_task("失败任务", 2)
    made["bad"] = ApiError(ErrorKind.OFFLINE, "no connection " * 9)
    return made


class PictureBody(httpx.AsyncByteStream):
    """A file as a host sends it."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.data


def pictures() -> Media:
    """Return a client whose every link leads to a small picture."""

    def answer(_: httpx.Request) -> httpx.Response:
        picture = PictureBody(png((200, 10, 10)))
        headers = {"content-type": "image/png", "content-length": str(len(picture.data))}
        return httpx.Response(200, headers=headers, stream=picture)

    transport = httpx.MockTransport(answer)
    return Media(NO_TRUST, AddressRule(), trust_env=False, transport=transport)


def unsaved_dialog() -> UnsavedChanges:
    """Return the question at the end, with a reason that takes lines."""
    problem = "Not saved: the disk is full; free some space. " * 3
    return UnsavedChanges("120 tasks added", problem, Path("/home/me/watchlist.toml"))


# What may be on the screen


async def _list(dashboard: Session) -> None:
    await dashboard.press("G", *"kkkkk")


async def _scrolled_away(dashboard: Session) -> None:
    wheel = events.MouseScrollDown(None, 5, 8, 0, 0, 0, False, False, False, 5, 8)
    dashboard.app.post_message(wheel)
    await dashboard.wait_until(lambda: dashboard.app.main_screen.tasks.scroll_offset.y)


async def _frames(dashboard: Session) -> None:
    dashboard.app.main_screen.tasks.cursor = "t06"
    await dashboard.press("enter", "down")


async def _preview(dashboard: Session) -> None:
    dashboard.service.media = pictures()
    await _frames(dashboard)
    await dashboard.press("p")
    await dashboard.wait_for_picture()


async def _enlarged(dashboard: Session) -> None:
    await _frames(dashboard)
    deferred = dashboard.app.main_screen.deferred
    if deferred is not None and not deferred.detail.previewing:
        dashboard.service.media = pictures()
        await dashboard.press("p")
    await dashboard.press("plus")
    await dashboard.wait_for_picture()


async def _filter(dashboard: Session) -> None:
    await dashboard.press("slash", *"t1")


async def _no_match(dashboard: Session) -> None:
    await dashboard.press("slash", *"zzzz")


async def _add(dashboard: Session) -> None:
    await dashboard.press("a", *"!!", "enter")
    await dashboard.wait_for_text("!!")


async def _add_typed(dashboard: Session) -> None:
    await dashboard.press("a")
    dashboard.app.post_message(events.Paste("12345 67890 " * 7))
    await dashboard.press("tab", *"a label")
    await dashboard.wait_for_text("a label")


async def _help(dashboard: Session) -> None:
    await dashboard.press("question_mark", *"jjjjj")


async def _panel(dashboard: Session) -> None:
    dashboard.app.main_screen.tasks.cursor = "t06"
    await dashboard.press("o")
    await dashboard.wait_for_text("open frame")


async def _panel_preview(dashboard: Session) -> None:
    dashboard.service.media = pictures()
    await _panel(dashboard)
    await dashboard.press("p")
    await dashboard.wait_for_picture()


async def _palette(dashboard: Session) -> None:
    await dashboard.press("ctrl+p", *"th")
    await dashboard.wait_for_text("Theme")


async def _themes(dashboard: Session) -> None:
    await dashboard.press("ctrl+p", *"theme")
    await dashboard.wait_for_text("Choose")
    await dashboard.press("enter")
    await dashboard.wait_for_text("nord")
    await dashboard.press("down", "down")


async def _unsaved(dashboard: Session) -> None:
    await dashboard.app.push_screen(unsaved_dialog())
    await dashboard.press("down", "down")


async def _told(dashboard: Session) -> None:
    main = dashboard.app.main_screen
    assert main.deferred is not None
    wrong = "something is wrong " * 8 + "\n" + "失败 " * 8
    dashboard.app.on_problem_changed(ProblemChanged("test", wrong))
    main.show_transfer("Saving frame3.png 30 % " * 3, running=True)
    # For longer than the test takes.
    dashboard.app.notify("A line that wraps " * 6, markup=False, timeout=600)
    await dashboard.wait_for_text("A line that wraps")
    await dashboard.wait_for_text("Saving frame3.png")


SHOWN: Final[tuple[Prepare, ...]] = (
    *(_list, _scrolled_away, _frames, _preview, _enlarged, _filter, _no_match, _add, _add_typed),
    *(_help, _panel, _panel_preview, _palette, _themes, _unsaved, _told),
)
ON_THE_LIST: Final[tuple[Prepare, ...]] = (_scrolled_away, _add_typed, _palette, _unsaved, _told)
ON_A_TASK: Final[tuple[Prepare, ...]] = (_preview, _panel_preview)


def look(dashboard: Session) -> tuple[object, ...]:
    """Return each cell with its colours, and where cursor, focus and scrolling are."""
    main = dashboard.app.main_screen
    screens = dashboard.app.screen_stack
    return (
        [list(strip.simplify()) for strip in dashboard.app.screen._compositor.render_strips()],
        dashboard.app.focused,
        dashboard.selected,
        main.opened,
        [
            (each, each.scroll_offset)
            for screen in screens
            for each in screen.walk_children(Widget)
            if each.scroll_offset != Offset()
        ],
        [(each.value, each.cursor_position) for each in screens[-1].query(Input)],
    )


async def resize(dashboard: Session, columns: int, rows: int) -> None:
    """Give the window another size, and wait until all screens have it and are drawn."""
    size = Size(columns, rows)
    screens = dashboard.app.screen_stack
    dashboard.app.post_message(events.Resize(size, size))
    while any(screen.outer_size != size for screen in screens):
        assert dashboard.app.return_code is None, "the app has crashed"
        await asyncio.sleep(0.001)
    await dashboard.pilot.pause()
    for screen in screens:
        strips = screen._compositor.render_strips()
        assert len(strips) == rows
        assert {strip.cell_length for strip in strips} == {columns}


def is_about_to_be_seen(dashboard: Session) -> bool:
    """Return whether the mark under the cursor goes soon: once it has rested there."""
    record = dashboard.app.engine.watchlist.get(dashboard.selected)
    is_looked_at = len(dashboard.app.screen_stack) == 1
    return is_looked_at and record is not None and record.entry.is_new


async def shrink_and_grow(
    dashboard: Session, size: tuple[int, int], sizes: list[tuple[int, int]]
) -> None:
    before = None
    while before != (before := look(dashboard)) or is_about_to_be_seen(dashboard):
        # Until what the keys have done is shown.
        await dashboard.pilot.pause(0.15)
    for columns, rows in sizes:
        async with asyncio.timeout(30):
            await resize(dashboard, columns, rows)
    await resize(dashboard, *size)
    # A picture is loaded again, in the size it had.
    await dashboard.wait_until(lambda: look(dashboard) == before, "what was shown before")


@pytest.mark.parametrize("shown", [ON_THE_LIST, ON_A_TASK], ids=["on the list", "on a task"])
async def test_a_window_that_shrinks_and_grows_shows_what_it_showed(
    tmp_path: Path, shown: tuple[Prepare, ...]
) -> None:
    async with session(tmp_path, tasks(), size=WIDE) as dashboard:
        for prepare in shown:
            await prepare(dashboard)
            await shrink_and_grow(dashboard, WIDE, SOME)
            await dashboard.press("escape", "escape", "g")


async def test_an_empty_watchlist_shrinks_and_grows(tmp_path: Path) -> None:
    async with session(tmp_path, {}, size=NARROW) as dashboard:
        await dashboard.wait_for_text("The watchlist is empty.")
        await shrink_and_grow(dashboard, NARROW, SOME)


@pytest.mark.soak
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("prepare", SHOWN, ids=lambda prepare: prepare.__name__[1:])
async def test_every_small_size_in_any_order(
    tmp_path: Path, prepare: Prepare, size: tuple[int, int]
) -> None:
    sizes = [*ALL, *LARGER, *GIANT]
    Random(16).shuffle(sizes)
    async with session(tmp_path, tasks(), size=size) as dashboard:
        await prepare(dashboard)
        await shrink_and_grow(dashboard, size, sizes)


@pytest.mark.parametrize(
    "size",
    [
        (3, 2),
        pytest.param((1, 1), marks=pytest.mark.soak),
        pytest.param((20, 1), marks=pytest.mark.soak),
    ],
    ids=str,
)
async def test_dialogs_open_and_take_keys_in_a_window_too_small_for_them(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with session(tmp_path, tasks(), size=WIDE) as dashboard:
        await resize(dashboard, *size)
        for key, kind in (("a", AddTasks), ("question_mark", Help)):
            await dashboard.press(key)
            assert isinstance(dashboard.app.screen, kind)
            await dashboard.press("7", "enter", "escape")
            assert len(dashboard.app.screen_stack) == 1
        assert dashboard.selected == "7", "added blindly"
        await dashboard.press("slash", *"07", "enter", "enter", "ctrl+p", *"stop")
        await resize(dashboard, *WIDE)
        await dashboard.wait_for_text("Stop watching")
        await dashboard.press("escape")
        await dashboard.wait_for_text("│ t07")
        assert dashboard.selected == "t07"
        assert dashboard.app.main_screen.opened


async def test_in_a_low_window_the_field_and_the_error_are_in_view(tmp_path: Path) -> None:
    async with session(tmp_path, {}, size=(40, 7)) as dashboard:
        await dashboard.press("a", *"!!", "tab", *"the label")
        await dashboard.wait_for_text("the label")
        await dashboard.press("enter")
        await dashboard.wait_for_text("Type or paste a task ID first.")


async def test_in_a_low_window_the_answer_that_enter_would_choose_is_in_view(
    tmp_path: Path,
) -> None:
    answers = ("Try again", "Write the", "Quit without", "Go back")
    async with session(tmp_path, {}, size=WIDE) as dashboard:
        dialog = unsaved_dialog()
        await dashboard.app.push_screen(dialog)
        for size in ((40, 10), (30, 7), (80, 5)):
            for answer in answers:
                await resize(dashboard, *WIDE)
                await resize(dashboard, *size)
                await dashboard.wait_for_text(answer)
                await dashboard.press("down")
            for answer in answers:
                await dashboard.wait_for_text(answer)
                await dashboard.press("down")
            dialog.problem = "the disk is full " * size[0]
            await dashboard.wait_for_text("Try again")
        await dashboard.press("tab")
        await dashboard.wait_for_text("/home/me/")
        dialog.fault = "There is a file of that name."
        await dashboard.wait_for_text("There is a file of that name.")
        await resize(dashboard, *SOME[1])
        await resize(dashboard, 40, 6)
        await dashboard.wait_for_text("/home/me/")


async def test_rows_and_keys_come_while_the_window_is_small(tmp_path: Path) -> None:
    async with session(tmp_path, tasks(), size=WIDE) as dashboard:
        dashboard.service.media = pictures()
        for number, (columns, rows) in enumerate([*SOME, (1, 1), (33, 12), WIDE]):
            key = f"t{number:02}"
            dashboard.service.answers[key] = make_task(key, 7, TaskStatus.COMPLETED)
            dashboard.app.engine.refresh((key,))
            dashboard.app.notify("told", timeout=0.05)
            await dashboard.press("j")
            selected = dashboard.selected
            await dashboard.press("r")
            await resize(dashboard, columns, rows)
            assert dashboard.selected == selected
        await dashboard.press("G")
        await dashboard.wait_until(lambda: "✓ Completed" in dashboard.text)


async def test_a_click_lands_on_its_line_in_each_size_and_one_beyond_does_nothing(
    tmp_path: Path,
) -> None:
    def mouse(kind: type[events.MouseEvent], x: int, y: int) -> events.MouseEvent:
        return kind(None, x, y, 0, 0, 1, False, False, False, x, y)

    async with session(tmp_path, tasks(), size=WIDE) as dashboard:
        app = dashboard.app
        # Another place each time: two clicks on one are a double click.
        for wanted, size in enumerate((NARROW, (30, 9), (9, 30), WIDE)):
            await resize(dashboard, *size)
            # Below the line of the first section.
            top = app.main_screen.tasks.region.y + 1
            app.post_message(mouse(events.MouseDown, 2 + wanted, top + wanted))
            app.post_message(mouse(events.MouseUp, 2 + wanted, top + wanted))
            await dashboard.pilot.pause()
            await dashboard.pilot.pause()
            line = int(app.main_screen.tasks.scroll_offset.y) + wanted
            assert dashboard.selected == app.main_screen.tasks.keys[line], size
            columns, rows = size
            for x, y in (
                (columns, 3),
                (3, rows),
                (-1, 3),
                (3, -7),
                (65535, 65535),
                (columns, rows),
            ):
                for kind in (
                    *(events.MouseDown, events.MouseUp, events.MouseMove),
                    *(events.MouseScrollDown, events.MouseScrollUp),
                ):
                    app.post_message(mouse(kind, x, y))
            await dashboard.pilot.pause()
            assert app.focused is app.main_screen.tasks
            assert dashboard.selected == app.main_screen.tasks.keys[line], size
