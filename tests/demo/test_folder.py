"""The demo's files are gone when it has ended, or at the next demo if it was killed."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import pytest

from tests.support.home import Home
from tui.demo.folder import demo_folder

NAME = "scenext-tui-demo-a1b2c3_z"


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def leave(path: Path) -> Path:
    """A demo's folder."""
    (path / "data").mkdir(parents=True)
    (path / "data" / "watchlist.toml").write_text("version = 1")
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_it_is_private_and_gone_afterwards(temporary: Path) -> None:
    with demo_folder() as folder:
        assert folder.parent == temporary
        assert folder.stat().st_mode & 0o777 == 0o700
        leave(folder / "deeper")
    assert names(temporary) == []
    with pytest.raises(FileExistsError), demo_folder() as folder:
        folder.mkdir()
    assert names(temporary) == []


def test_what_a_killed_demo_left_goes_and_what_another_is_using_stays(temporary: Path) -> None:
    leave(temporary / NAME)
    with demo_folder() as first, demo_folder() as second:
        assert names(temporary) == sorted((first.name, second.name))


@pytest.mark.parametrize(
    "name",
    [
        "scenext-tui-demo-",
        "scenext-tui-demo-mine",
        "scenext-tui-demo-a1b2c3_z.old",
        "scenext-tui-demo-A1B2C3_Z",
        "my-scenext-tui-demo-a1b2c3_z",
        "scenext-tui-demo-a1b2c3_z\n",
        "tmpa1b2c3_z",
    ],
)
def test_what_may_be_anybodys_stays(temporary: Path, name: str) -> None:
    leave(temporary / name)
    with demo_folder():
        pass
    assert names(temporary) == [name]


def test_a_link_and_a_file_of_such_a_name_stay(temporary: Path, tmp_path: Path) -> None:
    elsewhere = leave(tmp_path / "elsewhere")
    (temporary / NAME).symlink_to(elsewhere)
    (temporary / NAME.replace("z", "y")).write_text("mine")
    os.mkfifo(temporary / NAME.replace("z", "x"))
    with demo_folder():
        pass
    assert len(names(temporary)) == 3
    assert names(elsewhere) == ["data"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user's folder")
def test_another_users_folder_stays(temporary: Path) -> None:
    os.chown(leave(temporary / NAME), 65502, -1)
    with demo_folder():
        pass
    assert names(temporary) == [NAME]


def test_a_demo_that_is_killed_is_tidied_up_by_the_next(home: Home, tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    with home.open("--demo", env={"TMPDIR": str(temporary)}) as terminal:
        terminal.wait_for_text("filter")
        terminal.signal(signal.SIGKILL)
        terminal.wait_exit()
    (left,) = names(temporary)
    with home.open("--demo", env={"TMPDIR": str(temporary)}) as terminal:
        terminal.wait_for_text("filter")
        assert left not in names(temporary)
        terminal.press("q")
        assert terminal.wait_exit() == 0
    assert names(temporary) == []
