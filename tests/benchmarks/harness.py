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

from tests.benchmarks.pty_process import PtyProcess
from tests.benchmarks.service import KEY, Service, task_id
from tests.support.home import Home
from tui.scenext.models import TaskStatus
from tui.watchlist.entries import Add, Entry
from tui.watchlist.storage import WatchlistFile

REPOSITORY: Final = Path(__file__).parents[2]
OLD: Final = timedelta(hours=3)
"""An age whose displayed value does not change during a benchmark."""
_PROGRAM: Final = ("-m", "tui")


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

    def home(self, entries: Sequence[Entry], **settings: float) -> Home:
        """Return a new home with a watchlist; `settings` go to `config.toml`."""
        self._homes += 1
        home = Home(self._folder / f"home{self._homes}")
        home.configure(base_url=f"http://127.0.0.1:{self.service.port}/api", **settings)
        home.watchlist.parent.mkdir(parents=True)
        WatchlistFile(home.watchlist).save([Add(entry) for entry in entries])
        return home

    def program(self, home: Home, module: Sequence[str] = _PROGRAM) -> PtyProcess:
        """Start the dashboard."""
        argv = [sys.executable, *module, "watch"]
        env = {**home.environment(), "SCENEXT_API_KEY": KEY}
        return PtyProcess(argv, env, REPOSITORY)

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
        Entry(task_id(kind, n), first + n * apart, f"batch {n // 50}", status, ended=ended)
        for n in range(number)
    ]
