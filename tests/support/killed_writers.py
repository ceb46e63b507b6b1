"""Crash tests of watchlist saves: `python -m tests.support.killed_writers`.

Reads options and writes a report as JSON on standard input and output. Each writer that is killed
is a fork, which is much cheaper than a new interpreter but needs a parent process without threads.
Writers append each change to a history file before and after its save; the history survives the
kill.
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
from tui.watchlist.entries import Add, Change, Entry, Learn, MarkSeen, Remove, Update
from tui.watchlist.history import MAX_SAMPLES, Sample
from tui.watchlist.storage import Snapshot, WatchlistFile

CALLS = tuple(name for name in vars(Filesystem) if not name.startswith("_"))
"""The system calls of a save."""
_STATES = (TaskStatus.IN_PROGRESS, TaskStatus.COMPLETED, TaskStatus.FAILED)


@dataclass(frozen=True)
class Options:
    """What to run."""

    folder: str
    points: int = 0
    """Number of kills, one writer after the other; 0 runs several writers at once."""
    writers: int = 3
    operations: int = 200
    """Changes of each writer."""
    seed: int = 1


@dataclass
class Report:
    """The outcome of a run."""

    kills: int = 0
    inside: dict[str, int] = field(default_factory=dict)
    """Number of kills inside a system call, by its name."""
    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    resurrected: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    left: int = 0
    """Number of tasks at the end."""
    seconds: float = 0.0


def run(options: Options, timeout: float) -> Report:
    """Run the crash test in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.killed_writers"],
        input=json.dumps(asdict(options)),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    return Report(**json.loads(done.stdout))


class KillingFilesystem(Filesystem):
    """Reports the current call in shared memory; kills the process at the chosen one."""

    def __init__(self, shared: mmap.mmap, how: str) -> None:
        self._shared, self._at, self._how = shared, -1, how
        self.number = 0

    def arm(self, at: int) -> None:
        """Restart counting calls; kill the process at number `at`."""
        self.number, self._at = 0, at

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401 - any call of the class.
        method = object.__getattribute__(self, name)
        if name not in CALLS or name == "lock":
            return method

        def call(*arguments: Any) -> Any:  # noqa: ANN401
            with self._system_call(name):
                if name == "write" and self._should_die("halfway"):
                    fd, data = arguments
                    os.write(fd, data[: len(data) // 2])
                    _kill_self()
                return method(*arguments)

        return call

    @contextmanager
    def lock(self, path: Path, timeout: float) -> Iterator[object]:
        """Hold the lock; acquiring and releasing it count as calls."""
        real = super().lock(path, timeout)
        with self._system_call("lock"):
            real.__enter__()
        try:
            yield None
        finally:
            with self._system_call("lock"):
                real.__exit__(None, None, None)

    @contextmanager
    def _system_call(self, name: str) -> Iterator[None]:
        self._shared[0] = CALLS.index(name) + 1
        if self._should_die("before"):
            _kill_self()
        yield
        if self._should_die("after") or self._should_die("halfway"):
            _kill_self()
        self._shared[0] = 0
        self.number += 1

    def _should_die(self, how: str) -> bool:
        return self.number == self._at and self._how == how


def _kill_self() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still running after SIGKILL")


class History:
    """A file with the changes of one writer, a line each; appending a line is atomic."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, word: str, change: Change) -> None:
        """Append that a change is `begun` or `done`."""
        kind, name = _describe(change)
        os.write(self._fd, f"{word} {kind} {name}\n".encode())

    def lines(self) -> list[tuple[str, str, str]]:
        """Return all entries: `begun` or `done`, the kind of change, and the task's ID."""
        rows = (line.split() for line in self._path.read_text().splitlines())
        return [(word, kind, name) for word, kind, name in rows]

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)


def _describe(change: Change) -> tuple[str, str]:
    """Return the kind of a change, `End` for an update that tells an end, and the task's ID."""
    match change:
        case Add(entry):
            return "Add", entry.id
        case Learn(sample):
            return "Learn", sample.id
        case Update(id=task_id, noticed=noticed) if noticed is not None:
            return "End", task_id
    return type(change).__name__, change.id


def change(random: Random, prefix: str, entries: Sequence[Entry]) -> Change:
    """Return a random change. No ID is added twice; a sample's tells when it was made."""
    roll, now = random.random(), datetime.now(UTC)
    new = [entry for entry in entries if entry.is_new]
    if roll < 0.1:
        return Learn(Sample(f"{prefix}-{time.time_ns():020}", now, 600 * random.random() + 1))
    if new and roll < 0.2:
        ended = random.choice(new)
        return MarkSeen(ended.id, ended.noticed or now)
    if len(entries) > 60 or (entries and roll < 0.45):
        return Remove(random.choice(entries).id)
    if entries and roll < 0.65:
        state = random.choice(_STATES)
        noticed = now if state.terminal else None
        return Update(random.choice(entries).id, state, noticed=noticed)
    return Add(Entry(f"{prefix}-{random.randrange(1 << 60):x}", now, "标签" * 9))


def write(file: WatchlistFile, history: History, random: Random, prefix: str, count: int) -> None:
    """Make `count` changes, each with a save of its own."""
    entries = file.load().entries
    for _ in range(count):
        next_change = change(random, prefix, entries)
        history.write("begun", next_change)
        entries = file.save([next_change]).entries
        history.write("done", next_change)


def fork(work: Callable[[], None]) -> int:
    """Run `work` in a child process; return its process ID."""
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


def kill_points(options: Options, report: Report) -> None:
    """Kill one writer of the same file after the other, and check the file after each kill."""
    path = Path(options.folder) / "watchlist.toml"
    history, random = History(path.with_name("history")), Random(options.seed)
    shared = mmap.mmap(-1, 1)
    calls = _count_save_calls(Path(options.folder) / "count.toml")
    for number in range(options.points):
        shared[0] = 0
        how = ("before", "after", "halfway", "any moment")[number % 4]
        at = -1 if how == "any moment" else number // 4 % calls
        seed = random.random()

        def work(at: int = at, how: str = how, seed: float = seed) -> None:
            fs, writer_random = KillingFilesystem(shared, how), Random(seed)
            # Kill the second save. The first proves that the previous kill blocks no save.
            write(WatchlistFile(path, fs=fs), history, writer_random, "t", 1)
            fs.arm(at)
            write(WatchlistFile(path, fs=fs), history, writer_random, "t", 1000)

        child = fork(work)
        if how == "any moment":
            time.sleep(random.uniform(0.001, 0.02))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), "the writer exited without being killed"
        report.kills += 1
        if shared[0]:
            name = CALLS[shared[0] - 1]
            report.inside[name] = report.inside.get(name, 0) + 1
        _check(path, [history], report)
        _age_temporary_files(path)
    history.close()


def _count_save_calls(path: Path) -> int:
    """Return the number of system calls of a load and a save of an existing file."""
    WatchlistFile(path).save([Add(Entry("a", datetime.now(UTC)))])
    fs = KillingFilesystem(mmap.mmap(-1, 1), "")
    file = WatchlistFile(path, fs=fs)
    file.load()
    file.save([Remove("a")])
    return fs.number


def _age_temporary_files(path: Path) -> None:
    """Make the temporary files of killed saves old enough for the next save to remove them."""
    for temporary in path.parent.glob(f".{path.name}.*.tmp"):
        os.utime(temporary, (0, 0))


def concurrent_writers(options: Options, report: Report) -> None:
    """Run several writers at once, and repeatedly kill and restart a random one."""
    path, random = Path(options.folder) / "watchlist.toml", Random(options.seed)
    histories = [History(path.with_name(f"history-{n}")) for n in range(options.writers)]

    def done(number: int) -> int:
        return sum(word == "done" for word, _, _ in histories[number].lines())

    def start(number: int) -> int:
        seed, left = random.random(), options.operations - done(number)

        def work() -> None:
            write(WatchlistFile(path), histories[number], Random(seed), f"w{number}", left)

        return fork(work)

    running = {start(number): number for number in range(options.writers)}
    while running:
        time.sleep(random.uniform(0.005, 0.06))
        victim = random.choice(list(running))
        os.kill(victim, signal.SIGKILL)
        # The victim may have exited before the signal; until it is reaped its PID is not reused.
        _, status = os.waitpid(victim, 0)
        report.kills += os.WIFSIGNALED(status)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "a save failed"
        number = running.pop(victim)
        if done(number) < options.operations:
            running[start(number)] = number
    _check(path, histories, report)
    for history in histories:
        history.close()


def _check(path: Path, histories: Sequence[History], report: Report) -> None:
    """Compare the file with the histories."""
    loaded = WatchlistFile(path).load()
    if loaded.warning:
        report.unreadable.append(loaded.warning)
    backup = path.with_name(f"{path.name}.bak")
    if backup.exists() and (warning := WatchlistFile(backup).load().warning):
        report.unreadable.append(warning)
    present = {entry.id for entry in loaded.entries}
    rows = [row for history in histories for row in history.lines()]
    added = {name for word, kind, name in rows if (word, kind) == ("done", "Add")}
    removed = {name for word, kind, name in rows if (word, kind) == ("done", "Remove")}
    maybe_removed = {name for _, kind, name in rows if kind == "Remove"}
    report.lost += sorted(added - maybe_removed - present)
    report.lost += _lost_marks(loaded, rows, maybe_removed)
    report.resurrected += sorted(removed & present)
    report.acknowledged = sum(word == "done" for word, _, _ in rows)
    report.left = len(present)


def _lost_marks(
    loaded: Snapshot, rows: Sequence[tuple[str, str, str]], maybe_removed: set[str]
) -> list[str]:
    """Return which acknowledged marks and samples the file does not hold."""
    done = {(kind, name) for word, kind, name in rows if word == "done"}
    noticed = {("End", entry.id) for entry in loaded.entries if entry.noticed is not None}
    seen = {("MarkSeen", entry.id) for entry in loaded.entries if entry.seen is not None}
    marks = {mark for mark in done if mark[0] in ("End", "MarkSeen")}
    lost = {mark for mark in marks - noticed - seen if mark[1] not in maybe_removed}
    # Only the newest are kept, by what was begun: a change that was killed may be saved as well.
    begun = {name for _, kind, name in rows if kind == "Learn"}
    newest = set(sorted(begun, key=lambda name: name.rpartition("-")[2])[-MAX_SAMPLES:])
    learned = {("Learn", sample.id) for sample in loaded.history}
    lost |= {mark for mark in done - learned if mark[0] == "Learn" and mark[1] in newest}
    return sorted(f"{kind} {name}" for kind, name in lost)


def main() -> None:
    """Read options, run the crash test, and print the report."""
    options, report = Options(**json.load(sys.stdin)), Report()
    # The first save imports these; import them once for all children.
    for module in ("filelock", "tomli_w"):
        with suppress(ImportError):
            __import__(module)
    began = time.monotonic()
    (kill_points if options.points else concurrent_writers)(options, report)
    report.seconds = time.monotonic() - began
    json.dump(asdict(report), sys.stdout)


if __name__ == "__main__":
    main()
