"""Which tasks a command is about."""

from __future__ import annotations

import json

import pytest

from tests.support.commands import Commands

ALL = ["1", "2", "3", "4"]


@pytest.fixture
def watched(run: Commands) -> Commands:
    """Return commands on a watchlist of four tasks in two batches, one of them without a label."""
    run("add", "1", "2", "--label", "batch [1]")
    run("add", "3", "--label", "Re\u0301sume\u0301 2")
    run("add", "4")
    return run


def ids(run: Commands, *arguments: str, stdin: str = "") -> list[str]:
    """Return the IDs that `list` prints."""
    done = run("list", *arguments, stdin=stdin)
    assert (done.code, done.err) == (0, "")
    return [line.split("\t")[1] for line in done.out.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "stdin", "expected"),
    [
        ((), "", ALL),
        (("3", "1"), "", ["3", "1"]),
        (("3,1;3", "https://api.scenext.cn/api/get_status/4"), "", ["3", "1", "4"]),
        (("--label", "batch*"), "", ["1", "2"]),
        (("--label", "batch [[]1]"), "", ["1", "2"]),
        (("--label", "batch [1]"), "", ["1", "2"]),
        (("--label", "R\u00e9sum\u00e9 ?"), "", ["3"]),
        (("--label", ""), "", ["4"]),
        (("--label", "?*"), "", ["1", "2", "3"]),
        (("-",), "# both\n4 # the last\n\n1,4\n", ["4", "1"]),
    ],
    ids=ascii,
)
def test_tasks_are_selected(
    watched: Commands, arguments: tuple[str, ...], stdin: str, expected: list[str]
) -> None:
    assert ids(watched, *arguments, stdin=stdin) == expected


@pytest.mark.parametrize("command", [("list",), ("rm",), ("label", "x")])
@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (("-",), "", "standard input holds no task ID"),
        (("-",), "# nothing\n\n", "standard input holds no task ID"),
        (("-", "1"), "1", "“-” is standard input, and cannot be combined with IDs"),
        (("-",), "1\n..\n", "line 2: “..” is no task ID"),
        (("-",), "1\n1.2345E+17\n", "line 2: “1.2345E+17” is a number as a spreadsheet shows it"),
        (("-",), "\x00", "standard input holds no task ID"),
        ((",",), "", "the arguments hold no task ID"),
        (("..",), "", "“..” is no task ID"),
        (("9" * 200,), "", "a task ID has at most 128 characters"),
        (("--label", "nothing*"), "", "no task of the watchlist has a label like “nothing*”"),
        (("--label", "\udcff\x1b[31m"), "", "no task of the watchlist has a label like"),
        (("--label", "*a" * 100 + "["), "", "no task of the watchlist has a label like"),
        (("--label", "[" * 100_000), "", "--label takes a pattern of at most 1,000 characters"),
        (("1", "--label", "b*"), "", "either name tasks or select them with --label"),
    ],
    ids=ascii,
)
def test_what_selects_nothing_is_wrong_usage_and_changes_nothing(
    watched: Commands,
    command: tuple[str, ...],
    arguments: tuple[str, ...],
    stdin: str,
    words: str,
) -> None:
    before = watched.home.watchlist.read_bytes()
    done = watched(*command, *arguments, stdin=stdin)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"scenext-tui: {words}")
    assert done.err.count("\n") == 1
    assert done.err.rstrip("\n").isprintable()
    assert watched.home.watchlist.read_bytes() == before


@pytest.mark.parametrize("data", [b"1\n\xff\n", b"1\n" * (9 << 20)])
def test_input_that_is_no_list_of_ids_is_told(watched: Commands, data: bytes) -> None:
    done = watched("list", "-", "--json", stdin=data)
    assert (done.code, done.out) == (2, "")
    assert json.loads(done.err)["code"] == "usage"
    assert "standard input is " in json.loads(done.err)["message"]


@pytest.mark.parametrize(
    ("word", "quoted"),
    [
        *(("ids.txt", "ids.txt"), ("@ids.txt", "ids.txt"), ("./ids", "./ids")),
        ("my ids.txt", "'my ids.txt'"),
    ],
)
def test_a_file_is_not_added_as_a_task(run: Commands, word: str, quoted: str) -> None:
    for name in ("ids.txt", "my ids.txt", "ids"):
        (run.home.folder / name).write_text("1\n2\n")
    done = run("add", word)
    assert (done.code, done.out) == (2, "")
    assert f"is a file; to add the IDs in it: scenext-tui add - < {quoted}\n" in done.err
    assert not run.home.watchlist.exists()
    assert run("add", "ids", "no-file.txt").code == 0, "either may be an ID"


@pytest.mark.parametrize("word", ["", " ", ","])
def test_an_argument_without_an_id_is_not_success(run: Commands, word: str) -> None:
    done = run("add", word)  # As of a script whose variable is empty.
    assert (done.code, done.out) == (2, "")
    assert "the arguments hold no task ID" in done.err
