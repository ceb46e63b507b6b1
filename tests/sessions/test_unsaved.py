"""Quitting while the watchlist cannot be saved: nothing is lost without having been named."""

from __future__ import annotations

import signal
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.home import Home
from tests.support.terminal import Terminal
from tui.atomic_file import Filesystem
from tui.watchlist.storage import WatchlistFile

IDS = [f"id{number}" for number in range(120)]
DIALOG = "─ Not saved: "
LOST = "Lost: 120 tasks added. Not saved: "


@contextmanager
def dashboard(home: Home, *ids: str) -> Iterator[Terminal]:
    """Run the dashboard with `ids` added where a file is in the way of the data folder."""
    home.watchlist.parent.parent.write_text("in the way")
    with home.open("watch", *ids) as terminal:
        terminal.wait_for_text("Not saved: ")
        yield terminal


def words(terminal: Terminal) -> str:
    """Return the text on the screen as if the terminal had not broken its lines."""
    # A line that was broken at a blank has lost it.
    return "".join(line.ljust(120) for line in terminal.text().splitlines()).strip()


def saying(text: str) -> Callable[[str], bool]:
    """Return a condition for a text that the dialog may have broken into lines."""

    def says(shown: str) -> bool:
        inside = (line.split("│")[1] for line in shown.splitlines() if line.count("│") > 1)
        return "".join(text.split()) in "".join("".join(inside).split())

    return says


def entries(home: Home) -> list[tuple[str, str]]:
    return [(entry.id, entry.label) for entry in WatchlistFile(home.watchlist).load().entries]


def test_a_full_disk_is_told_of_before_the_end_and_the_tasks_saved_once_it_is_not(
    home: Home,
) -> None:
    with dashboard(home, *IDS) as terminal:
        terminal.press("q")
        terminal.wait_for(saying("Not saved yet: 120 tasks added."))
        terminal.wait_for(saying("a part of its path is not a folder; move that file away Try"))
        # Whoever presses q once more, or a key for the list, has not read it yet.
        terminal.press("q", "ctrl+q", "x", "space", "y")
        terminal.press("enter")  # Try again.
        terminal.press("escape")
        terminal.wait_gone(DIALOG)
        terminal.press("x", "ctrl+q")
        terminal.wait_for_text("Not saved yet: 119 tasks added.")
        home.watchlist.parent.parent.unlink()
        terminal.press("enter")
        assert terminal.wait_exit() == 0
        assert "Lost" not in terminal.text()
    assert entries(home) == [(task_id, "") for task_id in IDS[1:]]


def test_the_watchlist_is_written_to_another_file_and_can_be_put_back(home: Home) -> None:
    there = home.folder / "there.toml"
    there.write_text("somebody's")
    with dashboard(home, "one", "two") as terminal:
        terminal.press("a")
        terminal.wait_for_text("Add tasks")
        terminal.press("three", "tab", "勾股 3", "enter")
        terminal.wait_for_text("three")
        terminal.press("q")
        shown = terminal.wait_for_text("Not saved yet: 3 tasks added.")
        assert str(home.folder / "scenext-tui-watchlist-")[:40] in shown
        terminal.press("tab")
        for path, fault in (
            (str(there), "There is already a file of that name; choose another one."),
            (f"{home.folder}/missing/x", "There is no such folder; create it or name another."),
            ("~nobody-here/x", "Give the path of a file that does not exist yet."),
            (f"{home.folder}/data/x", "a part of its path is not a folder"),
            ("x" * 300, "the name is too long"),
        ):
            terminal.press("home", "ctrl+k", path, "enter")
            terminal.wait_for(saying(fault))
        assert there.read_text() == "somebody's"
        terminal.press("home", "ctrl+k", f"{home.folder}", "enter")
        assert terminal.wait_exit() == 0
        (written,) = home.folder.glob("scenext-tui-watchlist-*.toml")
        assert stat.S_IMODE(written.stat().st_mode) == 0o600
        command = words(terminal).partition("To put it back: ")[2]
    home.watchlist.parent.parent.unlink()
    subprocess.run(["/bin/sh", "-c", command], check=True)
    assert entries(home) == [("one", ""), ("two", ""), ("three", "勾股 3")]


def test_who_leaves_without_saving_is_told_what_is_lost(home: Home) -> None:
    with dashboard(home, *IDS) as terminal:
        # What is typed before the question is there waits for it, and reaches no list.
        terminal.press("q", "x", "x", "down", "down", "enter")
        assert terminal.wait_exit() == 1
        assert f"scenext-tui: {LOST}" in terminal.text()
    assert LOST in home.log.read_text("utf-8")


def test_where_nobody_answers_it_is_told_all_the_same(home: Home) -> None:
    with dashboard(home, *IDS) as terminal:
        terminal.signal(signal.SIGTERM)
        assert terminal.wait_exit() == 143
        assert f"scenext-tui: {LOST}" in terminal.text()
    log = home.log.read_text("utf-8")
    assert LOST in log
    # A hang-up leaves no time for words, so they are logged as soon as a save fails.
    assert "(120 changes wait)" in log.partition(LOST)[0]


def test_a_lock_that_hangs_is_asked_about_and_one_that_is_freed_ends_it(home: Home) -> None:
    home.watchlist.parent.mkdir(parents=True)
    with ExitStack() as stack:
        with Filesystem().lock(Path(f"{home.watchlist}.lock"), 5):
            terminal = stack.enter_context(home.open("watch", "7"))
            terminal.wait_for_text("filter")
            terminal.press("q")
            terminal.wait_for_text("another program may hold the lock")
            assert terminal.exit_code is None
        assert terminal.wait_exit() == 0
        assert "Lost" not in terminal.text()
    assert entries(home) == [("7", "")]


def test_a_quit_while_an_answer_is_still_being_carried_out_follows_it(home: Home) -> None:
    home.watchlist.parent.mkdir(parents=True)
    with ExitStack() as stack:
        stack.enter_context(Filesystem().lock(Path(f"{home.watchlist}.lock"), 5))
        terminal = stack.enter_context(home.open("watch", "one"))
        terminal.wait_for_text("one")
        terminal.press("q")
        terminal.wait_for_text(DIALOG)
        terminal.press("enter")  # Try again, which takes a second.
        terminal.wait_for_text("Saving …")
        terminal.press("escape")
        terminal.wait_gone(DIALOG)
        terminal.press("q")
        terminal.wait_for_text(DIALOG)
        terminal.press("escape", "a")
        terminal.wait_for_text("Add tasks")


def test_the_demo_does_not_ask(home: Home) -> None:
    home.command = ("/bin/bash", "-c", 'ulimit -f 4; exec "$@"', "sh", *home.command)
    with home.open("--demo") as terminal:
        terminal.wait_for_text("filter")
        terminal.press("a")
        terminal.wait_for_text("Add tasks")
        terminal.press(*(f"id{number} " for number in range(20)), "enter")
        terminal.wait_for_text("Not saved: ")
        terminal.press("q")
        assert terminal.wait_exit() == 0
