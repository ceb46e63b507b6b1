"""Sets the stage: homes with a watchlist in them, and programs that are started there."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self

from tests.benchmarks.service import KEY, Service, task_id
from tests.benchmarks.wire import Wire
from tests.support.home import Home
from tui.scenext.models import TaskStatus
from tui.watchlist.entries import Add, Entry
from tui.watchlist.storage import WatchlistFile

REPOSITORY: Final = Path(__file__).parents[2]
OLD: Final = timedelta(hours=3)
"""The age of tasks whose shown age does not change during a benchmark."""
_PROGRAM: Final = ("-m", "tui")


class Stage:
    """A folder and a service; a context manager."""

    def __enter__(self) -> Self:
        """Make the folder and start the service."""
        self._folder = Path(tempfile.mkdtemp(prefix="benchmarks-"))
        self.service = Service().__enter__()
        self._homes = 0
        return self

    def __exit__(self, *_: object) -> None:
        """End the service and remove the folder."""
        self.service.__exit__()
        shutil.rmtree(self._folder)

    def home(self, entries: Sequence[Entry], **settings: float) -> Home:
        """Return a new home with a watchlist; `settings` are those of `config.toml`."""
        self._homes += 1
        home = Home(self._folder / f"home{self._homes}")
        home.configure(base_url=f"http://127.0.0.1:{self.service.port}/api", **settings)
        home.watchlist.parent.mkdir(parents=True)
        WatchlistFile(home.watchlist).save([Add(entry) for entry in entries])
        return home

    def program(self, home: Home, module: Sequence[str] = _PROGRAM) -> Wire:
        """Start the dashboard."""
        argv = [sys.executable, *module, "watch"]
        env = {**home.environment(), "SCENEXT_API_KEY": KEY}
        return Wire(argv, env, REPOSITORY)

    def floor(self) -> Wire:
        """Start the floor."""
        return self._floor("tests.benchmarks.floor")

    def list_floor(self, tasks: int, *, watched: Path | None = None) -> Wire:
        """Start the floor that lists so many tasks; how it blocks its loop goes into a file."""
        if watched:
            return self._floor("tests.benchmarks.lag", str(watched), "list-floor", str(tasks))
        return self._floor("tests.benchmarks.list_floor", str(tasks))

    def _floor(self, *module: str) -> Wire:
        return Wire([sys.executable, "-m", *module], {"HOME": str(self._folder)}, REPOSITORY)

    def bare(self, rate: float, seconds: float) -> float:
        """Run the bare loop; return the CPU milliseconds of one of its queries."""
        arguments = (str(self.service.port), str(rate), str(seconds))
        argv = [sys.executable, "-m", "tests.benchmarks.bare", *arguments]
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
    """Return tasks of a kind, the first of them of an age, the others younger by steps."""
    first = datetime.now(UTC) - age
    ended = first + timedelta(minutes=30) if status.terminal else None
    return [
        Entry(task_id(kind, n), first + n * apart, f"batch {n // 50}", status, ended=ended)
        for n in range(number)
    ]
