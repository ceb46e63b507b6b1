"""`list`: what the watchlist knows, without asking the service."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.commands import Commands
from tests.support.home import Home
from tests.support.service import ScriptedService
from tui.atomic_file import Filesystem
from tui.scenext.models import TaskStatus
from tui.watchlist.asked import marker, touch
from tui.watchlist.entries import Add, Entry
from tui.watchlist.storage import WatchlistFile

NOW = datetime.now(UTC)
STORED = (
    Entry("1", NOW - timedelta(hours=2), "第一批", TaskStatus.COMPLETED, frames=13, points=26.0),
    Entry("22", NOW - timedelta(minutes=7), "", TaskStatus.IN_PROGRESS, title="A cat"),
    Entry("3", NOW, "\x1b[31mred\ttab", TaskStatus.FAILED),
    Entry("4", NOW, "new"),
    Entry("5", NOW, "", TaskStatus.UNKNOWN, "PAUSED"),
)


@pytest.fixture
def stored(run: Commands) -> Commands:
    """Return commands on a watchlist with a task in each state."""
    ended = STORED[0]._replace(ended=STORED[0].added + timedelta(minutes=17))
    WatchlistFile(run.home.watchlist).save([Add(entry) for entry in (ended, *STORED[1:])])
    return run


def test_off_a_terminal_the_columns_are_separated_by_tabs(stored: Commands) -> None:
    done = stored("list")
    assert (done.code, done.err) == (0, "")
    assert [line.split("\t") for line in done.out.splitlines()] == [
        ["completed", "1", "第一批", "17 min", "13", "26", ""],
        ["running", "22", "A cat", "7 min", "", "", ""],
        ["failed", "3", "red tab", "", "", "", ""],
        ["waiting", "4", "new", "<1 min", "", "", ""],
        ["unknown", "5", "", "<1 min", "", "", "unknown state: PAUSED"],
    ]


@pytest.mark.parametrize(
    ("state", "ids"),
    [("waiting", "4"), ("running", "22"), ("completed", "1"), ("failed", "3"), ("unknown", "5")],
)
def test_one_state_is_printed(stored: Commands, state: str, ids: str) -> None:
    assert [line.split("\t")[1] for line in stored("list", "--state", state).out.splitlines()] == [
        ids
    ]
    assert json.loads(stored("list", "--json", "--state", state).out)["task_id"] == ids


def test_a_state_that_there_is_not_is_wrong_usage(stored: Commands) -> None:
    done = stored("list", "--state", "complete")
    assert (done.code, done.out) == (2, "")
    assert "waiting, running, completed, failed, unknown; did you mean completed?" in done.err
    assert stored("list", "--line", "--json").code == 2


def test_a_task_that_is_not_watched_is_told_and_the_others_are_printed(stored: Commands) -> None:
    done = stored("list", "9", "4", "8")
    assert done.code == 1
    assert done.out.startswith("waiting\t4\t")
    assert done.err == (
        "scenext-tui: 9 is not in the watchlist\n"
        "scenext-tui: 8 is not in the watchlist. “scenext-tui list” prints what is.\n"
    )


def test_a_watchlist_that_is_missing_is_empty(run: Commands) -> None:
    for arguments in ((), ("--json",), ("--state", "failed")):
        assert run("list", *arguments) == (0, "", "")
    assert run("list", "--line") == (0, "\n", "")
    assert not run.home.watchlist.parent.exists()


# A watchlist that cannot be read whole


def test_what_can_be_read_of_a_damaged_watchlist_is_printed(stored: Commands) -> None:
    text = stored.home.watchlist.read_text("utf-8")
    stored.home.watchlist.write_text(text.replace('id = "22"', "id = true"), "utf-8")
    for _ in range(2):
        done = stored("list")
        # A script must not take it for all.
        assert done.code == 1
        assert len(done.out.splitlines()) == 4
        assert "has 1 damaged entry; the next change replaces it, and keeps a copy." in done.err
        assert not list(stored.home.watchlist.parent.glob("*.broken-*"))
    done = stored("list", "--json")
    assert (done.code, json.loads(done.err)["code"]) == (1, "watchlist")
    stored("label", "mended", "4")
    assert stored("list").code == 0
    copies = list(stored.home.watchlist.parent.glob("*.broken-*"))
    assert len(copies) == 1


def test_a_file_that_is_no_watchlist_is_an_error(stored: Commands) -> None:
    stored.home.watchlist.write_text("task = 1\n", "utf-8")
    done = stored("list")
    assert done.code == 1
    assert "is not a watchlist; the next change replaces it, and keeps a copy. " in done.err


def test_a_watchlist_of_a_newer_release_is_printed(stored: Commands) -> None:
    text = stored.home.watchlist.read_text("utf-8")
    stored.home.watchlist.write_text(text.replace("version = 1", "version = 2"), "utf-8")
    done = stored("list")
    assert (done.code, len(done.out.splitlines())) == (0, 5)
    assert "was written by a newer scenext-tui; update this one" in done.err


def test_a_watchlist_that_cannot_be_read_is_an_error(run: Commands) -> None:
    run.home.watchlist.mkdir(parents=True)
    done = run("list")
    assert (done.code, done.out) == (1, "")
    assert "Could not read" in done.err
    # A status bar shows standard output alone.
    done = run("list", "--line")
    assert (done.code, done.out) == (1, "?\n")


@pytest.mark.parametrize("text", ["task = 1\n", "\udcff", "[[task]]\nlabel = '1'\n"])
def test_no_task_of_a_damaged_watchlist_is_not_an_empty_line(run: Commands, text: str) -> None:
    run.home.watchlist.parent.mkdir(parents=True)
    run.home.watchlist.write_bytes(text.encode("utf-8", "surrogateescape"))
    done = run("list", "--line")
    assert (done.code, done.out) == (1, "?\n")


# One line


def test_the_line_tells_whether_anybody_asks(stored: Commands) -> None:
    assert stored("list", "--line").out == "✗1 !1 »1 -1 ✓1 ?\n"
    touch(stored.home.watchlist)
    assert stored("list", "--line").out == "✗1 !1 »1 -1 ✓1\n"
    long_ago = time.time() - 400
    os.utime(marker(stored.home.watchlist), (long_ago, long_ago))
    assert stored("list", "--line").out == "✗1 !1 »1 -1 ✓1 ?\n"
    assert stored("list", "--line", "--state", "completed").out == "✓1\n"
    assert stored("list", "--line", "22", "1").out == "»1 ✓1 ?\n"


def test_a_zone_that_is_none_does_not_matter(
    stored: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC+99")
    assert stored("list", "--line").code == 0


PROGRAM = """
import sys
from tui.cli.main import main

code = main(sys.argv[1:])
names = {name.partition(".")[0] for name in sys.modules}
heavy = {"asyncio", "httpx", "rich", "textual", "ssl", "anyio", "PIL"} & names
print(code, *sorted(heavy | {"importlib.metadata"} & set(sys.modules)), file=sys.stderr)
"""


@pytest.mark.parametrize("arguments", [("--line",), ("--json",), ()])
def test_nothing_heavy_is_imported(stored: Commands, arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "list", *arguments],
        env=stored.home.environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert done.stderr == "0\n"


# In the shell


@pytest.mark.parametrize(
    ("shell", "code", "shown"),
    [
        ('"$@" list | head -1', 0, ("waiting\tt1\t\t<1 min\t\t\t\n", "")),
        ('"$@" list >/dev/full', 1, ("", "scenext-tui: output: No space left on device\n")),
        ('"$@" list --line >&-', 1, ("", "scenext-tui: output: it is closed\n")),
        ('"$@" list - <&-', 2, ("", "scenext-tui: standard input holds no task ID\n")),
        ('env -i XDG_DATA_HOME="$XDG_DATA_HOME" HOME=/ "$@" list --line', 0, ("-1 ?\n", "")),
        ('cd /; unset HOME; TERM=dumb "$@" list --line', 0, ("-1 ?\n", "")),
    ],
)
def test_in_a_shell(home: Home, shell: str, code: int, shown: tuple[str, str]) -> None:
    WatchlistFile(home.watchlist).save([Add(Entry("t1", datetime.now(UTC)))])
    home.command = ("/bin/bash", "-o", "pipefail", "-c", shell, "sh", *home.command)
    done = home.run()
    assert (done.returncode, (done.stdout, done.stderr)) == (code, shown)


def test_a_reader_that_has_read_enough_ends_it_quietly(home: Home) -> None:
    many = [Add(Entry(f"task{number}", datetime.now(UTC))) for number in range(3_000)]
    WatchlistFile(home.watchlist).save(many)
    shell = '"$@" list | head -1; exit ${PIPESTATUS[0]}'
    home.command = ("/bin/bash", "-c", shell, "sh", *home.command)
    done = home.run()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("waiting\ttask0\t")


def test_a_person_sees_an_aligned_table(home: Home, service: ScriptedService) -> None:
    entries = [entry._replace(title="题目" * 30) if entry.id == "5" else entry for entry in STORED]
    WatchlistFile(home.watchlist).save([Add(entry) for entry in entries])
    with home.open("list", cols=60) as terminal:
        terminal.wait_for_text("unknown")
        assert terminal.wait_exit() == 0
        lines = [line.rstrip() for line in terminal.text().splitlines() if line.strip()]
    assert lines[0].split() == ["STATE", "ID", "NAME", "TIME", "FRAMES", "POINTS", "NOTE"]
    assert lines[1].startswith("✓ completed  1   第一批")
    assert not service.requests


def test_an_empty_watchlist_is_told_to_a_person(home: Home) -> None:
    with home.open("list") as terminal:
        terminal.wait_for_text("The watchlist is empty: add tasks with")
        assert terminal.wait_exit() == 0
    with home.open("list", "--watchlist", "typo.toml", cols=250) as terminal:
        terminal.wait_for_text("typo.toml: there is no such file; it counts as empty.")
        assert terminal.wait_exit() == 0
        assert "The watchlist is empty" not in terminal.text()
    assert home.run("add", "1").returncode == 0
    with home.open("list", "--state", "failed") as terminal:
        terminal.wait_for_text("None of these tasks is in the state “failed”.")
        assert terminal.wait_exit() == 0


def test_a_file_is_read_without_its_lock(stored: Commands) -> None:
    with Filesystem().lock(Path(f"{stored.home.watchlist}.lock"), 5):
        assert stored("list").code == 0
