"""How long the event loop is blocked: `python -m tests.benchmarks.lag FILE ARGUMENTS...`.

Runs the program in this process with each callback of its loop timed, and writes the longest as
JSON: those until the start is over, and those after it. A callback that takes long is looked at
from another thread meanwhile, so that its place is known. With `list-floor N` as arguments it runs
Textual's own list of so many tasks.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from asyncio import events
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Final

KEPT: Final = 20
LONG: Final = 0.012
"""Seconds from which on a callback is looked at."""
START: Final = 3.0
"""Seconds from the first callback that count as the start."""


@dataclass
class Block:
    """One callback that took long."""

    at: float
    """Seconds since the first callback."""
    wall: float
    """Milliseconds."""
    cpu: float
    """Milliseconds of CPU of the loop's thread: what others' load has no part in."""
    name: str
    seen: list[str] = field(default_factory=list)
    """The functions that were under way when it was looked at, outermost first."""


class Watch:
    """Times callbacks."""

    def __init__(self) -> None:
        """Prepare; `install` begins."""
        self.blocks: list[Block] = []
        self._first = 0.0
        self._began = 0.0
        self._seen: list[str] = []

    def install(self) -> None:
        """Time every callback of every loop in this thread from now on."""
        run = events.Handle._run
        watched = threading.main_thread()

        def timed(handle: asyncio.Handle) -> None:
            if threading.current_thread() is not watched:
                run(handle)
                return
            name, cpu = _name(handle), time.thread_time()
            self._began = time.perf_counter()
            self._first = self._first or self._began
            try:
                run(handle)
            finally:
                began, self._began = self._began, 0.0
                self._note(began, name, time.thread_time() - cpu)

        vars(events)["Handle"]._run = timed
        threading.Thread(target=self._look, name="lag", daemon=True).start()

    def _note(self, began: float, name: str, cpu: float) -> None:
        wall = time.perf_counter() - began
        if wall > LONG / 4:
            block = Block(began - self._first, wall * 1_000, cpu * 1_000, name, self._seen)
            self.blocks.append(block)
        if self._seen:
            self._seen = []

    def _look(self) -> None:
        identity = threading.main_thread().ident
        assert identity is not None
        while True:
            time.sleep(LONG / 3)
            began = self._began
            if began and time.perf_counter() - began > LONG:
                frame = sys._current_frames().get(identity)
                if frame is not None and self._began == began:
                    self._seen = _names(frame)

    def longest(self, since: float, until: float) -> list[Block]:
        """Return the longest callbacks of a span, the longest first."""
        # Not those of the end, which waits for the terminal.
        blocks = (block for block in self.blocks if "App._shutdown" not in block.name)
        chosen = (block for block in blocks if since <= block.at < until)
        return sorted(chosen, key=lambda block: -block.cpu)[:KEPT]


def _name(handle: asyncio.Handle) -> str:
    callback = getattr(handle, "_callback", None)
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task):
        return f"{owner.get_name()}: {getattr(owner.get_coro(), '__qualname__', '')}"
    return str(getattr(callback, "__qualname__", callback))


def _names(frame: FrameType | None) -> list[str]:
    names: list[str] = []
    while frame is not None:
        names.append(f"{Path(frame.f_code.co_filename).name}:{frame.f_code.co_qualname}")
        frame = frame.f_back
    inner = names[: next((i for i, name in enumerate(names) if "Handle._run" in name), None)]
    return inner[::-1]


def _plain(blocks: Iterable[Block]) -> list[dict[str, object]]:
    return [asdict(block) for block in blocks]


def main(file: Path, arguments: list[str]) -> None:
    """Run the program, or the floor, with its loop watched, and write what was seen."""
    watch = Watch()
    match arguments:
        case ["list-floor", tasks]:
            from tests.benchmarks.list_floor import ListFloor

            watch.install()
            ListFloor(int(tasks)).run()
        case _:
            from tui.cli.main import main as program

            watch.install()
            program(arguments)
    seen = {
        "start": _plain(watch.longest(0.0, START)),
        "later": _plain(watch.longest(START, float("inf"))),
    }
    file.write_text(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
