"""The dashboard, driven by a pilot: keys, mouse, selection, hostile text and repaints."""

from __future__ import annotations

import asyncio
import gc
import json
import random
import re
import subprocess
import sys
import time
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual._context import active_message_pump
from textual.containers import VerticalScroll
from textual.events import Mount, Paste
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Input
from textual.widgets._footer import FooterKey

from tests.support.dependencies import make_dependencies
from tests.support.home import Home
from tests.support.no_trust import NO_TRUST
from tests.support.picture_host import BLOCKS
from tests.support.records import arranged
from tests.support.service import (
    FAR_FUTURE,
    Reply,
    Request,
    ScriptedService,
    completed,
    error,
    frame_url,
    task,
)
from tui.clock import Clock
from tui.config import Config, Notify, NotifyOn, Paths
from tui.credentials import Secret
from tui.dashboard.app import ScenextApp
from tui.dashboard.widgets.filter_input import FilterInput
from tui.dashboard.widgets.frame_list import FrameList
from tui.dashboard.widgets.task_row import TaskRow
from tui.dependencies import ClientFactory
from tui.errors import ApiError, ErrorKind
from tui.scenext.client import HttpClientFactory
from tui.scenext.media import Media
from tui.scenext.models import Frame, StatusResponse, Task, TaskStatus
from tui.signed_links.mending import mended
from tui.state_file import StateFile
from tui.watchlist.entries import Add, Entry, Remove
from tui.watchlist.sections import Section
from tui.watchlist.storage import WatchlistFile
from tui.wording.rows import TaskRowData
from tui.wording.section_lines import section_key

SHOW_TIMEOUT = 30.0
"""Seconds to wait for anything to be shown."""
SSH = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
WIDE, NARROW = (120, 40), (80, 24)


def make_task(task_id: str, frames: int = 0, status: TaskStatus = TaskStatus.IN_PROGRESS) -> Task:
    """Return a task with so many frames, as the service reports it."""
    frame_list = tuple(Frame(f"frame{n}", frame_url(task_id, n)) for n in range(1, frames + 1))
    return Task(task_id, status, status.value, frame_list)


@dataclass
class FakeService:
    """A client factory and client that answers from a table, without a network."""

    answers: dict[str, Task | ApiError] = field(default_factory=dict)
    queried: list[str] = field(default_factory=list)
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    """Tasks whose queries get no answer before something has happened."""
    media: Media | None = None
    """The client for pictures; without one, a test must fetch none."""

    def status_client(self, key: Secret) -> FakeService:
        """Return the client."""
        return self

    def media_client(self) -> Media:
        """Return the client for pictures."""
        assert self.media is not None, "this test fetches no pictures"
        return self.media

    async def query(self, task_id: str) -> StatusResponse:
        """Return the answer of a task, or raise its error."""
        self.queried.append(task_id)
        if (may_answer := self.held.get(task_id)) is not None:
            await may_answer.wait()
        reply = self.answers.get(task_id, ApiError(ErrorKind.NOT_FOUND, "no such task"))
        if isinstance(reply, ApiError):
            raise reply
        return StatusResponse(reply, None)

    async def aclose(self) -> None:
        """Close nothing."""


@dataclass
class Session:
    """A running app, what its screen shows, and the keys that a user presses."""

    app: ScenextApp
    pilot: Pilot[None]
    service: FakeService
    file: WatchlistFile

    @property
    def frames(self) -> FrameList:
        """The frames of the selected task."""
        assert self.app.main_screen.deferred is not None
        return self.app.main_screen.deferred.frames

    @property
    def lines(self) -> list[str]:
        """The rows of the topmost screen."""
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip).rstrip() for strip in strips]

    @property
    def text(self) -> str:
        """The text of the topmost screen."""
        return "\n".join(self.lines)

    @property
    def footer(self) -> str:
        """The bottom row, which shows the keys."""
        return self.lines[-1]

    @property
    def selected(self) -> str:
        """The ID of the selected task."""
        return self.app.main_screen.selected

    @property
    def frame(self) -> str:
        """The frame under the cursor, as `frame ID link`."""
        return self.frames.cursor

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self.pilot.press(*keys)
        # The pilot has waited until the app is idle; this paints without another wait.
        self.app.screen._on_timer_update()

    async def wait_until(self, condition: Callable[[], object], description: str = "") -> None:
        """Wait until a condition holds."""
        deadline = time.monotonic() + SHOW_TIMEOUT
        while not condition():
            assert time.monotonic() < deadline, (
                f"waited for {description or condition}:\n{self.text}"
            )
            # A pause of the pilot would wait until every widget is idle.
            await asyncio.sleep(0.01)
        await self.pilot.pause()

    async def wait_for_text(self, text: str) -> None:
        """Wait until a text is shown."""
        await self.wait_until(lambda: text in self.text, text)

    async def wait_for_picture(self) -> None:
        """Wait until a picture is shown, in block characters."""
        await self.wait_until(lambda: re.search(BLOCKS, self.text), "a picture")

    async def wait_gone(self, text: str) -> None:
        """Wait until a text is gone."""
        await self.wait_until(lambda: text not in self.text, f"the end of {text}")


def build_app(
    folder: Path,
    service: FakeService,
    *,
    new_ids: tuple[str, ...] = (),
    base_url: str = "",
    api_key: str = "sk-test-0123456789",
    clock: Clock | None = None,
    notify: Notify = Notify.NEVER,
    notify_on: NotifyOn = NotifyOn.EACH,
    pictures: bool = False,
) -> ScenextApp:
    """Return the app with the tasks of the service on its watchlist.

    Where there are no `pictures` by themselves, a key had hidden them before.
    """
    paths = Paths.inside(folder)
    file = WatchlistFile(paths.watchlist)
    now = datetime.now(UTC)
    if service.answers:
        file.save([Add(Entry(task_id, now)) for task_id in service.answers])
    config = Config(
        base_url=base_url or "http://127.0.0.1:9/api",
        poll_interval=3600,
        max_requests_per_second=1000,
        notify=notify,
        notify_on=notify_on,
        trust_env=False,
    )

    StateFile(paths.state).save({"pictures": pictures})

    def connect() -> ClientFactory:
        return HttpClientFactory(config, NO_TRUST) if base_url else service

    app = ScenextApp(
        make_dependencies(folder, connect, key=lambda: api_key)._replace(
            config=config, environ=SSH, clock=clock or Clock()
        ),
        new_ids,
    )
    app.animation_level = "none"
    return app


@asynccontextmanager
async def session(
    folder: Path,
    tasks: dict[str, Task | ApiError],
    *,
    size: tuple[int, int] = WIDE,
    new_ids: tuple[str, ...] = (),
    base_url: str = "",
    api_key: str = "sk-test-0123456789",
    clock: Clock | None = None,
    notify: Notify = Notify.NEVER,
    notify_on: NotifyOn = NotifyOn.EACH,
    media: Media | None = None,
) -> AsyncIterator[Session]:
    """Run the app with these tasks on its watchlist, and wait until all were queried.

    With `media` pictures are shown by themselves, and come from there.
    """
    service = FakeService(tasks, media=media)
    app = build_app(
        folder,
        service,
        new_ids=new_ids,
        base_url=base_url,
        api_key=api_key,
        clock=clock,
        notify=notify,
        notify_on=notify_on,
        pictures=media is not None,
    )
    file = WatchlistFile(Paths.inside(folder).watchlist)
    async with app.run_test(size=size, notifications=True) as pilot:
        running = Session(app, pilot, service, file)
        if not base_url:
            all_ids = set(tasks) | set(new_ids)
            unanswered = sum(not isinstance(tasks.get(task_id), Task) for task_id in all_ids)
            await running.wait_until(
                lambda: set(service.queried) >= all_ids, "a query of every task"
            )
            await running.wait_until(lambda: waiting(app) == unanswered, "the answers")
            await running.wait_until(lambda: in_order(app), "the order")
        yield running


def waiting(app: ScenextApp) -> int:
    """Return the number of tasks without an answer, once the header has counted them."""
    number = app.engine.watchlist.counts().get(TaskStatus.QUEUED, 0)
    return number if app.is_up_to_date else -1


def in_order(app: ScenextApp) -> bool:
    """Return whether each task of the watchlist stands in its place, below its section's line."""
    sections = arranged(app.engine.watchlist, app.engine.watchlist.history)
    ids = [task_id for section in sections for task_id in section.ids]
    rows = app.main_screen.tasks
    headings = {section for section in Section if rows.has(section_key(section))}
    return list(rows.keys) == ids and headings == {each.section for each in sections}


def three() -> dict[str, Task | ApiError]:
    """Return three tasks: with frames, without frames, and one that cannot be queried."""
    return {
        "one": make_task("one", 3),
        "two": make_task("two"),
        "three": ApiError(ErrorKind.OFFLINE, "no connection"),
    }


# The start


LATER_MODULES = (
    "httpx",
    "httpcore",
    "anyio",
    "certifi",
    "PIL",
    "filelock",
    "tomli_w",
    "statistics",
    "textual.widgets._footer",
    "tui.pictures.encoder",
    "tui.pictures.kitty",
    "tui.terminal.graphics.finder",
    "tui.terminal.pictures.layer",
    "tui.watchlist.events",
    "tui.watchlist.frame_gaps",
    "tui.watchlist.recorder",
)


def test_what_the_first_paint_has_no_use_for_is_imported_after_it() -> None:
    needed = (
        "tui.cli.main, tui.dashboard.app, tui.engine, tui.terminal.lifecycle, tui.log, "
        "tui.watchlist.storage"
    )
    code = (
        f"import sys, {needed}; print(*(name for name in {LATER_MODULES} if name in sys.modules))"
    )
    completed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert completed.stdout.split() == []


async def test_an_end_in_the_middle_of_the_start_is_no_crash(tmp_path: Path) -> None:
    app, exited = build_app(tmp_path, FakeService(three())), asyncio.Event()

    def exit_on_mount(message: Message) -> None:
        if isinstance(message, Mount) and isinstance(active_message_pump.get(), FilterInput):
            app.exit(return_code=143)
            exited.set()

    # On exit it raises the error of the app if that crashed.
    async with app.run_test(size=WIDE, message_hook=exit_on_mount):
        await asyncio.wait_for(exited.wait(), SHOW_TIMEOUT)
    assert app.return_code == 143


# Keys


async def test_focus_starts_on_the_list_and_the_first_task_is_selected(tmp_path: Path) -> None:
    async with session(tmp_path, three()) as dashboard:
        assert dashboard.app.focused is dashboard.app.main_screen.tasks
        assert dashboard.selected == "one"
        await dashboard.wait_for_text("frame3.png")


async def test_the_first_id_given_is_selected(tmp_path: Path) -> None:
    async with session(tmp_path, three(), new_ids=("two", "new")) as dashboard:
        assert dashboard.selected == "two"
    async with session(tmp_path / "b", three(), new_ids=("new", "two")) as dashboard:
        assert dashboard.selected == "new"


async def test_every_key_of_a_list_moves(tmp_path: Path) -> None:
    ids = [f"t{n:02}" for n in range(60)]
    async with session(tmp_path, {key: make_task(key) for key in ids}, size=NARROW) as dashboard:
        page = dashboard.app.main_screen.tasks.size.height - 1
        for keys, index in (
            (("down",), 1),
            (("j", "j"), 3),
            (("up",), 2),
            (("k",), 1),
            (("k", "k", "k"), 0),
            (("pagedown",), page),
            (("ctrl+f",), 2 * page),
            (("pageup",), page),
            (("ctrl+b",), 0),
            (("end",), 59),
            (("j",), 59),
            (("home",), 0),
            (("G",), 59),
            (("g",), 0),
        ):
            await dashboard.press(*keys)
            assert dashboard.selected == ids[index], keys
            assert any(ids[index] in line for line in dashboard.lines), "the task is out of view"


async def test_enter_goes_to_the_frames_and_escape_back(tmp_path: Path) -> None:
    async with session(tmp_path, three()) as dashboard:
        board = dashboard.app.main_screen
        await dashboard.press("enter")
        assert dashboard.frames.has_focus
        await dashboard.press("k")
        assert dashboard.frame.startswith("frame frame2 ")
        await dashboard.press("G")
        assert dashboard.frame.startswith("frame frame3 ")
        assert dashboard.selected == "one"
        await dashboard.press("escape")
        assert board.tasks.has_focus


async def test_o_opens_the_newest_frame_of_a_task_and_enter_the_frame_under_the_cursor(
    tmp_path: Path,
) -> None:
    async with session(tmp_path, three()) as dashboard:
        await dashboard.press("o")
        await dashboard.wait_for_text("open frame3 of one")
        await dashboard.press("escape", "enter", "g", "enter")
        await dashboard.wait_for_text("open frame1 of one")
        await dashboard.press("escape", "j", "o")
        await dashboard.wait_for_text("open frame2 of one")
        await dashboard.wait_for_text("Link sent to your terminal's clipboard")
        assert dashboard.app.clipboard == frame_url("one", 2)


async def test_y_copies_the_link_under_the_cursor(tmp_path: Path) -> None:
    async with session(tmp_path, three()) as dashboard:
        await dashboard.press("y")
        await dashboard.wait_for_text("Link of frame3 sent to your terminal's clipboard")
        assert dashboard.app.clipboard == frame_url("one", 3)
        await dashboard.press("enter", "g", "y")
        await dashboard.wait_for_text("Link of frame1 sent")
        assert dashboard.app.clipboard == frame_url("one", 1)


async def test_x_removes_and_u_brings_back(tmp_path: Path) -> None:
    async with session(tmp_path, three()) as dashboard:
        assert "undo" not in dashboard.footer
        await dashboard.press("j", "x")
        assert "» 1 running  - 1 waiting" in dashboard.text
        await dashboard.wait_for_text("Removed two. u: undo")
        assert dashboard.selected == "three"
        assert "undo" in dashboard.footer
        await dashboard.press("u")
        assert dashboard.selected == "two"
        assert dashboard.app.main_screen.tasks.keys == ["one", "two", "three"]
        assert "undo" not in dashboard.footer


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in (0, 2))]
)
async def test_whatever_is_removed_and_brought_back_the_list_shows_its_tasks_and_the_cursor(
    tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    ids = [f"t{n:02}" for n in range(60)]
    async with session(tmp_path, {key: make_task(key) for key in ids}, size=NARROW) as dashboard:
        tasks = dashboard.app.main_screen.tasks
        keys = ["G", "x", "u", "k", "j"]
        keys += rng.choices(("x", "u", "j", "k", "G", "g", "pagedown", "pageup"), k=30)
        for step, key in enumerate(keys):
            await dashboard.press(key)
            lines = dashboard.lines[tasks.region.y : tasks.region.bottom]
            shown = [match[0] for line in lines if (match := re.search(r"\bt[0-9]{2}\b", line))]
            # A notification may cover the end of a line, but not an ID.
            first = tasks.keys.index(shown[0])
            headings = sum(line.startswith(" Running") for line in lines)
            assert shown == tasks.keys[first : first + len(lines) - headings], keys[: step + 1]
            assert dashboard.selected in shown, keys[: step + 1]


async def test_the_filter_is_reached_from_the_frames_as_well(tmp_path: Path) -> None:
    async with session(tmp_path, three()) as dashboard:
        await dashboard.press("enter", "slash", *"two")
        assert dashboard.app.main_screen.tasks.keys == ["two"]


async def test_the_filter_goes_to_its_first_task_and_back_if_there_is_none(tmp_path: Path) -> None:
    ids = [f"{kind}{n:02}" for n in range(30) for kind in ("red", "blue")]
    async with session(tmp_path, {key: make_task(key) for key in ids}, size=NARROW) as dashboard:
        await dashboard.press(*"GGkkk", "slash", *"red")
        assert dashboard.selected == "red28", "a selected task that is shown must stay selected"
        assert "30 of 60 shown" in dashboard.lines[0]
        assert "filter" not in dashboard.footer, "the key would be typed into the filter"
        await dashboard.press(*"0")
        assert dashboard.selected == "red00"
        assert "red00" in dashboard.lines[dashboard.app.main_screen.tasks.region.y + 1]
        await dashboard.press(*"zzz")
        await dashboard.wait_for_text("No task matches")
        await dashboard.press("escape")
        assert dashboard.selected == "red00"
        await dashboard.press("slash", *"blue07", "escape")
        assert dashboard.selected == "blue07"
        assert dashboard.lines[0].startswith(" » 60 running")


async def test_no_cursor_blinks_in_the_palette(tmp_path: Path) -> None:
    async with session(tmp_path, three()) as dashboard:
        await dashboard.press("ctrl+p")
        await dashboard.wait_for_text("Show all keys")
        assert not dashboard.app.screen.query_one(Input).cursor_blink


async def test_the_cursor_after_the_first_the_last_and_the_only_task_is_removed(
    tmp_path: Path,
) -> None:
    async with session(tmp_path, three()) as dashboard:
        await dashboard.press("x")
        assert dashboard.selected == "two"
        await dashboard.wait_for_text("No frames yet")
        await dashboard.press("G", "x")
        assert dashboard.selected == "two"
        await dashboard.press("x")
        assert dashboard.selected == ""
        await dashboard.wait_for_text("The watchlist is empty.")
        await dashboard.press("x", "r", "o", "y", "enter", "j", "escape")
        await dashboard.press("u", "u", "u", "u")
        assert dashboard.app.engine.watchlist.ids == ("one", "two", "three")


async def test_r_asks_about_this_task_and_shift_r_about_all_also_where_they_have_ended(
    tmp_path: Path,
) -> None:
    tasks: dict[str, Task | ApiError] = {
        key: make_task(key, status=TaskStatus.COMPLETED) for key in ("one", "two")
    }
    async with session(tmp_path, tasks) as dashboard:
        asked = dashboard.service.queried
        del asked[:]
        await dashboard.press("j", "r")
        await dashboard.wait_until(lambda: asked == ["two"])
        await dashboard.press("R")
        await dashboard.wait_until(lambda: sorted(asked) == ["one", "two", "two"])


async def test_a_adds_many_with_a_label_and_selects_the_first(tmp_path: Path) -> None:
    async with session(tmp_path, three()) as dashboard:
        await dashboard.press("a")
        await dashboard.wait_for_text("Task IDs or status URLs")
        await dashboard.press(*"new1 new2", "tab", *"batch", "enter")
        assert dashboard.selected == "new1"
        assert any("new2" in line and "batch" in line for line in dashboard.lines)
        await dashboard.wait_until(
            lambda: [entry.label for entry in dashboard.file.load().entries][3:] == ["batch"] * 2
        )


async def test_what_was_added_before_is_selected_and_said(tmp_path: Path) -> None:
    async with session(tmp_path, three()) as dashboard:
        await dashboard.press("a", *"two new", "tab", *"batch", "enter")
        await dashboard.wait_for_text("Added 1 task; 1 already there, labelled “batch” now.")
        assert dashboard.selected == "two"
        # The service does not know the new one, which goes to the top once that is told.
        await dashboard.wait_until(
            lambda: dashboard.app.main_screen.tasks.keys == ["new", "one", "two", "three"]
        )


async def test_what_is_no_id_is_said_in_the_dialog(tmp_path: Path) -> None:
    async with session(tmp_path, three()) as dashboard:
        await dashboard.press("a", "enter")
        await dashboard.wait_for_text("Type or paste a task ID first.")
        await dashboard.press(*"..", "enter")
        await dashboard.wait_for_text("is no task ID")
        await dashboard.press("q")
        assert dashboard.app.is_running, "q is a letter in a text field"
        await dashboard.press("escape")
        assert dashboard.app.main_screen.tasks.keys == ["one", "two", "three"]


async def test_a_pasted_column_of_ids_is_no_number_and_a_number_is_named(tmp_path: Path) -> None:
    async with session(tmp_path, three()) as dashboard:
        await dashboard.press("a")
        await dashboard.wait_for_text("Task IDs or status URLs")
        dashboard.app.screen.query_one("#ids", Input).post_message(Paste("12345.0"))
        await dashboard.press("enter")
        await dashboard.wait_for_text("“12345.0” is a number as a spreadsheet shows it")
        await dashboard.press("escape", "a")
        pasted = "１２\r\n345\t678。\n“900”"
        dashboard.app.screen.query_one("#ids", Input).post_message(Paste(pasted))
        await dashboard.press("enter")
        await dashboard.wait_until(
            # At the top once the service has told that it does not know them.
            lambda: dashboard.app.main_screen.tasks.keys[:4] == ["12", "345", "678", "900"]
        )


@pytest.mark.parametrize("opening_key", ["", "question_mark", "o"])
async def test_q_quits_from_the_list_from_the_help_and_from_the_open_panel(
    tmp_path: Path, opening_key: str
) -> None:
    async with session(tmp_path, three()) as dashboard:
        if opening_key:
            await dashboard.press(opening_key)
            await dashboard.wait_until(lambda: len(dashboard.app.screen_stack) == 2)
        await dashboard.press("q")
        await dashboard.wait_until(lambda: not dashboard.app.is_running)
        assert (dashboard.app.return_code or 0) == 0


async def test_the_footer_shows_what_works_now(tmp_path: Path) -> None:
    async with session(tmp_path, three()) as dashboard:
        assert "open" in dashboard.footer
        assert "copy" in dashboard.footer
        await dashboard.press("j")
        assert dashboard.selected == "two"
        for words in ("open", "copy", "undo", "back"):
            assert words not in dashboard.footer
        for words in ("keys", "filter", "add", "remove", "refresh"):
            assert words in dashboard.footer
        await dashboard.press("k", "enter")
        assert "back" in dashboard.footer
    async with session(tmp_path / "empty", {}) as dashboard:
        assert "add" in dashboard.footer
        for words in ("remove", "refresh", "open", "back", "filter"):
            assert words not in dashboard.footer


async def test_the_help_shows_every_binding_that_has_words(tmp_path: Path) -> None:
    async with session(tmp_path, three(), size=(120, 90)) as dashboard:
        active = dashboard.app.screen.active_bindings.values()
        # The help leaves out the bindings of Textual itself (tab, clipboard).
        words = {
            active_binding.binding.tooltip or active_binding.binding.description
            for active_binding in active
            if active_binding.binding.id and active_binding.node is not dashboard.app
        }
        assert len(words) > 10
        await dashboard.press("question_mark")
        await dashboard.wait_for_text("Command palette")
        # Only the descriptions are compared, since the help shows related keys together.
        missing = [description for description in words if description not in dashboard.text]
        assert missing == []
        assert "Suspend to the shell" in dashboard.text
        await dashboard.press("question_mark")
        assert len(dashboard.app.screen_stack) == 1


async def test_the_palette_offers_the_actions_and_runs_them(tmp_path: Path) -> None:
    async with session(tmp_path, three(), size=(120, 60)) as dashboard:
        await dashboard.press("ctrl+p")
        for words in (
            "Show all keys",
            "Quit; nothing is lost",
            "Open the frame; of a task its video, or newest frame",
            "Watch more tasks",
            "Stop watching",
            "Refresh this task",
            "Refresh all",
            "Copy the link that o opens",
            "Go to the task's frames",
            "Theme",
        ):
            await dashboard.wait_for_text(words)
        for words in (
            "Page up",
            "Focus Next",
            "command palette",
            "Bring back the task removed last",
        ):
            assert words not in dashboard.text
        await dashboard.press(*"stop watch")
        await dashboard.wait_gone("Show all keys")
        await dashboard.press("enter")
        await dashboard.wait_until(lambda: dashboard.app.main_screen.tasks.keys == ["two", "three"])


# The mouse


async def test_a_click_selects_and_a_double_click_opens(tmp_path: Path) -> None:
    async with session(tmp_path, three()) as dashboard:
        tasks = dashboard.app.main_screen.tasks
        await dashboard.pilot.click(tasks, offset=(20, 2))
        assert dashboard.selected == "two"
        await dashboard.pilot.click(tasks, offset=(20, 1), times=2)
        assert not dashboard.app.screen.selections, "text was selected as well"
        assert dashboard.selected == "one"
        frames = dashboard.frames
        await dashboard.wait_until(lambda: dashboard.app.focused is frames)
        await dashboard.pilot.click(frames, offset=(12, 1))
        assert dashboard.frame.startswith("frame frame2 ")
        assert len(dashboard.app.screen_stack) == 1
        await dashboard.pilot.click(frames, offset=(12, 2), times=2)
        await dashboard.wait_for_text("open frame3 of one")


@pytest.mark.parametrize("modifier", ["control", "shift", "meta"])
async def test_a_click_with_a_modifier_is_the_terminals(tmp_path: Path, modifier: str) -> None:
    async with session(tmp_path, three()) as dashboard:
        before = dashboard.frame
        for widget in (dashboard.app.main_screen.tasks, dashboard.frames):
            for times in (1, 2):
                await dashboard.pilot.click(
                    widget,
                    offset=(12, 1),
                    times=times,
                    control=modifier == "control",
                    shift=modifier == "shift",
                    meta=modifier == "meta",
                )
        assert (dashboard.selected, dashboard.frame) == ("one", before)
        assert len(dashboard.app.screen_stack) == 1


# What is selected stays selected


async def test_a_new_frame_appears_without_moving_the_selection(tmp_path: Path) -> None:
    async with session(tmp_path, three()) as dashboard:
        await dashboard.press("enter", "k")
        before = dashboard.frame
        updated = make_task("one", 5)
        dashboard.service.answers["one"] = Task(
            "one", TaskStatus.IN_PROGRESS, "IN_PROGRESS", (updated.frames[4], *updated.frames[:4])
        )
        await dashboard.press("r")
        await dashboard.wait_for_text("frame5.png")
        assert dashboard.frame == before
        assert dashboard.app.focused is dashboard.frames
        assert dashboard.selected == "one"


async def test_what_another_program_adds_or_removes_leaves_the_selection(tmp_path: Path) -> None:
    async with session(tmp_path, three()) as dashboard:
        await dashboard.press("j")
        dashboard.service.answers["four"] = ApiError(ErrorKind.OFFLINE, "no connection")
        dashboard.file.save([Add(Entry("four", datetime.now(UTC))), Remove("one")])
        await dashboard.wait_until(
            lambda: dashboard.app.main_screen.tasks.keys == ["two", "three", "four"]
        )
        assert dashboard.selected == "two"
        dashboard.file.save([Remove("two")])
        await dashboard.wait_until(lambda: "two" not in dashboard.app.main_screen.tasks.keys)
        assert dashboard.selected == "three"


async def test_resizing_keeps_the_selection_and_the_task_in_view(tmp_path: Path) -> None:
    ids = [f"t{n:02}" for n in range(50)]
    tasks: dict[str, Task | ApiError] = {key: make_task(key, 2) for key in ids}
    async with session(tmp_path, tasks) as dashboard:
        await dashboard.press("G", "k")
        for size in ((80, 24), (60, 20), (100, 30), (40, 10), (120, 40)):
            await dashboard.pilot.resize_terminal(*size)
            await dashboard.pilot.pause()
            assert dashboard.selected == "t48"
            assert any("t48" in line for line in dashboard.lines[:-1]), size
            assert ("frame2.png" in dashboard.text) is (size[0] >= 100), size


async def test_a_narrow_terminal_shows_one_or_the_other(tmp_path: Path) -> None:
    async with session(tmp_path, three(), size=NARROW) as dashboard:
        assert "frame1.png" not in dashboard.text
        await dashboard.press("enter")
        assert "frame1.png" in dashboard.text
        assert "In progress" in dashboard.text
        assert "State" in dashboard.text
        assert "3 three" not in dashboard.text
        await dashboard.press("j", "escape")
        assert dashboard.selected == "one"
        assert "frame1.png" not in dashboard.text


async def test_an_empty_watchlist_says_what_to_do(tmp_path: Path) -> None:
    for size in (WIDE, NARROW, (60, 20)):
        async with session(tmp_path, {}, size=size) as dashboard:
            await dashboard.wait_for_text("The watchlist is empty.")
            assert "Press a and paste" in dashboard.text
            assert "scenext-tui add 12345 67890" in dashboard.text
            assert "No tasks" in dashboard.text


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark", "ansi-light"])
async def test_every_state_can_be_read_under_the_cursor(tmp_path: Path, theme: str) -> None:
    tasks: dict[str, Task | ApiError] = {
        "queued": ApiError(ErrorKind.OFFLINE, "no connection"),
        **{
            status.value: make_task(status.value, 1, status)
            for status in TaskStatus
            if status != "QUEUED"
        },
    }
    async with session(tmp_path, tasks) as dashboard:
        dashboard.app.theme = theme
        rows = dashboard.app.main_screen.tasks
        for line, key in enumerate(rows.keys):
            rows.cursor = key
            await dashboard.pilot.pause()
            strips = dashboard.app.screen._compositor.render_strips()
            for text, style, _ in strips[rows.region.y + line]:
                if text.strip() and style is not None and style.color is not None:
                    is_visible = style.color.is_default or style.color != style.bgcolor
                    assert is_visible, f"{text!r} cannot be seen"


# Unchanged parts are not updated


async def test_of_a_thousand_tasks_only_those_in_view_are_touched(tmp_path: Path) -> None:
    ids = [f"t{n:04}" for n in range(1000)]
    tasks: dict[str, Task | ApiError] = {key: make_task(key) for key in ids}
    async with session(tmp_path, tasks) as dashboard:
        board = dashboard.app.main_screen
        assert len(board.tasks.keys) == 1000
        assert board.tasks.keys_in_view()[0] == "t0000"
        rows = board.tasks.query(TaskRow)
        updated = [
            row for row in rows if isinstance(row.data, TaskRowData) and row.data.glyph == "»"
        ]
        # Rows out of view are updated only when they scroll into view.
        assert len(updated) < 60
        await dashboard.press("G")
        await dashboard.wait_until(lambda: "» t0999" in dashboard.lines[-3], "the last row")
        assert "Waiting" not in dashboard.text


# Hostile text

HOSTILE = {
    "closing tag": "[/]",
    "half a tag": "[/",
    "markup": "[b]x[@click=app.quit]y[/][link='https://evil.test']z[/]",
    "sequences": "a\x1b]52;c;cHduZWQ=\x1b\\b\x1b[2Jc\x9b31md\x1b]0;title\x07e",
    "invisible": "a\x00b\u202ec\u200bd\ud800e\x7ff\u2028g\r\nh",
    "long": "z" * 3_000,
    "text": "失败：\\[b]x\\ $primary {url} %s",
}
_SGR = re.compile(r"\x1b\[[0-9;:]*m")
_LINK = re.compile(r"\x1b\]8;[^;\x1b]*;([^\x1b]*)\x1b\\")
_BAD = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def assert_harmless(dashboard: Session, links: set[str]) -> None:
    """Assert that the screen has no control bytes, no markup and no links but `links`."""
    console = dashboard.app.console
    for strip in dashboard.app.screen._compositor.render_strips():
        drawn = strip.render(console)
        assert set(_LINK.findall(drawn)) <= links | {""}
        bare = _LINK.sub("", _SGR.sub("", drawn))
        assert not _BAD.search(bare), ascii(bare)
        for segment in strip:
            meta = segment.style.meta if segment.style else {}
            assert "@click" not in meta, segment


def json_reply(status: int, body: object) -> Reply:
    """Return a reply in pure ASCII, with lone surrogates as JSON escapes."""
    return Reply(status, json.dumps(body), {"content-type": "application/json"})


def hostile_tasks(service: ScriptedService, name: str, bad: str) -> tuple[str, ...]:
    """Script four tasks with hostile text in every field; return their IDs."""
    # An ID has no control characters, but it may look like markup.
    is_markup = bad.startswith(("[", "\\")) and "://" not in bad
    full = bad if is_markup else f"{name}-full".replace(" ", "-")
    ids = (full, f"{full}-unknown", f"{full}-failed", f"{full}-refused")
    completed = {
        "task_id": full,
        "status": "COMPLETED",
        "progress": [
            {"id": bad, "image": frame_url("t", 1)},
            {"id": "evil", "image": f"https://x.test/{bad}"},
        ],
        "result": [
            {"type": bad, "content": bad, "score": bad, "scoreDetail": bad},
            {"type": bad, "content": VIDEO},
        ],
        "points": bad,
        "messages": bad,
    }
    unknown = {"task_id": ids[1], "status": bad, "progress": [], "messages": bad}
    failed = {
        "task_id": ids[2],
        "status": "FAILED",
        "result": [{"type": "text", "content": bad}],
    }
    for task_id, data in zip(ids, (completed, unknown, failed), strict=False):
        service.script(task_id, json_reply(200, {"status": "success", "data": data}))
    service.script(ids[3], json_reply(400, {"status": "error", "data": {"messages": bad}}))
    return ids


VIDEO = "https://oss.scenext.cn/video/final.mp4"
LINKS = {frame_url("t", 1), VIDEO, *(mended(f"https://x.test/{bad}") for bad in HOSTILE.values())}


def watchlist_file(labels: dict[str, str]) -> str:
    """Return the text of a watchlist file that another program wrote."""

    def quoted(text: str) -> str:
        # TOML has no surrogates; its other escapes are those of JSON.
        return json.dumps(text.encode("utf-8", "replace").decode())

    tables = (
        f"[[task]]\nid = {quoted(task_id)}\nadded = 2026-03-14T12:00:00Z\nlabel = {quoted(label)}\n"
        for task_id, label in labels.items()
    )
    return f"version = 1\ncount = {len(labels)}\n\n" + "\n".join(tables)


async def test_hostile_text_is_text_wherever_it_is_shown(
    tmp_path: Path, service: ScriptedService
) -> None:
    by_string = {bad: hostile_tasks(service, name, bad) for name, bad in HOSTILE.items()}
    # A longer label in the file would count as damage.
    labels = {task_id: bad[:100] for bad, ids in by_string.items() for task_id in ids}
    (tmp_path / "watchlist.toml").write_text(watchlist_file(labels))
    # Wide enough for the labels in the list.
    async with session(tmp_path, {}, size=(160, 40), base_url=service.base_url) as dashboard:
        await dashboard.wait_until(lambda: waiting(dashboard.app) == len(HOSTILE), "the answers")
        tasks = dashboard.app.main_screen.tasks
        for task_id, bad in labels.items():
            tasks.cursor = task_id
            await dashboard.pilot.pause()
            assert_harmless(dashboard, LINKS)
            if bad.startswith("["):
                assert dashboard.text.count(bad[:8]) >= 2
        for name in ("half a tag", "markup", "invisible"):
            tasks.cursor = by_string[HOSTILE[name]][0]
            dashboard.app.clear_notifications()
            await dashboard.press("enter", "g", "j", "o")
            await dashboard.wait_for_text("Link sent")
            assert_harmless(dashboard, LINKS)
            await dashboard.press("escape", "escape", "y")
            await dashboard.wait_until(lambda: len(dashboard.app._notifications) == 1, "a toast")
            assert_harmless(dashboard, LINKS)
            await dashboard.press("x")
            await dashboard.wait_for_text("Removed")
            assert_harmless(dashboard, LINKS)
        await dashboard.press("a")
        field = dashboard.app.screen.query_one("#ids", Input)
        for bad in HOSTILE.values():
            for word in (bad + " ..", f"https://x.test/{bad}"):
                field.value = word.encode("utf-8", "replace").decode()
                await dashboard.press("enter")
                assert_harmless(dashboard, LINKS)
        assert dashboard.app.is_running


async def test_a_refusal_with_hostile_words_is_a_banner_with_ours(
    tmp_path: Path, service: ScriptedService
) -> None:
    words = " ".join(bad for name, bad in HOSTILE.items() if name != "long")
    service.script("t", json_reply(401, {"status": "error", "data": {"messages": words}}))
    (tmp_path / "watchlist.toml").write_text(watchlist_file({"t": ""}))
    async with session(tmp_path, {}, base_url=service.base_url) as dashboard:
        await dashboard.wait_for_text("The service refused the key")
        assert_harmless(dashboard, set())
        assert "[/]" not in dashboard.text


async def test_an_error_of_the_service_reads_as_it_was_sent(
    tmp_path: Path, service: ScriptedService
) -> None:
    service.script("t", error(400, "[b]参数[/] 错误"))
    (tmp_path / "watchlist.toml").write_text(watchlist_file({"t": ""}))
    async with session(tmp_path, {}, base_url=service.base_url) as dashboard:
        await dashboard.wait_for_text("[b]参数[/] 错误")
        assert any("! 400" in line for line in dashboard.lines)


@pytest.fixture
def resigning_service(service: ScriptedService) -> ScriptedService:
    """Script a task whose links are signed afresh in every response."""

    def respond(request: Request) -> Reply:
        expires = FAR_FUTURE + len(service.for_task("t"))
        return task("t", frames=[frame_url("t", number, expires) for number in (1, 2)])

    service.script("t", respond)
    return service


def test_answers_that_say_the_same_are_not_painted_and_fresh_links_are_at_the_next_chance(
    home: Home, resigning_service: ScriptedService
) -> None:
    resigning_service.script("u", completed("u"))
    with home.open("watch", "t", "u") as terminal:
        terminal.wait_for_text("frame2.png")
        terminal.wait_for("1 done.* live")
        terminal.wait_quiet(1.5)
        before = len(resigning_service.requests)
        assert terminal.read_for(2.5) == 0
        assert len(resigning_service.requests) >= before + 2
        asked = len(resigning_service.wait_for_requests(before + 3, answered=True))
        terminal.wait_quiet(0.3)
        written = len(terminal.links())
        terminal.press("enter")
        terminal.wait_for(r"esc +back")
        terminal.press("j")
        terminal.wait_for(lambda _: len(terminal.links()) > written)
        terminal.wait_quiet(0.3)
        known = [frame_url("t", 2, FAR_FUTURE + n) for n in range(asked - 1, asked + 4)]
        assert terminal.links()[-1] in known


# Memory


async def test_what_is_no_longer_shown_is_let_go(tmp_path: Path) -> None:
    async with session(tmp_path, three()) as dashboard:
        await dashboard.press("question_mark")
        drawn = weakref.ref(dashboard.app.screen.query_one(VerticalScroll)._styles_cache)
        await dashboard.press("escape")
        for _ in range(10):
            await dashboard.press("enter", "escape")

        def gone() -> bool:
            gc.collect()
            return drawn() is None

        # Released at the next periodic check of the polling health.
        await dashboard.wait_until(gone)
        keys = [item for item in gc.get_objects() if isinstance(item, FooterKey)]
        shown = dashboard.app.main_screen.query(FooterKey)
        assert len(keys) <= 4 * len(shown)
