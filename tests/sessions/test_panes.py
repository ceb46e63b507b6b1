"""List and task side by side, above each other or in turn; keys between them; what is around."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.geometry import Region
from textual.widgets import Input

from tests.sessions.test_dashboard import Session, make_task, session, three
from tests.sessions.test_small_windows import pictures, resize
from tui.dashboard.messages import ProblemChanged
from tui.dashboard.screens.events import NO_EVENTS, EventsScreen
from tui.errors import ApiError
from tui.scenext.models import Task, TaskStatus

WIDE, NARROW, TALL, HUGE = (120, 40), (80, 24), (80, 50), (200, 50)


def many() -> dict[str, Task | ApiError]:
    """Return more tasks than fit, all with frames."""
    return {f"t{number:02}": make_task(f"t{number:02}", 3) for number in range(60)}


def in_list(dashboard: Session) -> bool:
    """Return whether the list has the focus."""
    return dashboard.app.focused is dashboard.app.main_screen.tasks


def regions(dashboard: Session) -> tuple[Region, Region]:
    """Return where the list and the task stand."""
    main = dashboard.app.main_screen
    assert main.deferred is not None
    return main.tasks.region, main.deferred.detail.region


def complete(dashboard: Session, task_id: str) -> None:
    """Complete a task at the service, and wait until that is shown."""
    dashboard.service.answers[task_id] = make_task(task_id, 3, TaskStatus.COMPLETED)
    dashboard.app.engine.refresh((task_id,))


# Where they stand


async def test_from_120_columns_on_a_picture_of_57_by_16_has_room(tmp_path: Path) -> None:
    async with session(tmp_path, three(), size=WIDE) as dashboard:
        rows, detail = regions(dashboard)
        assert rows.width >= 60
        main = dashboard.app.main_screen
        assert main.deferred is not None
        assert main.deferred.detail.content_size.width >= 59
        assert main.deferred.detail.content_size.height > 16
        await resize(dashboard, 100, 30)
        assert regions(dashboard)[0].width == 60
        await resize(dashboard, *HUGE)
        rows, detail = regions(dashboard)
        assert (rows.width, detail.width) == (120, 80)


async def test_a_tall_narrow_window_shows_the_task_below_the_list(tmp_path: Path) -> None:
    async with session(tmp_path, many(), size=TALL) as dashboard:
        await dashboard.wait_for_text("frame3.png")
        rows, detail = regions(dashboard)
        assert detail.y == rows.bottom
        assert rows.width == detail.width == 80
        assert rows.height >= detail.height >= 20
        await dashboard.press("G")
        assert "t59" in dashboard.text
        await dashboard.press("l")
        assert dashboard.frames.has_focus
        assert dashboard.app.main_screen.tasks.display, "the list stays"
        await resize(dashboard, 80, 44)
        assert not dashboard.app.main_screen.tasks.is_on_screen
        assert dashboard.frames.has_focus


async def test_over_all_sizes_focus_cursor_and_scrolling_stay(tmp_path: Path) -> None:
    sizes = [WIDE, NARROW, TALL, (99, 45), (100, 30), HUGE, (20, 5), (60, 20), WIDE]
    async with session(tmp_path, many(), size=WIDE) as dashboard:
        await dashboard.press("G", "k")
        top = dashboard.app.main_screen.tasks.scroll_offset
        for size in sizes:
            await resize(dashboard, *size)
            assert in_list(dashboard), size
            assert dashboard.selected == "t58"
            # In the smallest one rows end before the ID.
            assert size == (20, 5) or any("t58" in line for line in dashboard.lines), size
        assert dashboard.app.main_screen.tasks.scroll_offset == top
        await dashboard.press("l", "g", "j")
        frame = dashboard.frame
        for size in sizes:
            await resize(dashboard, *size)
            assert dashboard.frames.has_focus, size
            assert dashboard.frame == frame
            assert size == (20, 5) or "frame2" in dashboard.text, size


async def test_what_was_clicked_is_what_a_window_shows_that_becomes_narrow(tmp_path: Path) -> None:
    async with session(tmp_path, three(), size=WIDE) as dashboard:
        await dashboard.pilot.click(dashboard.frames, offset=(12, 1))
        await resize(dashboard, *NARROW)
        assert dashboard.frames.has_focus
        assert "frame2.png" in dashboard.text


# Keys


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=str)
async def test_keys_from_pane_to_pane_open_nothing(tmp_path: Path, size: tuple[int, int]) -> None:
    async with session(tmp_path, three(), size=size) as dashboard:
        for there, back in (("l", "h"), ("right", "left"), ("tab", "tab"), ("enter", "escape")):
            await dashboard.press(there)
            assert dashboard.frames.has_focus
            assert "frame3.png" in dashboard.text
            if there in ("l", "right"):
                await dashboard.press(there)
                assert dashboard.frames.has_focus, "it only leads to the right"
            await dashboard.press(back)
            assert in_list(dashboard)
        await dashboard.press("h", "left")
        assert in_list(dashboard)
        assert len(dashboard.app.screen_stack) == 1
        assert dashboard.selected == "one"


async def test_in_the_filter_these_keys_are_the_fields(tmp_path: Path) -> None:
    async with session(tmp_path, three()) as dashboard:
        await dashboard.press("slash", *"lwo", "left", "left", "left", "delete", *"t", "right")
        field = dashboard.app.main_screen.query_one(Input)
        assert (field.value, field.cursor_position) == ("two", 2)
        await dashboard.press("tab")
        assert in_list(dashboard)
        assert dashboard.app.main_screen.tasks.keys == ["two"]


async def test_a_failed_task_without_frames_has_its_text_scrolled_instead(tmp_path: Path) -> None:
    failed = Task("bad", TaskStatus.FAILED, "FAILED", (), message="because " * 900)
    async with session(tmp_path, {"bad": failed}) as dashboard:
        await dashboard.press("l", "pagedown")
        await dashboard.wait_until(lambda: dashboard.app.focused.scroll_offset.y > 5)  # type: ignore[union-attr]
        await dashboard.press("h")
        assert in_list(dashboard)
        await dashboard.press("tab", "tab")
        assert in_list(dashboard)


async def test_escape_takes_one_step_a_press(tmp_path: Path) -> None:
    async with session(tmp_path, three()) as dashboard:
        dashboard.service.media = pictures()
        main = dashboard.app.main_screen
        assert main.deferred is not None
        detail = main.deferred.detail
        await dashboard.press("slash", *"one", "enter", "l", "p", "plus")
        await dashboard.wait_for_picture()
        assert dashboard.app.screen is not main
        await dashboard.press("escape")
        assert dashboard.app.screen is main
        assert dashboard.frames.has_focus
        await dashboard.press("escape")
        assert in_list(dashboard)
        assert main.tasks.keys == ["one"]
        await dashboard.wait_until(lambda: not detail.preview.is_loading)
        await dashboard.press("escape")
        assert main.tasks.keys == ["one", "two", "three"]


async def test_the_pane_with_the_focus_is_seen_also_where_it_is_empty(tmp_path: Path) -> None:
    async with session(tmp_path, {"two": make_task("two")}) as dashboard:
        main = dashboard.app.main_screen
        assert main.deferred is not None

        def edge() -> object:
            x, y = main.deferred.detail.region.offset  # type: ignore[union-attr]
            return main.get_style_at(x, y + 8)

        from_list = edge()
        await dashboard.press("l")
        assert dashboard.app.focused is not main.tasks
        assert edge() != from_list
        await dashboard.press("h")
        assert edge() == from_list


async def test_the_footer_shows_whole_keys_only_the_important_ones_first(tmp_path: Path) -> None:
    async with session(tmp_path, three(), size=NARROW) as dashboard:
        assert dashboard.footer == (
            " ⏎ frames  o open  p picture  d save  / filter  ? keys  q quit  + larger"
        )
        known = " ⏎ frames  o open  p picture  d save  / filter  ? keys  q quit  + larger  w sheet"
        known += "  a add  x remove  r refresh  y copy"
        for width in (20, 41, 60, 79, *range(84, 100, 3), 140):
            await resize(dashboard, width, 24)
            await dashboard.pilot.pause()
            wanted = known if width >= 80 else known.replace("  ", " ").lstrip()
            shown = dashboard.footer
            assert wanted.startswith(shown), width
            rest = wanted[len(shown) :]
            assert rest == "" or rest.startswith(" "), width
            assert width < 60 or "? keys" in shown


# What happened


async def test_the_newest_event_has_a_line_where_there_is_room(tmp_path: Path) -> None:
    async with session(tmp_path, three(), size=NARROW) as dashboard:
        complete(dashboard, "two")
        await dashboard.wait_until(lambda: "✓ two: completed" in dashboard.lines[-2], "the event")
        await resize(dashboard, 80, 23)
        assert "completed" not in dashboard.lines[-2]
        await resize(dashboard, *HUGE)
        assert "Events" in dashboard.lines[-8]
        complete(dashboard, "one")
        await dashboard.wait_until(lambda: "✓ one: completed" in dashboard.lines[-6], "the events")
        assert "✓ two: completed" in dashboard.lines[-7]


async def test_all_events_are_a_key_away_and_come_while_they_are_shown(tmp_path: Path) -> None:
    async with session(tmp_path, three(), size=(60, 20)) as dashboard:
        await dashboard.press("E")
        assert isinstance(dashboard.app.screen, EventsScreen)
        for task_id in ("two", "one"):
            complete(dashboard, task_id)
            await dashboard.wait_for_text(f"✓ {task_id}: completed")
        times = [line for line in dashboard.lines if ":" in line[:8]]
        assert ["one" in times[0], "two" in times[1]] == [True, True]
        await dashboard.press("E")
        assert len(dashboard.app.screen_stack) == 1
        await dashboard.press("E", "escape")
        assert len(dashboard.app.screen_stack) == 1


async def test_without_events_it_says_so(tmp_path: Path) -> None:
    async with session(tmp_path, {}) as dashboard:
        await dashboard.press("E")
        await dashboard.wait_for_text(NO_EVENTS)


async def test_what_is_read_of_the_events_stays_where_it_is(tmp_path: Path) -> None:
    async with session(tmp_path, {}, size=(60, 20)) as dashboard:
        screen = EventsScreen([f"12:{n:02} event {n}" for n in range(59, 10, -1)])
        await dashboard.app.push_screen(screen)
        await dashboard.press(*"jjjjj")
        await dashboard.pilot.pause()

        def events() -> list[str]:
            # Without the scrollbar.
            return [line[:50] for line in dashboard.lines]

        before = events()
        screen.show([f"12:{n:02} event {n}" for n in range(61, 10, -1)])
        await dashboard.pilot.pause()
        await dashboard.wait_until(lambda: events() == before)
        await dashboard.press("g")
        await dashboard.wait_for_text("event 61")


# What is said


@pytest.mark.parametrize("size", [WIDE, NARROW, (60, 20)], ids=str)
async def test_a_notification_covers_neither_a_saved_path_nor_banner_nor_keys(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with session(tmp_path, three(), size=size) as dashboard:
        main = dashboard.app.main_screen
        assert main.deferred is not None
        dashboard.app.post_message(ProblemChanged("save", "The disk is full."))
        await dashboard.wait_for_text("The disk is full.")
        main.show_transfer("Saved " + "/a/long/path" * 9 + "/frame1.png.", path="/a")
        await dashboard.wait_for_text("hide")
        dashboard.app.notify("A line that wraps. " * 30, timeout=600)
        await dashboard.wait_for_text("A line")
        await dashboard.pilot.pause()
        rack = main.query_one("ToastRack")
        for widget in (main.status, main.deferred.banner, main.deferred.transfer):
            assert not rack.region.overlaps(widget.region), widget
        assert not rack.region.overlaps(main.deferred.footer.region)
        path = main.deferred.transfer.region
        shown = "".join(line.strip() for line in dashboard.lines[path.y : path.bottom])
        assert ("/a/long/path" * 9) in shown


async def test_a_notification_is_whole_and_shown_once(tmp_path: Path) -> None:
    async with session(tmp_path, three(), size=NARROW) as dashboard:
        for length in (36, 37, 38):
            dashboard.app.clear_notifications()
            dashboard.app.notify("-" * (length - 4) + " end", timeout=600)
            await dashboard.wait_for_text("----")
            await dashboard.pilot.pause()
            assert dashboard.text.count("end") == 1, length
        await dashboard.press("E")
        await dashboard.wait_for_text("Events since")
        await dashboard.pilot.pause()
        assert dashboard.text.count("end") == 1
        await dashboard.press("escape")
        await dashboard.wait_gone("Events since")
        await dashboard.wait_for_text("end")


async def test_a_warning_about_the_watchlist_takes_the_place_of_the_one_from_the_start(
    tmp_path: Path,
) -> None:
    (tmp_path / "watchlist.toml").write_text("version = [")
    async with session(tmp_path, {}) as dashboard:
        main = dashboard.app.main_screen
        assert main.deferred is not None
        banner = main.deferred.banner
        await dashboard.wait_until(lambda: banner.text)
        first = banner.text
        (tmp_path / "watchlist.toml").write_text("version = {")
        await dashboard.wait_until(lambda: banner.text != first)
        assert len(banner.text.splitlines()) == 1, banner.text
