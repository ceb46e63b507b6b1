"""The list in sections: its order, what the cursor does when rows move, and what that costs."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.sessions.test_dashboard import (
    NARROW,
    FakeService,
    Session,
    build_app,
    in_order,
    make_task,
    session,
)
from tests.support.home import Home
from tests.support.service import ScriptedService, completed, frame_url, task
from tests.support.terminal import Terminal
from tui.config import Paths
from tui.errors import ApiError, ErrorKind
from tui.scenext.models import Result, Task, TaskStatus
from tui.watchlist.entries import Add, Entry
from tui.watchlist.storage import WatchlistFile

ENDED = (TaskStatus.COMPLETED, TaskStatus.FAILED)
SECTIONS = ("Needs attention", "Running", "Waiting", "Finished")


def failed(task_id: str, reason: str) -> Task:
    """Return a failed task with its reason."""
    results = (Result("text", reason, is_link=False),)
    return make_task(task_id, 0, TaskStatus.FAILED)._replace(results=results)


def mixed() -> dict[str, Task | ApiError]:
    """Return a task of each kind, in an order that is not that of need."""
    return {
        "done1": make_task("done1", 3, TaskStatus.COMPLETED)._replace(title="光合作用"),
        "run1": make_task("run1", 2),
        "wait1": ApiError(ErrorKind.OFFLINE, "no connection"),
        "fail1": failed("fail1", "公式无法编译 (LaTeX error)"),
        "run2": make_task("run2"),
        "gone1": ApiError(ErrorKind.NOT_FOUND, "no such task"),
    }


def many(count: int = 60) -> dict[str, Task | ApiError]:
    """Return so many running tasks."""
    return {f"t{n:02}": make_task(f"t{n:02}") for n in range(count)}


def shown(dashboard: Session) -> list[str]:
    """Return the lines of the list as the names of sections and tasks."""
    rows = dashboard.app.main_screen.tasks
    lines = dashboard.lines[rows.region.y : rows.region.bottom]
    names = re.compile(rf"^ ({'|'.join(SECTIONS)}) |^[ >][ *][^ ] ([^ ]+)")
    return [found[1] or found[2] for line in lines if (found := names.match(line + " "))]


async def answer(dashboard: Session, *tasks: Task | ApiError, ids: tuple[str, ...] = ()) -> None:
    """Let the service give other answers, and ask for them."""
    ids = ids or tuple(each.id for each in tasks if isinstance(each, Task))
    dashboard.service.answers.update(zip(ids, tasks, strict=True))
    before = len(dashboard.service.queried)
    dashboard.app.engine.refresh(ids)
    await dashboard.wait_until(lambda: len(dashboard.service.queried) >= before + len(ids))


async def wait_for_order(dashboard: Session) -> None:
    """Wait until each task stands in its place."""
    await dashboard.wait_until(lambda: in_order(dashboard.app), "the order")
    dashboard.app.screen._on_timer_update()


async def test_what_needs_attention_comes_first_and_what_is_finished_last(tmp_path: Path) -> None:
    async with session(tmp_path, mixed(), size=(200, 50)) as dashboard:
        await dashboard.wait_until(lambda: "Finished  1" in dashboard.text)
        assert shown(dashboard) == [
            *("Needs attention", "fail1", "gone1"),
            *("Running", "run1", "run2"),
            *("Waiting", "wait1"),
            *("Finished", "光合作用"),
        ]
        assert "公式无法编译 (LaTeX error)" in dashboard.text
        assert "the service does not know this ID" in dashboard.text
        assert "Running  2" in dashboard.text


def test_the_first_paint_has_the_order_of_what_was_saved(tmp_path: Path) -> None:
    states = (TaskStatus.COMPLETED, TaskStatus.QUEUED, TaskStatus.IN_PROGRESS, TaskStatus.FAILED)
    now = datetime.now(UTC)
    WatchlistFile(Paths.inside(tmp_path).watchlist).save(
        [Add(Entry(state.value, now, status=state)) for state in states]
    )
    app = build_app(tmp_path, FakeService())
    assert app.main_screen.tasks.keys == ["FAILED", "IN_PROGRESS", "QUEUED", "COMPLETED"]


async def test_cursor_and_pages_skip_the_lines_of_sections(tmp_path: Path) -> None:
    async with session(tmp_path, mixed()) as dashboard:
        await wait_for_order(dashboard)
        order = ["fail1", "gone1", "run1", "run2", "wait1", "done1"]
        rows = dashboard.app.main_screen.tasks
        assert rows.keys == order
        await dashboard.press("g")
        for key in order[1:]:
            await dashboard.press("j")
            assert dashboard.selected == key
        for key in reversed(order[:-1]):
            await dashboard.press("k")
            assert dashboard.selected == key
        for key, selected in (("k", "fail1"), ("pagedown", "done1"), ("pageup", "fail1")):
            await dashboard.press(key)
            assert dashboard.selected == selected
        headings = [y for y, row in enumerate(shown(dashboard)) if row in SECTIONS]
        for y in headings:
            await dashboard.pilot.click(rows, offset=(5, y), times=2)
            assert dashboard.selected == "fail1"
        assert dashboard.app.focused is rows, "a double click opens nothing"


async def test_polling_knows_tasks_only(tmp_path: Path) -> None:
    async with session(tmp_path, many(), size=NARROW) as dashboard:
        rows = dashboard.app.main_screen.tasks
        assert rows.keys_in_view()[0] == "t00"
        assert len(rows.keys_in_view()) == rows.size.height - 1
        await dashboard.press("G")
        assert rows.keys_in_view()[-1] == "t59"
        await dashboard.press("g")
        assert shown(dashboard)[:2] == ["Running", "t00"], "the line above the first task is shown"


async def test_an_end_is_told_at_once_and_its_row_moves_within_a_second(tmp_path: Path) -> None:
    async with session(tmp_path, many(4)) as dashboard:
        await answer(dashboard, make_task("t01", 13, TaskStatus.COMPLETED))
        await dashboard.wait_for_text("✓ t01")
        await dashboard.wait_for_text("Finished  1")
        assert shown(dashboard) == ["Running", "t00", "t02", "t03", "Finished", "t01"]
        assert dashboard.selected == "t00"
        await answer(dashboard, failed("t03", "no more"))
        await dashboard.wait_for_text("Needs attention  1")
        assert shown(dashboard)[:2] == ["Needs attention", "t03"]
        assert "Running  2" in dashboard.text


async def test_the_cursor_goes_with_its_task(tmp_path: Path) -> None:
    async with session(tmp_path, many(), size=NARROW) as dashboard:
        await dashboard.press("j")
        await answer(dashboard, make_task("t01", 3, TaskStatus.COMPLETED))
        await wait_for_order(dashboard)
        assert dashboard.selected == "t01"
        assert "t01" in shown(dashboard), "out of view"
        await dashboard.press("j")
        assert dashboard.selected == "t01", "the last of the list"
        await dashboard.press("k")
        assert dashboard.selected == "t59"


async def test_until_somebody_is_there_the_cursor_is_at_the_top(tmp_path: Path) -> None:
    async with session(tmp_path, many(), size=NARROW) as dashboard:
        await answer(dashboard, failed("t40", "out of memory"))
        await wait_for_order(dashboard)
        assert shown(dashboard)[:3] == ["Needs attention", "t40", "Running"]
        assert dashboard.selected == "t40"
        await dashboard.press("j")
        await answer(dashboard, failed("t00", "out of memory"), failed("t30", "no"))
        await wait_for_order(dashboard)
        assert dashboard.selected == "t00", "somebody is there"


async def test_what_comes_at_the_top_is_seen_there(tmp_path: Path) -> None:
    async with session(tmp_path, many(), size=NARROW) as dashboard:
        await dashboard.press(*"jjj")
        await answer(dashboard, failed("t30", "no"), failed("t40", "no"))
        await wait_for_order(dashboard)
        top = shown(dashboard)
        assert (top[0], {*top[1:3]}, top[3]) == ("Needs attention", {"t30", "t40"}, "Running")
        assert dashboard.selected == "t03"


async def test_further_down_the_view_stays_when_rows_above_it_move(tmp_path: Path) -> None:
    async with session(tmp_path, many(), size=NARROW) as dashboard:
        await dashboard.press("G", *"kkkkk")
        before = shown(dashboard)
        await answer(dashboard, failed("t00", "no"), failed("t02", "no"))
        await wait_for_order(dashboard)
        assert shown(dashboard) == before
        # With the wheel, away from the cursor.
        rows = dashboard.app.main_screen.tasks
        rows.scroll_to(y=20, animate=False, force=True, immediate=True)
        await dashboard.pilot.pause()
        before = shown(dashboard)
        await answer(dashboard, failed("t01", "no"))
        await wait_for_order(dashboard)
        assert shown(dashboard) == before
        assert dashboard.selected not in before


async def test_a_removed_task_gives_the_cursor_to_its_neighbour_in_the_list(tmp_path: Path) -> None:
    async with session(tmp_path, mixed()) as dashboard:
        await wait_for_order(dashboard)
        await dashboard.press("g", "x")
        assert dashboard.selected == "gone1"
        await dashboard.press("x")
        assert dashboard.selected == "run1"
        assert "Needs attention" not in dashboard.text
        await dashboard.press("G", "x")
        assert dashboard.selected == "wait1"
        await dashboard.press("u", "u")
        assert dashboard.selected == "gone1"
        assert shown(dashboard)[:2] == ["Needs attention", "gone1"]


async def test_a_filter_searches_titles_and_reasons_and_the_sections_say_what_it_hides(
    tmp_path: Path,
) -> None:
    async with session(tmp_path, mixed()) as dashboard:
        await wait_for_order(dashboard)
        for query, tasks in (("latex", ["fail1"]), ("光合", ["done1"]), ("run1", ["run1"])):
            await dashboard.press("slash", *query)
            assert list(dashboard.app.main_screen.tasks.keys) == tasks
            await dashboard.press("escape")
        await dashboard.press("slash", *"run1")
        assert "Running  1 of 2" in dashboard.text
        await dashboard.press(*"zzz")
        await dashboard.wait_for_text("No task matches")
        assert not any(name in SECTIONS for name in shown(dashboard))


async def test_a_filter_lets_in_what_matches_by_now(tmp_path: Path) -> None:
    async with session(tmp_path, many(5)) as dashboard:
        await dashboard.press("slash", *"failed", "enter")
        await dashboard.wait_for_text("No task matches")
        await answer(dashboard, failed("t03", "no"))
        await dashboard.wait_until(lambda: dashboard.app.main_screen.tasks.keys == ["t03"])
        assert dashboard.selected == "t03"
        assert "1 of 5" in dashboard.lines[0]


async def test_n_goes_to_what_needs_a_look_and_says_when_there_is_nothing(tmp_path: Path) -> None:
    tasks = {**many(5), "f1": failed("f1", "no"), "f2": failed("f2", "no")}
    async with session(tmp_path, tasks) as dashboard:
        first, second = dashboard.app.main_screen.tasks.keys[:2]
        await dashboard.press("G")
        for key, task_id in (("n", first), ("n", second), ("n", first), ("N", second)):
            await dashboard.press(key)
            assert dashboard.selected == task_id, "it goes on at the other end"
        await dashboard.press("slash", *"f1", "enter", "n")
        await dashboard.wait_for_text("Nothing else that is shown needs a look.")
        assert dashboard.selected == "f1"
    async with session(tmp_path / "calm", many(3)) as dashboard:
        await dashboard.press("n")
        await dashboard.wait_for_text("Nothing needs a look.")
    async with session(tmp_path / "empty", {}) as dashboard:
        await dashboard.press("n")
        await dashboard.wait_for_text("Nothing needs a look.")


async def test_a_state_that_is_not_in_the_contract_keeps_its_row_in_the_columns(
    tmp_path: Path,
) -> None:
    odd = make_task("odd", 2, TaskStatus.UNKNOWN)._replace(status_sent="WAITING_FOR_A_MACHINE")
    tasks: dict[str, Task | ApiError] = {"odd": odd, "fail": failed("fail", "no formula")}
    async with session(tmp_path, tasks, size=(200, 50)) as dashboard:
        await dashboard.wait_for_text("unknown state: WAITING_FOR_A_MACHINE")
        [first, second] = [line for line in dashboard.lines if line[4:8] in ("odd ", "fail")]
        assert first.index("no formula") == second.index("unknown state")


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 12))]
)
async def test_whatever_moves_the_list_shows_its_lines_and_the_cursor(
    tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    async with session(tmp_path, many(40), size=NARROW) as dashboard:
        rows = dashboard.app.main_screen.tasks
        for step in range(4):
            await dashboard.press(*rng.choices(("j", "k", "G", "g", "pagedown", "x", "u"), k=3))
            ids = tuple(rng.sample(list(rows.keys), 3))
            kinds = rng.choices((*ENDED, TaskStatus.IN_PROGRESS, TaskStatus.UNKNOWN), k=3)
            answers = [make_task(key, 1, kind) for key, kind in zip(ids, kinds, strict=True)]
            await answer(dashboard, *answers)
            await wait_for_order(dashboard)
            await dashboard.wait_until(lambda: bool(shown(dashboard)))
            lines = [name for name in shown(dashboard) if name not in SECTIONS]
            first = rows.keys.index(lines[0])
            assert lines == list(rows.keys[first : first + len(lines)]), step
            assert len(shown(dashboard)) == rows.size.height, step
            assert dashboard.selected in lines, step


# What it costs to send


def watch_labelled(home: Home, service: ScriptedService, count: int) -> list[str]:
    """Watch running tasks with names, asked about once; return their IDs."""
    home.configure(
        base_url=service.base_url,
        api_key=service.api_key,
        poll_interval=3600,
        max_requests_per_second=1000,
    )
    ids = [f"{48200 + n * 37}" for n in range(count)]
    words = ("二次函数", "Bayes' theorem, part", "光合作用讲解视频", "How quicksort works")
    home.watchlist.parent.mkdir(parents=True, exist_ok=True)
    added = datetime.now(UTC) - timedelta(minutes=12)
    entries = [
        f'[[task]]\nid = "{key}"\nlabel = "{words[n % 4]} {n * 7}"\n'
        f"added = {added + timedelta(seconds=n):%Y-%m-%d %H:%M:%S}+00:00\n"
        for n, key in enumerate(ids)
    ]
    home.watchlist.write_text("version = 1\n" + "".join(entries), encoding="utf-8")
    for n, key in enumerate(ids):
        service.script(key, task(key, frames=[frame_url(key, i) for i in range(n % 9)]))
    return ids


def sent_by(terminal: Terminal, key: str, expected: str) -> int:
    """Press a key; return the bytes sent until it is quiet again."""
    before = len(terminal.raw)
    terminal.press(key)
    terminal.wait_for(expected)
    terminal.wait_quiet(1.4)
    return len(terminal.raw) - before


@pytest.mark.parametrize(
    ("cols", "rows"), [(120, 40), pytest.param(80, 24, marks=pytest.mark.soak)]
)
def test_a_row_that_moves_costs_at_most_270_bytes_for_each_row_that_it_passes(
    home: Home, service: ScriptedService, cols: int, rows: int
) -> None:
    ids = watch_labelled(home, service, 16)
    with home.open(cols=cols, rows=rows) as terminal:
        terminal.wait_for_text("Running  16")
        terminal.wait_quiet(1.0)
        terminal.press("G")
        terminal.wait_quiet(0.3)
        service.script(ids[15], completed(ids[15]))
        # It passes nothing: what changes about the row itself, header, details and footer.
        alone = sent_by(terminal, "r", r"Finished +1")
        service.script(ids[0], completed(ids[0]))
        terminal.press("g")
        terminal.wait_quiet(0.3)
        passed = sent_by(terminal, "r", r"Finished +2")
        assert passed - alone <= 270 * 15, (passed, alone)
        assert terminal.read_for(1.0) == 0, "an order that holds sends nothing"
        # Many that move at once are sent once: not each on its way.
        for key in ids[1:9]:
            service.script(key, completed(key))
        together = sent_by(terminal, "R", r"Finished +10")
        assert together <= 2 * 300 * 18, together
