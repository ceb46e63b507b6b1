"""The enlarged picture and the contact sheet, by the keys that a user presses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.sessions.test_dashboard import Session, make_task, session
from tests.support.slow_pictures import SlowPictures, made
from tui.dashboard.screens.contact_sheet import ContactSheet
from tui.dashboard.screens.enlarged import EnlargedPicture
from tui.dashboard.widgets.picture import PictureView
from tui.dashboard.widgets.sheet_grid import MAX_KEPT, Tile
from tui.errors import ApiError
from tui.pictures.encoding import WHOLE, Area
from tui.scenext.models import Frame, Task, TaskStatus
from tui.watchlist.entries import Remove

WIDE, NARROW = (120, 40), (80, 24)


@asynccontextmanager
async def frames(
    folder: Path,
    count: int,
    *,
    size: tuple[int, int] = WIDE,
    pictures: SlowPictures | None = None,
    status: TaskStatus = TaskStatus.IN_PROGRESS,
) -> AsyncIterator[tuple[Session, SlowPictures]]:
    """Run the app with one task of so many frames, and their host."""
    host = pictures or SlowPictures()
    tasks: dict[str, Task | ApiError] = {"one": make_task("one", count, status)}
    async with session(folder, tasks, size=size, media=host.client()) as dashboard:
        yield dashboard, host


def enlarged(dashboard: Session) -> EnlargedPicture:
    screen = dashboard.app.screen
    assert isinstance(screen, EnlargedPicture)
    return screen


def sheet(dashboard: Session) -> ContactSheet:
    screen = dashboard.app.screen
    assert isinstance(screen, ContactSheet)
    return screen


def shows(view: PictureView, key: str, area: Area = WHOLE) -> bool:
    return (
        view.picture is not None
        and view.shown == ("one", key)
        and view.wanted is not None
        and view.wanted.request.area == area
        and not view.is_loading
    )


async def wait_for_frame(dashboard: Session, number: int, area: Area = WHOLE) -> None:
    view = enlarged(dashboard).view
    key = f"frame frame{number} 1"
    await dashboard.wait_until(lambda: shows(view, key, area), f"{key} {area}")


async def more_frames(dashboard: Session, count: int) -> None:
    dashboard.service.answers["one"] = make_task("one", count)
    dashboard.app.engine.refresh(("one",))


async def wait_for_tiles(dashboard: Session) -> list[Tile]:
    """Wait until each picture in sight is shown; return the tiles, in order."""
    grid = sheet(dashboard).grid
    await dashboard.wait_until(
        lambda: all(
            shows(tile.view, tile.scene.key) or (tile.view.text and not tile.view.is_loading)
            for tile in grid.tiles_in_sight
        ),
        "the pictures in sight",
    )
    return sorted(grid.tiles_in_sight, key=lambda tile: (tile.region.y, tile.region.x))


# The enlarged picture


async def test_plus_shows_the_newest_over_the_whole_screen_and_esc_goes_back(
    tmp_path: Path,
) -> None:
    async with frames(tmp_path, 3, size=NARROW) as (dashboard, _):
        await dashboard.press("plus")
        await wait_for_frame(dashboard, 3)
        view = enlarged(dashboard).view
        assert view.size == (NARROW[0], NARROW[1] - 1)
        assert "frame 3 of 3 · one" in dashboard.footer
        assert "esc back   h l frames   + - zoom" in dashboard.footer
        await dashboard.press("escape")
        assert dashboard.app.screen is dashboard.app.main_screen
        await dashboard.press("enter", "home", "plus")
        await wait_for_frame(dashboard, 1)
        # As `+` made it large.
        await dashboard.press("minus")
        assert dashboard.app.screen is dashboard.app.main_screen


async def test_h_l_and_the_arrows_go_from_frame_to_frame(tmp_path: Path) -> None:
    async with frames(tmp_path, 4) as (dashboard, _):
        await dashboard.press("plus")
        for key, number in [
            *(("h", 3), ("left", 2), ("left_square_bracket", 1), ("h", 1), ("l", 2)),
            *(("right", 3), ("right_square_bracket", 4), ("l", 4), ("g", 1), ("G", 4)),
        ]:
            await dashboard.press(key)
            assert f"frame {number} of 4" in dashboard.footer, key
        await wait_for_frame(dashboard, 4)


async def test_zoom_shows_a_part_of_the_full_picture_and_arrows_move_in_it(tmp_path: Path) -> None:
    async with frames(tmp_path, 3) as (dashboard, _):
        await dashboard.press("plus")
        await wait_for_frame(dashboard, 3)
        await dashboard.press("plus")
        assert "1.5x" in dashboard.footer
        await dashboard.press("plus")
        assert "2x" in dashboard.footer
        screen = enlarged(dashboard)
        area = screen.area
        assert area.width == pytest.approx(0.5)
        assert area.height > 0.5, "the room that the whole picture leaves free is used"
        await wait_for_frame(dashboard, 3, area)
        await dashboard.press("right")
        assert "frame 3 of 3" in dashboard.footer
        assert screen.area.left == pytest.approx(0.5)
        await wait_for_frame(dashboard, 3, screen.area)
        # The same corner of the frame before.
        area = screen.area
        await dashboard.press("left_square_bracket")
        await wait_for_frame(dashboard, 2, area)
        await dashboard.press("minus", "minus")
        await wait_for_frame(dashboard, 2)
        assert screen.area == WHOLE
        # Of a held arrow the last place alone is encoded; the old part stays meanwhile.
        await dashboard.press(*["plus"] * 6)
        await wait_for_frame(dashboard, 2, screen.area)
        before, areas = screen.view.picture, set()
        for _ in range(7):
            screen.action_arrow(-1, 0)
            areas.add(screen.area)
            assert screen.view.picture is before
        await wait_for_frame(dashboard, 2, screen.area)
        assert len(areas) == 7


async def test_newer_frames_extend_the_list_and_move_nothing(tmp_path: Path) -> None:
    async with frames(tmp_path, 2) as (dashboard, _):
        await dashboard.press("plus")
        await wait_for_frame(dashboard, 2)
        await more_frames(dashboard, 4)
        await dashboard.wait_for_text("frame 2 of 4")
        assert "2 newer: G" in dashboard.footer
        await wait_for_frame(dashboard, 2)
        await dashboard.press("l")
        assert "2 newer: G" in dashboard.footer
        await dashboard.press("G")
        await wait_for_frame(dashboard, 4)
        assert "newer" not in dashboard.footer
        # A task that was drawn anew with fewer frames.
        await more_frames(dashboard, 1)
        await dashboard.wait_for_text("frame 1 of 1")
        await wait_for_frame(dashboard, 1)


async def test_what_cannot_be_shown_is_said_and_the_next_one_works(tmp_path: Path) -> None:
    host = SlowPictures({"frame2.png": b"no picture", "frame1.png": 400})
    async with frames(tmp_path, 3, pictures=host) as (dashboard, _):
        await dashboard.press("plus", "h")
        await dashboard.wait_until(lambda: "plain text" in enlarged(dashboard).view.text)
        await dashboard.press("h")
        await dashboard.wait_until(lambda: "400" in enlarged(dashboard).view.text)
        await dashboard.press("G")
        await wait_for_frame(dashboard, 3)


# The contact sheet


@pytest.mark.parametrize(("size", "tiles"), [(NARROW, 6), ((190, 50), 12)], ids=["narrow", "large"])
async def test_w_loads_what_is_in_sight_a_few_at_a_time(
    tmp_path: Path, size: tuple[int, int], tiles: int
) -> None:
    async with frames(tmp_path, 40, size=size) as (dashboard, host):
        await dashboard.press("w")
        shown = await wait_for_tiles(dashboard)
        names = [f"frame{number}.png" for number in range(1, tiles + 1)]
        assert [tile.scene.names[0] + ".png" for tile in shown] == names
        fetched = {name for name in host.requested if name != "frame40.png"}
        assert fetched == set(names)
        assert host.peak <= 4, "the pane's own, and three"
        assert f"40 frames, 1-{tiles} of 40 pictures · one" in dashboard.text
        assert "frame1" in dashboard.text


async def test_scrolling_loads_more_and_sends_nothing_again(tmp_path: Path) -> None:
    async with frames(tmp_path, 40) as (dashboard, host):
        await dashboard.press("w")
        before = await wait_for_tiles(dashboard)
        pictures = {tile.scene.key: tile.view.picture for tile in before}
        await dashboard.press("down", "down", "down")
        after = await wait_for_tiles(dashboard)
        assert [tile.scene.names for tile in after] == [(f"frame{n}",) for n in range(4, 13)]
        for tile in after[:6]:
            assert tile in before
            assert tile.view.picture is pictures[tile.scene.key]
        assert len(host.requested) == len(set(host.requested))
        await dashboard.press("up", "up", "up")
        assert await wait_for_tiles(dashboard) == before
        assert len(host.requested) == len(set(host.requested))


async def test_what_was_scrolled_away_is_not_loaded(tmp_path: Path) -> None:
    async with frames(tmp_path, 40) as (dashboard, host):
        host.may_answer.clear()
        await dashboard.press("w")
        await dashboard.wait_until(lambda: "frame3.png" in host.requested)
        assert host.in_flight <= 4
        await dashboard.press("G")
        await dashboard.wait_until(lambda: "frame35.png" in host.requested, str(host.requested))
        assert host.in_flight <= 4
        assert "frame4.png" not in host.requested
        await dashboard.press("pageup", "pageup", "pageup", "G")
        assert len(dashboard.app.screen.query(Tile)) <= MAX_KEPT
        assert host.in_flight <= 4
        host.may_answer.set()
        await wait_for_tiles(dashboard)


async def test_the_keys_move_the_cursor_and_enter_enlarges(tmp_path: Path) -> None:
    async with frames(tmp_path, 11) as (dashboard, _):
        # Twice before the screen is there.
        dashboard.app.main_screen.action_contact_sheet()
        dashboard.app.main_screen.action_contact_sheet()
        await dashboard.wait_for_text("11 frames, 1-9")
        assert len(dashboard.app.screen_stack) == 2
        grid = sheet(dashboard).grid
        for key, number in [
            *(("l", 2), ("right", 3), ("j", 6), ("down", 9), ("down", 11), ("down", 11)),
            *(("left", 10), ("k", 7), ("up", 4), ("up", 1), ("up", 1), ("h", 1)),
            *(("pagedown", 10), ("pageup", 1), ("ctrl+d", 10), ("ctrl+u", 1), ("G", 11), ("g", 1)),
            *(("end", 11), ("home", 1)),
        ]:
            await dashboard.press(key)
            assert grid.cursor == f"frame frame{number} 1", key
        await dashboard.press("down", "right")
        (line,) = [line for line in dashboard.lines if "frame5" in line]
        assert "> frame5" in line, "seen without colours, too"
        assert "> frame4" not in line
        await dashboard.press("question_mark")
        for words in ("The contact sheet", "Enlarge the frame", "The enlarged picture"):
            assert words in dashboard.text
        await dashboard.press("escape", "ctrl+p")
        for words in ("Enlarge the frame", "Copy the frame's link", "Show all keys", "Quit"):
            await dashboard.wait_for_text(words)
        await dashboard.press("escape", "enter")
        await wait_for_frame(dashboard, 5)
        await dashboard.press("l", "escape")
        assert grid.cursor == "frame frame5 1", "the same place"
        await dashboard.press("w")
        assert dashboard.app.screen is dashboard.app.main_screen


async def test_a_repeated_picture_is_drawn_once_and_says_which_scenes_share_it(
    tmp_path: Path,
) -> None:
    same = made((200, 0, 0))
    broken: dict[str, bytes | int] = {"frame3.png": b"no picture", "frame4.png": 400}
    host = SlowPictures({"frame2.png": same, "frame5.png": same, **broken})
    async with frames(tmp_path, 6, pictures=host) as (dashboard, _):
        task = make_task("one", 6)
        shared = Frame("frame7", task.frames[0].url)
        dashboard.service.answers["one"] = task._replace(frames=(*task.frames, shared))
        dashboard.app.engine.refresh(("one",))
        await dashboard.wait_for_text("frame7")
        await dashboard.press("w")
        # One of the same file is known before it is loaded.
        assert sheet(dashboard).grid.tiles_in_sight[0].scene.names == ("frame1", "frame7")
        tiles = await wait_for_tiles(dashboard)
        await dashboard.wait_for_text("The same picture as")
        assert len(tiles) == 6
        assert "frame1, frame7" in dashboard.text
        assert "frame2, frame5" in dashboard.text
        assert "plain text" in tiles[2].view.text
        assert "400" in tiles[3].view.text
        assert tiles[4].view.picture is None
        assert tiles[4].view.text == "The same picture as frame2."
        assert "7 frames, 2 repeated" in dashboard.text


async def test_new_frames_are_appended_and_the_cursor_stays(tmp_path: Path) -> None:
    async with frames(tmp_path, 2) as (dashboard, _):
        await dashboard.press("w", "right")
        await wait_for_tiles(dashboard)
        await more_frames(dashboard, 3)
        await dashboard.wait_for_text("3 frames")
        assert sheet(dashboard).link_key == "frame frame2 1"
        tiles = await wait_for_tiles(dashboard)
        assert tiles[2].view.picture is not None


async def test_behind_the_enlarged_picture_the_sheet_loads_nothing(tmp_path: Path) -> None:
    async with frames(tmp_path, 2) as (dashboard, host):
        await dashboard.press("w")
        await wait_for_tiles(dashboard)
        grid = sheet(dashboard).grid
        await dashboard.press("enter")
        await wait_for_frame(dashboard, 1)
        await more_frames(dashboard, 3)
        await dashboard.wait_for_text("1 newer")
        await dashboard.press("l")
        await wait_for_frame(dashboard, 2)
        assert [tile.view.wanted for tile in grid.tiles_in_sight][2:] == [None]
        assert "frame3.png" not in host.requested
        await dashboard.press("escape")
        tiles = await wait_for_tiles(dashboard)
        assert tiles[2].view.picture is not None


async def test_of_a_task_that_another_program_removed_they_only_lead_back(tmp_path: Path) -> None:
    async with frames(tmp_path, 3) as (dashboard, _):
        await dashboard.press("w", "enter")
        await wait_for_frame(dashboard, 1)
        dashboard.file.save([Remove("one")])
        for depth in (3, 2):
            await dashboard.wait_for_text("There is no frame to show.")
            await dashboard.wait_until(lambda: dashboard.footer.endswith(" esc back   ? keys"))
            assert "open" not in dashboard.footer
            await dashboard.press(*"hjklGgoyd+-", "enter", "pagedown", "left")
            assert len(dashboard.app.screen_stack) == depth
            await dashboard.press("escape")
        assert dashboard.app.screen is dashboard.app.main_screen


async def test_many_ended_links_ask_the_service_once(tmp_path: Path) -> None:
    expired = tuple(
        Frame(f"frame{n}", f"https://oss.scenext.cn/a/frame{n}.png?Expires=1&Signature=x")
        for n in range(1, 21)
    )
    async with frames(tmp_path, 20, status=TaskStatus.COMPLETED) as (dashboard, _):
        done = make_task("one", 20, TaskStatus.COMPLETED)._replace(frames=expired)
        dashboard.service.answers["one"] = done
        dashboard.app.engine.refresh(("one",))
        await dashboard.wait_for_text("ended?")
        asked = len(dashboard.service.queried)
        await dashboard.press("w")
        await wait_for_tiles(dashboard)
        await dashboard.press("pagedown")
        await wait_for_tiles(dashboard)
        assert len(dashboard.service.queried) == asked + 1


async def test_without_frames_w_and_plus_do_nothing(tmp_path: Path) -> None:
    async with frames(tmp_path, 0) as (dashboard, _):
        await dashboard.press("w", "plus")
        assert dashboard.app.screen is dashboard.app.main_screen
        assert "larger" not in dashboard.footer
