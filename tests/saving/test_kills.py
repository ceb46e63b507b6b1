"""A save that is killed leaves nothing or the whole file, at whatever step, and the next tidies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tui.saving.file_writer import PartialFile

CONTENT = b"a whole picture"

KILLED_AT_EACH_STEP = """
import errno, json, os, signal, sys, traceback
from pathlib import Path
from tui.saving.file_writer import PartialFile

STEPS = {"open", "os.link", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "fcntl.flock",
         "ctypes.dlsym"}

def refuse(*_, **__):
    raise OSError(errno.EPERM, "")

def save(path, kill_at):
    step = 0
    def hook(event, _):
        nonlocal step
        if event in STEPS:
            if step == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            step += 1
    sys.addaudithook(hook)
    file = PartialFile(path)
    file.open()
    file.write(b"a whole ")
    file.write(b"picture")
    file.commit()
    file.discard()

system, root = sys.argv[1], Path(sys.argv[2])
if system != "nameless files":
    os.O_TMPFILE = 0
if system == "no hard links":
    os.link = refuse
left = []
while True:
    folder = root / str(len(left))
    child = os.fork()
    if not child:
        try:
            save(folder / "frame1.png", len(left))
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if folder.exists():
        left.append({each.name: each.read_bytes().decode() for each in folder.iterdir()})
    else:
        left.append({})
    if not os.WIFSIGNALED(status):
        break
print(json.dumps([os.WEXITSTATUS(status), left]))
"""


@pytest.mark.parametrize("system", ["nameless files", "named files", "no hard links"])
def test_a_save_that_is_killed_leaves_nothing_or_the_whole_file(
    tmp_path: Path, system: str
) -> None:
    """Before each call that changes the disk; writing is between two of them."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED_AT_EACH_STEP, system, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert not done.stderr
    code, left = json.loads(done.stdout)
    assert code == 0
    assert len(left) > 4
    assert left[0] == {}
    assert left[-1] == {"frame1.png": CONTENT.decode()}
    for number, files in enumerate(left):
        assert files.pop("frame1.png", CONTENT.decode()) == CONTENT.decode()
        if system == "nameless files":
            assert not files
        assert all(name.startswith(".") for name in files)
        save(tmp_path / str(number) / "frame2.png")
        assert {each.name for each in (tmp_path / str(number)).iterdir()} <= {
            "frame1.png",
            "frame2.png",
        }


def save(path: Path) -> Path:
    file = PartialFile(path)
    try:
        file.open()
        file.write(CONTENT)
        return file.commit()
    finally:
        file.discard()


def leave(path: Path, seconds_ago: float = 7200) -> Path:
    """A file as a save that was killed so long ago left it."""
    path.write_bytes(b"half")
    os.utime(path, (time.time() - seconds_ago,) * 2)
    return path


LEFT = [
    (".scenext-0123456789abcdef.part", 0),
    (".scenext-0123456789abcdef.part", 7200),
    # From releases that gave the file neither our name nor a lock.
    (".0123456789abcdef.part", 7200),
]
KEPT = [
    (".0123456789abcdef.part", 60),
    (".0123456789abcdef.part", -7200),
    ("scenext-0123456789abcdef.part", 7200),
    (".scenext-0123456789abcdef.part.mp4", 7200),
    (".scenext-0123456789abcde.part", 7200),
    (".scenext-0123456789abcdef0.part", 7200),
    (".scenext-0123456789ABCDEF.part", 7200),
    (".scenext-0123456789abcdef.part\n", 7200),
    (".scenext-video.part", 7200),
    (".video.mp4.part", 7200),
    ("video.mp4.part", 7200),
    ("video.mp4.crdownload", 7200),
    (".goutputstream-0123AB", 7200),
    (".0123456789abcdef", 7200),
    (".watchlist.toml.0123456789abcdef.tmp", 7200),
]


@pytest.mark.parametrize(("name", "seconds_ago"), LEFT)
def test_what_a_killed_save_left_goes_at_the_next(
    tmp_path: Path, name: str, seconds_ago: float
) -> None:
    leave(tmp_path / name, seconds_ago)
    save(tmp_path / "frame1.png")
    assert [each.name for each in tmp_path.iterdir()] == ["frame1.png"]


@pytest.mark.parametrize(("name", "seconds_ago"), KEPT)
def test_what_may_be_anybodys_stays(tmp_path: Path, name: str, seconds_ago: float) -> None:
    leave(tmp_path / name, seconds_ago)
    save(tmp_path / "frame1.png")
    assert {each.name for each in tmp_path.iterdir()} == {name, "frame1.png"}


@pytest.mark.parametrize("kind", ["folder", "link", "dangling link", "pipe"])
def test_what_has_our_name_but_is_no_file_stays(tmp_path: Path, kind: str) -> None:
    path, other = tmp_path / "1" / ".scenext-0123456789abcdef.part", tmp_path / "other"
    path.parent.mkdir()
    leave(other)
    match kind:
        case "folder":
            path.mkdir()
        case "link":
            path.symlink_to(other)
        case "dangling link":
            path.symlink_to("nowhere")
        case "pipe":
            os.mkfifo(path)
    save(tmp_path / "1" / "frame1.png")
    assert {each.name for each in path.parent.iterdir()} == {path.name, "frame1.png"}
    assert other.read_bytes() == b"half"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user's file")
def test_another_users_file_stays(tmp_path: Path) -> None:
    path = leave(tmp_path / ".scenext-0123456789abcdef.part")
    os.chown(path, 65502, -1)
    save(tmp_path / "frame1.png")
    assert path.exists()


def test_what_another_dashboard_is_writing_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "O_TMPFILE", 0, raising=False)
    running = PartialFile(tmp_path / "video.mp4")
    running.open()
    (path,) = tmp_path.iterdir()
    os.utime(path, (0, 0))
    save(tmp_path / "frame1.png")
    assert path.exists()
    running.write(b"whole")
    assert running.commit().read_bytes() == b"whole"
    running.discard()
    assert {each.name for each in tmp_path.iterdir()} == {"frame1.png", "video.mp4"}


def test_a_folder_that_cannot_be_listed_is_saved_to(tmp_path: Path) -> None:
    tmp_path.chmod(0o300)
    try:
        save(tmp_path / "frame1.png")
    finally:
        tmp_path.chmod(0o700)
    assert (tmp_path / "frame1.png").read_bytes() == CONTENT
