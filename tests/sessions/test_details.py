"""The selected task beside the list: its words, its frames and the cursor on them."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from random import Random

import httpx
import pytest

from tests.sessions.test_dashboard import NARROW, WIDE, Session, make_task, session
from tests.sessions.test_small_windows import pictures
from tests.support.no_trust import NO_TRUST
from tests.support.service import frame_url
from tui.addresses import AddressRule
from tui.errors import ApiError
from tui.scenext.media import Media
from tui.scenext.models import Frame, Points, Result, Task, TaskStatus

LARGE = (200, 50)
REASON = "渲染失败：场景 4 的公式无法编译 (LaTeX error: Missing $ inserted)"


def completed(task_id: str, frames: int) -> Task:
    """Return a task that has completed, with its video and all that the service tells."""
    video = frame_url(task_id, 0).replace("frame0.png", "final.mp4")
    return make_task(task_id, frames, TaskStatus.COMPLETED)._replace(
        results=(Result("video", video, True, "92", "clear"), Result("text", "done", False)),
        points=Points(20.0, "for 10 scenes"),
        title="The cat video",
    )


def failed(task_id: str, frames: int) -> Task:
    """Return a task that has failed, with its reason behind much that could be shown first."""
    return make_task(task_id, frames, TaskStatus.FAILED)._replace(
        results=(Result("text", REASON * 3, False),),
        points=Points(0.0, "任务执行失败，不消耗积分"),
        message="a message of the service that takes a line of its own",
    )


async def answer(dashboard: Session, task: Task, words: str) -> None:
    """Answer this from the service, ask about it, and wait until it is shown."""
    dashboard.service.answers[task.id] = task
    await dashboard.press("r")
    await dashboard.wait_for_text(words)


def has_ended(dashboard: Session, task_id: str) -> bool:
    """Return whether the end of a task is known, and shown wherever it is to be."""
    record = dashboard.app.engine.watchlist.get(task_id)
    return record is not None and record.status.terminal and dashboard.app.is_up_to_date


def text(dashboard: Session) -> str:
    """Return what is shown, on one line."""
    return " ".join(dashboard.text.replace("│", " ").split())


def _is_frame(dashboard: Session, key: str) -> bool:
    return dashboard.frame == key


# The cursor


async def test_the_cursor_follows_the_newest_frame_and_then_the_video(tmp_path: Path) -> None:
    async with session(tmp_path, {"one": make_task("one", 2)}) as dashboard:
        assert dashboard.frame == "frame frame2 1"
        await answer(dashboard, make_task("one", 3), "frame3.png")
        assert dashboard.frame == "frame frame3 1"
        await dashboard.press("enter")
        await answer(dashboard, make_task("one", 40), "40 frames")
        assert dashboard.frame == "frame frame40 1"
        assert "frame40.png" in dashboard.text, "it is out of view"
        await answer(dashboard, completed("one", 40), "Video, 40 frames")
        assert dashboard.frame == "result 1 video"
        assert "final.mp4" in dashboard.text


async def test_a_cursor_that_was_moved_stays_where_it_is(tmp_path: Path) -> None:
    async with session(tmp_path, {"one": make_task("one", 3)}) as dashboard:
        await dashboard.press("enter", "k")
        await answer(dashboard, make_task("one", 4), "frame4.png")
        assert dashboard.frame == "frame frame2 1"
        await dashboard.press("G")
        await answer(dashboard, make_task("one", 5), "frame5.png")
        assert dashboard.frame == "frame frame5 1", "it stood on the newest again"
        await dashboard.press("g", "escape")
        await answer(dashboard, completed("one", 5), "Video, 5 frames")
        assert dashboard.frame == "frame frame1 1"


async def test_the_first_frame_of_a_task_is_selected_as_it_comes(tmp_path: Path) -> None:
    async with session(tmp_path, {"one": make_task("one")}) as dashboard:
        assert dashboard.frame == ""
        for count in (1, 2):
            await answer(dashboard, make_task("one", count), f"frame{count}.png")
            assert dashboard.frame == f"frame frame{count} 1"


async def test_each_task_opens_with_what_o_opens(tmp_path: Path) -> None:
    tasks: dict[str, Task | ApiError] = {
        "one": make_task("one", 3),
        "two": completed("two", 4),
        "three": failed("three", 5),
    }
    async with session(tmp_path, tasks) as dashboard:
        list_keys = {"one": "frame frame3 1", "two": "result 1 video", "three": "frame frame5 1"}
        await dashboard.press("enter", "g", "escape")
        for task_id, key in list_keys.items():
            dashboard.app.main_screen.tasks.cursor = "two" if task_id == "one" else "one"
            await dashboard.wait_until(lambda: dashboard.frame)
            dashboard.app.main_screen.tasks.cursor = task_id
            await dashboard.wait_until(partial(_is_frame, dashboard, key), key)
            name = key.split()[-1] if key.startswith("result") else key.split()[1]
            called = "The cat video" if task_id == "two" else task_id
            await dashboard.press("o")
            await dashboard.wait_for_text(f"open {name} of {called}")
            await dashboard.press("escape", "enter", "enter")
            await dashboard.wait_for_text(f"open {name} of {called}")
            await dashboard.press("escape", "escape")


@pytest.mark.parametrize("keys", [("enter", "p"), ("enter", "G", "escape", "p")])
@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_the_picture_of_a_completed_task_is_its_newest_frame(
    tmp_path: Path, size: tuple[int, int], keys: tuple[str, ...]
) -> None:
    async with session(tmp_path, {"one": completed("one", 3)}, size=size) as dashboard:
        dashboard.service.media = pictures()
        await dashboard.press(*keys)
        assert dashboard.frame == "result 1 video"
        await dashboard.wait_for_text("frame3, the newest of 3")
        await dashboard.wait_for_picture()
        if not dashboard.frames.has_focus:
            await dashboard.press("enter")
        await dashboard.press("j")
        await dashboard.wait_for_text("frame1, 1 of 3")


# What is saved already


def expired(task_id: str, *files: str) -> Task:
    """Return a completed task whose links have ended, and will not be renewed."""
    link = frame_url(task_id, 1, expires=int(time.time()) - 3_600)
    first, *others = (link.replace("frame1.png", file) for file in files)
    frames = tuple(Frame(f"frame{number}", url) for number, url in enumerate(others, 1))
    results = (Result("video", first, True),)
    return Task(task_id, TaskStatus.COMPLETED, "COMPLETED", frames, results)


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_of_a_dead_link_what_was_saved_before_is_named(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    saved = tmp_path / "downloads" / "one" / "final.mp4"
    saved.parent.mkdir(parents=True)
    saved.write_bytes(b"a video")
    words = "video was saved before: "
    tasks: dict[str, Task | ApiError] = {"one": expired("one", "final.mp4", "frame1.png")}
    async with session(tmp_path, tasks, size=size) as dashboard:
        await dashboard.press("o")
        await dashboard.wait_for_text("open video of one")
        await dashboard.wait_for_text(words)
        await dashboard.press("escape")
        await dashboard.wait_gone("open video of one")
        await dashboard.wait_for_text("c: copy the path")
        assert words in text(dashboard)
        assert str(saved) in text(dashboard).replace(" ", "")
        await dashboard.press("c")
        await dashboard.wait_until(lambda: dashboard.app.clipboard == str(saved))
        await dashboard.press("escape")
        await dashboard.wait_gone("c: copy the path")
        await dashboard.press("y")
        await dashboard.wait_until(lambda: words in text(dashboard))
        await dashboard.press("escape", "enter", "G", "y")
        await dashboard.wait_for_text("Link of frame1 sent")
        assert "c: copy the path" not in dashboard.text, "frame1 was never saved"


async def test_what_cannot_be_saved_again_is_named_where_it_was_saved_before(
    tmp_path: Path,
) -> None:
    saved = tmp_path / "downloads" / "one" / "final.mp4"
    saved.parent.mkdir(parents=True)
    saved.write_bytes(b"a video")
    tasks: dict[str, Task | ApiError] = {"one": expired("one", "final.mp4", "frame1.png")}
    async with session(tmp_path, tasks) as dashboard:
        refusal = httpx.Response(403, headers={"x-oss-ec": "0002-00000069"})
        transport = httpx.MockTransport(lambda _: refusal)
        media = Media(NO_TRUST, AddressRule(), trust_env=False, transport=transport)
        dashboard.service.media = media
        await dashboard.press("d")
        await dashboard.wait_until(lambda: "video was saved before: " in text(dashboard))
        assert "video: The link ended at " in text(dashboard)
        await dashboard.press("c")
        await dashboard.wait_until(lambda: dashboard.app.clipboard == str(saved))


# What is seen


@pytest.mark.parametrize("size", [WIDE, NARROW, (60, 20)])
async def test_a_picture_hides_no_reason(tmp_path: Path, size: tuple[int, int]) -> None:
    async with session(tmp_path, {"one": failed("one", 6)}, size=size) as dashboard:
        dashboard.service.media = pictures()
        await dashboard.press("p")
        await dashboard.wait_for_picture()
        assert "".join((REASON * 3).split()) in text(dashboard).replace(" ", "")


async def test_a_task_without_frames_has_no_empty_box_in_the_place_of_a_picture(
    tmp_path: Path,
) -> None:
    tasks: dict[str, Task | ApiError] = {"one": make_task("one", 2), "two": failed("two", 0)}
    async with session(tmp_path, tasks, media=pictures()) as dashboard:
        dashboard.app.main_screen.tasks.cursor = "one"
        await dashboard.wait_for_picture()
        dashboard.app.main_screen.tasks.cursor = "two"
        await dashboard.wait_for_text("No frames; the service keeps none of a failed task")
        detail = dashboard.app.main_screen.deferred
        assert detail is not None
        assert not detail.detail.preview.display or not detail.detail.preview.size
        # Nobody would see that it hides pictures.
        assert "p picture" not in dashboard.text
        await dashboard.press("p")
        dashboard.app.main_screen.tasks.cursor = "one"
        await dashboard.wait_for_picture()
        assert "p picture" in dashboard.text


@pytest.mark.parametrize("size", [NARROW, (60, 20)])
async def test_beside_a_picture_all_that_is_told_of_an_end_is_seen_or_can_be_reached(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with session(tmp_path, {"one": make_task("one", 2)}, size=size) as dashboard:
        dashboard.service.media = pictures()
        await dashboard.press("p")
        ended = completed("one", 2)
        long = Result("text", "a long text " * 30 + "with an end", False)
        await answer(dashboard, ended._replace(results=(*ended.results, long)), "Video, 2 frames")
        await dashboard.wait_for_text("shift+tab text")
        assert all(words in dashboard.text for words in ("The cat", "20 points", "92"))
        assert "with an end" not in dashboard.text
        await dashboard.press("shift+tab")
        await dashboard.wait_gone("shift+tab text")
        await dashboard.press("end")
        await dashboard.wait_for_text("with an end")


@pytest.mark.parametrize(
    ("size", "cells"), [((120, 40), (57, 16)), ((150, 48), (57, 16)), (LARGE, (77, 22))], ids=str
)
async def test_the_picture_is_as_wide_as_the_pane(
    tmp_path: Path, size: tuple[int, int], cells: tuple[int, int]
) -> None:
    tasks: dict[str, Task | ApiError] = {"one": completed("one", 12)}
    async with session(tmp_path, tasks, size=size, media=pictures()) as dashboard:
        await dashboard.wait_for_picture()
        deferred = dashboard.app.main_screen.deferred
        assert deferred is not None
        picture = deferred.detail.preview.picture
        assert picture is not None
        assert (picture.columns, picture.rows) == cells
        assert deferred.detail.preview.content_size.height == cells[1]
        assert "for 10 scenes" in dashboard.text
        assert deferred.frames.size.height >= 3


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 25))]
)
@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_whatever_was_hidden_when_the_task_ended_is_shown_afterwards(
    tmp_path: Path, size: tuple[int, int], seed: int
) -> None:
    rng = Random(seed)
    async with session(tmp_path, {"one": make_task("one", 2)}, size=size) as dashboard:
        dashboard.service.media = pictures()
        await dashboard.press(*rng.choice((("p", "plus"), ("enter", "p", "plus"), ("plus",))))
        if rng.random() < 0.5:
            await dashboard.wait_for_picture()
        dashboard.service.answers["one"] = completed("one", 2)
        dashboard.app.engine.refresh(("one",))
        await dashboard.wait_until(lambda: has_ended(dashboard, "one"), "the end")
        await dashboard.press("minus", *rng.choice(((), ("p",), ("escape",))))
        if "State" not in dashboard.text:
            await dashboard.press("enter")
        await dashboard.press("p", "p") if rng.random() < 0.5 else None
        detail = dashboard.app.main_screen.deferred
        assert detail is not None
        fields = detail.detail.fields
        await dashboard.pilot.pause()
        height = len(fields._wrap(fields.size.width))
        assert fields.size.height == height
        assert "State" in dashboard.text


async def test_a_key_behind_a_held_one_means_the_task_that_is_selected_by_then(
    tmp_path: Path,
) -> None:
    """Its frames are not shown yet: those on the screen are another task's."""
    tasks: dict[str, Task | ApiError] = {"a": failed("a", 2), "b": failed("b", 9)}
    async with session(tmp_path, tasks) as dashboard:
        dashboard.app.main_screen.tasks.cursor = "b"
        await dashboard.press("l")
        screen = dashboard.app.main_screen
        for _ in range(2):
            screen.action_next_to_look_at(1)
        assert (screen.selected, len(dashboard.frames.keys)) == ("b", 2)
        screen.action_open()
        await dashboard.wait_for_text("frame9 of b")
