"""Commands that read a watchlist write nothing, and tell of one that is not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.commands import Commands

READING = (
    ("list",),
    ("list", "--json"),
    ("list", "--line"),
    ("list", "--label", "*"),
    ("paths",),
    ("status", "1"),
    ("wait", "1"),
    ("rm", "9"),
    ("rm", "--label", "no*"),
    ("label", "x", "9"),
)
DAMAGED = 'version = 1\n[[task]]\nid = "1"\nstatus = "COMPLETED"\n[[task]]\nid = true\n'


def files(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    """Return what a folder holds, and when and how each file of it was written."""
    return {
        path.name: (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode)
        for path in folder.iterdir()
    }


@pytest.mark.parametrize("text", [DAMAGED, "version = ", "\0\udcff"])
@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_a_damaged_watchlist_is_left_as_it_is(
    run: Commands, command: tuple[str, ...], text: str
) -> None:
    folder = run.home.watchlist.parent
    folder.mkdir(parents=True)
    run.home.watchlist.write_bytes(text.encode("utf-8", "surrogateescape"))
    run.home.watchlist.chmod(0o644)
    (folder / "watchlist.toml.bak").write_text(DAMAGED)
    before = files(folder)
    done = run(*command)
    assert done.code in (0, 1, 2)
    assert "copy is in" not in done.err
    assert files(folder) == before


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("list",), 0),
        (("list", "--json"), 0),
        (("list", "--line"), 0),
        (("list", "1"), 1),
        (("list", "--label", "*"), 2),
        (("rm", "1"), 1),
        (("rm", "--finished"), 0),
        (("rm", "--label", "*"), 2),
        (("label", "x", "1"), 1),
        (("label", "x", "-"), 2),
        (("wait",), 0),
        (("wait", "--label", "*"), 2),
        (("status",), 0),
    ],
    ids=str,
)
@pytest.mark.parametrize("source", ["flag", "setting", "link"])
def test_a_name_that_leads_nowhere_is_told(
    run: Commands, command: tuple[str, ...], code: int, source: str
) -> None:
    named = run.home.folder / "typo.toml"
    if source == "link":
        named.symlink_to("nowhere.toml")
    if source == "setting":
        run.home.configure(watchlist=str(named))
        done = run(*command)
    else:
        done = run(*command, "--watchlist", named)
    words = f"{named}: there is no such file; it counts as empty."
    first = done.err.splitlines()[0]
    told = json.loads(first)["message"] if "--json" in command else first
    assert (done.code, told.removeprefix("scenext-tui: ")) == (code, words)
    assert done.err.count("no such file") == 1
    assert not named.exists()
    assert not list(run.home.folder.glob("typo.toml.*"))


def test_who_has_added_nothing_yet_has_mistyped_nothing(run: Commands) -> None:
    assert run("list") == (0, "", "")
    done = run("list", "--watchlist", run.home.watchlist)
    assert "there is no such file" in done.err


def test_a_damaged_watchlist_may_be_why_nothing_is_selected(run: Commands) -> None:
    run.home.watchlist.parent.mkdir(parents=True)
    run.home.watchlist.write_text(DAMAGED)
    done = run("rm", "--label", "no*")
    assert done.code == 2
    assert ["1 damaged entry" in line for line in done.err.splitlines()] == [True, False]
