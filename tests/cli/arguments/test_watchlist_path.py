"""Another watchlist: by a flag or the configuration; never in the place of something else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.home import Home
from tui.cli.main import main
from tui.watchlist import asked

NOTES = "hello\n"


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Return a home without a configuration, which this very process uses too."""
    home = Home(tmp_path)
    for name, value in home.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    home.configure(theme="nrod")  # No script minds it.
    return home


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (NOTES, "is not valid TOML"),
        ('api_key = "sk-0123456789"\n', "is not a watchlist"),
        ("[project]\n", "is not a watchlist"),
        ("\udcff", "is not UTF-8 text"),
    ],
)
@pytest.mark.parametrize("linked", [False, True])
def test_a_file_that_is_no_watchlist_is_left_as_it_is(
    capfd: pytest.CaptureFixture[str], text: str, reason: str, linked: bool
) -> None:
    path = Path("notes.txt")
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    named = Path("link") if linked else path
    if linked:
        named.symlink_to(path)
    assert main(["add", "1", f"--watchlist={named}"]) == 1
    told = capfd.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"scenext-tui: --watchlist: {named.absolute()} {reason}")
    assert told.err.endswith("; name another file\n")
    assert path.read_bytes() == text.encode("utf-8", "surrogateescape")
    assert {each.name for each in Path().iterdir()} == {path.name, named.name, "config"}


def test_the_setting_is_told_by_its_file_and_its_key(
    own_home: Home, capfd: pytest.CaptureFixture[str]
) -> None:
    own_home.configure(watchlist="config.toml")
    before = own_home.config.read_text()
    assert main(["add", "1"]) == 1
    start = f"scenext-tui: {own_home.config}: watchlist: {own_home.config} is not a watchlist"
    assert capfd.readouterr().err.startswith(start)
    assert own_home.config.read_text() == before


@pytest.mark.parametrize(
    ("named", "told"),
    [
        (".", "is a folder; name a file in it"),
        ("config", "is a folder; name a file in it"),
        ("pipe", "is not a regular file; name another"),
        ("notes.txt/a.toml", "a part of its path is not a folder; move that file away"),
        ("a" * 300, "the name is too long; choose a shorter one"),
    ],
)
@pytest.mark.parametrize("command", [["add", "1"], ["list"], ["rm", "1"]])
def test_what_cannot_be_a_watchlist(
    capfd: pytest.CaptureFixture[str], command: list[str], named: str, told: str
) -> None:
    os.mkfifo("pipe")
    Path("notes.txt").write_text(NOTES)
    for name in ("pipe", "config"):
        Path(f"{name}.lock").touch()  # Another release may have left one.
    assert main([*command, "--watchlist", named]) == 1
    assert told in capfd.readouterr().err


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("", "the name of a file is missing"),
        (" ", "the name of a file is missing"),
        ("a\0b", "the name of a file is missing"),
        ("~nobody-of-that-name/x", "“~” stands for no known user"),
    ],
)
@pytest.mark.parametrize("flag", ["--config", "--watchlist"])
def test_a_name_that_is_none(
    capfd: pytest.CaptureFixture[str], flag: str, named: str, told: str
) -> None:
    assert run(["paths", flag, named]) == 2
    assert f"argument {flag}: {told}" in capfd.readouterr().err


def test_a_home_that_the_shell_left_as_it_is(own_home: Home) -> None:
    assert main(["add", "1", "--watchlist=~/new/school.toml"]) == 0
    path = own_home.folder / "new" / "school.toml"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert not Path("~").exists()


def test_a_watchlist_by_hand_and_a_damaged_one_go_on(capfd: pytest.CaptureFixture[str]) -> None:
    path = Path("mine.toml")
    path.write_text('[[task]]\nid = "5"\n')
    assert main(["add", "1", "--watchlist", "mine.toml"]) == 0
    path.write_text("version = ")  # It has a lock and a backup beside it by now.
    assert main(["add", "2", "--watchlist", "mine.toml"]) == 0
    assert "Its backup mine.toml.bak was loaded" in capfd.readouterr().err
    assert 'id = "5"' in path.read_text()


def test_two_names_of_one_watchlist_share_its_lock_and_the_time_of_the_last_poll() -> None:
    Path("folder").mkdir()
    Path("link.toml").symlink_to("folder/mine.toml")
    assert main(["add", "1", "--watchlist", "link.toml"]) == 0
    assert main(["add", "2", "--watchlist", "folder/mine.toml"]) == 0
    asked.touch(Path("link.toml").absolute())
    names = {path.name for path in Path("folder").iterdir()}
    assert names == {"mine.toml", "mine.toml.lock", "mine.toml.bak", "mine.toml.asked"}
    assert asked.marker(Path("folder/mine.toml")) == asked.marker(Path("link.toml"))


def test_paths_prints_what_a_broken_configuration_leaves(
    own_home: Home, capfd: pytest.CaptureFixture[str]
) -> None:
    own_home.configure(watchlist=5)
    assert main(["paths"]) == 1
    told = capfd.readouterr()
    names = [line.split()[0] for line in told.out.splitlines()]
    assert names == ["config", "log", "state"]
    assert told.err == f"scenext-tui: {own_home.config}: watchlist must be a text in quotes\n"
    assert main(["paths", "--watchlist", "mine.toml"]) == 0
    assert str(Path("mine.toml").absolute()) in capfd.readouterr().out


def test_the_demo_has_a_watchlist_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["--demo", "--watchlist", "mine.toml"]) == 2
    assert "--demo brings its own tasks and watchlist" in capfd.readouterr().err


def run(arguments: list[str]) -> object:
    """Return the exit code."""
    try:
        return main(arguments)
    except SystemExit as ended:
        return ended.code
