"""While it runs: idle, changes, polls, and how long the event loop is blocked."""

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
from tests.benchmarks.floor import SHOWN
from tests.benchmarks.report import Budget, Figures
from tests.benchmarks.service import FRAMES, task_id
from tests.benchmarks.stage import Stage, entries
from tests.benchmarks.wire import Wire, listen
from tui.scenext.models import TaskStatus

MANY: Final = 1_000
FEW: Final = 20
BUSY_RATE: Final = 33.0
"""Answers a second: 1,000 tasks each 30 seconds."""
_IN_PROGRESS: Final = "» In progress".encode()
_Blocks = dict[str, list[dict[str, Any]]]
"""What `lag` wrote."""
_ROW_BUDGET: Final = Budget(300, 160)


@contextmanager
def _settled(stage: Stage, tasks: Sequence[Any], **settings: float) -> Iterator[Wire]:
    with stage.program(stage.home(tasks, **settings)) as wire:
        wire.wait_for(tasks[0].id.encode())
        wire.settle()
        yield wire


# Idle


def idle(stage: Stage, figures: Figures, seconds: float) -> None:
    """Leave the floor and three dashboards alone, side by side, and see what they do.

    A bare httpx loop that asks as often as the first of them shows what the queries alone take.
    """
    young = entries("run", FEW, age=timedelta(minutes=9), apart=timedelta(seconds=23))
    ended = entries("end", FEW, status=TaskStatus.COMPLETED)
    with ExitStack() as stack:
        floor = stack.enter_context(stage.floor())
        floor.wait_for(SHOWN.encode())
        running, signed, done = (
            stack.enter_context(_settled(stage, tasks, **settings))
            for tasks, settings in (
                (young, {}),
                (entries("sig", FEW), {"poll_interval": 2}),
                (ended, {}),
            )
        )
        wires = (floor, running, signed, done)
        listen(wires, 3)
        queries = stage.service.tell("count")
        before = [(wire.cpu(), len(wire.data)) for wire in wires]
        bare = stack.enter_context(ThreadPoolExecutor(1)).submit(stage.bare, FEW / 30, seconds)
        listen(wires, seconds)
        cpu = [100 * (w.cpu() - b[0]) / seconds for w, b in zip(wires, before, strict=True)]
        written = [(len(w.data) - b[1]) / seconds for w, b in zip(wires, before, strict=True)]
        queries = stage.service.tell("count") - queries
    assert queries >= FEW * int(seconds / 2 - 1), f"only {queries} queries while it was idle"
    per_cent = Budget(0.3, 0.1, "over")
    figures.add("idle, 20 running: CPU", "%", cpu[1], floor=[cpu[0]], budget=per_cent)
    bare_cpu = bare.result() * FEW / 30 / 10
    figures.add("idle, a bare loop that asks as often: CPU", "%", bare_cpu)
    figures.add("idle, 20 running: wire", "B/s", written[1], budget=Budget(40, 20))
    figures.add("idle, 20 re-signed each 2 s: wire", "B/s", written[2], budget=Budget(40, 20))
    figures.add("idle, 20 finished: CPU", "%", cpu[3], floor=[cpu[0]], budget=per_cent)
    figures.add("idle, 20 finished: wire", "B/s", written[3], budget=Budget(0, 0))


# Changes


def changes(stage: Stage, figures: Figures, rounds: int) -> None:
    """Change one task at a time, and count what that puts on the wire."""
    settings = {"poll_interval": 1, "max_requests_per_second": 100}
    with _settled(stage, entries("run", FEW), **settings) as wire:
        wire.listen(2)
        for n in range(1, rounds + 1):
            task = task_id("run", n)
            changed = _change(stage, wire, f"frames {task} {FRAMES + 1}", f"{FRAMES + 1} {task}")
            figures.add("a new frame, in its row", "B", changed, budget=_ROW_BUDGET)
        for n in range(1, rounds + 1):
            task = task_id("run", n)
            changed = _change(
                stage, wire, f"state {task} COMPLETED", f"Completed +{FRAMES + 1} {task}"
            )
            figures.add("an end, in its row and the counts", "B", changed)
        task = task_id("run", 0)
        for n in range(1, rounds + 1):
            changed = _change(stage, wire, f"frames {task} {FRAMES + n}", f"{FRAMES + n} {task}")
            figures.add("a new frame of the selected task", "B", changed)
    for n in range(rounds + 1):
        task = task_id("run", n)
        stage.service.tell(f"frames {task} {FRAMES}")
        stage.service.tell(f"state {task} IN_PROGRESS")


def _change(stage: Stage, wire: Wire, command: str, words: str) -> float:
    """Return the bytes that a change puts on the wire; `words` match the line that shows it."""
    before = len(wire.data)
    stage.service.tell(command)
    wire.wait_to_show(re.compile(words), timeout=5)
    # Whatever else it brings about comes within the next poll of each task.
    wire.listen(1.2)
    return len(wire.data) - before


# Polls


def polls(stage: Stage, figures: Figures, seconds: float, *, steady: bool) -> None:
    """Watch 1,000 tasks while their first answers come in, while nothing is new, and idle.

    Until nothing is new (`steady`) takes half a minute; then the list is scrolled, too.
    """
    figure, rate = "CPU a poll, {}", {"max_requests_per_second": BUSY_RATE}
    with keys.floor(stage, MANY) as floor, _settled(stage, entries("run", MANY), **rate) as wire:
        walkers = keys.Walker(wire), floor
        begun = stage.service.tell("count")
        used = {figure.format("first answers"): _cpu_of_poll(stage, wire, seconds)}
        keys.walk(*walkers, figures, "first answers at 33/s", seconds, budget=keys.BUDGET)
        if steady:
            keys.scroll(*walkers, figures, "first answers at 33/s")
            while stage.service.tell("count") - begun < MANY:
                wire.listen(0.5)
            wire.listen(1)
            used[figure.format("nothing new")] = _cpu_of_poll(stage, wire, seconds)
        stage.service.tell("hold")
        wire.listen(1)
        keys.walk(*walkers, figures, "idle", seconds, budget=keys.BUDGET)
        if steady:
            keys.scroll(*walkers, figures, "idle")
        stage.service.tell("release")
    bare = [stage.bare(BUSY_RATE, seconds)]
    for name, each in used.items():
        figures.add(name, "ms", each, floor=bare, budget=Budget(3, 1.5))


def _cpu_of_poll(stage: Stage, wire: Wire, seconds: float) -> float:
    before, cpu = stage.service.tell("count"), wire.cpu()
    wire.listen(seconds)
    used = wire.cpu() - cpu
    return used * 1_000 / (stage.service.tell("count") - before)


# The event loop


def lag(stage: Stage, figures: Figures, seconds: float) -> list[str]:
    """Run the program with its loop watched; return in words where it was blocked longest.

    Beside it Textual's own list of as many tasks: what it takes to start is not ours to split.
    """
    home = stage.home(entries("run", MANY), max_requests_per_second=BUSY_RATE)
    ours, floors = home.folder / "lag.json", home.folder / "floor.json"
    with ExitStack() as stack:
        floor = stack.enter_context(stage.list_floor(MANY, watched=floors))
        floor.wait_for(task_id("run", 0).encode())
        floor.settle()
        wire = stack.enter_context(stage.program(home, ("-m", "tests.benchmarks.lag", str(ours))))
        wire.wait_for(task_id("run", 0).encode())
        wire.settle()
        wire.wait_for_match(re.compile(re.escape(_IN_PROGRESS)))
        listen((wire, floor), 3)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            wire.press(b"j")
            wire.listen(0.05)
            floor.press(keys.DOWN)
            listen((wire, floor), 0.05)
        wire.quit()
        floor.quit()
    return _note_lag(figures, *(json.loads(file.read_text()) for file in (ours, floors)))


def _note_lag(figures: Figures, ours: _Blocks, floors: _Blocks) -> list[str]:
    words: list[str] = []
    for part, blocks in ours.items():
        name = f"longest block of the loop, {part}"
        for kind, called, budget in (("cpu", "CPU", Budget(16, 16)), ("wall", "wall", None)):
            longest, floor = (max(block[kind] for block in b) for b in (blocks, floors[part]))
            figures.add(f"{name}: {called}", "ms", longest, floor=[floor], budget=budget)
        for block in blocks[:5]:
            seen = " > ".join(block["seen"][-4:])
            words.append(
                f"{part}, at {block['at']:.1f} s: {block['cpu']:.0f} ms CPU, "
                f"{block['wall']:.0f} ms: {block['name']} [{seen}]"
            )
    return words
