"""Homes with a watchlist, and the programs that run in them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self

from tests.benchmarks.pty_process import COLUMNS, ROWS, PtyProcess
from tests.benchmarks.service import KEY, Service, head, task_id
from tests.support.home import Home
from tui.scenext.models import TaskStatus
from tui.watchlist.entries import Add, Entry
from tui.watchlist.storage import WatchlistFile

REPOSITORY: Final = Path(__file__).parents[2]
OLD: Final = timedelta(hours=3)
"""An age whose displayed value does not change during a benchmark."""
_PROGRAM: Final = ("-m", "tui")
_SUBJECTS: Final = (
    "Newton's laws",
    "化学平衡",
    "Fourier series of a square wave",
    "光合作用",
    "How quicksort works",
)
"""So that rows differ from those beside them: a move sends again what differs."""


class Harness:
    """A temporary folder and a running service, as a context manager."""

    def __enter__(self) -> Self:
        """Create the folder and start the service."""
        self._folder = Path(tempfile.mkdtemp(prefix="benchmarks-"))
        self.service = Service().__enter__()
        self._homes = 0
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the service and remove the folder."""
        self.service.__exit__()
        shutil.rmtree(self._folder)

    def home(self, entries: Sequence[Entry], *, samples: int = 0, **settings: float) -> Home:
        """Return a new home with a watchlist that remembers `samples` earlier tasks.

        The `settings` go to `config.toml`.
        """
        self._homes += 1
        home = Home(self._folder / f"home{self._homes}")
        home.configure(base_url=f"http://127.0.0.1:{self.service.port}/api", **settings)
        home.watchlist.parent.mkdir(parents=True)
        WatchlistFile(home.watchlist).save([Add(entry) for entry in entries])
        with home.watchlist.open("a", encoding="utf-8") as file:
            file.write(_history(samples))
        return home

    def program(
        self,
        home: Home,
        module: Sequence[str] = _PROGRAM,
        size: tuple[int, int] = (COLUMNS, ROWS),
    ) -> PtyProcess:
        """Start the dashboard in a terminal of `size`."""
        argv = [sys.executable, *module, "watch"]
        env = {**home.environment(), "SCENEXT_API_KEY": KEY}
        return PtyProcess(argv, env, REPOSITORY, size)

    def floor(self) -> PtyProcess:
        """Start the minimal Textual app."""
        return self._floor("tests.benchmarks.floor")

    def list_floor(self, tasks: int, *, lag_file: Path | None = None) -> PtyProcess:
        """Start Textual's own list with this many tasks; write its loop's blocks to `lag_file`."""
        if lag_file:
            return self._floor("tests.benchmarks.lag", str(lag_file), "list-floor", str(tasks))
        return self._floor("tests.benchmarks.list_floor", str(tasks))

    def _floor(self, *module: str) -> PtyProcess:
        return PtyProcess([sys.executable, "-m", *module], {"HOME": str(self._folder)}, REPOSITORY)

    def httpx_floor(self, rate: float, seconds: float) -> float:
        """Run a bare httpx loop; return its CPU milliseconds per query."""
        arguments = (str(self.service.port), str(rate), str(seconds))
        argv = [sys.executable, "-m", "tests.benchmarks.httpx_floor", *arguments]
        done = subprocess.run(argv, check=True, capture_output=True, text=True, cwd=REPOSITORY)
        return float(done.stdout)


def entries(
    kind: str,
    number: int,
    *,
    age: timedelta = OLD,
    apart: timedelta = timedelta(0),
    status: TaskStatus = TaskStatus.QUEUED,
) -> list[Entry]:
    """Return tasks of a kind, the first of the given age, each next one younger by `apart`."""
    first = datetime.now(UTC) - age
    ended = first + timedelta(minutes=30) if status.terminal else None
    return [
        Entry(
            task_id(kind, n),
            first + n * apart,
            f"{head(task_id(kind, n))} {_SUBJECTS[n % len(_SUBJECTS)]}",
            status,
            ended=ended,
            noticed=ended,
            seen=ended,
            first_frames=None if status is TaskStatus.QUEUED else 0,
        )
        for n in range(number)
    ]


def all_states(number: int) -> list[Entry]:
    """Return tasks of which 5 have failed, 2 in 5 are completed, and the others are running."""
    completed = number * 2 // 5
    running = entries(
        "run",
        number - completed - 5,
        age=timedelta(minutes=9),
        apart=timedelta(seconds=0.5),
        status=TaskStatus.IN_PROGRESS,
    )
    failed = entries("bad", 5, status=TaskStatus.FAILED)
    return [*failed, *running, *entries("end", completed, status=TaskStatus.COMPLETED)]


def _history(samples: int) -> str:
    """Return the tables of earlier tasks, which took from 8 to 28 minutes."""
    end = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    return "".join(
        f'\n[[history]]\nid = "old{n}"\nend = {end}\nseconds = {480 + n * 1_200 / samples}\n'
        for n in range(samples)
    )
