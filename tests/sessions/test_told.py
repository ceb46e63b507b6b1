"""Somebody is told that tasks ended: by the bell, a notice and the window's title."""

from __future__ import annotations

import asyncio
import re
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from textual.events import AppBlur, AppFocus

from tests.sessions.test_dashboard import Session, make_task, session
from tests.support.home import Home
from tests.support.multiplexers import Tmux, missing
from tests.support.service import Reply, Request, ScriptedService, completed, task
from tests.support.terminal import Terminal
from tui.clock import Clock
from tui.config import Notify, NotifyOn, Paths
from tui.dashboard.messages import WatchlistChanged
from tui.errors import ApiError, ErrorKind
from tui.scenext.models import Task, TaskStatus
from tui.watchlist.entries import Add, Entry, Update
from tui.watchlist.storage import WatchlistFile

DONE, FAILED = TaskStatus.COMPLETED, TaskStatus.FAILED
LONG = 30.0
"""Seconds to wait for what takes several of a program's own."""
OVER = 6.0
"""Seconds after which a burst is over."""


# What counts as an end, on a clock of our own


class Told:
    """A dashboard whose monotonic clock is moved on by hand."""

    def __init__(self, dashboard: Session, passed: list[float]) -> None:
        self.dashboard = dashboard
        self._passed = passed

    async def answer(self, *task_ids: str, status: TaskStatus = DONE) -> None:
        """End tasks, and poll them."""
        for task_id in task_ids:
            self.dashboard.service.answers[task_id] = make_task(task_id, 1, status)
        await self.ask(*task_ids)

    async def ask(self, *task_ids: str) -> None:
        """Ask about tasks."""
        for task_id in task_ids:
            await self.dashboard.app.engine.ask(task_id)
        await self.dashboard.pilot.pause()

    async def wait(self, seconds: float = OVER) -> str:
        """Let time pass; return the notices that are shown."""
        self._passed.append(seconds)
        self.dashboard.app._tick()
        await self.dashboard.pilot.pause()
        return " | ".join(n.message for n in self.dashboard.app._notifications)


@asynccontextmanager
async def told(
    folder: Path,
    tasks: dict[str, Task | ApiError],
    notify: Notify = Notify.UNFOCUSED,
    notify_on: NotifyOn = NotifyOn.EACH,
) -> AsyncIterator[Told]:
    # Nothing passes by itself: on a loaded machine that would be a gap, or the end of a burst.
    passed = [time.monotonic()]
    clock = Clock(boot=lambda: sum(passed))
    async with session(folder, tasks, clock=clock, notify=notify, notify_on=notify_on) as dashboard:
        yield Told(dashboard, passed)


def running(*task_ids: str) -> dict[str, Task | ApiError]:
    return {task_id: make_task(task_id, 1) for task_id in task_ids}


async def test_the_notice_stays_until_somebody_acts_and_counts_all_until_then(
    tmp_path: Path,
) -> None:
    async with told(tmp_path, running("a", "b", "c", "d")) as watch:
        await watch.answer("a")
        assert await watch.wait(1) == ""
        assert await watch.wait() == "✓ a: completed"
        assert "✓ a: completed" in watch.dashboard.text
        await watch.answer("b", status=FAILED)
        await watch.answer("c")
        assert await watch.wait() == "2 completed, 1 failed"
        await watch.dashboard.press("j")
        assert "2 completed, 1 failed" in watch.dashboard.text, "there was no time to read it"
        await watch.wait(5)
        await watch.dashboard.press("j")
        await watch.dashboard.wait_gone("2 completed, 1 failed")
        await watch.answer("d", status=FAILED)
        assert await watch.wait() == "✗ d: failed"


async def test_an_undo_does_not_take_the_notice_away(tmp_path: Path) -> None:
    async with told(tmp_path, running("a", "b")) as watch:
        await watch.answer("a")
        await watch.wait()
        await watch.dashboard.press("x", "u")
        assert "✓ a: completed" in await watch.wait(0)


async def test_whether_it_is_told_depends_on_the_focus(tmp_path: Path) -> None:
    reports = ((), (AppFocus,), (AppBlur,), (AppFocus, AppBlur), (AppBlur, AppFocus))
    names = [f"t{number}" for number in range(len(reports))]
    told_of = []
    async with told(tmp_path, running(*names)) as watch:
        for name, events in zip(names, reports, strict=True):
            for event in events:
                watch.dashboard.app.post_message(event())
            await watch.dashboard.pilot.pause()
            await watch.answer(name)
            told_of.append(await watch.wait())
            await watch.wait()
            await watch.dashboard.press("j")
    assert told_of == ["✓ t0: completed", "", "✓ t2: completed", "✓ t3: completed", ""]


@pytest.mark.parametrize(
    ("notify", "event", "notices"),
    [(Notify.ALWAYS, AppFocus, "✓ a: completed"), (Notify.NEVER, AppBlur, "")],
)
async def test_always_and_never(
    tmp_path: Path, notify: Notify, event: type[AppFocus | AppBlur], notices: str
) -> None:
    async with told(tmp_path, running("a"), notify) as watch:
        watch.dashboard.app.post_message(event())
        await watch.dashboard.pilot.pause()
        await watch.answer("a")
        assert await watch.wait() == notices


async def test_failures_alone(tmp_path: Path) -> None:
    async with told(tmp_path, running("a", "b"), notify_on=NotifyOn.FAILED) as watch:
        await watch.answer("a")
        assert await watch.wait() == ""
        await watch.answer("b", status=FAILED)
        assert await watch.wait() == "✗ b: failed"


async def test_all_once_nothing_runs_any_more(tmp_path: Path) -> None:
    tasks = running("a", "b", "c")
    tasks["unknown"] = ApiError(ErrorKind.NOT_FOUND, "no such task")
    async with told(tmp_path, tasks, notify_on=NotifyOn.ALL) as watch:
        await watch.answer("a")
        watch.dashboard.service.answers["b"] = ApiError(ErrorKind.SERVER, "500")
        await watch.answer("c", status=FAILED)
        assert await watch.wait() == "", "nobody knows about b"
        await watch.answer("b")
        assert await watch.wait() == "Nothing runs any more: 2 completed, 1 failed"


async def test_the_last_one_that_runs_may_be_removed(tmp_path: Path) -> None:
    async with told(tmp_path, running("a", "b"), notify_on=NotifyOn.ALL) as watch:
        await watch.answer("a")
        assert await watch.wait() == ""
        watch.dashboard.app.engine.remove("b")
        assert await watch.wait() == "Nothing runs any more: 1 completed"


async def test_absence_is_no_end(tmp_path: Path) -> None:
    async with told(tmp_path, running("a", "b", "c", "d", "e")) as watch:
        answers = watch.dashboard.service.answers
        answers["a"] = ApiError(ErrorKind.OFFLINE, "no route to host")
        answers["b"] = ApiError(ErrorKind.NOT_FOUND, "no such task")
        answers["c"] = ApiError(ErrorKind.UNEXPECTED, "an empty answer")
        answers["d"] = Task("d", TaskStatus.UNKNOWN, "GONE", ())
        await watch.ask("a", "b", "c", "d")
        await watch.ask("a", "b", "c", "d")
        watch.dashboard.app.engine.remove("e")
        assert await watch.wait() == ""
        assert await watch.wait(3600) == ""
        assert await watch.wait(60) == ""


async def test_what_had_ended_before_is_no_news(tmp_path: Path) -> None:
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    file = WatchlistFile(Paths.inside(tmp_path).watchlist)
    file.save([Add(Entry(each, an_hour_ago)) for each in ("away", "known", "runs")])
    file.save([Update("known", DONE, ended=an_hour_ago)])
    tasks = {**running("runs"), "known": make_task("known", 1, DONE)}
    tasks["away"] = make_task("away", 1, DONE)
    async with told(tmp_path, tasks) as watch:
        await watch.dashboard.wait_for_text("While you were away: 1 completed")
        watch.dashboard.service.answers["later"] = make_task("later", 1, DONE)
        engine = watch.dashboard.app.engine
        for change in (lambda: engine.remove("known"), lambda: engine.add(["later", "known"])):
            change()
            watch.dashboard.app.post_message(WatchlistChanged())
            await watch.dashboard.pilot.pause()
        await watch.dashboard.wait_until(
            lambda: engine.watchlist.counts()[DONE] == 3, "the answers of those that were added"
        )
        assert await watch.wait() == "While you were away: 1 completed"
        await watch.answer("runs")
        assert (await watch.wait()).endswith(" | ✓ runs: completed")


async def test_an_end_that_another_program_saw_is_told_of(tmp_path: Path) -> None:
    async with told(tmp_path, running("a", "b")) as watch:
        engine = watch.dashboard.app.engine
        watch.dashboard.file.save([Update("a", DONE, ended=datetime.now(UTC))])
        engine._sync.wake()
        await watch.dashboard.wait_until(lambda: len(engine.events), "the other program's change")
        assert await watch.wait() == "✓ a: completed"


async def test_after_a_gap_there_is_one_summary(tmp_path: Path) -> None:
    names = [f"t{number}" for number in range(8)]
    async with told(tmp_path, running(*names)) as watch:
        may_answer = asyncio.Event()
        await watch.answer("t0")
        # The engine notices the gap by itself within a second, and asks about all tasks.
        watch.dashboard.service.held = dict.fromkeys(("t6", "t7"), may_answer)
        assert await watch.wait(3600) == ""
        for name in names[1:6]:
            await watch.answer(name)
            assert await watch.wait(OVER) == "", "others were not asked again"
        may_answer.set()
        await watch.ask("t6", "t7")
        assert await watch.wait() == "6 completed"


# Bells and titles, as the terminal gets them


def _of(terminal: Terminal, condition: Callable[[Terminal], object], shown: str) -> object:
    return condition(terminal)


class Cases:
    """Dashboards with one watchlist and several configurations, each in a terminal of its own."""

    def __init__(self, home: Home, stack: ExitStack) -> None:
        self._home = home
        self._stack = stack
        self.terminals: dict[str, Terminal] = {}

    def open(self, name: str, env: dict[str, str] | None = None, **settings: str) -> Terminal:
        """Open one, with these settings added."""
        config = self._home.config.with_name(f"{name}.toml")
        added = "".join(f'\n{key} = "{value}"' for key, value in settings.items())
        config.write_text(self._home.config.read_text() + added)
        config.chmod(0o600)
        terminal = self._stack.enter_context(self._home.open("--config", str(config), env=env))
        self.terminals[name] = terminal
        return terminal

    def wait(self, condition: Callable[[Terminal], object]) -> None:
        """Wait until a function is true for each terminal."""
        for terminal in self.terminals.values():
            terminal.wait_for(partial(_of, terminal, condition), timeout=LONG)

    @property
    def bells(self) -> dict[str, int]:
        """How often each has rung."""
        return {name: terminal.bells for name, terminal in self.terminals.items()}


@pytest.fixture
def cases(home: Home) -> Iterator[Cases]:
    with ExitStack() as stack:
        yield Cases(home, stack)


@pytest.fixture
def ends(service: ScriptedService) -> dict[str, str]:
    """Script 12 tasks; return the states of those that have ended, empty at first."""
    ended: dict[str, str] = {}

    def answer(request: Request) -> Reply:
        task_id = request.task_id or ""
        state = ended.get(task_id)
        return completed(task_id) if state == "COMPLETED" else task(task_id, state or "IN_PROGRESS")

    for number in range(12):
        service.script(f"t{number}", answer)
    return ended


RUNNING_12 = "12 running - scenext-tui"


def test_bells_and_titles(
    home: Home, service: ScriptedService, cases: Cases, ends: dict[str, str]
) -> None:
    """One end, then ten at once, while one program is stopped and one terminal takes nothing."""
    settings = {"base_url": service.base_url, "api_key": service.api_key}
    home.configure(**settings, poll_interval=2)
    assert home.run("add", *(f"t{number}" for number in range(12))).returncode == 0
    cases.open("unknown focus")
    cases.open("focused").write(b"\x1b[I")
    cases.open("failed", {"TERM": "linux"}, notify_on="failed")
    cases.open("never", notify="never")
    stalled = cases.open("stalled")
    untitled = {"never", "failed"}
    cases.wait(lambda each: each.text().startswith(" » 12 running"))
    cases.wait(lambda each: each.title in (RUNNING_12, ""))
    stalled.stop_output()
    ends["t0"] = "COMPLETED"
    for name in ("unknown focus", "focused", "failed", "never"):
        cases.terminals[name].wait_for("^ » 11 running  ✓ 1 done", LONG)
    watching = cases.terminals["unknown focus"]
    watching.wait_for(lambda _: watching.bells, LONG)
    watching.wait_for_text("▌ ✓ t0: completed", LONG)
    assert watching.title == "11 running, 1 done - scenext-tui"
    assert cases.bells == {**dict.fromkeys(cases.terminals, 0), "unknown focus": 1}

    watching.signal(signal.SIGSTOP)
    ends.update({f"t{number}": "COMPLETED" for number in range(1, 10)})
    ends["t10"] = "FAILED"
    cases.terminals["failed"].wait_for("1 failed.*10 done", LONG)
    watching.signal(signal.SIGCONT)
    stalled.start_output()
    # All are told within the same seconds.
    cases.terminals["failed"].wait_for_text("▌ ✗ t10: failed", LONG)
    watching.wait_for_text("10 completed, 1 failed", LONG)
    stalled.wait_for_text("10 completed, 1 failed", LONG)
    bells = {"unknown focus": 2, "focused": 0, "failed": 1, "never": 0, "stalled": 1}
    assert cases.bells == bells
    cases.wait(lambda each: "1 failed" in each.line(0) and "10 done" in each.line(0))
    for name, terminal in cases.terminals.items():
        terminal.press("q")
        terminal.wait_exit()
        assert terminal.changes() == [], name
        assert (not terminal.titles()) is (name in untitled)
        assert b"\x1b[22;2t" not in terminal.raw or name not in untitled
        assert all(title.isascii() for title in terminal.titles())


@pytest.mark.parametrize(
    ("arguments", "end"), [((), "q"), (("wait", "t0"), "ctrl+c")], ids=["dashboard", "wait"]
)
def test_the_title_goes_and_comes_with_ctrl_z_and_fg(
    home: Home, ends: dict[str, str], arguments: tuple[str, ...], end: str
) -> None:
    assert home.run("add", "t0").returncode == 0
    shell = ["bash", "--norc", "--noprofile", "-i"]
    argv = " ".join((*home.command, *arguments))
    with Terminal(shell, env=home.environment({"PS1": "prompt>"})) as terminal:
        terminal.wait_for_text("prompt>", LONG)
        terminal.press("printf '\\033]2;mine\\007'", "enter")
        terminal.press(argv, "enter")
        terminal.wait_for(lambda _: terminal.title == "1 running - scenext-tui", LONG)
        terminal.press("ctrl+z")
        terminal.wait_for(lambda _: terminal.title == "mine", LONG)
        terminal.press("fg", "enter")
        terminal.wait_for(lambda _: terminal.title == "1 running - scenext-tui", LONG)
        terminal.press(end)
        terminal.wait_for(lambda _: terminal.title == "mine", LONG)
        terminal.press("exit", "enter")
        terminal.wait_exit()


def test_a_wait_in_the_background_rings_and_leaves_the_title_alone(
    home: Home, service: ScriptedService, ends: dict[str, str]
) -> None:
    argv = f"{' '.join(home.command)} wait t0 >{home.folder / 'out'} &"
    shell = ["bash", "--norc", "--noprofile", "-i"]
    with Terminal(shell, env=home.environment({"PS1": "prompt>"})) as terminal:
        terminal.wait_for_text("prompt>", LONG)
        terminal.press(argv, "enter")
        service.wait_for_requests(1, task_id="t0", answered=True, timeout=LONG)
        ends["t0"] = "COMPLETED"
        terminal.wait_for(lambda _: terminal.bells == 1, LONG)
        terminal.press("wait; exit", "enter")
        terminal.wait_exit()
        assert terminal.titles() == []


@pytest.mark.skipif(bool(missing(Tmux)), reason=missing(Tmux))
def test_in_tmux_the_bell_marks_the_window_and_the_counts_are_its_title(
    home: Home, ends: dict[str, str]
) -> None:
    assert home.run("add", "t0", "t1").returncode == 0
    with tempfile.TemporaryDirectory(prefix="mux-") as folder, ExitStack() as stack:
        tmux = Tmux(Path(folder))
        stack.callback(tmux.close)
        env = {**home.environment(), **tmux.environment}
        terminal = stack.enter_context(
            Terminal(tmux.start(home.command), cols=100, rows=24, env=env)
        )
        terminal.wait_for(lambda _: terminal.line(-1).count("2 running - scenext") == 1, LONG)
        # Another window is looked at meanwhile.
        terminal.press("ctrl+b", "c")
        terminal.wait_gone("2 running")
        ends["t0"] = "FAILED"
        terminal.wait_for(lambda _: terminal.bells == 1, LONG)
        terminal.wait_for(lambda _: re.search(r"0:\S+!", terminal.line(-1)), LONG)
        terminal.press("ctrl+b", "n")
        terminal.wait_for(lambda _: '"1 failed, 1 running ' in terminal.line(-1), LONG)
        terminal.wait_for_text("✗ t0: failed", LONG)
        assert terminal.titles() == [], "tmux tells the terminal only where set-titles is on"
