"""One watchlist for this release and the one before marks, facts and samples were kept.

That release carries over what it does not know. It runs here from the repository's history; where
that is not at hand (a shallow clone, an archive), the files tell that it wrote in such a run.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tui.scenext.models import TaskStatus
from tui.watchlist.codec import decode, encode
from tui.watchlist.entries import Add, Entry, Learn, MarkSeen, Update
from tui.watchlist.history import Sample
from tui.watchlist.records import Watchlist
from tui.watchlist.storage import Snapshot, WatchlistFile

OLDER_RELEASE = "c367442"
"""The last commit whose `tui/` keeps none of these keys."""
RECORDED = Path(__file__).with_name("recorded")
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=17)
RUNNING, DONE, FAILED = TaskStatus.IN_PROGRESS, TaskStatus.COMPLETED, TaskStatus.FAILED

FINISHED = Entry(
    *("finished", NOON, "batch 4", DONE, "", NOON, "光合作用", NOON, None, 720.5, 26.0, 13, 0)
)
OURS = (
    FINISHED,
    Entry("running", NOON, status=RUNNING, first_frames=0),
    FINISHED._replace(id="removed", seen=NOON),
    Entry("failed", NOON, status=FAILED, noticed=NOON, seen=NOON, points=0.0),
)
HISTORY = (Sample("finished", NOON, 720.5), Sample("gone", NOON, 600.0))

PROGRAM = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from tui.scenext.models import TaskStatus
from tui.watchlist import entries
from tui.watchlist.entries import Add, Entry, Remove, Update
from tui.watchlist.records import Watchlist
from tui.watchlist.storage import WatchlistFile

assert not hasattr(entries, "Learn"), "this is not the older release"
noon, later = (datetime(2026, 11, 22, 12, minute, tzinfo=UTC) for minute in (0, 17))
file, watchlist = WatchlistFile(Path(sys.argv[1])), Watchlist()
loaded = file.load()
assert loaded.warning == "", loaded.warning
watchlist.load(loaded.entries)
if sys.argv[2] == "works":
    watchlist.add(["finished"], "batch 5", later)
    watchlist.add(["new"], "", later)
    record = watchlist.remove("removed")
    assert file.save(watchlist.pending).warning == ""
    watchlist.pending.clear()
    watchlist.restore(record, "failed")
    watchlist.pending.append(Update("running", TaskStatus.COMPLETED, ended=later))
else:
    watchlist.add(["added"], "", later)
assert file.save(watchlist.pending).warning == ""
"""


@pytest.fixture(scope="module")
def older_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the code of the older release."""
    command = ["git", "archive", OLDER_RELEASE, "tui"]
    try:
        done = subprocess.run(
            command, cwd=Path(__file__).parents[2], capture_output=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("there is no git")
    if done.returncode:
        pytest.skip("the older release is not in this clone")
    folder = tmp_path_factory.mktemp("older")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def run_older(release: Path, path: Path, what: str) -> None:
    """Have the older release load the file, do something and save."""
    environ = {"PYTHONPATH": str(release), "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/bin:/usr/bin"}
    command = [sys.executable, "-c", PROGRAM, str(path), what]
    done = subprocess.run(
        command, cwd=release, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def check_what_it_left(loaded: Snapshot) -> None:
    """Assert that a file has all that was in it, but what the older release removed itself."""
    assert loaded.warning == ""
    assert loaded.history == HISTORY
    bare = Entry("removed", NOON, "batch 4", DONE, ended=NOON)
    ended = OURS[1]._replace(status=DONE, ended=LATER)
    assert loaded.entries == (
        *(FINISHED._replace(label="batch 5"), ended, bare, OURS[3], Entry("new", LATER)),
    )
    watchlist = Watchlist()
    watchlist.load(loaded.entries, loaded.history, LATER + timedelta(hours=1))
    new = {record.id: record.entry.noticed for record in watchlist if record.entry.is_new}
    assert new == {"finished": NOON, "running": LATER}


def test_what_it_wrote_in_an_earlier_run(tmp_path: Path) -> None:
    ours = (RECORDED / "ours.toml").read_bytes()
    document = decode(ours, NOON)
    assert (document.entries, document.history) == (OURS, HISTORY)
    assert encode(document) == ours, "record it again: this is no longer what we write"
    path = tmp_path / "watchlist.toml"
    path.write_bytes((RECORDED / "older.toml").read_bytes())
    check_what_it_left(WatchlistFile(path).load())


def test_both_releases_save_by_turns_and_lose_nothing(older_release: Path, tmp_path: Path) -> None:
    path = tmp_path / "watchlist.toml"
    file = WatchlistFile(path)
    file.save([*map(Add, OURS), *map(Learn, HISTORY)])
    assert path.read_bytes() == (RECORDED / "ours.toml").read_bytes()
    run_older(older_release, path, "works")
    # It writes the keys that it does not know in any order.
    recorded = tomllib.loads((RECORDED / "older.toml").read_text("utf-8"))
    assert tomllib.loads(path.read_text("utf-8")) == recorded
    check_what_it_left(file.load())
    sample = Sample("running", LATER, 1_020.0)
    told = Update("running", DONE, title="t", noticed=LATER, points=6.0, frames=3)
    saved = file.save([MarkSeen("finished", NOON), told, Learn(sample)])
    run_older(older_release, path, "adds")
    again = file.load()
    assert again.entries == (*saved.entries, Entry("added", LATER))
    assert again.history == (*HISTORY, sample)
    assert not again.entries[0].is_new
    assert again.entries[1].is_new
