"""Writers of a watchlist that are killed: `python -m tests.support.killing`.

Takes its orders as JSON on standard input and prints what was found. It forks a writer for each
kill, which costs milliseconds where a new interpreter costs a tenth of a second; so it must run in
a process of its own, that has no threads. What a writer is about to do and what it was told is
done goes to a history on disk, which outlives the kill.
"""

from __future__ import annotations

import json
import mmap
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, NoReturn

from tui.atomic_file import Filesystem
from tui.scenext.models import TaskStatus
from tui.watchlist.entries import Add, Change, Entry, Remove, Update
from tui.watchlist.storage import WatchlistFile

CALLS = tuple(name for name in vars(Filesystem) if not name.startswith("_"))
"""The system calls that a save is made of."""
_STATES = (TaskStatus.IN_PROGRESS, TaskStatus.COMPLETED, TaskStatus.FAILED)


@dataclass(frozen=True)
class Orders:
    """What to do."""

    folder: str
    points: int = 0
    """Kills of one writer after the other; or, where this is 0, several writers at once."""
    writers: int = 3
    operations: int = 200
    """For each of them."""
    seed: int = 1


@dataclass
class Found:
    """What came of it."""

    kills: int = 0
    inside: dict[str, int] = field(default_factory=dict)
    """How many kills fell inside a system call, by its name."""
    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    resurrected: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    left: int = 0
    """Tasks at the end."""
    seconds: float = 0.0


def run(orders: Orders, timeout: float) -> Found:
    """Carry orders out in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.killing"],
        input=json.dumps(asdict(orders)),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    return Found(**json.loads(done.stdout))


class Watched(Filesystem):
    """Says in shared memory which call it is in; dies before, inside or after the chosen one."""

    def __init__(self, shared: mmap.mmap, how: str) -> None:
        self._shared, self._at, self._how = shared, -1, how
        self.number = 0

    def arm(self, at: int) -> None:
        """Count the calls from here on, and die at this one."""
        self.number, self._at = 0, at

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401 - any call of the class.
        found = object.__getattribute__(self, name)
        if name not in CALLS or name == "lock":
            return found

        def call(*arguments: Any) -> Any:  # noqa: ANN401
            with self._inside(name):
                if name == "write" and self._dies_here("halfway"):
                    fd, data = arguments
                    os.write(fd, data[: len(data) // 2])
                    _die()
                return found(*arguments)

        return call

    @contextmanager
    def lock(self, path: Path, timeout: float) -> Iterator[object]:
        """Hold the real lock; taking it and letting it go are calls as well."""
        real = super().lock(path, timeout)
        with self._inside("lock"):
            real.__enter__()
        try:
            yield None
        finally:
            with self._inside("lock"):
                real.__exit__(None, None, None)

    @contextmanager
    def _inside(self, name: str) -> Iterator[None]:
        self._shared[0] = CALLS.index(name) + 1
        if self._dies_here("before"):
            _die()
        yield
        if self._dies_here("after") or self._dies_here("halfway"):
            _die()
        self._shared[0] = 0
        self.number += 1

    def _dies_here(self, how: str) -> bool:
        return self.number == self._at and self._how == how


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("killed")


class History:
    """What one writer did, in a file: a line is written whole or not at all."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, word: str, change: Change) -> None:
        """Note that a change is `begun` or `done`."""
        name = change.entry.id if isinstance(change, Add) else change.id
        os.write(self._fd, f"{word} {type(change).__name__} {name}\n".encode())

    def lines(self) -> list[tuple[str, str, str]]:
        """All that was noted."""
        rows = (line.split() for line in self._path.read_text().splitlines())
        return [(word, kind, name) for word, kind, name in rows]

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)


def change(dice: Random, own: str, entries: Sequence[Entry]) -> Change:
    """Some change: a new task, or one that is there removed or updated. No ID comes twice."""
    roll = dice.random()
    if len(entries) > 60 or (entries and roll < 0.35):
        return Remove(dice.choice(entries).id)
    if entries and roll < 0.55:
        return Update(dice.choice(entries).id, dice.choice(_STATES))
    return Add(Entry(f"{own}-{dice.randrange(1 << 60):x}", datetime.now(UTC), "标签" * 9))


def write(file: WatchlistFile, history: History, dice: Random, own: str, count: int) -> None:
    """Make so many changes, one save for each."""
    entries = file.load().entries
    for _ in range(count):
        wanted = change(dice, own, entries)
        history.write("begun", wanted)
        entries = file.save([wanted]).entries
        history.write("done", wanted)


def forked(work: Callable[[], None]) -> int:
    """Do some work in a child; return its process ID."""
    if child := os.fork():
        return child
    code = 1
    try:
        work()
        code = 0
    except BaseException as error:
        sys.stderr.write(f"{error!r}\n")
        sys.stderr.flush()
    os._exit(code)


def kill_points(orders: Orders, found: Found) -> None:
    """Kill one writer after the other, all on the same file, and look at the file each time."""
    path = Path(orders.folder) / "watchlist.toml"
    history, dice = History(path.with_name("history")), Random(orders.seed)
    shared = mmap.mmap(-1, 1)
    calls = _calls_of_a_save(Path(orders.folder) / "count.toml")
    for number in range(orders.points):
        shared[0] = 0
        how = ("before", "after", "halfway", "any moment")[number % 4]
        at = -1 if how == "any moment" else number // 4 % calls
        seed = dice.random()

        def work(at: int = at, how: str = how, seed: float = seed) -> None:
            fs, own = Watched(shared, how), Random(seed)
            # The second save is hit: the first shows that nothing is in its way since the last.
            write(WatchlistFile(path, fs=fs), history, own, "t", 1)
            fs.arm(at)
            write(WatchlistFile(path, fs=fs), history, own, "t", 1000)

        child = forked(work)
        if how == "any moment":
            time.sleep(dice.uniform(0.001, 0.02))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), "the writer ended by itself"
        found.kills += 1
        if shared[0]:
            name = CALLS[shared[0] - 1]
            found.inside[name] = found.inside.get(name, 0) + 1
        _check(path, [history], found)
        _age_strays(path)
    history.close()


def _calls_of_a_save(path: Path) -> int:
    """The system calls that reading and a save make, once the file is there."""
    WatchlistFile(path).save([Add(Entry("a", datetime.now(UTC)))])
    fs = Watched(mmap.mmap(-1, 1), "")
    file = WatchlistFile(path, fs=fs)
    file.load()
    file.save([Remove("a")])
    return fs.number


def _age_strays(path: Path) -> None:
    """Make the temporary files of killed saves so old that the next save removes them."""
    for stray in path.parent.glob(f".{path.name}.*.tmp"):
        os.utime(stray, (0, 0))


def many_writers(orders: Orders, found: Found) -> None:
    """Let several write at once; kill one of them now and then, and start it again."""
    path, dice = Path(orders.folder) / "watchlist.toml", Random(orders.seed)
    histories = [History(path.with_name(f"history-{n}")) for n in range(orders.writers)]

    def done(number: int) -> int:
        return sum(word == "done" for word, _, _ in histories[number].lines())

    def start(number: int) -> int:
        seed, left = dice.random(), orders.operations - done(number)

        def work() -> None:
            write(WatchlistFile(path), histories[number], Random(seed), f"w{number}", left)

        return forked(work)

    running = {start(number): number for number in range(orders.writers)}
    while running:
        time.sleep(dice.uniform(0.005, 0.06))
        victim = dice.choice(list(running))
        os.kill(victim, signal.SIGKILL)
        # One may have ended by itself just before; nobody else waits for it, so it is still ours.
        _, status = os.waitpid(victim, 0)
        found.kills += os.WIFSIGNALED(status)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "a save failed"
        number = running.pop(victim)
        if done(number) < orders.operations:
            running[start(number)] = number
    _check(path, histories, found)
    for history in histories:
        history.close()


def _check(path: Path, histories: Sequence[History], found: Found) -> None:
    """Compare the file with the history. No ID is ever added twice."""
    loaded = WatchlistFile(path).load()
    if loaded.warning:
        found.unreadable.append(loaded.warning)
    backup = path.with_name(f"{path.name}.bak")
    if backup.exists() and (warning := WatchlistFile(backup).load().warning):
        found.unreadable.append(warning)
    there = {entry.id for entry in loaded.entries}
    rows = [row for history in histories for row in history.lines()]
    added = {name for word, kind, name in rows if (word, kind) == ("done", "Add")}
    removed = {name for word, kind, name in rows if (word, kind) == ("done", "Remove")}
    maybe_removed = {name for _, kind, name in rows if kind == "Remove"}
    found.lost += sorted(added - maybe_removed - there)
    found.resurrected += sorted(removed & there)
    found.acknowledged = sum(word == "done" for word, _, _ in rows)
    found.left = len(there)


def main() -> None:
    """Read orders, carry them out, and tell what was found."""
    orders, found = Orders(**json.load(sys.stdin)), Found()
    # Imported by the first save: here, so that no child has to.
    for module in ("filelock", "tomli_w"):
        with suppress(ImportError):
            __import__(module)
    began = time.monotonic()
    (kill_points if orders.points else many_writers)(orders, found)
    found.seconds = time.monotonic() - began
    json.dump(asdict(found), sys.stdout)


if __name__ == "__main__":
    main()
