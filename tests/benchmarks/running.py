"""Benchmarks of the running dashboard: idle, changes, polls, and event loop lag."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any, Final

from tests.benchmarks import keys
from tests.benchmarks.floor import FLOOR_TEXT
from tests.benchmarks.harness import Harness, entries
from tests.benchmarks.pty_process import PtyProcess, read_all
from tests.benchmarks.report import Budget, Figures
from tests.benchmarks.service import FRAMES, task_id
from tui.scenext.models import TaskStatus

MANY_TASKS: Final = 1_000
FEW_TASKS: Final = 20
BUSY_RATE: Final = 33.0
"""Responses per second: 1,000 tasks every 30 seconds."""
_IN_PROGRESS: Final = "» In progress".encode()
_Blocks = dict[str, list[dict[str, Any]]]
"""The output of `lag`."""
_ROW_BUDGET: Final = Budget(300, 160)
"""Bytes."""


@contextmanager
def _idle_program(
    harness: Harness, tasks: Sequence[Any], **settings: float
) -> Iterator[PtyProcess]:
    with harness.program(harness.home(tasks, **settings)) as process:
        process.wait_for(tasks[0].id.encode())
        process.wait_idle()
        yield process


# Idle


def idle(harness: Harness, figures: Figures, seconds: float) -> None:
    """Measure the floor and three dashboards side by side while nobody touches them.

    A bare httpx loop at the rate of the first dashboard shows the cost of the queries alone.
    """
    running_tasks = entries("run", FEW_TASKS, age=timedelta(minutes=9), apart=timedelta(seconds=23))
    finished_tasks = entries("end", FEW_TASKS, status=TaskStatus.COMPLETED)
    with ExitStack() as stack:
        floor = stack.enter_context(harness.floor())
        floor.wait_for(FLOOR_TEXT.encode())
        running, resigned, finished = (
            stack.enter_context(_idle_program(harness, tasks, **settings))
            for tasks, settings in (
                (running_tasks, {}),
                (entries("sig", FEW_TASKS), {"poll_interval": 2}),
                (finished_tasks, {}),
            )
        )
        processes = (floor, running, resigned, finished)
        read_all(processes, 3)
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
    settings = {"poll_interval": 1, "max_requests_per_second": 100}
    with _idle_program(harness, entries("run", FEW_TASKS), **settings) as process:
        process.read_for(2)
        for n in range(1, rounds + 1):
            task = task_id("run", n)
            size = _change(harness, process, f"frames {task} {FRAMES + 1}", f"{FRAMES + 1} {task}")
            figures.add("bytes per change, new frame in a row", "B", size, budget=_ROW_BUDGET)
        for n in range(1, rounds + 1):
            task = task_id("run", n)
            size = _change(
                harness, process, f"state {task} COMPLETED", f"Completed +{FRAMES + 1} {task}"
            )
            figures.add("bytes per change, task completed", "B", size)
        task = task_id("run", 0)
        for n in range(1, rounds + 1):
            size = _change(harness, process, f"frames {task} {FRAMES + n}", f"{FRAMES + n} {task}")
            figures.add("bytes per change, new frame of the selected task", "B", size)
    for n in range(rounds + 1):
        task = task_id("run", n)
        harness.service.command(f"frames {task} {FRAMES}")
        harness.service.command(f"state {task} IN_PROGRESS")


def _change(harness: Harness, process: PtyProcess, command: str, line: str) -> float:
    """Return the bytes written for a change; the pattern `line` matches the row that shows it."""
    before = len(process.data)
    harness.service.command(command)
    process.wait_for_line(re.compile(line), timeout=5)
    # Any further output follows the next poll of each task.
    process.read_for(1.2)
    return len(process.data) - before


# Polls


def polls(harness: Harness, figures: Figures, seconds: float, *, steady_state: bool) -> None:
    """Measure polling of 1,000 tasks during the first responses, in steady state, and idle.

    Reaching the steady state takes half a minute. Scrolling is measured only with it.
    """
    rate = {"max_requests_per_second": BUSY_RATE}
    with (
        keys.floor(harness, MANY_TASKS) as floor,
        _idle_program(harness, entries("run", MANY_TASKS), **rate) as process,
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
    for name, milliseconds in cpu.items():
        figures.add(name, "ms", milliseconds, floor=httpx_floor, budget=Budget(3, 1.5))


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
        process.wait_for(task_id("run", 0).encode())
        process.wait_idle()
        process.wait_for_match(re.compile(re.escape(_IN_PROGRESS)))
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
