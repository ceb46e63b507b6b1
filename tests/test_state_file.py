"""What the dashboard remembers: optional, whatever the file holds and the disk does."""

from __future__ import annotations

import errno
import os
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tui.atomic_file import Filesystem
from tui.config import Paths
from tui.state_file import State, StateFile

NOW = datetime(2026, 7, 1, 12, 0, 5, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the file is, in a folder that is not there yet."""
    return tmp_path / "state" / "scenext-tui" / "state.toml"


def state_file(path: Path, fs: Filesystem | None = None) -> StateFile:
    return StateFile(path, now=lambda: NOW, fs=fs)


def write(path: Path, data: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())


def test_it_lies_in_the_state_folder_and_in_the_demos_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert Paths.standard().state == tmp_path / "state" / "scenext-tui" / "state.toml"
    assert Paths.inside(tmp_path).state == tmp_path / "state.toml"


def test_what_is_saved_is_remembered_for_this_user_alone(path: Path) -> None:
    file = state_file(path)
    assert file.load() == (State(), "")
    assert not path.parent.exists(), "reading makes nothing"
    file.save({"pictures": False})
    assert file.load() == (State(pictures=False), "")
    assert tomllib.loads(path.read_text()) == {"version": 1, "pictures": False}
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_other_keys_and_what_another_dashboard_wrote_meanwhile_stay(path: Path) -> None:
    one, other = state_file(path), state_file(path)
    write(path, 'version = 1\nview = "batches"\n[future]\nfolds = ["a"]\n')
    one.save({"pictures": False})
    other.save({"theme": "nord"})
    one.save({"pictures": True})
    assert tomllib.loads(path.read_text()) == {
        "version": 1,
        "view": "batches",
        "future": {"folds": ["a"]},
        "pictures": True,
        "theme": "nord",
    }


def test_what_makes_no_difference_is_not_written(path: Path) -> None:
    state_file(path).save({"pictures": False})
    before = path.stat()
    state_file(path).save({"pictures": False})
    assert path.stat() == before


@pytest.mark.parametrize("value", ["1", '"yes"', "[]", "1.5", "{ a = 1 }"])
def test_a_value_of_another_type_counts_as_none(path: Path, value: str) -> None:
    write(path, f"version = 1\npictures = {value}\n")
    assert state_file(path).load() == (State(), "")
    state_file(path).save({"pictures": False})
    assert state_file(path).load() == (State(pictures=False), "")


@pytest.mark.parametrize("version", ["2", '"1"', "[]", "99999999999999999999999"])
def test_a_later_versions_file_is_read_as_far_as_it_is_known_and_never_written(
    path: Path, version: str
) -> None:
    text = f"version = {version}\npictures = false\n"
    write(path, text)
    assert state_file(path).load() == (State(pictures=False), "")
    state_file(path).save({"pictures": True})
    assert path.read_text() == text


BROKEN = [b"pictures = ", b"\xff\xfe", b"\0" * 50, b"a = " + b"[" * 9_000, b"#" * (2 << 20)]


@pytest.mark.parametrize("data", BROKEN, ids=lambda data: repr(data[:6]))
def test_a_broken_file_is_set_aside_with_one_line(path: Path, data: bytes) -> None:
    for number in ("", "-2"):
        damaged = data + b"?" * len(number)
        write(path, damaged)
        state, line = state_file(path).load()
        aside = path.with_name(f"state.toml.broken-20260701-120005{number}")
        assert state == State()
        assert aside.name in line
        assert "\n" not in line
        assert aside.read_bytes() == damaged
        assert not path.exists()
    assert state_file(path).load() == (State(), "")


def test_what_breaks_while_it_is_used_is_set_aside_by_the_next_save(path: Path) -> None:
    write(path, b"pictures = ")
    state_file(path).save({"pictures": False})
    assert state_file(path).load() == (State(pictures=False), "")
    assert path.with_name("state.toml.broken-20260701-120005").read_bytes() == b"pictures = "


@pytest.mark.parametrize("value", ["0x" + "F" * 5_000, "[" * 400 + "]" * 400])
def test_what_can_be_read_but_not_written_stays_as_it_is(path: Path, value: str) -> None:
    text = f"pictures = false\nother = {value}\n"
    write(path, text)
    assert state_file(path).load() == (State(pictures=False), "")
    state_file(path).save({"pictures": True})
    assert path.read_text() == text


def _folder(path: Path) -> None:
    path.mkdir(parents=True)


def _fifo(path: Path) -> None:
    path.parent.mkdir(parents=True)
    os.mkfifo(path)


def _dangling(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.symlink_to(path.with_name("nowhere") / "state.toml")


def _no_folder(path: Path) -> None:
    path.parent.parent.mkdir(parents=True)
    path.parent.write_text("a file")


def _loop(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.symlink_to(path)


def _device(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.symlink_to("/dev/zero")


def _huge(path: Path) -> None:
    write(path, "pictures = false")
    os.truncate(path, 1 << 30)


@pytest.mark.parametrize("make", [_folder, _fifo, _loop, _device, _huge])
def test_what_can_never_be_read_is_set_aside_too(path: Path, make: Callable[[Path], None]) -> None:
    make(path)
    before = path.lstat()
    state, line = state_file(path).load()
    aside = path.with_name("state.toml.broken-20260701-120005")
    assert state == State()
    assert aside.name in line
    assert "\n" not in line
    assert aside.lstat().st_ino == before.st_ino, "not copied, and no link is followed"
    state_file(path).save({"pictures": False})
    assert state_file(path).load() == (State(pictures=False), "")


def test_what_cannot_be_set_aside_stays(path: Path) -> None:
    def fail(*args: object) -> None:
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))

    write(path, "pictures = ")
    fs = Filesystem()
    fs.link = fs.unlink = fail
    assert "at first" not in state_file(path, fs).load()[1]
    state_file(path, fs).save({"pictures": False})
    assert path.read_text() == "pictures = "


@pytest.mark.parametrize("make", [_folder, _fifo, _dangling, _no_folder])
def test_what_is_no_file_stops_nothing(path: Path, make: Callable[[Path], None]) -> None:
    make(path)
    state, line = state_file(path).load()
    assert state == State()
    assert "\n" not in line
    state_file(path).save({"pictures": False})


def test_a_file_that_is_kept_elsewhere_stays_there(path: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "state.toml"
    write(real, "pictures = true\n")
    path.parent.mkdir(parents=True)
    path.symlink_to(real)
    state_file(path).save({"pictures": False})
    assert path.is_symlink()
    assert tomllib.loads(real.read_text()) == {"version": 1, "pictures": False}


@pytest.mark.parametrize("call", ["open", "read", "write", "fsync", "replace", "mkdir", "listdir"])
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO])
def test_whatever_the_disk_does_the_old_file_or_the_new_one_is_there(
    path: Path, call: str, error: int
) -> None:
    def fail(*args: object) -> None:
        raise OSError(error, os.strerror(error))

    write(path, "version = 1\npictures = true\n")
    fs = Filesystem()
    setattr(fs, call, fail)
    state_file(path, fs).load()
    state_file(path, fs).save({"pictures": False})
    assert tomllib.loads(path.read_text())["pictures"] in (True, False)
    assert [each for each in path.parent.iterdir() if each.suffix == ".tmp"] == []


def test_a_lock_that_another_program_keeps_delays_but_does_not_stop_a_save(path: Path) -> None:
    fs = Filesystem()
    write(path, "")

    def busy(lock: Path, timeout: float) -> object:
        raise TimeoutError(f"{lock} {timeout}")

    fs.lock = busy  # type: ignore[assignment,method-assign]
    state_file(path, fs).save({"pictures": False})
    assert state_file(path).load() == (State(pictures=False), "")
