"""`rm` and `label`: change the selected tasks of the watchlist."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.commands import Commands
from tests.support.home import Home
from tui.cli.arguments.parser import build_parser
from tui.cli.changing import change_selected
from tui.config import Paths
from tui.scenext.models import TaskStatus
from tui.watchlist.entries import Add, Entry, Remove, Update
from tui.watchlist.storage import WatchlistFile
from tui.wording.changes import removed

NOW = datetime.now(UTC)


@pytest.fixture
def watched(run: Commands) -> Commands:
    """Return commands on a watchlist of four tasks, two of which have ended."""
    file = WatchlistFile(run.home.watchlist)
    file.save([Add(Entry(task_id, NOW, f"batch {task_id}")) for task_id in "1234"])
    file.save([Update("2", TaskStatus.COMPLETED), Update("3", TaskStatus.FAILED)])
    return run


def labels(run: Commands) -> dict[str, str]:
    """Return the labels in the watchlist, by ID."""
    entries = WatchlistFile(run.home.watchlist).load().entries
    return {entry.id: entry.label for entry in entries}


@pytest.mark.parametrize(
    ("arguments", "stdin", "left", "words"),
    [
        (("1",), "", "234", "Removed 1 task."),
        (("1", "https://api.scenext.cn/api/get_status/3"), "", "24", "Removed 2 tasks."),
        (("--finished",), "", "14", "Removed 2 tasks."),
        (("--label", "*[34]"), "", "12", "Removed 2 tasks."),
        (("--label", "*"), "", "", "Removed 4 tasks."),
        (("-",), "4\n1\n", "23", "Removed 2 tasks."),
    ],
)
def test_tasks_are_removed(
    watched: Commands, arguments: tuple[str, ...], stdin: str, left: str, words: str
) -> None:
    assert watched("rm", *arguments, stdin=stdin) == (0, f"{words}\n", "")
    assert list(labels(watched)) == list(left)


def test_nothing_that_has_ended_is_nothing_to_do(watched: Commands) -> None:
    watched("rm", "--finished")
    assert watched("rm", "--finished") == (0, "Removed 0 tasks.\n", "")


@pytest.mark.parametrize(
    ("arguments", "stdin", "changed"),
    [
        (("new", "1", "3"), "", "13"),
        (("new", "--label", "batch [12]"), "", "12"),
        (("new", "-"), "4", "4"),
        (("", "2"), "", "2"),
        (("  ", "--label", "*"), "", "1234"),
    ],
)
def test_tasks_are_labelled(
    watched: Commands, arguments: tuple[str, ...], stdin: str, changed: str
) -> None:
    before, new = labels(watched), arguments[0].strip()
    count = f"{len(changed)} {'task' if len(changed) == 1 else 'tasks'}"
    words = f"Labelled {count} “{new}”." if new else f"Unlabelled {count}."
    assert watched("label", *arguments, stdin=stdin) == (0, f"{words}\n", "")
    assert labels(watched) == before | dict.fromkeys(changed, new)


def test_a_label_is_cleaned_and_cut_as_everywhere(watched: Commands) -> None:
    done = watched("label", "\x1b]0;owned\x07\x1b[31ma\tb\n\udcff" + "勾" * 300, "1")
    assert done.code == 0
    assert done.out.rstrip("\n").isprintable()
    label = labels(watched)["1"]
    assert label.startswith("a b ⏎ ?勾")
    assert len(label) == 200


def test_a_label_in_utf_8_is_one_in_every_locale(watched: Commands) -> None:
    typed = os.fsencode("批次 8").decode("ascii", "surrogateescape")
    assert watched("label", typed, "1").code == 0
    assert watched("add", "5", "--label", typed).code == 0
    assert labels(watched)["1"] == labels(watched)["5"] == "批次 8"
    glob = os.fsencode("批*").decode("ascii", "surrogateescape")
    assert watched("rm", "--label", glob).out == "Removed 2 tasks.\n"


def test_a_label_that_nobody_can_see_takes_none_away(watched: Commands) -> None:
    done = watched("label", "\x1b[31m\u200b", "1")
    assert (done.code, done.out) == (2, "")
    assert "the label holds nothing that can be seen" in done.err
    assert labels(watched)["1"] == "batch 1"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("rm",), "which tasks? Name their IDs, or use --label GLOB, --finished, or - for"),
        (("rm", "--finished", "1"), "either name tasks, select them with --label, or use"),
        (("rm", "--finished", "--label", "*"), "either name tasks, select them with --label, or"),
        (("rm", "--label", ""), "--label is empty; tasks without a label are removed by their IDs"),
        (("rm", "--label="), "--label is empty; tasks without a label are removed by their IDs"),
        (("label", "x"), "which tasks? Name their IDs, or use --label GLOB, or - for standard"),
        (("label",), "the following arguments are required: TEXT"),
    ],
)
def test_a_change_of_no_task_is_wrong_usage(
    watched: Commands, arguments: tuple[str, ...], words: str
) -> None:
    before = watched.home.watchlist.read_bytes()
    done = watched(*arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert watched.home.watchlist.read_bytes() == before


@pytest.mark.parametrize(("command", "words"), [(("rm",), "Removed"), (("label", "x"), "Labelled")])
def test_a_task_that_is_not_watched_is_told_and_the_others_are_done(
    watched: Commands, command: tuple[str, ...], words: str
) -> None:
    done = watched(*command, "9", "1", "8")
    assert (done.code, done.out.split(" task")[0]) == (1, f"{words} 1")
    assert done.err.splitlines() == [
        "scenext-tui: 9 is not in the watchlist",
        "scenext-tui: 8 is not in the watchlist. “scenext-tui list” prints what is.",
    ]


def test_a_label_behind_the_task_is_told_to_come_first(watched: Commands) -> None:
    done = watched("label", "2", "my name")
    assert done.code == 1
    assert done.err.splitlines() == [
        "scenext-tui: my is not in the watchlist",
        "scenext-tui: name is not in the watchlist. “2” is a task: the label comes first, then the"
        " IDs.",
    ]
    assert "“2”" not in watched("label", "2", "1", "9").err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("rm", "--finished"), 0, ""),
        (("rm", "--label", "batch [23]"), 0, ""),
        (("rm", "2", "3"), 1, "scenext-tui: 2 is not in the watchlist. "),
    ],
)
def test_what_is_removed_at_the_same_time_is_missed_only_by_its_name(
    watched: Commands,
    capfd: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    code: int,
    words: str,
) -> None:
    file = WatchlistFile(watched.home.watchlist)

    def remove_what_another_removes_too(task_id: str) -> Remove:
        file.save([Remove("2")])
        return Remove(task_id)

    options = build_parser().parse_args(arguments)
    paths = Paths.inside(watched.home.watchlist.parent)
    assert change_selected(options, paths, remove_what_another_removes_too, removed) == code
    told = capfd.readouterr()
    assert (told.out, told.err[: len(words) or None]) == ("Removed 1 task.\n", words)


@pytest.mark.parametrize("command", [("rm", "9"), ("label", "x", "9"), ("rm", "--finished")])
def test_a_watchlist_that_is_missing_is_not_made(run: Commands, command: tuple[str, ...]) -> None:
    assert run(*command).code == (0 if "--finished" in command else 1)
    assert not run.home.watchlist.parent.exists()


@pytest.mark.parametrize("command", [("rm", "1"), ("rm", "--finished"), ("label", "x", "1")])
def test_a_save_that_fails_is_told_with_its_reason(
    watched: Commands, command: tuple[str, ...]
) -> None:
    lock = Path(f"{watched.home.watchlist}.lock")
    lock.unlink()
    lock.mkdir()
    done = watched(*command)
    assert (done.code, done.out) == (1, "")
    assert done.err == f"scenext-tui: Not saved: {lock}: it is a folder; move it away\n"
    assert len(labels(watched)) == 4


def test_a_watchlist_of_a_newer_release_is_not_changed(watched: Commands) -> None:
    text = watched.home.watchlist.read_text("utf-8").replace("version = 1", "version = 2")
    watched.home.watchlist.write_text(text, "utf-8")
    for command in (("rm", "1"), ("rm", "--finished"), ("label", "x", "1")):
        done = watched(*command)
        assert (done.code, done.out) == (1, "")
        assert "Not saved: " in done.err
        assert "was written by a newer scenext-tui; update this one" in done.err
    assert watched.home.watchlist.read_text("utf-8") == text


def test_a_watchlist_that_cannot_be_read_is_not_changed(run: Commands) -> None:
    run.home.watchlist.mkdir(parents=True)
    for command in (("rm", "--finished"), ("rm", "--label", "*"), ("label", "x", "1")):
        done = run(*command)
        assert (done.code, done.out) == (1, "")
        assert "Could not read" in done.err


def test_what_was_done_is_done_whatever_the_output_is(home: Home) -> None:
    WatchlistFile(home.watchlist).save([Add(Entry("t1", NOW)), Add(Entry("t2", NOW))])
    command = home.command
    home.command = ("/bin/sh", "-c", 'exec "$@" >&-', "sh", *command)
    done = home.run("rm", "t1")
    assert (done.returncode, done.stderr) == (
        0,
        "scenext-tui: Removed 1 task. (output: it is closed)\n",
    )
