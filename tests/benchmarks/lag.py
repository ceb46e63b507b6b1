"""Event loop lag: `python -m tests.benchmarks.lag FILE ARGUMENTS...`.

Runs the program in this process with every callback of its event loop timed, and writes the
longest ones as JSON, separately for startup and afterwards. While a callback is slow, another
thread samples its stack. With the arguments `list-floor N` it runs Textual's own list of N tasks.
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

MAX_BLOCKS: Final = 20
SLOW_SECONDS: Final = 0.012
"""How long a callback may take before its stack is sampled."""
STARTUP_SECONDS: Final = 3.0
"""Duration of startup, counted from the first callback."""


@dataclass
class Block:
    """One slow callback."""

    at: float
    """Seconds since the first callback."""
    wall: float
    """Milliseconds."""
    cpu: float
    """CPU milliseconds of the loop's thread, unaffected by other load."""
    name: str
    stack: list[str] = field(default_factory=list)
    """The functions that were running when the stack was sampled, outermost first."""


class LoopWatcher:
    """Times the callbacks of the event loop."""

    def __init__(self) -> None:
        """Create a watcher; `install` starts it."""
        self.blocks: list[Block] = []
        self._first = 0.0
        self._began = 0.0
        self._stack: list[str] = []

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
                self._record(began, name, time.thread_time() - cpu)

        vars(events)["Handle"]._run = timed
        threading.Thread(target=self._sample, name="lag", daemon=True).start()

    def _record(self, began: float, name: str, cpu: float) -> None:
        wall = time.perf_counter() - began
        if wall > SLOW_SECONDS / 4:
            block = Block(began - self._first, wall * 1_000, cpu * 1_000, name, self._stack)
            self.blocks.append(block)
        if self._stack:
            self._stack = []

    def _sample(self) -> None:
        identity = threading.main_thread().ident
        assert identity is not None
        while True:
            time.sleep(SLOW_SECONDS / 3)
            began = self._began
            if began and time.perf_counter() - began > SLOW_SECONDS:
                frame = sys._current_frames().get(identity)
                if frame is not None and self._began == began:
                    self._stack = _function_names(frame)

    def longest(self, since: float, until: float) -> list[Block]:
        """Return the longest callbacks of a period, longest first."""
        # Shutdown is left out: it waits for the terminal.
        blocks = (block for block in self.blocks if "App._shutdown" not in block.name)
        chosen = (block for block in blocks if since <= block.at < until)
        return sorted(chosen, key=lambda block: -block.cpu)[:MAX_BLOCKS]


def _name(handle: asyncio.Handle) -> str:
    callback = getattr(handle, "_callback", None)
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task):
        return f"{owner.get_name()}: {getattr(owner.get_coro(), '__qualname__', '')}"
    return str(getattr(callback, "__qualname__", callback))


def _function_names(frame: FrameType | None) -> list[str]:
    names: list[str] = []
    while frame is not None:
        names.append(f"{Path(frame.f_code.co_filename).name}:{frame.f_code.co_qualname}")
        frame = frame.f_back
    inner = names[: next((i for i, name in enumerate(names) if "Handle._run" in name), None)]
    return inner[::-1]


def _to_dicts(blocks: Iterable[Block]) -> list[dict[str, object]]:
    return [asdict(block) for block in blocks]


def main(file: Path, arguments: list[str]) -> None:
    """Run the program or the floor with its loop timed, and write the longest blocks."""
    watcher = LoopWatcher()
    match arguments:
        case ["list-floor", tasks]:
            from tests.benchmarks.list_floor import ListFloor

            watcher.install()
            ListFloor(int(tasks)).run()
        case _:
            from tui.cli.main import main as program

            watcher.install()
            program(arguments)
    blocks = {
        "start": _to_dicts(watcher.longest(0.0, STARTUP_SECONDS)),
        "later": _to_dicts(watcher.longest(STARTUP_SECONDS, float("inf"))),
    }
    file.write_text(json.dumps(blocks))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
