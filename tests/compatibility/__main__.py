"""Run the tests on real terminals on other Pythons, and with newer Textual and httpx.

One run for each `python3.x` on PATH with the versions that `pyproject.toml` pins, and one on this
Python with the newest Textual and httpx, whatever the pins say. Each run has a copy of the
checkout and a virtual environment in a temporary folder. Allow three minutes for each.

The tests are selected with the marker `terminal`, which `tests/conftest.py` sets: they start the
program itself, so they fail when a release changes what the program overrides in Textual.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[2]
OLDEST_MINOR: Final = 11
"""The oldest supported Python is 3.11."""
HEADINGS: Final = (
    *("versions", "python", "textual", "httpx"),
    *("passed", "failed", "skipped", "seconds", "failed first"),
)
_NEWEST: Final = ("textual", "httpx[socks]")
_QUICK: Final = "tests/sessions/test_sessions.py"
_STEP_TIMEOUT: Final = 1_800
"""Seconds for each step: create the environment, install, run the tests."""
_VERSIONS: Final = """
import importlib.metadata, platform
print(platform.python_version(), *map(importlib.metadata.version, ("textual", "httpx")))
"""


class Summary(NamedTuple):
    """What pytest printed at its end."""

    passed: int = 0
    failed: int = 0
    """Errors included."""
    skipped: int = 0
    first_failure: str = ""


class Row(NamedTuple):
    """One line of the table."""

    versions: str
    """`pinned` or `newest`."""
    python: str
    textual: str = "-"
    httpx: str = "-"
    summary: Summary = Summary()
    seconds: float = 0.0
    problem: str = ""
    """Why the tests did not run to their end; empty if they did."""

    @property
    def ok(self) -> bool:
        """Whether the tests ran, and none failed."""
        return bool(self.summary.passed) and not self.summary.failed and not self.problem


class StepError(Exception):
    """A step before the tests failed: a short reason, and the whole output."""


def parse_summary(output: str) -> Summary:
    """Return the counts in pytest's last summary line, and the first failure that it lists."""
    counts = dict.fromkeys(("passed", "failed", "error", "skipped"), 0)
    lines = [line for line in output.splitlines() if re.search(r"\d \w+.* in [\d.]+s\b", line)]
    for number, word in re.findall(r"(\d+) (passed|failed|error|skipped)", "".join(lines[-1:])):
        counts[word] = int(number)
    first = re.search(r"^(?:FAILED|ERROR) (?:tests/)?(.+)", output, re.MULTILINE)
    failed = counts["failed"] + counts["error"]
    return Summary(counts["passed"], failed, counts["skipped"], first[1] if first else "")


def interpreters(folders: Iterable[Path]) -> dict[int, list[Path]]:
    """Return the supported `python3.x` in `folders`, in their order, by minor version."""
    found: dict[int, list[Path]] = {}
    for folder in folders:
        for path in folder.glob("python3.*"):
            match = re.fullmatch(r"python3\.(\d+)", path.name)
            if match and int(match[1]) >= OLDEST_MINOR and os.access(path, os.X_OK):
                found.setdefault(int(match[1]), []).append(path)
    return dict(sorted(found.items()))


def table(rows: Sequence[Row]) -> str:
    """Return the rows under their headings, in columns."""
    cells: list[tuple[str, ...]] = [HEADINGS]
    for row in rows:
        first = row.problem or row.summary.first_failure or "-"
        counts = map(str, row.summary[:3])
        cells.append((*row[:4], *counts, f"{row.seconds:.0f}", first[:120]))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    padded = (map(str.ljust, line, widths) for line in cells)
    return "".join("  ".join(line).rstrip() + "\n" for line in padded)


def _run(argv: Sequence[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
    # PYTHONPATH and the like would let another environment in.
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        return subprocess.run(
            argv,
            cwd=folder,
            env=env,
            timeout=_STEP_TIMEOUT,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        return subprocess.CompletedProcess(argv, 127, str(error))
    except subprocess.TimeoutExpired as error:
        output = (error.stdout or b"").decode("utf-8", "replace")
        raise StepError(f"still running after {_STEP_TIMEOUT} s", output) from None


def _step(reason: str, argv: Sequence[str | Path], folder: Path) -> str:
    done = _run(argv, folder)
    if done.returncode:
        last = (done.stdout.strip() or "no output").splitlines()[-1]
        # Debian's Python says so in the midst of advice.
        why = "ensurepip is not available" if "ensurepip" in done.stdout else last
        raise StepError(f"{reason}: {why}", done.stdout)
    return done.stdout


def _left_out(folder: str, names: list[str]) -> set[str]:
    fixed = {".git", ".hypothesis", "__pycache__"}
    return {
        name
        for name in names
        if name in fixed or name.endswith("_cache") or Path(folder, name, "pyvenv.cfg").exists()
    }


def check(python: Path, minor: int, newest: bool, *, pre: bool, quick: bool) -> tuple[Row, str]:
    """Run the tests with one Python; return the row and the output."""
    row = Row("newest" if newest else "pinned", f"3.{minor}")
    # Short, because tmux's sockets in it have at most 108 characters.
    with tempfile.TemporaryDirectory(prefix="c-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        checkout, own = folder / "checkout", folder / "venv" / "bin" / "python"
        shutil.copytree(ROOT, checkout, ignore=_left_out)
        pip = (own, "-m", "pip", "install", "-q")
        try:
            _step("no virtual environment", (python, "-m", "venv", folder / "venv"), folder)
            _step("not installed", (*pip, "-e", ".[test]"), checkout)
            if newest:
                chosen = ("--upgrade", *(["--pre"] if pre else []), *_NEWEST)
                _step("not upgraded", (*pip, *chosen), checkout)
            versions = _step("not installed", (own, "-c", _VERSIONS), checkout).split()
            row = row._replace(python=versions[0], textual=versions[1], httpx=versions[2])
            started = time.monotonic()
            tests = ("-m", "terminal and not soak", "--basetemp", folder / "t")
            done = _run((own, "-m", "pytest", *tests, *([_QUICK] if quick else [])), checkout)
        except StepError as error:
            reason, output = error.args
            return row._replace(problem=reason), output
    row = row._replace(summary=parse_summary(done.stdout), seconds=time.monotonic() - started)
    if done.returncode and not row.summary.failed:
        row = row._replace(problem=f"pytest ended with exit code {done.returncode}")
    return row, done.stdout


def _planned(only: str | None) -> Iterator[tuple[Path, int, bool]]:
    if only != "newest":
        folders = [Path(folder) for folder in os.get_exec_path()]
        for minor, paths in interpreters(folders).items():
            # Version managers have shims for versions that they do not let start.
            works = (path for path in paths if not _run((path, "-c", ""), ROOT).returncode)
            if path := next(works, None):
                yield path, minor, False
            else:
                sys.stderr.write(f"python3.{minor} does not start; left out\n")
    if only != "pinned":
        yield Path(sys.executable), sys.version_info.minor, True


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all that is asked for, print the table, and return the exit code."""
    parser = argparse.ArgumentParser("python -m tests.compatibility", description=__doc__)
    parser.add_argument("--only", choices=("pinned", "newest"), help="run one kind only")
    parser.add_argument("--pre", action="store_true", help="take pre-releases as the newest")
    parser.add_argument("--quick", action="store_true", help=f"run {_QUICK} only")
    parser.add_argument("--log", type=Path, metavar="FILE", help="keep the output of failed runs")
    chosen = parser.parse_args(arguments)
    # Unlike its default action, an exit removes the temporary folder.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    log = chosen.log.open("w", encoding="utf-8") if chosen.log else io.StringIO()
    rows: list[Row] = []
    for python, minor, newest in _planned(chosen.only):
        row, output = check(python, minor, newest, pre=chosen.pre, quick=chosen.quick)
        sys.stderr.write(f"{row.versions} {row.python}: {'passed' if row.ok else 'failed'}\n")
        rows.append(row)
        if not row.ok:
            log.write(f"== {row.versions}, Python {row.python}\n{output}\n")
    log.close()
    sys.stdout.write(table(rows))
    return 0 if rows and all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
