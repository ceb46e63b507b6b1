"""Whatever columns a terminal gives to characters, dividers and frames stay where they are."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import which

import pytest

from tests.support import widths
from tests.support.home import Home
from tests.support.multiplexers import GnuScreen, missing
from tests.support.service import ScriptedService, completed, frame_url
from tests.support.terminal import Terminal

LABELS = [
    *(
        "👍🏽 ok नमस्ते दुनिया",
        "க்ஷ 👩🏽‍💻 dev",
        "🇩🇪 flag \u1100\u1161\u11a8",
        "e\u0301 ｶﾞ",
        "שלום مرحبا",
    ),
    *("กำลัง ䷀", "🫨\U0001fac8 𓀀", "①—“x” Привет", "plain 勾股定理"),
    "नमस्ते" * 9,
]
LAST = f"task{len(LABELS) - 1:03}"
COLS = 120
ROOT = Path(__file__).parents[2]


@pytest.fixture
def tasks(home: Home, service: ScriptedService) -> Home:
    """Put a finished task for each label on the watchlist, and return the home."""
    home.watchlist.parent.mkdir(parents=True)
    with home.watchlist.open("w", encoding="utf-8") as watchlist:
        watchlist.write("version = 1\n")
        for number, label in enumerate(LABELS):
            task_id = f"task{number:03}"
            service.script(task_id, completed(task_id))
            watchlist.write(f'[[task]]\nid = "{task_id}"\nlabel = "{label}"\n')
            watchlist.write("added = 2026-01-01 00:00:00+00:00\n")
    return home


def columns_of_dividers(terminal: Terminal) -> set[tuple[int, ...]]:
    """Return where the divider stands on the lines beside the list."""
    rows = [terminal.row_cells(y) for y in range(1, 38)]
    return {tuple(x for x, cell in enumerate(row) if cell in ("│", "|")) for row in rows}


@pytest.mark.parametrize(
    "columns_of",
    [
        # All kinds are in tests/terminal/test_frame_diff.py.
        pytest.param(widths.no_marks, marks=pytest.mark.soak),
        widths.one_cluster,
        widths.wide_ambiguous,
    ],
    ids=lambda each: each.__name__,
)
def test_dividers_and_frames_survive_all_labels(
    tasks: Home, columns_of: Callable[[str], int]
) -> None:
    with tasks.open(cols=COLS, columns_of=columns_of) as terminal:
        # All in the order in which they stay.
        terminal.wait_for_text(f"Finished  {len(LABELS)}")
        terminal.wait_for(r"[|│] ID +task000")
        terminal.wait_quiet(0.2)
        # The first key takes away what lies over the divider.
        terminal.press("g")
        terminal.wait_for(lambda _: len(columns_of_dividers(terminal)) == 1)
        terminal.wait_quiet(0.2)
        [divider] = columns_of_dividers(terminal)
        assert len(divider) == 1
        for number in range(1, len(LABELS)):
            terminal.press("j")
            terminal.wait_for(rf"[|│] ID +task{number:03}")
        terminal.wait_for(rf"[|│] ID +{LAST}")
        terminal.wait_quiet(0.2)
        assert columns_of_dividers(terminal) == {divider}
        assert 7 not in terminal.modes, "lines wrap"
        # The frame of a dialog over them, while one types and moves over clusters.
        terminal.press("a")
        terminal.wait_for_text("Add tasks")
        terminal.press("tab", "👩🏽‍💻🇩🇪नमस्ते①", "left", "left", "backspace", "left", "left", "x")
        terminal.wait_quiet(0.2)
        assert_frame_is_whole(terminal, "+++" if columns_of is widths.wide_ambiguous else "╭╮╯")
        terminal.press("escape")
        terminal.wait_gone("Add tasks")
        terminal.wait_quiet(0.2)
        assert columns_of_dividers(terminal) == {divider}


def assert_frame_is_whole(terminal: Terminal, corners: str) -> None:
    """Check that the dialog has these corners, and its sides stand below them."""
    left, row = terminal.find("Add tasks")
    left -= 3
    right = left + 75
    assert (terminal.row_cells(row)[left], terminal.row_cells(row)[right]) == (*corners[:2],)
    while terminal.row_cells(row := row + 1)[left] in ("│", "|"):
        assert terminal.row_cells(row)[right] == terminal.row_cells(row)[left], terminal.text()
    assert terminal.row_cells(row)[right] == corners[2]


Tmux = Callable[..., str]


@pytest.fixture
def tmux(tasks: Home, tmp_path: Path) -> Iterator[Tmux]:
    """Run the dashboard in a tmux of its own, and return a function for tmux's commands."""
    if not (program := which("tmux")):
        pytest.skip("needs tmux")
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", **tasks.environment()}

    def run(*arguments: str) -> str:
        return subprocess.run(
            [program, "-S", tmp_path / "tmux", "-f", "/dev/null", *arguments],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
            env={**environment, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color"},
        ).stdout

    run("new-session", "-d", "-x", str(COLS), "-y", "40", *tasks.command)
    try:
        yield run
    finally:
        run("kill-server")


def wait_for_pane(tmux: Tmux, text: str) -> None:
    """Wait until a text is in the pane."""
    deadline = time.monotonic() + 15
    while text not in (shown := tmux("capture-pane", "-p")):
        assert time.monotonic() < deadline, shown
        time.sleep(0.05)


def test_dividers_survive_in_tmux(tmux: Tmux) -> None:
    wait_for_pane(tmux, f"Finished  {len(LABELS)}")
    for number in range(1, len(LABELS)):
        tmux("send-keys", "j")
        wait_for_pane(tmux, f"│ ID    task{number:03}")
    tmux("copy-mode")
    for command in ("history-top", "top-line", "start-of-line"):
        tmux("send-keys", "-X", command)
    found = []
    rows = len(LABELS) + 3
    for _ in range(rows):
        # In columns as tmux counts them; the cursor goes behind what it has found.
        tmux("send-keys", "-X", "search-forward", "│")
        x, y = tmux("display-message", "-p", "#{copy_cursor_x} #{copy_cursor_y}").split()
        found.append((int(x), int(y)))
    assert found == [(61, y) for y in range(1, rows + 1)]


@pytest.mark.skipif(bool(missing(GnuScreen)), reason=missing(GnuScreen))
def test_dividers_survive_in_gnu_screen(tasks: Home) -> None:
    """As screen itself knows them: what it sends on where it and a terminal differ is its own."""
    with tempfile.TemporaryDirectory(prefix="s") as folder:
        screen = GnuScreen(Path(folder), "defutf8 on")
        environment = tasks.environment({"LC_ALL": "C.UTF-8", **screen.environment})
        command = screen.start(tasks.command)
        try:
            with Terminal(command, cols=COLS, rows=40, env=environment) as terminal:
                terminal.wait_for_text(f"{len(LABELS)} done")
                for number in (*range(1, len(LABELS)), 0):
                    terminal.press("g" if number == 0 else "j")
                    terminal.wait_for_text(f" task{number:03}")
                terminal.wait_quiet(0.2)
                # A byte for each column: the low one of each character's code.
                lines = screen.hardcopy().split(b"\n")[1:38]
                assert {line[60] for line in lines} == {ord("│") & 0xFF}
        finally:
            screen.close()


STEPS = [
    *(("a", "Add tasks"), ("escape", ""), ("?", "Stop watching"), ("escape", "")),
    *(("ctrl+p", "Search for commands"), ("theme", "Choose other colours"), ("escape", "")),
    *(("o", "esc back"), ("escape", ""), ("/", "to the list"), ("escape", ""), ("y", "clipboard")),
]
"""Keys, and what is shown then besides the list."""


def test_where_ambiguous_characters_are_wide_nothing_of_ours_is_ambiguous(
    home: Home, service: ScriptedService
) -> None:
    service.script("task1", completed("task1", [frame_url("task1", 1)]))
    assert home.run("add", "task1").returncode == 0
    ssh = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
    with home.open(rows=24, env=ssh, columns_of=widths.wide_ambiguous) as terminal:
        terminal.wait_for_text("1 done")
        terminal.wait_for_text("| task1")
        known = len(terminal.raw)
        for key, shown in STEPS:
            terminal.press(key)
            if shown:
                terminal.wait_for_text(shown)
        terminal.wait_quiet(0.2)
        sent = terminal.raw[known:].decode()
        assert [c for c in sent if unicodedata.east_asian_width(c) == "A"] == []
