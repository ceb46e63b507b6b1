"""Benchmarks of the running dashboard: idle, changes, polls, and event loop lag."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any, Final

from tests.benchmarks import keys
from tests.benchmarks.floor import FLOOR_TEXT
from tests.benchmarks.harness import Harness, all_states, entries
from tests.benchmarks.pty_process import COLUMNS, FRAME_END, ROWS, PtyProcess, read_all
from tests.benchmarks.report import Budget, Figures
from tests.benchmarks.service import FRAMES, head, task_id
from tui.scenext.models import TaskStatus
from tui.watchlist.history import MAX_SAMPLES

MANY_TASKS: Final = 1_000
FEW_TASKS: Final = 20
BUSY_RATE: Final = 33.0
"""Responses per second: 1,000 tasks every 30 seconds."""
_RUNNING: Final = "»".encode()
_Blocks = dict[str, list[dict[str, Any]]]
"""The output of `lag`."""
_ROW_BUDGET: Final = Budget(300, 160)
"""Bytes."""
_PASSED_BUDGET: Final = Budget(270, 160)
"""Bytes for each row that a moving row passes."""
_LIST_ALONE: Final = (80, 24)
"""A terminal in which rows have all their columns, and no details stand beside them."""
_POLLED: Final[Mapping[str, float]] = {"poll_interval": 1, "max_requests_per_second": 100}
_WORKERS: Final = 16
"""Queries that are in flight at the same time."""


@contextmanager
def _idle_program(
    harness: Harness,
    tasks: Sequence[Any],
    settings: Mapping[str, float],
    *,
    samples: int = 0,
    size: tuple[int, int] = (COLUMNS, ROWS),
) -> Iterator[PtyProcess]:
    home = harness.home(tasks, samples=samples, **settings)
    with harness.program(home, size=size) as process:
        process.wait_for(head(tasks[0].id).encode())
        process.wait_idle()
        yield process


# Idle

_SETTLING: Final = 12
"""Seconds: this terminal answers no questions, so the first picture is drawn after ten."""


def idle(harness: Harness, figures: Figures, seconds: float) -> None:
    """Measure the floor and three dashboards side by side while nobody touches them.

    A bare httpx loop at the rate of the first dashboard shows the cost of the queries alone.
    """
    running_tasks = entries(
        "run",
        FEW_TASKS,
        age=timedelta(minutes=9),
        apart=timedelta(seconds=23),
        status=TaskStatus.IN_PROGRESS,
    )
    finished_tasks = entries("end", FEW_TASKS, status=TaskStatus.COMPLETED)
    with ExitStack() as stack:
        floor = stack.enter_context(harness.floor())
        floor.wait_for(FLOOR_TEXT.encode())
        running, resigned, finished = (
            stack.enter_context(_idle_program(harness, tasks, settings, samples=samples))
            for tasks, samples, settings in (
                (running_tasks, MAX_SAMPLES, {}),
                (entries("sig", FEW_TASKS), 0, {"poll_interval": 2}),
                (finished_tasks, MAX_SAMPLES, {}),
            )
        )
        processes = (floor, running, resigned, finished)
        read_all(processes, _SETTLING)
        queries = harness.service.command("count")
        before = [(process.cpu(), len(process.data)) for process in processes]
        httpx_floor = stack.enter_context(ThreadPoolExecutor(1)).submit(
            harness.httpx_floor, FEW_TASKS / 30, seconds
        )
        read_all(processes, seconds)
        cpu = [100 * (p.cpu() - b[0]) / seconds for p, b in zip(processes, before, strict=True)]
        written = [(len(p.data) - b[1]) / seconds for p, b in zip(processes, before, strict=True)]
        queries = harness.service.command("count") - queries
    assert queries >= FEW_TASKS * int(seconds / 2 - 1), f"only {queries} queries while idle"
    cpu_budget = Budget(0.3, 0.1, "over")
    figures.add("idle CPU, 20 running", "%", cpu[1], floor=[cpu[0]], budget=cpu_budget)
    httpx_cpu = httpx_floor.result() * FEW_TASKS / 30 / 10
    figures.add("idle CPU, bare httpx loop at the same rate", "%", httpx_cpu)
    figures.add("idle bytes/s, 20 running", "B/s", written[1], budget=Budget(40, 20))
    figures.add("idle bytes/s, 20 re-signed every 2 s", "B/s", written[2], budget=Budget(40, 20))
    figures.add("idle CPU, 20 finished", "%", cpu[3], floor=[cpu[0]], budget=cpu_budget)
    figures.add("idle bytes/s, 20 finished", "B/s", written[3], budget=Budget(0, 0))


# Changes


def changes(harness: Harness, figures: Figures, rounds: int) -> None:
    """Change one task at a time, and count the bytes written for it."""
    tasks = entries("run", FEW_TASKS, status=TaskStatus.IN_PROGRESS)
    with _idle_program(harness, tasks, _POLLED, size=_LIST_ALONE) as process:
        process.read_for(2)
        for n in range(1, rounds + 1):
            task = task_id("run", n)
            size = _change(harness, process, f"frames {task} {FRAMES + 1}", _row(task, FRAMES + 1))
            figures.add("bytes per change, new frame in a row", "B", size, budget=_ROW_BUDGET)
    with _idle_program(harness, tasks, _POLLED) as process:
        process.read_for(2)
        task = task_id("run", 0)
        for n in range(1, rounds + 1):
            frames = FRAMES + n
            size = _change(harness, process, f"frames {task} {frames}", f"frame{frames}\\b")
            figures.add("bytes per change, new frame of the selected task", "B", size)
    for n in range(rounds + 1):
        harness.service.command(f"frames {task_id('run', n)} {FRAMES}")


def moves(harness: Harness, figures: Figures, rounds: int) -> None:
    """Complete running tasks, so that their rows move below all that run: one, then many at once.

    Where rows keep their place, the figures are those of the rows that change.
    """
    tasks = entries("run", ROWS - 5, status=TaskStatus.IN_PROGRESS)
    with _idle_program(harness, tasks, _POLLED) as process:
        process.read_for(2)
        for n in range(rounds):
            task = task_id("run", 1 + n)
            before = _place(process, task)
            size = _change(harness, process, f"state {task} COMPLETED", f"✓.*{head(task)}")
            passed = max(1, _place(process, task) - before)
            figures.add("bytes per move, one task completed", "B", size)
            figures.add(
                "bytes per move, for each row passed", "B", size / passed, budget=_PASSED_BUDGET
            )
        many = [task_id("run", n) for n in range(rounds + 1, rounds + 1 + _WORKERS)]
        harness.service.command("hold")
        process.read_for(1.5)
        before = len(process.data)
        for task in many:
            harness.service.command(f"state {task} COMPLETED")
        harness.service.command("release")
        process.wait_for_line(re.compile(f"✓.*{head(many[-1])}"), timeout=10)
        process.read_for(2.5)
        written = process.data[before:]
        figures.add("bytes, 16 tasks completed at once", "B", len(written))
        figures.add("frames sent, 16 tasks completed at once", "", written.count(FRAME_END))
    for n in range(len(tasks)):
        harness.service.command(f"state {task_id('run', n)} IN_PROGRESS")


def _row(task: str, number: int) -> str:
    """Return a pattern of a row that shows a number, wherever its column is."""
    return rf"^(?=.*{head(task)}).*(?<![-\w]){number}(?![-\w])"


def _place(process: PtyProcess, task: str) -> int:
    """Return the line of the first row that shows a task; the last line where none is shown."""
    lines = process.lines()
    return next((n for n, line in enumerate(lines) if head(task) in line), len(lines))


def _change(harness: Harness, process: PtyProcess, command: str, line: str) -> float:
    """Return the bytes written for a change; the pattern `line` matches a line that shows it."""
    before = len(process.data)
    harness.service.command(command)
    process.wait_for_line(re.compile(line), timeout=5)
    # Any further output follows the next poll of each task, and the next order of the rows.
    process.read_for(2.2)
    return len(process.data) - before


# Polls


def polls(harness: Harness, figures: Figures, seconds: float, *, steady_state: bool) -> None:
    """Measure polling of 1,000 tasks during the first responses, in steady state, and idle.

    Reaching the steady state takes half a minute. Scrolling is measured only with it.
    """
    rate = {"max_requests_per_second": BUSY_RATE}
    with (
        keys.floor(harness, MANY_TASKS) as floor,
        _idle_program(harness, entries("run", MANY_TASKS), rate) as process,
    ):
        navigators = keys.Navigator(process), floor
        begun = harness.service.command("count")
        cpu = {"CPU per poll, first responses": _cpu_per_poll(harness, process, seconds)}
        keys.walk(*navigators, figures, "first responses at 33/s", seconds, budget=keys.BUDGET)
        if steady_state:
            keys.scroll(*navigators, figures, "first responses at 33/s")
            while harness.service.command("count") - begun < MANY_TASKS:
                process.read_for(0.5)
            process.read_for(1)
            cpu["CPU per poll, unchanged responses"] = _cpu_per_poll(harness, process, seconds)
        harness.service.command("hold")
        process.read_for(1)
        keys.walk(*navigators, figures, "idle", seconds, budget=keys.BUDGET)
        if steady_state:
            keys.scroll(*navigators, figures, "idle")
        harness.service.command("release")
    httpx_floor = [harness.httpx_floor(BUSY_RATE, seconds)]
    cpu |= _polls_in_all_states(harness, figures, seconds)
    for name, milliseconds in cpu.items():
        figures.add(name, "ms", milliseconds, floor=httpx_floor, budget=Budget(3, 1.5))


def _polls_in_all_states(harness: Harness, figures: Figures, seconds: float) -> dict[str, float]:
    """Measure 1,000 tasks in all states with a history; return the CPU time of a poll by name."""
    tasks, rate = all_states(MANY_TASKS), {"max_requests_per_second": BUSY_RATE}
    with (
        keys.floor(harness, MANY_TASKS) as floor,
        _idle_program(harness, tasks, rate, samples=MAX_SAMPLES) as process,
    ):
        process.read_for(2)
        navigator = keys.Navigator(process)
        navigator.go_to_first()
        cpu = _cpu_per_poll(harness, process, seconds)
        condition = "33/s, in all states"
        keys.walk(navigator, floor, figures, condition, seconds, budget=keys.BUDGET)
    return {"CPU per poll, in all states": cpu}


def _cpu_per_poll(harness: Harness, process: PtyProcess, seconds: float) -> float:
    queries, cpu = harness.service.command("count"), process.cpu()
    process.read_for(seconds)
    used = process.cpu() - cpu
    return used * 1_000 / (harness.service.command("count") - queries)


# The event loop


def lag(harness: Harness, figures: Figures, seconds: float) -> list[str]:
    """Run the program with its event loop timed; return a line for each of the longest blocks.

    The floor is Textual's own list of as many tasks, which blocks the loop at its start too.
    """
    home = harness.home(entries("run", MANY_TASKS), max_requests_per_second=BUSY_RATE)
    our_file, floor_file = home.folder / "lag.json", home.folder / "floor.json"
    with ExitStack() as stack:
        floor = stack.enter_context(harness.list_floor(MANY_TASKS, lag_file=floor_file))
        floor.wait_for(task_id("run", 0).encode())
        floor.wait_idle()
        process = stack.enter_context(
            harness.program(home, ("-m", "tests.benchmarks.lag", str(our_file)))
        )
        process.wait_for(head(task_id("run", 0)).encode())
        process.wait_idle()
        process.wait_for_match(re.compile(_RUNNING))
        read_all((process, floor), 3)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            process.press(b"j")
            process.read_for(0.05)
            floor.press(keys.DOWN)
            read_all((process, floor), 0.05)
        process.quit()
        floor.quit()
    return _record_lag(figures, *(json.loads(file.read_text()) for file in (our_file, floor_file)))


def _record_lag(figures: Figures, ours: _Blocks, floors: _Blocks) -> list[str]:
    lines: list[str] = []
    for phase, blocks in ours.items():
        name = f"event loop: longest block, {phase}"
        for clock, label, budget in (("cpu", "CPU", Budget(16, 16)), ("wall", "wall", None)):
            longest, floor = (max(block[clock] for block in b) for b in (blocks, floors[phase]))
            figures.add(f"{name} ({label})", "ms", longest, floor=[floor], budget=budget)
        for block in blocks[:5]:
            stack = " > ".join(block["stack"][-4:])
            lines.append(
                f"{phase}, at {block['at']:.1f} s: {block['cpu']:.0f} ms CPU, "
                f"{block['wall']:.0f} ms: {block['name']} [{stack}]"
            )
    return lines
