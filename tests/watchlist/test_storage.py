"""The watchlist file: one dashboard, several at once, damaged files and failing disks."""

from __future__ import annotations

import errno
import os
import random
import stat
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tui.atomic_file import Filesystem
from tui.sanitize import clean
from tui.scenext.models import TaskStatus
from tui.watchlist import storage
from tui.watchlist.codec import Document, UnreadableError, decode, encode
from tui.watchlist.entries import (
    MAX_LABEL_LENGTH,
    Add,
    Change,
    Entry,
    Learn,
    MarkSeen,
    Remove,
    Update,
    replay,
    replay_history,
)
from tui.watchlist.history import Sample
from tui.watchlist.storage import StorageError, WatchlistFile

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DONE, FAILED, RUNNING = TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.IN_PROGRESS


def entry(task_id: str, label: str = "") -> Entry:
    return Entry(task_id, NOON, label)


def ids(entries: tuple[Entry, ...]) -> list[str]:
    return [saved.id for saved in entries]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "watchlist.toml"


@pytest.fixture
def file(path: Path) -> WatchlistFile:
    return WatchlistFile(path, now=lambda: NOON)


def copies(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}.broken-*"))


def names(directory: Path) -> list[str]:
    return sorted(file.name for file in directory.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# One dashboard.


def test_a_missing_file_is_an_empty_watchlist(file: WatchlistFile, path: Path) -> None:
    assert file.load() == storage.Snapshot((), missing=True)
    assert file.stamp() is None
    assert not path.parent.joinpath("watchlist.toml.lock").exists()


def test_what_is_saved_is_loaded_in_the_order_added(file: WatchlistFile, path: Path) -> None:
    file.save([Add(entry("b", "second thoughts")), Add(entry("a"))])
    ended = NOON + timedelta(minutes=17)
    file.save(
        [Update("b", DONE, ended=ended), Add(entry("c")), Update("c", TaskStatus.UNKNOWN, "?")]
    )
    loaded = WatchlistFile(path).load()
    assert loaded == storage.Snapshot(
        (
            Entry("b", NOON, "second thoughts", DONE, ended=ended),
            entry("a"),
            Entry("c", NOON, status=TaskStatus.UNKNOWN, status_sent="?"),
        )
    )


def test_the_file_is_made_of_task_tables(file: WatchlistFile, path: Path) -> None:
    file.save([Add(entry("a")), Add(entry("b", "x"))])
    assert path.read_text("utf-8") == (
        "version = 1\ncount = 2\n"
        '\n[[task]]\nid = "a"\nadded = 2026-11-22 12:00:00+00:00\nstatus = "QUEUED"\n'
        '\n[[task]]\nid = "b"\nlabel = "x"\nadded = 2026-11-22 12:00:00+00:00\nstatus = "QUEUED"\n'
    )
    file.save([Remove("a"), Remove("b")])
    assert path.read_text("utf-8") == "version = 1\ncount = 0\n"
    assert file.load() == storage.Snapshot(())


def test_each_save_leaves_a_backup_and_a_new_stamp(file: WatchlistFile, path: Path) -> None:
    file.save([Add(entry("a"))])
    before, stamp = path.read_bytes(), file.stamp()
    file.save([Add(entry("b"))])
    assert Path(f"{path}.bak").read_bytes() == before
    assert file.stamp() != stamp


def test_a_save_that_changes_nothing_writes_nothing(file: WatchlistFile) -> None:
    file.save([Add(entry("a", "x"))])
    stamp = file.stamp()
    assert ids(file.save([Add(entry("a")), Remove("z"), Update("z", DONE)]).entries) == ["a"]
    assert file.stamp() == stamp


def test_a_save_says_what_it_added_to_what_the_file_held_by_then(path: Path) -> None:
    one, other = WatchlistFile(path), WatchlistFile(path)
    assert one.load().added == other.load().added == ()
    assert one.save([Add(entry("a")), Add(entry("b"))]).added == ("a", "b")
    assert other.save([Add(entry("b")), Add(entry("c")), Add(entry("c"))]).added == ("c",)
    assert one.save([Add(entry("c", "x")), Remove("a"), Update("b", DONE)]).added == ()
    assert one.save([Remove("c"), Add(entry("c")), Add(entry("d")), Remove("d")]).added == ()


def test_files_and_every_folder_made_are_the_owners_alone(tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        deep = tmp_path / "one" / "two" / "watchlist.toml"
        WatchlistFile(deep).save([Add(entry("a"))])
        WatchlistFile(deep).save([Add(entry("b"))])
    finally:
        os.umask(old)
    assert [mode(tmp_path / "one"), mode(tmp_path / "one" / "two")] == [0o700, 0o700]
    assert {path.name: mode(path) for path in deep.parent.iterdir()} == {
        "watchlist.toml": 0o600,
        "watchlist.toml.bak": 0o600,
        "watchlist.toml.lock": 0o600,
    }


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "tasks.toml"
    link = tmp_path / "watchlist.toml"
    link.symlink_to(real)
    for task_id in "ab":
        WatchlistFile(link).save([Add(entry(task_id))])
    assert link.is_symlink()
    assert ids(WatchlistFile(real).load().entries) == ["a", "b"]
    assert names(tmp_path) == ["dotfiles", "watchlist.toml"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user's link")
@pytest.mark.parametrize("owner", [65502, 0])
def test_a_symbolic_link_of_another_user_is_not_followed(tmp_path: Path, owner: int) -> None:
    private, path = tmp_path / "id_ed25519", tmp_path / "watchlist.toml"
    private.write_text("a private key")
    path.symlink_to(private)
    os.chown(path, owner, -1, follow_symlinks=False)
    file = WatchlistFile(path)
    if owner == 0:
        assert "another user" not in file.load().warning
        return
    why = f"{path} is a symbolic link of another user (uid {owner}); move it away"
    assert file.load() == storage.Snapshot((), f"{why}. Changes are not saved.", True)
    with pytest.raises(StorageError) as caught:
        file.save([Add(entry("1"))])
    assert str(caught.value) == f"Not saved: {why}"
    assert private.read_text() == "a private key"
    assert names(tmp_path) == ["id_ed25519", "watchlist.toml"]


def test_temporary_files_of_killed_saves_go_after_an_hour(path: Path) -> None:
    old, new = (path.with_name(f".watchlist.toml.{name}.tmp") for name in ("old", "new"))
    foreign = path.with_name(".other.toml.x.tmp")
    for temporary in (old, new, foreign):
        temporary.touch()
    for temporary in (old, foreign):
        os.utime(temporary, (time.time() - 4000,) * 2)
    WatchlistFile(path).save([Add(entry("a"))])
    assert [old.exists(), new.exists(), foreign.exists()] == [False, True, True]


def test_a_backup_that_is_the_file_itself_is_no_trouble(file: WatchlistFile, path: Path) -> None:
    """A kill between backup and replace leaves this state, in which rename(2) does nothing."""
    file.save([Add(entry("a"))])
    os.link(path, f"{path}.bak")
    file.save([Add(entry("b"))])
    assert not list(path.parent.glob(".*.tmp"))
    assert ids(WatchlistFile(Path(f"{path}.bak")).load().entries) == ["a"]


# Replaying changes.


def test_adding_again_keeps_the_entry_but_takes_a_label() -> None:
    first = Entry("a", NOON, "old", DONE)
    again = Add(Entry("a", NOON + timedelta(1), "new"))
    assert replay([first], [again]) == (Entry("a", NOON, "new", DONE),)
    assert replay([first], [Add(Entry("a", NOON))]) == (first,)


def test_an_update_never_brings_a_removed_task_back() -> None:
    assert replay([entry("a")], [Remove("a"), Update("a", DONE)]) == ()


def test_the_end_wins_and_its_earlier_sighting_stays() -> None:
    early, late = NOON, NOON + timedelta(1)
    seen = replay([entry("a")], [Update("a", DONE, ended=late), Update("a", RUNNING)])
    assert seen[0].status is DONE
    assert replay(seen, [Update("a", DONE, ended=early)])[0].ended == early
    assert replay(seen, [Update("a", DONE)])[0].ended == late
    assert replay(seen, [Update("a", FAILED, ended=late)])[0].status is FAILED


def test_an_empty_id_is_not_added(file: WatchlistFile) -> None:
    assert ids(file.save([Add(entry("")), Add(entry("a"))]).entries) == ["a"]


MOMENTS = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=14))]))
TEXT = st.text(st.characters(), max_size=12)
SURROGATES = st.text(st.characters(categories=["Cs", "Ll"]), max_size=6)
NUMBERS = st.none() | st.floats() | st.integers(-3, 10**20)
COUNTS = st.none() | st.integers(-3, 10**7)
FACTS = {
    "status": st.sampled_from(TaskStatus),
    "status_sent": TEXT | SURROGATES,
    "ended": st.none() | MOMENTS,
    "title": TEXT | SURROGATES,
    "noticed": st.none() | MOMENTS,
    "took": NUMBERS,
    "points": NUMBERS,
    "frames": COUNTS,
    "first_frames": COUNTS,
}
ENTRIES = st.builds(
    Entry,
    id=TEXT | st.sampled_from("abc"),
    added=MOMENTS,
    label=TEXT | SURROGATES,
    seen=st.none() | MOMENTS,
    **FACTS,
)
FEW_IDS = st.sampled_from("abc")
UPDATES = st.builds(Update, FEW_IDS, **FACTS)
LEARNED = st.builds(
    Sample, TEXT | FEW_IDS, MOMENTS, NUMBERS.filter(lambda number: number is not None)
).map(Learn)
CHANGES = st.one_of(
    ENTRIES.map(Add),
    FEW_IDS.map(lambda task_id: Add(Entry(task_id, NOON))),
    FEW_IDS.map(Remove),
    UPDATES,
    st.builds(MarkSeen, FEW_IDS, MOMENTS),
    LEARNED,
)


@given(st.lists(CHANGES, max_size=12))
def test_any_watchlist_reads_back_as_it_was_written(changes: list[Change]) -> None:
    entries, history = replay((), changes), replay_history((), changes)
    data = encode(Document(entries, history=history))
    back = decode(data, NOON)
    assert (back.entries, back.history, back.problems) == (entries, history, ())
    assert encode(back) == data


@given(st.lists(CHANGES, max_size=12), st.lists(CHANGES, max_size=12))
def test_replaying_in_pieces_is_replaying_at_once(one: list[Change], two: list[Change]) -> None:
    assert replay(replay((), one), two) == replay((), one + two)
    assert len(set(ids(replay((), one)))) == len(replay((), one))


@given(st.lists(UPDATES, max_size=6).flatmap(lambda u: st.tuples(st.just(u), st.permutations(u))))
def test_the_end_of_a_task_does_not_depend_on_the_order(
    orders: tuple[list[Update], list[Update]],
) -> None:
    def ends(updates: list[Update]) -> list[tuple[str, datetime | None] | None]:
        one_end = [update for update in updates if update.status is not FAILED]
        entries = replay([entry("a"), entry("b"), entry("c")], one_end)
        return [(e.id, e.ended) if e.status.terminal else None for e in entries]

    assert ends(orders[0]) == ends(orders[1])


@given(st.lists(CHANGES, max_size=12), st.lists(UPDATES, max_size=12))
def test_updates_neither_add_nor_remove(changes: list[Change], updates: list[Update]) -> None:
    before = replay((), changes)
    after = replay(before, updates)
    assert ids(after) == ids(before)
    for old, new in zip(before, after, strict=True):
        assert new.status.terminal or not old.status.terminal


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(label=TEXT | SURROGATES, number=st.integers(0, 10**9))
def test_no_label_makes_a_save_fail(tmp_path: Path, label: str, number: int) -> None:
    path = tmp_path / f"{number}.toml"
    path.unlink(missing_ok=True)
    saved = WatchlistFile(path).save([Add(entry("a", label))])
    assert saved.entries[0].label == clean(label, MAX_LABEL_LENGTH)
    assert WatchlistFile(path).load() == saved._replace(stamp=None, added=())


@given(st.binary(max_size=200) | TEXT.map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_a_watchlist_or_unreadable(data: bytes) -> None:
    for document in (data, b"version = 1\n" + data, b'[[task]]\nid = "a"\n' + data):
        try:
            decode(document, NOON)
        except UnreadableError as error:
            assert str(error).isprintable()  # noqa: PT017 - some bytes are readable.


# Damaged files.

UNREADABLE = {
    "empty": b"",
    "cut": b'version = 1\ncount = 1\n[[task]]\nid = "a',
    "not UTF-8": b"version = 1\n# \xff\n",
    "UTF-16": "version = 1".encode("utf-16"),
    "NUL": b"\0" * 300,
    "deep": b"x = " + b"[" * 20_000,
    "long number": b"version = 1" + b"0" * 5000,
    "impossible date": b"version = 1\nx = 2026-02-31T00:00:00Z",
    "another TOML": b"[tool.ruff]\nline-length = 100\n",
    "task is no list": b"version = 1\ntask = 3\n",
}


@pytest.mark.parametrize("data", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_an_unreadable_file_is_kept_and_its_backup_loaded(
    file: WatchlistFile, path: Path, data: bytes
) -> None:
    file.save([Add(entry("a"))])
    file.save([Add(entry("b"))])
    path.write_bytes(data)
    for _ in range(2):
        loaded = file.load()
        assert ids(loaded.entries) == ["a"]
        assert "watchlist.toml.bak was loaded (1 tasks)" in loaded.warning
        assert "watchlist.toml.broken-20261122-120000" in loaded.warning
        assert loaded.warning.isprintable()
    backup = Path(f"{path}.bak").read_bytes()
    assert ids(file.save([Add(entry("c"))]).entries) == ["a", "c"]
    assert [copy.read_bytes() for copy in copies(path)] == [data]
    assert Path(f"{path}.bak").read_bytes() == backup, "a broken file must not replace the backup"
    assert file.load().warning == ""


def test_an_unreadable_file_without_a_backup_is_kept(file: WatchlistFile, path: Path) -> None:
    path.write_bytes(b"\0")
    assert "There is no backup yet" in file.load().warning
    assert ids(file.save([Add(entry("a"))]).entries) == ["a"]
    assert [copy.read_bytes() for copy in copies(path)] == [b"\0"]


def test_other_damage_at_the_same_second_gets_a_copy_of_its_own(
    file: WatchlistFile, path: Path
) -> None:
    for data in (b"\0", b"\1"):
        path.write_bytes(data)
        file.load()
    assert [copy.read_bytes() for copy in copies(path)] == [b"\0", b"\1"]


def test_fewer_tasks_than_counted_are_accepted_after_a_copy(
    file: WatchlistFile, path: Path
) -> None:
    file.save([Add(entry("a")), Add(entry("b"))])
    file.save([Update("a", RUNNING)])
    cut = path.read_bytes()[: path.read_bytes().rindex(b"[[task]]")]
    path.write_bytes(cut)
    loaded = file.load()
    assert ids(loaded.entries) == ["a"]
    assert "lists 1 of 2 tasks; a copy is in watchlist.toml.broken-" in loaded.warning
    file.save([])
    assert file.load() == storage.Snapshot(loaded.entries)
    assert [copy.read_bytes() for copy in copies(path)] == [cut]
    backups = list(path.parent.glob("watchlist.toml.bak.broken-*"))
    assert [ids(WatchlistFile(copy).load().entries) for copy in backups] == [["a", "b"]]


def test_tasks_added_by_hand_and_a_byte_order_mark_are_welcome(
    file: WatchlistFile, path: Path
) -> None:
    path.write_bytes(b'\xef\xbb\xbf[[task]]\nid = "a"\n[[task]]\nid = "b"\nstatus = "PAUSED"\n')
    os.utime(path, (NOON.timestamp(),) * 2)
    paused = Entry("b", NOON, status=TaskStatus.UNKNOWN, status_sent="PAUSED")
    assert file.load() == storage.Snapshot((entry("a"), paused))
    file.save([Add(entry("c"))])
    assert ids(file.load().entries) == ["a", "b", "c"]


def test_one_damaged_task_does_not_cost_the_others(file: WatchlistFile, path: Path) -> None:
    path.write_text(
        'version = 1\ntask = [true, {id = 7.5}, {id = ""}, {label = "no ID"}, {id = "a"},'
        '{id = "b", label = 1, added = 1979-05-27, status = [], ended = "x"},'
        '{id = "a", label = "again", status = "FAILED"}]'
    )
    os.utime(path, (NOON.timestamp(),) * 2)
    before = path.read_bytes()
    loaded = file.load()
    assert loaded.entries == (Entry("a", NOON, "again", FAILED), entry("b", "1"))
    assert "has 5 damaged entries and lists a task twice" in loaded.warning
    file.save([Add(entry("c"))])
    assert [copy.read_bytes() for copy in copies(path)] == [before]
    assert file.load() == storage.Snapshot((*loaded.entries, entry("c")))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("id = 12345", entry("12345")),
        ("id = 0", entry("0")),
        ("id = 123_456", entry("123456")),
        ("id = 9223372036854775807", entry("9223372036854775807")),
        ("id = '12345 '", entry("12345")),
        ("id = '\u200b<12345>,'", entry("12345")),
        ('id = "https://api.scenext.cn/api/get_status/12345"', entry("12345")),
        ("id = 7\nlabel = 2026", entry("7", label="2026")),
        ("id = 7\nlabel = -1\nstatus = 3", Entry("7", NOON, "-1", TaskStatus.UNKNOWN, "3")),
        ("id = 7\nstatus = 'completed'", Entry("7", NOON, "", DONE)),
        ("id = 7\nstatus = ' Failed '\nstars = 5", Entry("7", NOON, "", FAILED)),
    ],
)
@pytest.mark.parametrize("table", ["[[task]]", "[task]"])
def test_what_a_person_wrote_is_read_and_stays(
    file: WatchlistFile, path: Path, table: str, written: str, expected: Entry
) -> None:
    path.write_text(f"{table}\n{written}\n")
    os.utime(path, (NOON.timestamp(),) * 2)
    assert file.load() == storage.Snapshot((expected,))
    file.save([Add(entry("c"))])
    assert file.load() == storage.Snapshot((expected, entry("c")))
    assert copies(path) == []
    assert ("stars = 5" in path.read_text()) is ("stars" in written)


def test_a_plain_list_of_ids_is_read(file: WatchlistFile, path: Path) -> None:
    path.write_text('task = [12345, "67890", " a,", {id = "b", label = "x"}]')
    os.utime(path, (NOON.timestamp(),) * 2)
    read = (entry("12345"), entry("67890"), entry("a"), entry("b", "x"))
    assert file.load() == storage.Snapshot(read)
    file.save([Remove("a")])
    assert file.load() == storage.Snapshot((*read[:2], read[3]))
    assert copies(path) == []


def test_keys_that_are_not_ours_survive(file: WatchlistFile, path: Path) -> None:
    file.save([Add(entry("a")), Add(entry("b"))])
    text = path.read_text().replace('id = "a"', 'id = "a"\nstars = 5\ntag = {x = [nan]}', 1)
    path.write_text(f"title = 'mine'\n{text}\n[other]\ndeep = [[1], {{x = 2}}]\n")
    file.save([Add(entry("c")), Remove("b")])
    saved = tomllib.loads(path.read_text())
    assert (saved["title"], saved["other"]) == ("mine", {"deep": [[1], {"x": 2}]})
    assert saved["task"][0]["stars"] == 5
    assert str(saved["task"][0]["tag"]) == "{'x': [nan]}"
    assert file.load() == storage.Snapshot((entry("a"), entry("c")))


def test_keys_that_cannot_be_written_go_after_a_copy(file: WatchlistFile, path: Path) -> None:
    """Python reads a hexadecimal number of any length, but cannot write so long a decimal one."""
    before = "version = 1\nhuge = 0x" + "f" * 9000 + '\n[[task]]\nid = "a"\n'
    path.write_text(before)
    assert "lost keys that are not ours" in file.save([Add(entry("b"))]).warning
    assert [copy.read_text() for copy in copies(path)] == [before]
    assert ids(file.load().entries) == ["a", "b"]


def test_a_newer_file_is_shown_and_left_alone(file: WatchlistFile, path: Path) -> None:
    path.write_text('version = 2\ncount = 9\n[[task]]\nid = "a"\nstatus = {is = "a table"}\n')
    before = path.read_bytes()
    loaded = file.load()
    assert ids(loaded.entries) == ["a"]
    assert "written by a newer scenext-tui; update this one" in loaded.warning
    with pytest.raises(StorageError, match="newer scenext-tui; update this one"):
        file.save([Add(entry("b"))])
    path.write_text("version = 2\ntask = {}\n")
    with pytest.raises(StorageError, match="newer scenext-tui"):
        file.save([])
    path.write_bytes(before)
    assert (path.read_bytes(), copies(path)) == (before, [])


@pytest.mark.parametrize("kind", ["folder", "pipe", "loop", "below a file"])
def test_what_is_no_file_is_told_and_left_alone(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "watchlist.toml"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to(path)
    else:
        path.touch()
        path = path / "watchlist.toml"
    file = WatchlistFile(path)
    loaded = file.load()
    assert loaded.entries == ()
    assert "Could not read" in loaded.warning
    with pytest.raises(StorageError, match=r"Not saved: .*watchlist.toml.*; ") as caught:
        file.save([Add(entry("a"))])
    assert str(caught.value).isprintable()


# Several dashboards.


def test_two_dashboards_keep_each_others_tasks(path: Path) -> None:
    one, two = WatchlistFile(path), WatchlistFile(path)
    one.load(), two.load()
    one.save([Add(entry("a"))])
    two.save([Add(entry("b"))])
    assert ids(one.save([Update("b", DONE), Remove("a")]).entries) == ["b"]
    assert ids(two.save([Update("a", DONE), Update("b", RUNNING)]).entries) == ["b"]
    assert one.load().entries[0].status is DONE


SAVER_PROGRAM = """
import sys, datetime, pathlib
from tui.watchlist.entries import Add, Entry
from tui.watchlist.storage import WatchlistFile
file = WatchlistFile(pathlib.Path(sys.argv[1]))
now = datetime.datetime.now(datetime.UTC)
for number in range(int(sys.argv[3])):
    file.save([Add(Entry(f"{sys.argv[2]}-{number}", now))])
    print(f"{sys.argv[2]}-{number}", flush=True)
"""


def start_saver(path: Path, name: str, number: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SAVER_PROGRAM, str(path), name, str(number)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def test_two_processes_at_once_lose_nothing(path: Path) -> None:
    processes = [start_saver(path, name, 40) for name in ("left", "right")]
    outputs = [process.communicate(timeout=60)[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    loaded = WatchlistFile(path).load()
    assert sorted(ids(loaded.entries)) == sorted(outputs[0] + outputs[1])
    assert (len(loaded.entries), loaded.warning) == (80, "")


def test_a_kill_at_any_moment_loses_nothing_acknowledged(path: Path) -> None:
    rng = random.Random(20261122)
    acknowledged: list[str] = []
    for first in range(0, 30, 6):
        batch = [
            start_saver(path.with_name(f"{i}.toml"), "t", 10**6) for i in range(first, first + 6)
        ]
        for number, process in enumerate(batch, first):
            assert process.stdout is not None
            output = process.stdout.readline()
            time.sleep(rng.uniform(0, 0.03))
            process.kill()
            output += process.stdout.read()
            process.wait()
            process.stdout.close()
            acknowledged = [
                line.rstrip() for line in output.splitlines(keepends=True) if "\n" in line
            ]
            loaded = WatchlistFile(path.with_name(f"{number}.toml")).load()
            assert loaded.warning == ""
            assert ids(loaded.entries)[: len(acknowledged)] == acknowledged
            WatchlistFile(path.with_name(f"{number}.toml")).save([Add(entry("after"))])


# Failing disks.


class FaultyFilesystem(Filesystem):
    """Fails the system call of index `at` once, or every call whose name is in `failing`."""

    def __init__(self, number: int, at: int | None = None, failing: str = "") -> None:
        self.number, self.at, self.failing = number, at, failing.split()
        self.calls: list[str] = []

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401
        attribute = object.__getattribute__(self, name)
        if name not in vars(Filesystem) or name.startswith("_"):
            return attribute

        def call(*args: object) -> object:
            self.calls.append(name)
            if len(self.calls) - 1 == self.at or name in self.failing:
                if name == "close":
                    attribute(*args)
                raise OSError(self.number, os.strerror(self.number))
            return attribute(*args)

        return call


ERRORS = [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO, errno.ESTALE]


@pytest.mark.parametrize("number", ERRORS, ids=lambda number: errno.errorcode[number])
def test_any_call_may_fail_once_without_loss(tmp_path: Path, number: int) -> None:
    messages: list[str] = []
    for index in range(200):
        path = tmp_path / str(index) / "watchlist.toml"
        WatchlistFile(path).save([Add(entry("a"))])
        WatchlistFile(path).save([Add(entry("b"))])
        faulty = FaultyFilesystem(number, index)
        file = WatchlistFile(path, fs=faulty)
        try:
            saved = ids(file.save([Add(entry("c"))]).entries)
        except StorageError as error:
            messages.append(str(error))
            saved = ids(WatchlistFile(path).load().entries)
        assert saved[:2] == ["a", "b"]
        assert ids(WatchlistFile(path).load().entries) == saved
        faulty.at, call_count = None, len(faulty.calls)
        assert WatchlistFile(path).load().warning == ""
        assert ids(file.save([Add(entry("c"))]).entries)[-1] == "c", "the retry must succeed"
        left = set(names(path.parent))
        stray = left - {"watchlist.toml", "watchlist.toml.bak", "watchlist.toml.lock"}
        assert not stray or faulty.calls[index] == "unlink", faulty.calls[index]
        if index >= call_count:
            break
    assert len(messages) > 4
    for message in messages:
        assert str(tmp_path) in message
        assert message.isprintable()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_no_failing_call_costs_a_damaged_file(tmp_path: Path, number: int) -> None:
    for index in range(200):
        path = tmp_path / str(index) / "watchlist.toml"
        for task_id in "abc":
            WatchlistFile(path).save([Add(entry(task_id))])
        path.write_bytes(b"\0")
        loading, saving = FaultyFilesystem(number, index), FaultyFilesystem(number, index)
        assert WatchlistFile(path, fs=loading).load().warning
        for copy in copies(path):
            copy.unlink()
        with suppress(StorageError):
            WatchlistFile(path, fs=saving).save([Add(entry("d"))])
        assert b"\0" in [copy.read_bytes() for copy in (path, *copies(path))]
        assert ids(WatchlistFile(path).load().entries)[:2] == ["a", "b"]
        if index >= len(saving.calls):
            break
    assert index > 20


ERROR_TEXTS = {
    "ENOSPC": "the disk is full",
    "EDQUOT": "your disk quota is used up",
    "EROFS": "read-only file system",
    "EACCES": "permission denied",
    "EIO": "the disk reports an error",
}


@pytest.mark.parametrize(("code", "text"), ERROR_TEXTS.items())
@pytest.mark.parametrize("call", ["write", "lock"])
def test_why_it_was_not_saved_is_said_in_plain_words(
    file: WatchlistFile, path: Path, code: str, text: str, call: str
) -> None:
    file.save([Add(entry("a"))])
    before = path.read_bytes()
    faulty = WatchlistFile(path, fs=FaultyFilesystem(getattr(errno, code), failing=call))
    with pytest.raises(StorageError, match=f"^Not saved: .*watchlist.toml(.lock)?: {text}; "):
        faulty.save([Add(entry("b"))])
    assert path.read_bytes() == before
    assert names(path.parent) == ["watchlist.toml", "watchlist.toml.lock"]
    assert ids(faulty.load().entries) == ["a"]


KILLED_WHILE_COPYING = """
import os, signal, sys
from pathlib import Path
from tui.atomic_file import Filesystem
from tui.watchlist.storage import WatchlistFile

class KilledWhileWriting(Filesystem):
    def write(self, fd, data):
        os.write(fd, data[: len(data) // 2])
        os.kill(os.getpid(), signal.SIGKILL)

WatchlistFile(Path(sys.argv[1]), fs=KilledWhileWriting()).load()
"""


def test_a_copy_of_a_broken_file_is_whole_or_not_there(path: Path) -> None:
    path.write_text("version = 1\nnot TOML\n")
    killed = subprocess.run([sys.executable, "-c", KILLED_WHILE_COPYING, str(path)], check=False)
    assert killed.returncode == -9
    assert copies(path) == []
    WatchlistFile(path).load()
    assert [copy.read_bytes() for copy in copies(path)] == [path.read_bytes()]
    for left in path.parent.glob(".*.tmp"):
        os.utime(left, (0, 0))
    WatchlistFile(path).save([Add(entry("1"))])
    assert not list(path.parent.glob(".*.tmp"))


def test_a_broken_file_that_cannot_be_copied_is_not_replaced(path: Path) -> None:
    path.write_bytes(b"\0")
    full = WatchlistFile(path, fs=FaultyFilesystem(errno.ENOSPC, failing="write"))
    assert "no copy could be kept" in full.load().warning
    with pytest.raises(StorageError, match=r"no copy could be kept: .* the disk is full"):
        full.save([Add(entry("a"))])
    assert path.read_bytes() == b"\0"


def test_a_file_that_cannot_be_read_is_not_replaced(file: WatchlistFile, path: Path) -> None:
    file.save([Add(entry("a"))])
    faulty = WatchlistFile(path, fs=FaultyFilesystem(errno.EIO, failing="read"))
    assert "Could not read" in faulty.load().warning
    with pytest.raises(StorageError, match="the disk reports an error"):
        faulty.save([Add(entry("b"))])
    assert ids(file.load().entries) == ["a"]


def test_where_links_fail_the_backup_is_a_copy(file: WatchlistFile, path: Path) -> None:
    file.save([Add(entry("a"))])
    before = path.read_bytes()
    WatchlistFile(path, fs=FaultyFilesystem(errno.EPERM, failing="link")).save([Add(entry("b"))])
    assert Path(f"{path}.bak").read_bytes() == before
    assert mode(Path(f"{path}.bak")) == 0o600


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS])
def test_where_locks_are_missing_it_goes_on_and_says_so_once(path: Path, number: int) -> None:
    file = WatchlistFile(path, fs=FaultyFilesystem(number, failing="lock"))
    assert "No file locks" in file.save([Add(entry("a"))]).warning
    assert file.save([Add(entry("b"))]).warning == ""
    assert ids(file.load().entries) == ["a", "b"]


class ShortLockTimeout(Filesystem):
    """Waits only briefly for the lock."""

    def lock(self, path: Path, timeout: float) -> AbstractContextManager[object]:
        assert timeout == storage.LOCK_TIMEOUT
        return super().lock(path, 0.05)


def test_a_lock_that_another_holds_is_told(file: WatchlistFile, path: Path) -> None:
    file.save([Add(entry("a"))])
    with (
        Filesystem().lock(Path(f"{path}.lock"), 1),
        pytest.raises(StorageError, match=r"another program holds the lock .*watchlist.toml.lock"),
    ):
        WatchlistFile(path, fs=ShortLockTimeout()).save([Add(entry("b"))])
    assert ids(file.load().entries) == ["a"]
    assert ids(file.save([Add(entry("b"))]).entries) == ["a", "b"]


def test_a_lock_that_is_a_link_is_refused(file: WatchlistFile, path: Path, tmp_path: Path) -> None:
    Path(f"{path}.lock").symlink_to(tmp_path / "victim")
    with pytest.raises(StorageError, match=r"watchlist.toml.lock: too many symbolic links"):
        file.save([Add(entry("a"))])
    assert not (tmp_path / "victim").exists()


class LyingRename(Filesystem):
    """Renames and then reports an error, as NFS may."""

    def replace(self, source: Path, target: Path) -> None:
        super().replace(source, target)
        if target.suffix == ".toml":
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))


def test_a_rename_that_failed_only_in_words_is_a_success(path: Path) -> None:
    assert ids(WatchlistFile(path, fs=LyingRename()).save([Add(entry("a"))]).entries) == ["a"]


class LockCheckingFilesystem(Filesystem):
    """Asserts that files are written only while the lock is held; writes a few bytes at a time."""

    held = False

    @contextmanager
    def lock(self, path: Path, timeout: float) -> Iterator[object]:
        self.held = True
        try:
            yield None
        finally:
            self.held = False

    def replace(self, source: Path, target: Path) -> None:
        assert self.held
        super().replace(source, target)

    def write(self, fd: int, data: memoryview) -> int:
        """Write fewer bytes than asked, as a signal or a nearly full disk causes."""
        assert self.held
        return super().write(fd, data[:7])


def test_short_writes_are_continued_and_all_is_done_under_the_lock(path: Path) -> None:
    fs = LockCheckingFilesystem()
    file = WatchlistFile(path, fs=fs)
    file.save([Add(entry("a", "x" * 100))])
    assert file.load() == storage.Snapshot((entry("a", "x" * 100),))
    assert not fs.held


def test_neither_lock_nor_writer_is_imported_before_it_is_needed() -> None:
    imported = "bool({'filelock', 'tomli_w'} & set(sys.modules))"
    code = f"import sys, tui.watchlist.storage; sys.exit({imported})"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
