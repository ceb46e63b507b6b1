"""The dashboard and `paths` ask fake terminals and a fake tmux how they show pictures."""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path

import pytest

from tests.support import fake_terminals as fakes
from tests.support.fake_terminals import FakeTerminal, FakeTmux
from tests.support.home import Home
from tests.support.service import ScriptedService, completed
from tests.support.terminal import Terminal
from tests.terminal.test_flow_control import WHAT_IS_LEFT

QUESTION = b"\x1b[>0q"
KITTY_QUESTION = b"\x1b_G"


@pytest.fixture
def watched(home: Home, service: ScriptedService) -> Home:
    """Watch three tasks that have ended, which somebody has looked at: no notice comes or goes."""
    names = ("one", "two", "three")
    for name in names:
        service.script(name, completed(name))
    date = "2026-01-02T03:04:05Z"
    ended = f'added = {date}\nended = {date}\nstatus = "COMPLETED"\n'
    entries = (f'[[task]]\nid = "{each}"\n{ended}' for each in names)
    home.watchlist.parent.mkdir(parents=True)
    home.watchlist.write_text("".join(("version = 1\ncount = 3\n", *entries)))
    return home


def open_dashboard(
    home: Home, answers: FakeTerminal, env: dict[str, str] | None = None, rows: int = 70
) -> Terminal:
    return home.open(answers=answers, env=env, rows=rows)


def found(terminal: Terminal) -> dict[str, str]:
    """Return what the help says of pictures, read afresh."""
    terminal.press("?")
    terminal.wait_for_text("esc: close")
    terminal.press("end")
    terminal.wait_for(r"│ +cell +\d")
    terminal.wait_quiet(0.3)
    lines = terminal.text().splitlines()
    matches = (re.search(r"│ +(terminal|pictures|why|cell) +(.*?)[ ▁-█]*│", each) for each in lines)
    terminal.press("escape")
    terminal.wait_gone("esc: close")
    values = {match[1]: match[2] for match in matches if match}
    assert len(values) >= 3, lines[-24:]
    return values


@pytest.mark.parametrize(
    ("answers", "way"),
    [
        (fakes.KITTY._replace(delay=0.6, cut=1, cut_pause=0.6), "kitty's protocol"),
        pytest.param(
            fakes.KONSOLE._replace(delay=0.6, cut=20, cut_pause=0.6),
            "by sixel",
            marks=pytest.mark.soak,
        ),
        pytest.param(fakes.MOSH, "(quadrants)", marks=pytest.mark.soak),
    ],
)
def test_slow_answers_among_keys_are_found_and_no_key_is_lost(
    watched: Home, answers: FakeTerminal, way: str
) -> None:
    with open_dashboard(watched, answers) as terminal:
        terminal.wait_for(lambda _: QUESTION in terminal.raw)
        # Into the filter, where each of them is seen, while the answers are under way.
        terminal.wait_for_text("refresh")
        terminal.press("/")
        terminal.wait_for_text("to the list")
        typed = "twojkq[?R"
        for character in typed:
            terminal.press(character)
            terminal.read_for(0.15)
        terminal.wait_for_text(typed)
        terminal.wait_quiet(0.7)
        terminal.wait_for_text(typed)
        terminal.press("escape", "escape")
        terminal.wait_gone(re.escape(typed))
        assert way in found(terminal)["pictures"]
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert terminal.changes() == []
        # Behind the first frame, and a string only to one that has told that it takes it.
        assert b"Finished" in terminal.raw.partition(QUESTION)[0]
        assert (KITTY_QUESTION in terminal.raw) == answers.name.startswith("kitty")


@pytest.mark.parametrize(
    ("answers", "delay"),
    [
        (fakes.KITTY, 0.1),
        pytest.param(fakes.KITTY, 0.6, marks=pytest.mark.soak),
        pytest.param(fakes.PLAIN, 0.6, marks=pytest.mark.soak),
    ],
)
def test_no_answer_reaches_the_shell_however_soon_it_ends(
    watched: Home, answers: FakeTerminal, delay: float
) -> None:
    argv = [sys.executable, "-c", WHAT_IS_LEFT, *watched.command]
    slow = answers._replace(delay=delay)
    with Terminal(argv, env=watched.environment(), answers=slow) as terminal:
        terminal.press("q")
        terminal.wait_for(lambda _: QUESTION in terminal.raw)
        terminal.wait_for_text("left:")
        assert "left: nothing" in terminal.text()


def test_in_tmux_its_client_decides_and_the_terminal_is_asked_nothing(
    watched: Home, tmp_path: Path
) -> None:
    client = str(os.getpid())
    tmux = FakeTmux(tmp_path / "bin", "3.5a", fakes.KITTY, client=client)
    with open_dashboard(watched, tmux.terminal, tmux.env) as terminal:
        terminal.wait_for_text("refresh")
        terminal.wait_quiet(0.5)
        first = found(terminal)
        assert first["terminal"] == "kitty(0.41.1), in tmux"
        assert first["why"] == "tmux passes no pictures on."
        assert tmux.times_asked == 1
        assert QUESTION not in terminal.raw
        # Mended, and asked again by ctrl+l.
        tmux.configure(passthrough="1")
        terminal.press("ctrl+l")
        terminal.wait_for(lambda _: tmux.times_asked == 2)
        terminal.read_for(0.2)
        assert "kitty's protocol" in found(terminal)["pictures"]
        assert KITTY_QUESTION not in terminal.raw
        terminal.press("q")
        assert terminal.wait_exit() == 0


def test_an_idle_dashboard_asks_nothing_again(watched: Home) -> None:
    with open_dashboard(watched, fakes.FOOT) as terminal:
        terminal.wait_for_text("refresh")
        terminal.wait_quiet(0.5)
        terminal.press("j", "k")
        terminal.read_for(1.0)
        assert terminal.raw.count(QUESTION) == 1
        # Another font: the window has the same size in pixels, and another one in cells.
        terminal.answers = fakes.FOOT._replace(cell=(20, 40))
        terminal.resize(100, 68)
        terminal.wait_for(lambda _: terminal.raw.count(QUESTION) == 2)
        terminal.wait_quiet(0.3)
        assert found(terminal)["cell"] == "20 by 40 pixels"


PATHS = ["config", "watchlist", "log"]


@pytest.mark.parametrize(
    ("answers", "setting", "lines"),
    [
        (fakes.KITTY, "auto", {"terminal": "kitty(0.41.1)", "cell": "10 by 20 pixels"}),
        (fakes.KITTY, "off", {"pictures": "off"}),
        (fakes.LINUX_CONSOLE, "auto", {"pictures": "in block characters (halves)"}),
    ],
)
def test_paths_says_in_a_terminal_what_was_found(
    home: Home, answers: FakeTerminal, setting: str, lines: dict[str, str]
) -> None:
    home.configure(pictures=setting)
    with home.open("paths", answers=answers, cols=200) as terminal:
        assert terminal.wait_exit() == 0
        assert terminal.changes() == []
        shown = dict(line.split(maxsplit=1) for line in terminal.text().strip().splitlines())
    assert list(shown)[:3] == PATHS
    assert lines.items() <= shown.items()


def test_paths_gives_back_a_silent_terminal_and_leaves_what_was_typed_ahead(home: Home) -> None:
    # Without forgetting what was typed, as `WHAT_IS_LEFT` does.
    at_once = WHAT_IS_LEFT.replace("setcbreak(0)", "setcbreak(0, 0)")
    argv = [sys.executable, "-c", at_once, *home.command, "paths"]
    with Terminal(argv, env=home.environment(), answers=fakes.SILENT) as terminal:
        terminal.wait_for_text("left: nothing")
        assert "does not answer" in terminal.text()
    with Terminal(argv, env=home.environment(), answers=fakes.KITTY) as terminal:
        terminal.write(b"ls\n")
        terminal.wait_for_text("left: b'ls")
        assert "keys are waiting" in terminal.text()
        assert QUESTION not in terminal.raw


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGTERM,
        pytest.param(signal.SIGINT, marks=pytest.mark.soak),
        pytest.param(signal.SIGQUIT, marks=pytest.mark.soak),
    ],
)
def test_a_signal_in_the_middle_of_paths_waits_until_the_terminal_is_given_back(
    home: Home, number: signal.Signals
) -> None:
    with home.open("paths", answers=fakes.SILENT) as terminal:
        terminal.wait_for(lambda _: QUESTION in terminal.raw)
        terminal.signal(number)
        assert terminal.wait_exit() in (128 + number, -number)
        assert terminal.changes() == []
