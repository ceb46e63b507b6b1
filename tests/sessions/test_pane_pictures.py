"""The picture with the selected task: by itself, of the newest frame, and at whose expense."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from textual.screen import Screen

from tests.pictures.test_encoder import NEEDS_PROC, workers
from tests.sessions.test_dashboard import NARROW, WIDE, Session, make_task, session
from tests.sessions.test_details import answer, completed
from tests.sessions.test_small_windows import PictureBody
from tests.support.no_trust import NO_TRUST
from tests.support.picture_host import BLOCKS, png
from tests.support.service import frame_url
from tui.addresses import AddressRule
from tui.dashboard.widgets.picture import PictureView
from tui.errors import ApiError
from tui.scenext.media import Media
from tui.scenext.models import Frame, Task, TaskStatus

EXPIRED = {"x-oss-ec": "0002-00000069"}


class Host:
    """What is behind the links of frames."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.refuses = False
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    def media(self) -> Media:
        """Return a client that fetches from here."""
        transport = httpx.MockTransport(self._answer)
        return Media(NO_TRUST, AddressRule(), trust_env=False, transport=transport)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        self.requests.append(name)
        await self.may_answer.wait()
        if self.refuses:
            return httpx.Response(403, headers=EXPIRED)
        number = int(re.findall(r"\d+", name)[0])
        body = PictureBody(png((number * 20, 0, 0)))
        headers = {"content-type": "image/png", "content-length": str(len(body.data))}
        return httpx.Response(200, headers=headers, stream=body)


@asynccontextmanager
async def watching(
    folder: Path,
    tasks: dict[str, Task | ApiError],
    size: tuple[int, int] = WIDE,
    *,
    refuses: bool = False,
) -> AsyncIterator[tuple[Session, Host, PictureView]]:
    host = Host()
    host.refuses = refuses
    async with session(folder, tasks, size=size, media=host.media()) as dashboard:
        deferred = dashboard.app.main_screen.deferred
        assert deferred is not None
        yield dashboard, host, deferred.detail.preview


def ended(task_id: str, frames: int = 1) -> Task:
    """Return a completed task whose links have ended."""
    past = int(time.time()) - 3_600
    urls = (frame_url(task_id, number, past) for number in range(1, frames + 1))
    listed = tuple(Frame(f"frame{number}", url) for number, url in enumerate(urls, 1))
    return Task(task_id, TaskStatus.COMPLETED, "COMPLETED", listed)


def has_picture(dashboard: Session) -> bool:
    return re.search(BLOCKS, dashboard.text) is not None


async def test_the_newest_frame_is_shown_and_followed_without_a_blank_moment(
    tmp_path: Path,
) -> None:
    async with watching(tmp_path, {"one": make_task("one", 2)}) as (dashboard, host, view):
        await dashboard.wait_for_picture()
        assert "frame2, the newest of 2" in dashboard.text
        host.may_answer.clear()
        await answer(dashboard, make_task("one", 3), "frame3, the newest of 3: loading …")
        await dashboard.wait_until(lambda: host.requests[-1] == "frame3.png")
        assert has_picture(dashboard)
        assert view.shown == ("one", "frame frame2 1")
        host.may_answer.set()
        await dashboard.wait_until(lambda: view.shown == ("one", "frame frame3 1"))
        assert "loading" not in dashboard.text
        assert host.requests == ["frame2.png", "frame3.png"]


async def test_the_cursor_in_the_frames_chooses_another_and_the_list_the_newest_again(
    tmp_path: Path,
) -> None:
    async with watching(tmp_path, {"one": make_task("one", 3)}) as (dashboard, host, view):
        await dashboard.wait_for_picture()
        await dashboard.press("enter", "g")
        await dashboard.wait_for_text("frame1, 1 of 3")
        await dashboard.wait_until(lambda: view.shown == ("one", "frame frame1 1"))
        await dashboard.press("escape")
        await dashboard.wait_until(lambda: view.shown == ("one", "frame frame3 1"))
        assert host.requests == ["frame3.png", "frame1.png"], "each is fetched once"


async def test_no_picture_stands_under_the_name_of_another_task(tmp_path: Path) -> None:
    tasks: dict[str, Task | ApiError] = {
        "one": make_task("one", 1),
        "two": make_task("two", 2),
        "none": make_task("none"),
    }
    async with watching(tmp_path, tasks) as (dashboard, host, view):
        await dashboard.wait_until(lambda: view.shown == ("one", "frame frame1 1"))
        host.may_answer.clear()
        await dashboard.press("j")
        await dashboard.wait_for_text("│ two")
        assert not has_picture(dashboard)
        await dashboard.wait_for_text("Loading frame2")
        host.may_answer.set()
        await dashboard.wait_until(lambda: view.shown == ("two", "frame frame2 1"))
        await dashboard.press("j")
        await dashboard.wait_for_text("No frames yet")
        assert not has_picture(dashboard)
        assert not view.size, "no empty box"


async def test_what_is_on_its_way_is_dropped_with_the_task(tmp_path: Path) -> None:
    async with watching(tmp_path, {"one": make_task("one", 2)}) as (dashboard, host, view):
        await dashboard.wait_for_picture()
        host.may_answer.clear()
        await answer(dashboard, make_task("one", 3), "loading …")
        deferred = dashboard.app.main_screen.deferred
        assert deferred is not None
        deferred.detail.show(None, 0.0, AddressRule())
        assert (view.wanted, view.picture, view.text) == (None, None, "")
        await dashboard.wait_until(lambda: not view.is_loading)


async def test_tasks_that_the_cursor_runs_past_are_not_fetched(tmp_path: Path) -> None:
    tasks: dict[str, Task | ApiError] = {
        f"t{number:02}": make_task(f"t{number:02}", number + 1) for number in range(30)
    }
    async with watching(tmp_path, tasks) as (dashboard, host, view):
        await dashboard.wait_for_picture()
        for task_id in (*tasks, "t25"):
            dashboard.app.main_screen.tasks.cursor = task_id
            await asyncio.sleep(0)
        await dashboard.wait_until(lambda: view.shown == ("t25", "frame frame26 1"))
        assert len(host.requests) < len(tasks) / 2


async def test_what_shows_by_itself_never_asks_the_service_for_a_link(tmp_path: Path) -> None:
    tasks: dict[str, Task | ApiError] = {
        f"t{number:03}": ended(f"t{number:03}") for number in range(100)
    }
    async with watching(tmp_path, tasks, refuses=True) as (dashboard, host, view):
        queried = len(dashboard.service.queried)
        for keys in (*("jj",) * 6, "G"):
            # Not what is said of the task before: each has its own request.
            host.requests.clear()
            await dashboard.press(*keys)
            await dashboard.wait_until(lambda: host.requests and "Press enter to ask" in view.text)
        assert dashboard.selected == "t099"
        assert len(dashboard.service.queried) == queried
        assert " ".join(view.text.split()).startswith("The link ended at ")
        host.refuses = False
        dashboard.service.answers["t099"] = make_task("t099", 1, TaskStatus.COMPLETED)
        await dashboard.press("enter")
        await dashboard.wait_for_picture()
        assert len(dashboard.service.queried) == queried + 1


async def test_p_asks_for_the_link_too_and_another_signature_is_tried_by_itself(
    tmp_path: Path,
) -> None:
    tasks: dict[str, Task | ApiError] = {"one": ended("one")}
    async with watching(tmp_path, tasks, refuses=True) as (dashboard, host, view):
        await dashboard.wait_until(lambda: "Press enter to ask" in view.text)
        queried = len(dashboard.service.queried)
        await dashboard.press("p", "p")
        await dashboard.wait_until(lambda: "did not renew it" in view.text)
        assert len(dashboard.service.queried) == queried + 1
        host.refuses = False
        await answer(dashboard, make_task("one", 1, TaskStatus.COMPLETED), "frame1")
        await dashboard.wait_for_picture()


async def test_the_same_picture_with_another_signature_is_not_fetched_again(tmp_path: Path) -> None:
    async with watching(tmp_path, {"one": make_task("one", 2)}) as (dashboard, host, view):
        await dashboard.wait_for_picture()
        later = frame_url("one", 2, int(time.time()) + 7_200)
        task = make_task("one", 2)
        frames = (task.frames[0], task.frames[1]._replace(url=later))
        await answer(dashboard, task._replace(frames=frames, title="signed anew"), "signed anew")
        await dashboard.press("p")
        await dashboard.wait_until(lambda: not view.size)
        await dashboard.press("p")
        await dashboard.wait_for_picture()
        assert host.requests == ["frame2.png"]


@pytest.mark.parametrize("size", [(119, 40), (120, 29), NARROW, (80, 60)], ids=str)
async def test_without_room_there_is_none_until_p(tmp_path: Path, size: tuple[int, int]) -> None:
    tasks: dict[str, Task | ApiError] = {"one": completed("one", 2)}
    async with watching(tmp_path, tasks, size) as (dashboard, host, _view):
        assert dashboard.app.main_screen.deferred is not None
        assert not dashboard.app.main_screen.deferred.detail.previewing
        assert host.requests == []
        await dashboard.press("p")
        await dashboard.wait_for_picture()
        await dashboard.press("p")
        await dashboard.wait_until(lambda: not has_picture(dashboard))


async def test_a_window_that_grows_shows_it_and_one_that_shrinks_hides_it(tmp_path: Path) -> None:
    tasks: dict[str, Task | ApiError] = {"one": make_task("one", 2)}
    async with watching(tmp_path, tasks, NARROW) as (dashboard, _host, _view):
        await dashboard.pilot.resize_terminal(*WIDE)
        await dashboard.wait_for_picture()
        await dashboard.pilot.resize_terminal(*NARROW)
        await dashboard.wait_until(lambda: not has_picture(dashboard))


async def test_what_p_hides_stays_hidden_after_a_restart(tmp_path: Path) -> None:
    tasks: dict[str, Task | ApiError] = {"one": make_task("one", 2)}
    state = tmp_path / "state.toml"
    async with watching(tmp_path, tasks) as (dashboard, _host, _view):
        await dashboard.wait_for_picture()
        await dashboard.press("p")
        await dashboard.wait_until(lambda: "pictures = false" in state.read_text())
        assert not has_picture(dashboard)
    async with session(tmp_path, tasks) as dashboard:
        deferred = dashboard.app.main_screen.deferred
        assert deferred is not None
        assert not deferred.detail.previewing
        dashboard.service.media = Host().media()
        await dashboard.press("p", "q")
    assert "pictures = true" in state.read_text()


@NEEDS_PROC
async def test_the_child_that_encodes_ends_with_the_dashboard(tmp_path: Path) -> None:
    before = set(workers())
    async with watching(tmp_path, {"one": make_task("one", 1)}) as (dashboard, _host, _view):
        await dashboard.wait_for_picture()
        assert len(set(workers()) - before) == 1
    assert set(workers()) <= before


async def test_esc_never_stops_what_runs_by_itself(tmp_path: Path) -> None:
    async with watching(tmp_path, {"one": make_task("one", 2)}) as (dashboard, host, view):
        await dashboard.wait_for_picture()
        host.may_answer.clear()
        await answer(dashboard, make_task("one", 3), "loading …")
        assert "esc back" not in dashboard.footer
        await dashboard.press("escape", "escape")
        host.may_answer.set()
        await dashboard.wait_until(lambda: view.shown == ("one", "frame frame3 1"))
        await dashboard.press("escape")
        assert has_picture(dashboard)


async def test_behind_another_screen_nothing_is_loaded_and_afterwards_what_is_selected(
    tmp_path: Path,
) -> None:
    async with watching(tmp_path, {"one": make_task("one", 2)}) as (dashboard, host, view):
        await dashboard.wait_for_picture()
        await dashboard.app.push_screen(Screen())
        dashboard.service.answers["one"] = make_task("one", 3)
        dashboard.app.engine.refresh(("one",))
        await dashboard.wait_until(lambda: len(dashboard.frames.keys) == 3)
        assert not view.is_loading
        assert host.requests == ["frame2.png"]
        dashboard.app.pop_screen()
        await dashboard.wait_until(lambda: view.shown == ("one", "frame frame3 1"))


async def test_behind_a_dialog_nothing_is_loaded_and_afterwards_what_is_selected(
    tmp_path: Path,
) -> None:
    async with watching(tmp_path, {"one": make_task("one", 2)}) as (dashboard, host, view):
        await dashboard.wait_for_picture()
        await dashboard.press("question_mark")
        dashboard.service.answers["one"] = make_task("one", 3)
        dashboard.app.engine.refresh(("one",))
        await dashboard.wait_until(lambda: len(dashboard.frames.keys) == 3)
        assert host.requests == ["frame2.png"]
        assert has_picture(dashboard)
        await dashboard.press("escape")
        await dashboard.wait_until(lambda: view.shown == ("one", "frame frame3 1"))


async def test_p_in_a_list_that_hides_the_pictures_shows_that_of_the_selected_task(
    tmp_path: Path,
) -> None:
    tasks: dict[str, Task | ApiError] = {"one": make_task("one", 2), "two": make_task("two", 3)}
    async with watching(tmp_path, tasks, NARROW) as (dashboard, _host, view):
        await dashboard.press("p")
        await dashboard.wait_until(lambda: view.shown == ("one", "frame frame2 1"))
        await dashboard.press("escape", "j", "p")
        await dashboard.wait_until(lambda: view.shown == ("two", "frame frame3 1"))
        await dashboard.press("p")
        await dashboard.wait_until(lambda: not has_picture(dashboard))
        assert "frames" in dashboard.text
        await dashboard.press("p")
        await dashboard.wait_for_picture()


async def test_p_does_nothing_where_it_would_not_be_seen(tmp_path: Path) -> None:
    tasks: dict[str, Task | ApiError] = {
        "none": make_task("none"),
        "video": completed("video", 0),
        "one": make_task("one", 1),
    }
    async with watching(tmp_path, tasks) as (dashboard, _host, _view):
        assert dashboard.selected == "none"
        assert "p picture" not in dashboard.footer
        await dashboard.press("p", "j")
        await dashboard.wait_for_picture()
        await dashboard.press("j")
        await dashboard.wait_until(lambda: not has_picture(dashboard))
        assert "p picture" not in dashboard.footer
        await dashboard.press("p", "k")
        await dashboard.wait_for_picture()
        await dashboard.press("slash", *"nothing", "enter", "p", "escape")
        await dashboard.press(*"gj")
        await dashboard.wait_for_picture()
        assert "true" in (tmp_path / "state.toml").read_text()
