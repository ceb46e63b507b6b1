"""Input over lines that tear it apart, from terminals that say odd things."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.sessions.test_open_frame import SSH
from tests.support.home import Home
from tests.support.service import ScriptedService, completed, frame_url
from tests.support.terminal import Terminal
from tui.watchlist.storage import WatchlistFile

NAMES = ("one", "two", "three")
PAUSE = 0.2
"""Seconds between two parts of a key on a slow line: longer than a lone ESC waits."""


@pytest.fixture
def terminal(home: Home, service: ScriptedService, downloads: Path) -> Iterator[Terminal]:
    """Open a dashboard with three tasks that have completed."""
    for task_id in NAMES:
        service.script(task_id, completed(task_id, frames=[frame_url(task_id, 1)]))
    home.watchlist.parent.mkdir(parents=True)
    entries = (f'[[task]]\nid = "{each}"\nadded = 2026-01-02T03:04:05Z\n' for each in NAMES)
    home.watchlist.write_text("".join(("version = 1\ncount = 3\n", *entries)))
    with home.open(env=SSH) as opened:
        opened.wait_for_text("Finished  3")
        opened.wait_for_text("refresh")
        opened.wait_quiet(0.2)
        yield opened


def send(terminal: Terminal, *parts: bytes, pause: float = PAUSE) -> None:
    """Send the parts of something with pauses in between."""
    for part in parts:
        terminal.write(part)
        terminal.read_for(pause)


def watched(home: Home) -> list[str]:
    return [entry.id for entry in WatchlistFile(home.watchlist).load().entries]


def quit_well(terminal: Terminal) -> None:
    """Quit by the key, which must have its meaning."""
    terminal.press("q")
    assert terminal.wait_exit() == 0


def test_what_a_slow_line_tears_apart_is_no_key(
    terminal: Terminal, service: ScriptedService, downloads: Path
) -> None:
    requests = len(service.requests)
    send(terminal, b"\x1b", b"[D")
    send(terminal, b"\x1b", b"[", b"D")
    # Answers to our own questions: one asks about all tasks, one opens the help, if it is letters.
    send(terminal, b"\x1b", b"[12;5R")
    send(terminal, b"\x1b", b"[?", b"2026;2$y")
    send(terminal, b"\x1b]11;rgb:0000/", b"0000/0000\x1b", b"\\")
    shown = terminal.text()
    assert "esc: close" not in shown
    assert "Sav" not in shown.replace("Save", "")
    assert list(downloads.iterdir()) == []
    assert len(service.requests) == requests
    # Keys in pieces mean what they are.
    send(terminal, b"g", b"\x1b", pause=0.05)
    send(terminal, b"[B", pause=0.3)
    terminal.wait_for_text("│ two")
    quit_well(terminal)


def test_a_paste_that_the_line_broke_ends(terminal: Terminal, home: Home) -> None:
    for end, pause, key, shown in (
        *((b"\x03", 0.0, "j", "│ two"), (b"\x1b[99;5u", 0.0, "j", "│ three")),
        (b"x", 3.3, "g", "│ one"),
    ):
        send(terminal, b"\x1b[200~DxxD\rx", end)
        terminal.read_for(pause)
        terminal.press(key)
        terminal.wait_for_text(shown)
    quit_well(terminal)
    assert watched(home) == ["one", "two", "three"]


def test_input_that_a_suspension_tears_apart_is_no_key(
    terminal: Terminal, home: Home, downloads: Path
) -> None:
    """A script stops and continues the program; the raw link is shown, and left by a slow esc."""
    for begun, rest in (
        (b"\x1b[200~text", b"xD\rx\x1b[201~"),
        (b"\x1b[1;5", b"D"),
        (b"\x1b", b"[D"),
    ):
        send(terminal, begun)
        terminal.signal(signal.SIGSTOP)
        terminal.signal(signal.SIGCONT)
        terminal.read_for(0.4)
        send(terminal, rest)
    terminal.press("g", "tab", "j", "o")
    terminal.wait_for_text("open frame1 of one")
    terminal.write(b"u\x1b[200~text")
    terminal.wait_for_text("Press enter to go back.")
    send(terminal, b"q\x1b[201~")
    assert "Press enter to go back." in terminal.text()
    # A lone esc waits for a second where an answer of the terminal is due.
    send(terminal, b"\x1b", b"[D", pause=1.5)
    terminal.wait_for_text("open frame1 of one")
    terminal.press("escape")
    terminal.wait_gone("open frame1 of one")
    assert list(downloads.iterdir()) == []
    quit_well(terminal)
    assert watched(home) == ["one", "two", "three"]


def test_nothing_that_is_pasted_is_a_key(terminal: Terminal, home: Home, downloads: Path) -> None:
    unknown = "\x1b[" + "1;" * 40 + "x"
    hostile = f"xxD\r{unknown}x\x1b[D\x1b[<0;5;5M\x1b[O\x1b]0;xxx\x07?R\x1b"
    for opened, closed in (("", ""), ("?", "escape"), ("ctrl+p", "escape"), ("o", "escape")):
        if opened:
            terminal.press(opened)
        terminal.read_for(0.2)
        for data in (f"\x1b[200~{hostile}\x1b[201~", f"\x1b[201~\x1b[200~{hostile}"):
            terminal.write(data.encode())
        send(terminal, b"\x1b[20", b"1~", pause=0.12)
        terminal.press(*[closed] * bool(closed), *["escape"] * bool(closed))
    assert list(downloads.iterdir()) == []
    terminal.wait_for("3 (done|waiting|trouble)")
    # Where text can be typed, its first line comes.
    terminal.press("/")
    terminal.wait_for_text("to the list")
    terminal.write(b"\x1b[200~th\x1b[Dree\rx\x1b[201~")
    terminal.wait_for_text("th" + "ree")
    terminal.wait_gone("two")
    terminal.press("escape", "escape")
    quit_well(terminal)
    assert watched(home) == ["one", "two", "three"]


IDS = b"12345\rc4a7f19e\r55d6\r"
UNMARKED = [
    (IDS.replace(b"\r", b"\r\n"),),
    # In packets, with the terminal's answers to what is shown in between.
    (IDS[:6], IDS[6:11], IDS[11:]),
    (b"12345\r\tc4a7f19e\t55d6\r",),
]


def test_ids_can_be_pasted_where_a_terminal_does_not_mark_it(
    terminal: Terminal, home: Home
) -> None:
    for parts in UNMARKED:
        terminal.press("a")
        terminal.wait_for_text("Add tasks")
        send(terminal, *parts, pause=0.1)
        terminal.read_for(0.3)
        terminal.wait_for(r"12345 +c4a7f19e +55d6")
        assert "Add tasks" in terminal.text(), "an enter inside a text adds nothing"
        terminal.press("enter")
        terminal.wait_gone("Add tasks")
        terminal.wait_for(lambda _: watched(home)[3:] == ["12345", "c4a7f19e", "55d6"])
        for task_id in ("55d6", "c4a7f19e", "12345"):
            terminal.wait_for_text(task_id)
        terminal.wait_for_text("! 3 trouble")
        # The first of them is selected.
        terminal.press("xxx")
        terminal.wait_for("3 (done|waiting|trouble)")
        terminal.wait_for(lambda _: watched(home) == ["one", "two", "three"])
    # In a bundle over a slow line, a tab and an enter are keys.
    terminal.write(b"a77777\tbatch 7\r")
    terminal.wait_for_text("batch 7")
    terminal.wait_for(lambda _: watched(home)[3:] == ["77777"])
    quit_well(terminal)


ODD = [
    b"\x1b[48;30;100;0;0t\x1b[<35;10;10M\x1b[<0;3;3M\x1b[<0;3;3m",
    b"\x1b[48;0;0;0;0t\x1b[48;99999;99999;1;1t\x1b[8;0;0t\x1b[?2048;2$y\x1b[<35;1;1M",
    b"\x1b[?2048;" + b"9" * 5000 + b"$y",
    b"\x1b[1114112u\x1b[55296u\x1b[97;;1114112u\x1b[97;;55296u\x1b[-1u\x1b[:u\x1b[;u\x1b[u",
    b"\x1b[<" + b"9" * 5000 + b";1;1M\x1b[<0;-1;-1M\x1b[<;;M\x1b[<0;1M\x1b[<255;1;1M",
    b"\x1b[" + b"9" * 5000 + b";1R\x1b[0;0R\x1b[99999999;99999999R\x1b[;R",
    b"\x1b[27;999;99999999~\x1b[200;1~\x1b[1;999A\x1b[3;9999~\x1b[;5A\x1b[1:2:3;4:5A",
    b"\x1b[M\xff\xff\xff\x1b[32;5;5M\x9b\xc2\x9b\xff\xfe\xed\xa0\x80",
]


def test_nothing_odd_that_a_terminal_reports_ends_the_program(
    terminal: Terminal, home: Home
) -> None:
    for odd in ODD:
        send(terminal, odd, odd[: len(odd) // 2], pause=0.03)
    terminal.write(b"\x1b[<0;9;3M\x1b[<0;9;3m")
    terminal.press("g", "j")
    terminal.wait_for_text("│ two")
    log = home.log.read_text()
    assert "Traceback" not in log
    assert log.count("input dropped: an unknown sequence") <= 1
    quit_well(terminal)
    assert watched(home) == ["one", "two", "three"]


def test_escape_and_the_next_key_in_one_are_both(terminal: Terminal, home: Home) -> None:
    terminal.press("g", "?")
    terminal.wait_for_text("esc: close")
    terminal.write(b"\x1bj")
    terminal.wait_gone("esc: close")
    terminal.wait_for_text("│ two")
    terminal.press("/")
    terminal.wait_for_text("to the list")
    # What alt has a meaning for in a field keeps it.
    terminal.press("thr three")
    terminal.write(b"\x1b\x7f")
    terminal.wait_for_text(": thr" if ": thr" in terminal.text() else "thr")
    terminal.wait_gone("thr three")
    terminal.write(b"\x1b\x1b[B\x1bk")
    terminal.wait_gone("to the list")
    terminal.press("?")
    terminal.wait_for_text("esc: close")
    terminal.write(b"\x1bq")
    assert terminal.wait_exit() == 0
    assert watched(home) == ["one", "two", "three"]


def test_a_key_does_not_wait_for_hundreds_of_reports(terminal: Terminal) -> None:
    terminal.press("g")
    for reports in (b"\x1b[O\x1b[I", b"\x1b[<35;20;9M\x1b[<35;30;5M\x1b[12;5R"):
        terminal.press("g")
        terminal.wait_for_text("│ one")
        began = time.monotonic()
        for _ in range(200):
            # Each in a read of its own, as from a terminal that changes its mind.
            terminal.write(reports)
            time.sleep(0.0005)
        terminal.press("j")
        terminal.wait_for_text("│ two")
        # It were 5 to 7 s; the margin is for a loaded machine.
        assert time.monotonic() - began < 3
    quit_well(terminal)


WHAT_IS_LEFT = """
import os, select, subprocess, sys, tty
subprocess.run(sys.argv[1:])
tty.setcbreak(0)
ready, _, _ = select.select([0], [], [], 0.6)
print("left:", os.read(0, 99) if ready else "nothing", flush=True)
"""


def test_the_rest_of_a_key_or_a_paste_does_not_reach_the_shell(
    home: Home, service: ScriptedService
) -> None:
    argv = [sys.executable, "-c", WHAT_IS_LEFT, *home.command]
    parts = ((b"\x1b[<35;1", b"0;3M"), (b"\x1b[200~rm ", b"x\r\x1b[201~"))
    with ExitStack() as stack:
        # Side by side: most of it is waiting.
        terminals = [stack.enter_context(Terminal(argv, env=home.environment())) for _ in parts]
        for terminal in terminals:
            terminal.wait_for_text("a add")
            terminal.wait_quiet(0.2)
        for terminal, (begun, _) in zip(terminals, parts, strict=True):
            terminal.write(b"q" + begun)
        terminals[0].read_for(0.3)
        for terminal, (_, rest) in zip(terminals, parts, strict=True):
            terminal.write(rest)
        for terminal in terminals:
            terminal.wait_for_text("left:")
            assert "left: nothing" in terminal.text()
