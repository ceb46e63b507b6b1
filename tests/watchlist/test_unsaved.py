"""What is not saved, counted by task, and written elsewhere."""

from __future__ import annotations

import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tui.scenext.models import TaskStatus
from tui.watchlist.codec import decode
from tui.watchlist.entries import Add, Change, Entry, MarkSeen, Remove, Update, replay
from tui.watchlist.export import export, suggest_path
from tui.watchlist.history import Sample
from tui.watchlist.unsaved import Unsaved
from tui.wording.unsaved import kept_elsewhere, lost_changes, unsaved_changes

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SAVED = tuple(Entry(f"t{number}", NOON) for number in range(3))
END = Update("t1", TaskStatus.COMPLETED, ended=NOON)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([], "nothing"),
        ([Add(Entry("new", NOON))], "1 task added"),
        ([Add(Entry(f"n{number}", NOON)) for number in range(1_200)], "1,200 tasks added"),
        ([Remove("t1")], "1 task removed"),
        ([Remove("t1"), Add(SAVED[1], "t2")], "nothing"),  # Undone.
        ([Add(Entry("new", NOON)), Remove("new")], "nothing"),
        ([Add(Entry("new", NOON)), Remove("new"), Add(Entry("new", NOON))], "1 task added"),
        ([Add(Entry("t1", NOON + timedelta(1)))], "nothing"),  # It is there already.
        ([Add(Entry("t1", NOON, "a label"))], "1 task changed"),
        ([END], "1 task changed"),
        ([Update("t1", TaskStatus.IN_PROGRESS)], "nothing"),  # Polling finds it again.
        ([END, Remove("t1"), Remove("t2")], "2 tasks removed"),
        ([Add(Entry("new", NOON)), END, Remove("t2")], "1 task added, 1 removed, 1 changed"),
        ([Remove("missing")], "nothing"),
        ([Update("t1", TaskStatus.COMPLETED, noticed=NOON)], "1 task changed"),
        ([MarkSeen("t1", NOON)], "nothing"),  # Worth no question.
        ([Update("t1", TaskStatus.COMPLETED, title="t", points=2.0, frames=1)], "nothing"),
    ],
)
def test_what_would_be_lost_is_counted_by_task(changes: list[Change], words: str) -> None:
    assert unsaved_changes(Unsaved.between(SAVED, replay(SAVED, changes))) == words


def test_words_at_the_end() -> None:
    problem = "Not saved: /x: the disk is full"
    assert lost_changes(Unsaved(2), problem) == f"Lost: 2 tasks added. {problem}"
    assert lost_changes(Unsaved(0, 1), "") == "Lost: 1 task removed."
    words = kept_elsewhere(Path("/a b/it's\x1b[31m.toml"), Path("/c/w.toml"))
    assert words.isprintable()
    assert words.endswith(" /c/w.toml")
    words = kept_elsewhere(Path("/x y.toml"), Path("/c d/w.toml"), has_folder=False)
    assert words.endswith("back: mkdir -p '/c d' && cp -i '/x y.toml' '/c d/w.toml'")
    words = kept_elsewhere(Path("/x.toml"), Path("/c/w.toml"), is_folder=True)
    assert words.startswith("The watchlist is in /x.toml. First move the folder /c/w.toml away. ")
    assert words.endswith("back: cp -i /x.toml /c/w.toml")


def test_what_was_saved_since_is_not_replaced_unasked(tmp_path: Path) -> None:
    written, watchlist = tmp_path / "kept.toml", tmp_path / "watchlist.toml"
    written.write_text("kept")
    command = kept_elsewhere(written, watchlist).partition("To put it back: ")[2]
    for before, answer, after in (("newer", "n", "newer"), ("newer", "y", "kept")):
        watchlist.write_text(before)
        subprocess.run(["/bin/sh", "-c", command], input=answer, text=True, check=False)
        assert watchlist.read_text() == after


def test_a_new_file_has_all_there_is_and_replaces_none(tmp_path: Path) -> None:
    original = tmp_path / "watchlist.toml"
    original.write_text('version = 1\nnote = "mine"\n[[task]]\nid = "t1"\ncolour = "red"\n')
    entries = replay(SAVED, [END, Add(Entry("new", NOON, "勾股"))])
    history = (Sample("t9", NOON, 600.0),)
    path = export(entries, tmp_path, original, "kept.toml", history)
    assert path == tmp_path / "kept.toml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    document = decode(path.read_bytes(), NOON)
    assert (document.entries, document.history) == (entries, history)
    assert document.top_extras == {"note": "mine"}
    assert document.task_extras == {"t1": {"colour": "red"}}
    for taken in (path, tmp_path / "link", tmp_path / "dangling"):
        if not taken.exists():
            taken.symlink_to(path if taken.name == "link" else "nothing")
        with pytest.raises(FileExistsError):
            export(entries, taken, original, "kept.toml")
    assert decode(path.read_bytes(), NOON).entries == entries
    assert names(tmp_path) == ["dangling", "kept.toml", "link", "watchlist.toml"]


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("missing/file", FileNotFoundError),
        ("watchlist.toml/file", NotADirectoryError),
        ("x" * 300, OSError),
        ("a\0b", ValueError),
        ("~nobody-here/x", RuntimeError),
        ("/proc/file", OSError),
        ("/dev/full", FileExistsError),
    ],
)
def test_a_path_that_no_file_can_have(tmp_path: Path, path: str, error: type[Exception]) -> None:
    original = tmp_path / "watchlist.toml"
    original.write_bytes(b"broken")
    chosen = Path(path) if path.startswith("~") else tmp_path / path
    with pytest.raises(error):
        export(SAVED, chosen, original, "kept.toml")
    assert names(tmp_path) == ["watchlist.toml"]


def test_the_file_that_is_suggested_lies_where_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TMPDIR", str(temporary))
    name = "scenext-tui-watchlist-20261122-120000.toml"
    assert suggest_path(SAVED, tmp_path / "none", NOON) == temporary / name
    home.mkdir()
    assert suggest_path(SAVED, tmp_path / "none", NOON) == home / name
    assert names(home) == names(temporary) == []
