"""The help of every command: its words, and its examples, which run as they stand there."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

import tui.cli
from tests.support.help_texts import examples_of, flags_of, parsers
from tests.support.home import Home
from tests.support.service import ScriptedService, completed
from tests.support.terminal import Terminal
from tui.scenext.models import TaskStatus
from tui.watchlist.entries import Add, Entry
from tui.watchlist.storage import WatchlistFile

IDS = ("12345", "67890")
NOW = datetime(2026, 3, 14, 9, 26, tzinfo=UTC)
DASHBOARDS = {"scenext-tui", "scenext-tui watch 12345"}
"""Examples that need a terminal."""
COMMANDS = sorted(parsers())


@pytest.fixture(autouse=True)
def tasks(service: ScriptedService) -> None:
    """Script the tasks of the examples: all have completed."""
    for task_id in IDS:
        service.script(task_id, completed(task_id))


def refill(watchlist: Path, status: TaskStatus = TaskStatus.QUEUED) -> None:
    """Put the tasks of the examples back into the watchlist."""
    watchlist.unlink(missing_ok=True)
    ended = NOW if status.terminal else None
    entries = [Entry(task_id, NOW, "batch 7", status, ended=ended) for task_id in IDS]
    WatchlistFile(watchlist).save([Add(entry) for entry in entries])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_example_runs_as_it_stands(shell: Home, name: str) -> None:
    (shell.folder / "ids.txt").write_text("12345\n67890  # the second\n")
    lines = examples_of(parsers()[name])
    assert any("scenext-tui" in line for line in lines)
    # What rm --finished and list --state failed are about.
    status = TaskStatus.FAILED if name in ("list", "rm") else TaskStatus.QUEUED
    for line in lines:
        if line in DASHBOARDS:
            continue
        refill(shell.watchlist, status)
        done = subprocess.run(
            ["sh", "-euc", line],
            cwd=shell.folder,
            env=shell.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), line
        assert not line.startswith("scenext-tui") or done.stdout or ">" in line, line


@pytest.mark.parametrize("line", sorted(DASHBOARDS))
def test_every_example_of_the_dashboard_opens_it(shell: Home, line: str) -> None:
    assert any(line in examples_of(parser) for parser in parsers().values())
    refill(shell.watchlist)
    with Terminal(["sh", "-c", line], env=shell.environment(), cwd=shell.folder) as terminal:
        terminal.wait_for("✓ batch 7", 30)
        terminal.press("q")
        assert terminal.wait_exit() == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_a_help_fits_any_terminal_and_says_what_one_looks_for(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = parsers()[name].format_help()
    assert text.isascii(), "some terminals and pipes have ASCII alone"
    assert not [line for line in text.splitlines() if len(line) > 80]
    assert len(text.splitlines()) <= 48
    assert text.startswith(f"usage: scenext-tui {name}".rstrip())
    assert "exit codes" in text.lower()
    assert not name or "scenext-tui --help" in text or name == "wait"


def test_the_main_help_names_every_command_and_fits_a_screen() -> None:
    text = parsers()[""].format_help()
    for name in COMMANDS:
        assert not name or f"\n  {name} " in text
    assert len(text.splitlines()) <= 40


@pytest.mark.parametrize("name", COMMANDS)
def test_no_flag_may_be_abbreviated(name: str) -> None:
    parser = parsers()[name]
    assert not parser.allow_abbrev
    assert {"--help", "--config", "--watchlist"} <= flags_of(parser)


def test_the_help_names_every_key_of_the_json() -> None:
    words = re.findall(r"\w+", parsers()["list"].format_help())
    keys = json.loads(
        (Path(tui.cli.__file__).parent / "printing" / "schema.json").read_text("utf-8")
    )
    assert set(keys["$defs"]["task"]["properties"]) <= set(words)
